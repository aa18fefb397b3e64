// Batch norm of few rows in one dispatch: what batch_norm_stats, batch_norm_finalize and
// batch_norm_apply do together, where a thread can go through all rows of x [rows, width] itself. It has
// as many channels as `floats` has numbers.
//! @include lib/finite.wgsl
//! @include lib/grid.wgsl
//! @include lib/epilogue.wgsl
//! @include lib/lines_{width}.wgsl

struct Params {
  rows: u32,
  width: u32, // in elems
  columns: u32, // of a row, in reals
  blend: f32, // as in batch_norm_finalize
  epsilon: f32,
  keep: f32,
  take: f32,
  unbias: f32,
  a: f32, // of the activation
  b: f32,
}

override cumulative: bool = false;
override size: u32 = 64u;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<elems>;
@group(0) @binding(2) var<storage, read> gamma: array<reals>;
@group(0) @binding(3) var<storage, read> beta: array<reals>;
@group(0) @binding(4) var<storage, read> batches: array<i32>;
@group(0) @binding(5) var<storage, read_write> running_mean: array<reals>;
@group(0) @binding(6) var<storage, read_write> running_variance: array<reals>;
// Rows as STATISTICS in src/ops/batch-norm-statistics.ts.
@group(0) @binding(7) var<storage, read_write> statistics: array<reals>;
@group(0) @binding(8) var<storage, read_write> y: array<elems>;

fn residual_at(i: u32) -> floats {
  return floats();
}

struct SplitMeans {
  high: reals,
  low: reals,
}

// As split_mean() in lib/moments.wgsl.
fn split_means(base: reals, offset: reals) -> SplitMeans {
  let zero = bitcast<u32>(params.epsilon) >> 31u;
  let high = bitcast<reals>(bitcast<uints>(base + offset) ^ uints(zero));
  return SplitMeans(high, (base - high) + offset);
}

// y = (x − mean)·scale + shift for the channels of column `c`, from Σ(x − base) and Σ(x − base)².
fn line_of(c: u32, base: reals, sum: reals, squares: reals) -> Line {
  let offset = sum / f32(params.rows);
  let batch = split_means(base, offset);
  let m2 = squares - sum * offset;
  // Rounding may leave a variance of zero below zero.
  let variance = select(m2, reals(), m2 < reals()) / f32(params.rows);

  var mean = batch;
  var blended = variance;
  if (params.blend == 0.0) {
    mean = SplitMeans(running_mean[c], reals());
    blended = running_variance[c];
  } else if (params.blend < 1.0) {
    let toward = (1.0 - params.blend) * ((running_mean[c] - batch.high) - batch.low);
    mean = split_means(batch.high, batch.low + toward);
    blended = mix(running_variance[c], variance, params.blend);
  }
  let inv_std = inverseSqrt(blended + params.epsilon);

  statistics[c] = mean.high;
  statistics[params.columns + c] = inv_std;
  statistics[2u * params.columns + c] = batch.high;
  statistics[3u * params.columns + c] = variance;
  statistics[4u * params.columns + c] = mean.low;
  statistics[5u * params.columns + c] = batch.low;

  var keep = params.keep;
  var take = params.take;
  if (cumulative) {
    take = 1.0 / (f32(batches[0]) + 1.0);
    keep = f32(batches[0]) * take;
  }
  // A batch with NaN or infinities in it must not poison what is remembered. Its variance tells.
  let known = are_finite(variance);
  let old_mean = running_mean[c];
  let old_variance = running_variance[c];
  let new_mean = keep * old_mean + take * batch.high;
  let new_variance = keep * old_variance + take * variance * params.unbias;
  running_mean[c] = select(old_mean, new_mean, known);
  running_variance[c] = select(old_variance, new_variance, known);

  let scale = gamma[c] * inv_std;
  return Line(mean.high, scale, beta[c] - mean.low * scale);
}

// Near the mean: Σ(x − base)² − (Σ(x − base))²/n loses digits where it is deviations away.
fn base_of(c: u32) -> floats {
  let first = floats(x[c]);
  let rows = min(params.rows, 16u);
  var sum = floats();
  for (var row = 1u; row < rows; row++) {
    sum += floats(x[row * params.width + c]) - first;
  }
  return first + sum * (1.0 / f32(rows));
}

@compute @workgroup_size(size)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let c = flat_workgroup(workgroup, workgroups) * size + local;
  if (c < params.width) {
    let base = base_of(c);
    var sum = floats();
    var squares = floats();
    for (var row = 0u; row < params.rows; row++) {
      let d = floats(x[row * params.width + c]) - base;
      sum += d;
      squares += times(d, d);
    }
    let lines = lines_of(c, base, sum, squares);
    for (var row = 0u; row < params.rows; row++) {
      let i = row * params.width + c;
      let normalised = times(floats(x[i]) - lines.mean, lines.scale) + lines.shift;
      y[i] = finish(normalised, i, vec2f(params.a, params.b));
    }
  }
}
