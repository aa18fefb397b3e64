// From the tiles of batch_norm_backward_stats to dgamma and dbeta, and to what
// batch_norm_backward_apply needs for
//   dx = γ·s·(dy − α/N·(Σdy + (x − μ)·s·dγ)),
// α the weight of the batch's mean μ and variance in what normalised, and for the line in front of an
// activation. `lanes` threads a channel.
//! @include lib/grid.wgsl
//! @include lib/sum_lanes.wgsl

struct Params {
  channels: u32,
  folds: u32,
  tiles: u32,
  share: f32, // α/N
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> partials: array<f32>;
@group(0) @binding(2) var<storage, read> gamma: array<f32>;
// Rows as STATISTICS in src/ops/batch-norm-statistics.ts.
@group(0) @binding(3) var<storage, read> statistics: array<f32>;
@group(0) @binding(4) var<storage, read_write> dgamma: array<f32>;
@group(0) @binding(5) var<storage, read_write> dbeta: array<f32>;
@group(0) @binding(6) var<storage, read_write> coefficients: array<f32>;
@group(0) @binding(7) var<storage, read> beta: array<f32>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let c = flat_workgroup(workgroup, workgroups) * (64u / lanes) + local / lanes;
  let channels = params.channels;
  let parts = params.tiles * params.folds;
  // Threads without a channel have nothing to sum, but meet the others at the barriers.
  let own_parts = select(0u, parts, c < channels);
  var own = vec4f();
  for (var part = local % lanes; part < own_parts; part += lanes) {
    own.x += partials[part * channels + c];
    own.y += partials[(parts + part) * channels + c];
  }
  let sums = sum_lanes(own, local);
  if (c < channels && local % lanes == 0u) {
    let sum = sums.x;
    let inv_std = statistics[channels + c];
    let d_gamma = inv_std * (sums.y - statistics[4u * channels + c] * sum);
    dgamma[c] = d_gamma;
    dbeta[c] = sum;

    let scale = gamma[c] * inv_std;
    let slope = -scale * params.share * inv_std * d_gamma;
    let width = params.folds * channels;
    for (var i = c; i < width; i += channels) {
      coefficients[i] = statistics[2u * channels + c];
      coefficients[width + i] = scale;
      coefficients[2u * width + i] = slope;
      coefficients[3u * width + i] =
        -scale * params.share * sum - slope * statistics[5u * channels + c];
      coefficients[4u * width + i] = statistics[c];
      coefficients[5u * width + i] = beta[c] - statistics[4u * channels + c] * scale;
    }
  }
}
