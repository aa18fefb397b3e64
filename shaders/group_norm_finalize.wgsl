// From the tiles of batch_norm_stats, over each image alone, to the statistics of its groups of
// channels: statistics [3, images, channels] in the order mean, 1/deviation, what the mean's rounding
// left; coefficients [3, images, folds, channels] for batch_norm_apply. `lanes` threads a group of
// an image.
//! @include lib/grid.wgsl
//! @include lib/tiles.wgsl
//! @include lib/merge_lanes.wgsl

struct Params {
  tiling: Tiling,
  images: u32,
  channels: u32,
  groups: u32,
  folds: u32,
  epsilon: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> partials: array<f32>;
@group(0) @binding(2) var<storage, read> gamma: array<f32>;
@group(0) @binding(3) var<storage, read> beta: array<f32>;
@group(0) @binding(4) var<storage, read_write> statistics: array<f32>;
@group(0) @binding(5) var<storage, read_write> coefficients: array<f32>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let image_group = flat_workgroup(workgroup, workgroups) * (64u / lanes) + local / lanes;
  let channels = params.channels;
  let group = channels / params.groups;
  let image = image_group / params.groups;
  let first = image_group % params.groups * group;
  let parts = params.tiling.tiles * params.folds;
  let size = params.images * parts * channels;
  let start = image * parts * channels + first;
  let base = partials[min(start, size - 1u)];
  // Threads without a group have nothing to merge, but meet the others at the barriers.
  let numbers = select(0u, parts * group, image_group < params.images * params.groups);
  var own = Moments(0.0, 0.0, 0.0);
  for (var k = local % lanes; k < numbers; k += lanes) {
    let part = k / group;
    let n = f32(tile_of(params.tiling, part / params.folds).rows);
    // The last block may have tiles without rows: what they left is no number.
    if (n > 0.0) {
      let i = start + part * channels + k % group;
      let offset = (partials[i] - base) + partials[size + i];
      own = merge_moments(own, Moments(n, offset, partials[2u * size + i]));
    }
  }
  let all = merge_lanes(own, local);
  if (image_group < params.images * params.groups && local % lanes == 0u) {
    let width = params.folds * channels;
    let mean = split_mean(base, all.mean, hidden_zero(params.epsilon));
    // Rounding may leave a variance of zero below zero.
    let variance = select(all.m2, 0.0, all.m2 < 0.0) / all.count;
    let inv_std = inverseSqrt(variance + params.epsilon);
    for (var c = first; c < first + group; c++) {
      let scale = gamma[c] * inv_std;
      let i = image * channels + c;
      statistics[i] = mean.high;
      statistics[params.images * channels + i] = inv_std;
      statistics[2u * params.images * channels + i] = mean.low;
      for (var fold = 0u; fold < params.folds; fold++) {
        let k = image * width + fold * channels + c;
        coefficients[k] = mean.high;
        coefficients[params.images * width + k] = scale;
        coefficients[2u * params.images * width + k] = beta[c] - mean.low * scale;
      }
    }
  }
}
