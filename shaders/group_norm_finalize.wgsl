// From the tiles of batch_norm_stats, over each image alone, to the statistics of its groups of
// channels: statistics [3, images, channels] in the order mean, 1/deviation, what the mean's rounding
// left; coefficients [3, images, folds, channels] for batch_norm_apply. One group of an image a thread.
//! @include lib/grid.wgsl
//! @include lib/tiles.wgsl
//! @include lib/moments.wgsl

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
  let thread = flat_workgroup(workgroup, workgroups) * 64u + local;
  if (thread < params.images * params.groups) {
    let channels = params.channels;
    let group = channels / params.groups;
    let image = thread / params.groups;
    let first = thread % params.groups * group;
    let width = params.folds * channels;
    let size = params.images * params.tiling.tiles * width;
    let base = partials[image * params.tiling.tiles * width + first];
    var all = Moments(0.0, 0.0, 0.0);
    for (var tile = 0u; tile < params.tiling.tiles; tile++) {
      let n = f32(tile_of(params.tiling, tile).rows);
      // The last block may have tiles without rows: what they left is no number.
      for (var fold = 0u; n > 0.0 && fold < params.folds; fold++) {
        let at = (image * params.tiling.tiles + tile) * width + fold * channels + first;
        for (var i = at; i < at + group; i++) {
          let offset = (partials[i] - base) + partials[size + i];
          all = merge_moments(all, Moments(n, offset, partials[2u * size + i]));
        }
      }
    }
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
