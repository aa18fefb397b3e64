// The coefficients that batch_norm_finalize made with these statistics: y = (x − mean)·scale + shift for
// batch_norm_apply, [3, folds, C]. One channel a thread.
//! @include lib/grid.wgsl

struct Params {
  channels: u32,
  folds: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> gamma: array<f32>;
@group(0) @binding(2) var<storage, read> beta: array<f32>;
// Rows as STATISTICS in src/ops/batch-norm-statistics.ts.
@group(0) @binding(3) var<storage, read> statistics: array<f32>;
@group(0) @binding(4) var<storage, read_write> coefficients: array<f32>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let c = flat_workgroup(workgroup, workgroups) * 64u + local;
  if (c < params.channels) {
    let width = params.folds * params.channels;
    let scale = gamma[c] * statistics[params.channels + c];
    for (var i = c; i < width; i += params.channels) {
      coefficients[i] = statistics[c];
      coefficients[width + i] = scale;
      coefficients[2u * width + i] = beta[c] - statistics[4u * params.channels + c] * scale;
    }
  }
}
