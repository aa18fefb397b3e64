// The gradient of batch norm of few rows in one dispatch: what batch_norm_backward_stats,
// batch_norm_backward_finalize and batch_norm_backward_apply do together, where a thread can go through
// all rows of x and dy [rows, width] itself. It has as many channels as `floats` has numbers.
//! @include lib/grid.wgsl
//! @include lib/columns_{width}.wgsl
//! @include lib/slopes_{width}.wgsl

struct Params {
  rows: u32,
  width: u32, // in elems
  share: f32, // as in batch_norm_backward_finalize
  a: f32, // of the activation
  b: f32,
}

override activation: u32 = 0u;
override size: u32 = 64u;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<elems>;
@group(0) @binding(2) var<storage, read> dy: array<elems>;
@group(0) @binding(3) var<storage, read> gamma: array<floats>;
// Rows as STATISTICS in src/ops/batch-norm-statistics.ts.
@group(0) @binding(4) var<storage, read> statistics: array<floats>;
@group(0) @binding(5) var<storage, read_write> dgamma: array<floats>;
@group(0) @binding(6) var<storage, read_write> dbeta: array<floats>;
@group(0) @binding(7) var<storage, read_write> dx: array<elems>;
@group(0) @binding(8) var<storage, read> beta: array<floats>;

// What the activation was given: (x − mean)·scale + shift.
struct Line {
  mean: floats,
  scale: floats,
  shift: floats,
}

fn before_activation(i: u32, centred: floats, line: Line) -> floats {
  let g = floats(dy[i]);
  if (activation == 0u) {
    return g;
  }
  let z = times(centred, line.scale) + line.shift;
  return times(g, slopes(activation, z, params.a, params.b));
}

@compute @workgroup_size(size)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let c = flat_workgroup(workgroup, workgroups) * size + local;
  if (c < params.width) {
    let inv_std = statistics[params.width + c];
    let mean_low = statistics[4u * params.width + c];
    let scale = times(gamma[c], inv_std);
    let line = Line(statistics[c], scale, beta[c] - times(mean_low, scale));
    var sum = floats();
    var products = floats();
    for (var row = 0u; row < params.rows; row++) {
      let i = row * params.width + c;
      let centred = floats(x[i]) - line.mean;
      let g = before_activation(i, centred, line);
      sum += g;
      products += times(g, centred);
    }
    let d_gamma = times(inv_std, products - times(mean_low, sum));
    dgamma[c] = d_gamma;
    dbeta[c] = sum;

    let batch_mean = statistics[2u * params.width + c];
    let batch_mean_low = statistics[5u * params.width + c];
    let slope = times(scale, times(inv_std, d_gamma)) * -params.share;
    let shift = times(scale, sum) * -params.share - times(slope, batch_mean_low);
    for (var row = 0u; row < params.rows; row++) {
      let i = row * params.width + c;
      let found = floats(x[i]);
      let g = before_activation(i, found - line.mean, line);
      dx[i] = elems(times(scale, g) + times(slope, found - batch_mean) + shift);
    }
  }
}
