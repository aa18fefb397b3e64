// velocity = momentum·velocity + (1 − dampening)·slope, the slope itself in the first step;
// parameter −= rate·velocity, or with Nesterov −= rate·(slope + momentum·velocity).
// Nothing changes while the guard is not finite, nor an element whose gradient is not.
//! @include lib/grid.wgsl
//! @include lib/finite.wgsl

struct Params {
  count: u32, // in elements, or in vec4s (entry points that end in 4)
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
  parameter: vec4f,
  velocity: vec4f,
}

fn update(parameter: vec4f, gradient: vec4f, old_velocity: vec4f) -> Updated {
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

@group(0) @binding(1) var<storage, read> gradient: array<f32>;
@group(0) @binding(5) var<storage, read_write> parameter: array<f32>;
@group(0) @binding(6) var<storage, read_write> velocity: array<f32>;

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
      let known = is_finite(gradient[i]);
      let updated = update(vec4f(parameter[i]), vec4f(gradient[i]), vec4f(velocity[i]));
      parameter[i] = select(parameter[i], updated.parameter.x, known);
      velocity[i] = select(velocity[i], updated.velocity.x, known);
    }
  }
}

@group(0) @binding(1) var<storage, read> gradient4: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> parameter4: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> velocity4: array<vec4f>;

@compute @workgroup_size(64)
fn main4(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let base = flat_workgroup(workgroup, workgroups) * 64u * PER_THREAD + local;
  for (var k = 0u; k < PER_THREAD; k++) {
    let i = base + 64u * k;
    if (i < params.count && is_finite(guard)) {
      let known = finite4(gradient4[i]);
      let updated = update(parameter4[i], gradient4[i], velocity4[i]);
      parameter4[i] = select(parameter4[i], updated.parameter, known);
      velocity4[i] = select(velocity4[i], updated.velocity, known);
    }
  }
}
