// From the tiles of batch_norm_stats to what normalises, `lanes` threads a channel: statistics,
// running statistics in place, and y = (x − high)·scale + shift for batch_norm_apply. The rows of x may be
// folded: `folds` neighbouring rows side by side, which are more tiles of the same channels here.
//! @include lib/finite.wgsl
//! @include lib/grid.wgsl
//! @include lib/tiles.wgsl
//! @include lib/merge_lanes.wgsl

struct Params {
  tiling: Tiling,
  channels: u32,
  folds: u32,
  blend: f32, // weight of the batch's statistics, against the running ones
  epsilon: f32,
  keep: f32, // weights of the old running statistics and of the batch's
  take: f32,
  unbias: f32, // n/(n − 1), or 1
}

// The running statistics are the average over `batches` batches so far.
override cumulative: bool = false;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> partials: array<f32>;
@group(0) @binding(2) var<storage, read> gamma: array<f32>;
@group(0) @binding(3) var<storage, read> beta: array<f32>;
@group(0) @binding(4) var<storage, read> batches: array<i32>;
@group(0) @binding(5) var<storage, read_write> running_mean: array<f32>;
@group(0) @binding(6) var<storage, read_write> running_variance: array<f32>;
// Rows as STATISTICS in src/ops/batch-norm-statistics.ts.
@group(0) @binding(7) var<storage, read_write> statistics: array<f32>;
@group(0) @binding(8) var<storage, read_write> coefficients: array<f32>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let c = flat_workgroup(workgroup, workgroups) * (64u / lanes) + local / lanes;
  let channels = params.channels;
  let width = params.folds * channels;
  let size = params.tiling.tiles * width;
  let base = partials[min(c, channels - 1u)];
  // Threads without a channel have nothing to merge, but meet the others at the barriers.
  let parts = select(0u, params.tiling.tiles * params.folds, c < channels);
  var own = Moments(0.0, 0.0, 0.0);
  for (var part = local % lanes; part < parts; part += lanes) {
    let n = f32(tile_of(params.tiling, part / params.folds).rows);
    // The last block may have tiles without rows: what they left is no number.
    if (n > 0.0) {
      let i = part * channels + c;
      let offset = (partials[i] - base) + partials[size + i];
      own = merge_moments(own, Moments(n, offset, partials[2u * size + i]));
    }
  }
  let all = merge_lanes(own, local);
  if (c < channels && local % lanes == 0u) {
    let zero = hidden_zero(params.epsilon);
    let batch = split_mean(base, all.mean, zero);
    // Rounding may leave a variance of zero below zero.
    let variance = select(all.m2, 0.0, all.m2 < 0.0) / all.count;

    var mean = batch;
    var blended = variance;
    if (params.blend == 0.0) {
      mean = SplitMean(running_mean[c], 0.0);
      blended = running_variance[c];
    } else if (params.blend < 1.0) {
      let toward = (1.0 - params.blend) * ((running_mean[c] - batch.high) - batch.low);
      mean = split_mean(batch.high, batch.low + toward, zero);
      blended = mix(running_variance[c], variance, params.blend);
    }
    let inv_std = inverseSqrt(blended + params.epsilon);

    statistics[c] = mean.high;
    statistics[channels + c] = inv_std;
    statistics[2u * channels + c] = batch.high;
    statistics[3u * channels + c] = variance;
    statistics[4u * channels + c] = mean.low;
    statistics[5u * channels + c] = batch.low;

    let scale = gamma[c] * inv_std;
    for (var fold = 0u; fold < params.folds; fold++) {
      let i = fold * channels + c;
      coefficients[i] = mean.high;
      coefficients[width + i] = scale;
      coefficients[2u * width + i] = beta[c] - mean.low * scale;
    }

    // A batch with NaN or infinities in it must not poison what is remembered.
    if (is_finite(batch.high) && is_finite(variance)) {
      var keep = params.keep;
      var take = params.take;
      if (cumulative) {
        take = 1.0 / (f32(batches[0]) + 1.0);
        keep = f32(batches[0]) * take;
      }
      running_mean[c] = keep * running_mean[c] + take * (batch.high + batch.low);
      running_variance[c] = keep * running_variance[c] + take * variance * params.unbias;
    }
  }
}
