// The statistics that batchNormGrad takes, from a mean and a variance that are given. One channel a thread.
//! @include lib/grid.wgsl

struct Params {
  channels: u32,
  epsilon: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> mean: array<f32>;
@group(0) @binding(2) var<storage, read> variance: array<f32>;
// Rows as STATISTICS in src/ops/batch-norm-statistics.ts.
@group(0) @binding(3) var<storage, read_write> statistics: array<f32>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let c = flat_workgroup(workgroup, workgroups) * 64u + local;
  let channels = params.channels;
  if (c < channels) {
    statistics[c] = mean[c];
    statistics[channels + c] = inverseSqrt(variance[c] + params.epsilon);
    statistics[2u * channels + c] = mean[c];
    statistics[3u * channels + c] = variance[c];
    statistics[4u * channels + c] = 0.0;
    statistics[5u * channels + c] = 0.0;
  }
}
