// square += slope²; parameter −= rate·slope/(√square + epsilon), the rate falling with the step.
// Nothing changes while the guard is not finite, nor an element whose gradient is not.
//! @include lib/grid.wgsl
//! @include lib/finite.wgsl

struct Params {
  count: u32, // elements, or vec4s
  epsilon: f32,
  rate_decay: f32,
  weight_decay: f32,
}

const PER_THREAD = 8u;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(2) var<storage, read> learning_rate: f32;
@group(0) @binding(3) var<storage, read> guard: f32;
@group(0) @binding(4) var<storage, read> step: i32;

struct Updated {
  parameter: floats,
  square: floats,
}

fn update(parameter: floats, gradient: floats, old_square: floats) -> Updated {
  let slope = gradient + params.weight_decay * parameter;
  let square = old_square + slope * slope;
  let rate = learning_rate / (1.0 + f32(step) * params.rate_decay);
  return Updated(parameter - rate * slope / (sqrt(square) + params.epsilon), square);
}

@group(0) @binding(1) var<storage, read> gradient: array<floats>;
@group(0) @binding(5) var<storage, read_write> parameter: array<floats>;
@group(0) @binding(6) var<storage, read_write> square: array<floats>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let base = flat_workgroup(workgroup, workgroups) * 64u * PER_THREAD + local;
  for (var k = 0u; k < PER_THREAD; k++) {
    let i = base + 64u * k;
    if (i < params.count && is_finite(guard)) {
      let raw = gradient[i];
      let known = are_finite(raw);
      let old_parameter = parameter[i];
      let old_square = square[i];
      let updated = update(old_parameter, raw, old_square);
      parameter[i] = select(old_parameter, updated.parameter, known);
      square[i] = select(old_square, updated.square, known);
    }
  }
}
