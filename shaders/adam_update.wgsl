// Adam: running means of the gradient and its square, both corrected for their start at zero;
// decoupled is AdamW, amsgrad divides by the largest mean square so far.
// Nothing changes while the guard is not finite, nor an element whose gradient is not.
//! @include lib/grid.wgsl
//! @include lib/finite.wgsl

struct Params {
  count: u32, // elements, or vec4s
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
  parameter: floats,
  mean: floats,
  square: floats,
  largest: floats,
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
  old_parameter: floats,
  gradient: floats,
  old_mean: floats,
  old_square: floats,
  old_largest: floats,
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
fn update(parameter: floats, gradient: floats, mean: floats, square: floats) -> Updated {
  return amsgrad_update(parameter, gradient, mean, square, floats());
}

@group(0) @binding(1) var<storage, read> gradient: array<floats>;
@group(0) @binding(5) var<storage, read_write> parameter: array<floats>;
@group(0) @binding(6) var<storage, read_write> mean: array<floats>;
@group(0) @binding(7) var<storage, read_write> square: array<floats>;
@group(0) @binding(8) var<storage, read_write> largest: array<floats>;

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
      let old_mean = mean[i];
      let old_square = square[i];
      let updated = update(old_parameter, raw, old_mean, old_square);
      parameter[i] = select(old_parameter, updated.parameter, known);
      mean[i] = select(old_mean, updated.mean, known);
      square[i] = select(old_square, updated.square, known);
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
      let raw = gradient[i];
      let known = are_finite(raw);
      let old_parameter = parameter[i];
      let old_mean = mean[i];
      let old_square = square[i];
      let old_largest = largest[i];
      let updated = amsgrad_update(old_parameter, raw, old_mean, old_square, old_largest);
      parameter[i] = select(old_parameter, updated.parameter, known);
      mean[i] = select(old_mean, updated.mean, known);
      square[i] = select(old_square, updated.square, known);
      largest[i] = select(old_largest, updated.largest, known);
    }
  }
}
