// Adam: running means of the gradient and its square, both corrected for their start at zero;
// decoupled is AdamW, amsgrad divides by the largest mean square so far.
// Nothing changes while the guard is not finite, nor an element whose gradient is not.
//! @include lib/grid.wgsl
//! @include lib/finite.wgsl

struct Params {
  count: u32, // in elements, or in vec4s (entry points that end in 4)
  beta1: f32,
  intake1: f32, // 1 − beta1
  log_beta1: f32,
  beta2: f32,
  intake2: f32,
  log_beta2: f32,
  epsilon: f32,
  weight_decay: f32,
}

override decoupled: u32 = 0u;

const PER_THREAD = 8u;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(2) var<storage, read> learning_rate: f32;
@group(0) @binding(3) var<storage, read> guard: f32;
@group(0) @binding(4) var<storage, read> step: i32;

struct Updated {
  parameter: vec4f,
  mean: vec4f,
  square: vec4f,
  largest: vec4f,
}

// 1 − e^x for x ≤ 0, without cancellation near 0.
fn one_minus_exp(x: f32) -> f32 {
  if (x > -0.25) {
    let tail = 1.0 + x / 4.0 * (1.0 + x / 5.0 * (1.0 + x / 6.0));
    return -x * (1.0 + x / 2.0 * (1.0 + x / 3.0 * tail));
  }
  return 1.0 - exp(x);
}

fn amsgrad_update(
  old_parameter: vec4f,
  gradient: vec4f,
  old_mean: vec4f,
  old_square: vec4f,
  old_largest: vec4f,
) -> Updated {
  var slope = gradient;
  var parameter = old_parameter;
  if (decoupled == 1u) {
    parameter -= learning_rate * params.weight_decay * parameter;
  } else {
    slope += params.weight_decay * parameter;
  }
  let mean = params.beta1 * old_mean + params.intake1 * slope;
  let square = params.beta2 * old_square + params.intake2 * slope * slope;
  let largest = max(old_largest, square);
  let steps = f32(step) + 1.0;
  let rate = learning_rate / one_minus_exp(steps * params.log_beta1);
  let root = sqrt(largest) / sqrt(one_minus_exp(steps * params.log_beta2));
  return Updated(parameter - rate * mean / (root + params.epsilon), mean, square, largest);
}

// A largest so far of zero never counts: squares are not negative.
fn update(parameter: vec4f, gradient: vec4f, mean: vec4f, square: vec4f) -> Updated {
  return amsgrad_update(parameter, gradient, mean, square, vec4f());
}

@group(0) @binding(1) var<storage, read> gradient: array<f32>;
@group(0) @binding(5) var<storage, read_write> parameter: array<f32>;
@group(0) @binding(6) var<storage, read_write> mean: array<f32>;
@group(0) @binding(7) var<storage, read_write> square: array<f32>;
@group(0) @binding(8) var<storage, read_write> largest: array<f32>;

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
        vec4f(mean[i]),
        vec4f(square[i]),
      );
      parameter[i] = select(parameter[i], updated.parameter.x, known);
      mean[i] = select(mean[i], updated.mean.x, known);
      square[i] = select(square[i], updated.square.x, known);
    }
  }
}

@compute @workgroup_size(64)
fn amsgrad(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let base = flat_workgroup(workgroup, workgroups) * 64u * PER_THREAD + local;
  for (var k = 0u; k < PER_THREAD; k++) {
    let i = base + 64u * k;
    if (i < params.count && is_finite(guard)) {
      let known = is_finite(gradient[i]);
      let updated = amsgrad_update(
        vec4f(parameter[i]),
        vec4f(gradient[i]),
        vec4f(mean[i]),
        vec4f(square[i]),
        vec4f(largest[i]),
      );
      parameter[i] = select(parameter[i], updated.parameter.x, known);
      mean[i] = select(mean[i], updated.mean.x, known);
      square[i] = select(square[i], updated.square.x, known);
      largest[i] = select(largest[i], updated.largest.x, known);
    }
  }
}

@group(0) @binding(1) var<storage, read> gradient4: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> parameter4: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> mean4: array<vec4f>;
@group(0) @binding(7) var<storage, read_write> square4: array<vec4f>;
@group(0) @binding(8) var<storage, read_write> largest4: array<vec4f>;

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
      let updated = update(parameter4[i], gradient4[i], mean4[i], square4[i]);
      parameter4[i] = select(parameter4[i], updated.parameter, known);
      mean4[i] = select(mean4[i], updated.mean, known);
      square4[i] = select(square4[i], updated.square, known);
    }
  }
}

@compute @workgroup_size(64)
fn amsgrad4(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let base = flat_workgroup(workgroup, workgroups) * 64u * PER_THREAD + local;
  for (var k = 0u; k < PER_THREAD; k++) {
    let i = base + 64u * k;
    if (i < params.count && is_finite(guard)) {
      let known = finite4(gradient4[i]);
      let updated = amsgrad_update(parameter4[i], gradient4[i], mean4[i], square4[i], largest4[i]);
      parameter4[i] = select(parameter4[i], updated.parameter, known);
      mean4[i] = select(mean4[i], updated.mean, known);
      square4[i] = select(square4[i], updated.square, known);
      largest4[i] = select(largest4[i], updated.largest, known);
    }
  }
}
