// y = (x − mean)·scale + shift for batch_norm_apply, from statistics that are given: [3, folds, C].
// One channel a thread.
//! @include lib/grid.wgsl

struct Params {
  channels: u32,
  folds: u32,
  epsilon: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> gamma: array<f32>;
@group(0) @binding(2) var<storage, read> beta: array<f32>;
@group(0) @binding(3) var<storage, read> mean: array<f32>;
@group(0) @binding(4) var<storage, read> variance: array<f32>;
@group(0) @binding(5) var<storage, read_write> coefficients: array<f32>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let c = flat_workgroup(workgroup, workgroups) * 64u + local;
  if (c < params.channels) {
    let width = params.folds * params.channels;
    for (var i = c; i < width; i += params.channels) {
      coefficients[i] = mean[c];
      coefficients[width + i] = gamma[c] * inverseSqrt(variance[c] + params.epsilon);
      coefficients[2u * width + i] = beta[c];
    }
  }
}

@group(0) @binding(1) var<storage, read> given_mean: array<f32>;
@group(0) @binding(2) var<storage, read> given_variance: array<f32>;
// Rows as STATISTICS in src/ops/statistics.ts.
@group(0) @binding(3) var<storage, read_write> statistics: array<f32>;

// The statistics that batchNormGrad takes.
@compute @workgroup_size(64)
fn statistics_of(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let c = flat_workgroup(workgroup, workgroups) * 64u + local;
  let channels = params.channels;
  if (c < channels) {
    statistics[c] = given_mean[c];
    statistics[channels + c] = inverseSqrt(given_variance[c] + params.epsilon);
    statistics[2u * channels + c] = given_mean[c];
    statistics[3u * channels + c] = given_variance[c];
    statistics[4u * channels + c] = 0.0;
    statistics[5u * channels + c] = 0.0;
  }
}

// Rows as STATISTICS in src/ops/statistics.ts.
@group(0) @binding(3) var<storage, read> known: array<f32>;
@group(0) @binding(4) var<storage, read_write> lines: array<f32>;

// The coefficients that batch_norm_finalize made with these statistics.
@compute @workgroup_size(64)
fn again(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let c = flat_workgroup(workgroup, workgroups) * 64u + local;
  if (c < params.channels) {
    let width = params.folds * params.channels;
    let scale = gamma[c] * known[params.channels + c];
    for (var i = c; i < width; i += params.channels) {
      lines[i] = known[c];
      lines[width + i] = scale;
      lines[2u * width + i] = beta[c] - known[4u * params.channels + c] * scale;
    }
  }
}
