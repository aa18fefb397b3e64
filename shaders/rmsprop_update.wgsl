// square = running mean of slope², mean = that of the slope (centered);
// velocity = momentum·velocity + slope/(√(square − mean²) + epsilon); parameter −= rate·velocity.
// Nothing changes while the guard is not finite, nor an element whose gradient is not.
//! @include lib/grid.wgsl
//! @include lib/finite.wgsl

struct Params {
  count: u32, // elements, or vec4s
  alpha: f32,
  intake: f32, // 1 − alpha
  epsilon: f32,
  momentum: f32,
  weight_decay: f32,
}

override centered: u32 = 0u;

const PER_THREAD = 8u;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(2) var<storage, read> learning_rate: f32;
@group(0) @binding(3) var<storage, read> guard: f32;

struct Updated {
  parameter: floats,
  square: floats,
  mean: floats,
  velocity: floats,
}

fn update(
  parameter: floats,
  gradient: floats,
  old_square: floats,
  old_mean: floats,
  old_velocity: floats,
) -> Updated {
  let slope = gradient + params.weight_decay * parameter;
  let square = params.alpha * old_square + params.intake * slope * slope;
  var mean = old_mean;
  var variance = square;
  if (centered == 1u) {
    mean = params.alpha * old_mean + params.intake * slope;
    // Rounding may take it below zero when the gradient hardly changes.
    variance = max(square - mean * mean, floats());
  }
  let velocity = params.momentum * old_velocity + slope / (sqrt(variance) + params.epsilon);
  return Updated(parameter - learning_rate * velocity, square, mean, velocity);
}

@group(0) @binding(1) var<storage, read> gradient: array<floats>;
@group(0) @binding(4) var<storage, read_write> parameter: array<floats>;
@group(0) @binding(5) var<storage, read_write> square: array<floats>;
@group(0) @binding(6) var<storage, read_write> mean: array<floats>;
@group(0) @binding(7) var<storage, read_write> velocity: array<floats>;

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
      let old_mean = mean[i];
      let old_velocity = velocity[i];
      let updated = update(old_parameter, raw, old_square, old_mean, old_velocity);
      parameter[i] = select(old_parameter, updated.parameter, known);
      square[i] = select(old_square, updated.square, known);
      mean[i] = select(old_mean, updated.mean, known);
      velocity[i] = select(old_velocity, updated.velocity, known);
    }
  }
}
