// velocity = momentum·velocity + (1 − dampening)·slope, the slope itself in the first step;
// parameter −= rate·velocity, or with Nesterov −= rate·(slope + momentum·velocity).
// Nothing changes while the guard is not finite, nor an element whose gradient is not.
//! @include lib/grid.wgsl
//! @include lib/finite.wgsl

struct Params {
  count: u32, // elements, or vec4s
  momentum: f32,
  intake: f32, // 1 − dampening
  weight_decay: f32,
}

override nesterov: u32 = 0u;

const PER_THREAD = 8u;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(2) var<storage, read> learning_rate: f32;
@group(0) @binding(3) var<storage, read> guard: f32;
@group(0) @binding(4) var<storage, read> step: i32;

struct Updated {
  parameter: floats,
  velocity: floats,
}

fn update(parameter: floats, gradient: floats, old_velocity: floats) -> Updated {
  let slope = gradient + params.weight_decay * parameter;
  var velocity = slope;
  if (step != 0) {
    velocity = params.momentum * old_velocity + params.intake * slope;
  }
  var direction = velocity;
  if (nesterov == 1u) {
    direction = slope + params.momentum * velocity;
  }
  return Updated(parameter - learning_rate * direction, velocity);
}

@group(0) @binding(1) var<storage, read> gradient: array<floats>;
@group(0) @binding(5) var<storage, read_write> parameter: array<floats>;
@group(0) @binding(6) var<storage, read_write> velocity: array<floats>;

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
      let old_velocity = velocity[i];
      let updated = update(old_parameter, raw, old_velocity);
      parameter[i] = select(old_parameter, updated.parameter, known);
      velocity[i] = select(old_velocity, updated.velocity, known);
    }
  }
}
