// square = running mean of slope², mean = that of the slope (centered);
// velocity = momentum·velocity + slope/(√(square − mean²) + epsilon); parameter −= rate·velocity.
// Nothing changes while the guard is not finite, nor an element whose gradient is not.
//! @include lib/grid.wgsl
//! @include lib/finite.wgsl

struct Params {
  count: u32, // in elements, or in vec4s (entry points that end in 4)
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
  parameter: vec4f,
  square: vec4f,
  mean: vec4f,
  velocity: vec4f,
}

fn update(
  parameter: vec4f,
  gradient: vec4f,
  old_square: vec4f,
  old_mean: vec4f,
  old_velocity: vec4f,
) -> Updated {
  let slope = gradient + params.weight_decay * parameter;
  let square = params.alpha * old_square + params.intake * slope * slope;
  var mean = old_mean;
  var variance = square;
  if (centered == 1u) {
    mean = params.alpha * old_mean + params.intake * slope;
    // Rounding may take it below zero when the gradient hardly changes.
    variance = max(square - mean * mean, vec4f());
  }
  let velocity = params.momentum * old_velocity + slope / (sqrt(variance) + params.epsilon);
  return Updated(parameter - learning_rate * velocity, square, mean, velocity);
}

@group(0) @binding(1) var<storage, read> gradient: array<f32>;
@group(0) @binding(4) var<storage, read_write> parameter: array<f32>;
@group(0) @binding(5) var<storage, read_write> square: array<f32>;
@group(0) @binding(6) var<storage, read_write> mean: array<f32>;
@group(0) @binding(7) var<storage, read_write> velocity: array<f32>;

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
      let updated = update(
        vec4f(parameter[i]),
        vec4f(gradient[i]),
        vec4f(square[i]),
        vec4f(mean[i]),
        vec4f(velocity[i]),
      );
      parameter[i] = select(parameter[i], updated.parameter.x, known);
      square[i] = select(square[i], updated.square.x, known);
      mean[i] = select(mean[i], updated.mean.x, known);
      velocity[i] = select(velocity[i], updated.velocity.x, known);
    }
  }
}

@group(0) @binding(1) var<storage, read> gradient4: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> parameter4: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> square4: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> mean4: array<vec4f>;
@group(0) @binding(7) var<storage, read_write> velocity4: array<vec4f>;

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
      let updated = update(parameter4[i], gradient4[i], square4[i], mean4[i], velocity4[i]);
      parameter4[i] = select(parameter4[i], updated.parameter, known);
      square4[i] = select(square4[i], updated.square, known);
      mean4[i] = select(mean4[i], updated.mean, known);
      velocity4[i] = select(velocity4[i], updated.velocity, known);
    }
  }
}
