// Σg and Σg·(x − mean) of each channel of x and dy [outer, rows, width], in tiles as in
// batch_norm_stats: partials [2, outer, tiles, width]. g is dy, or dy·f′ where an activation f followed
// the normalisation. Folded rows have `width` a multiple of `channels`.
//! @include lib/grid.wgsl
//! @include lib/tiles.wgsl
//! @include lib/columns_{width}.wgsl
//! @include lib/slopes_{width}.wgsl
//! @include lib/gather_{width}.wgsl

struct Params {
  tiling: Tiling,
  channels: u32,
  a: f32, // of the activation
  b: f32,
}

override activation: u32 = 0u;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<elems>;
@group(0) @binding(2) var<storage, read> dy: array<elems>;
// The means [outer, channels]; with an activation, rows as STATISTICS in src/ops/batch-norm-statistics.ts.
@group(0) @binding(3) var<storage, read> statistics: array<f32>;
@group(0) @binding(4) var<storage, read_write> partials: array<floats>;
@group(0) @binding(5) var<storage, read> gamma: array<f32>;
@group(0) @binding(6) var<storage, read> beta: array<f32>;

const MEAN = 0u;
const INV_STD = 1u;
const MEAN_LOW = 4u;
const GAMMA = 6u;
const BETA = 7u;

fn number_at(row: u32, c: u32) -> f32 {
  switch row {
    case GAMMA: { return gamma[c]; }
    case BETA: { return beta[c]; }
    default: { return statistics[row * params.channels + c]; }
  }
}

fn of_channels(row: u32, place: Place) -> floats {
  return gathered(row, place.lane, params.channels, place.outer * params.channels);
}

// What the activation was given: (x − mean)·scale + shift.
struct Line {
  scale: floats,
  shift: floats,
}

fn line_of(place: Place) -> Line {
  if (activation == 0u) {
    return Line();
  }
  let scale = times(of_channels(GAMMA, place), of_channels(INV_STD, place));
  return Line(scale, of_channels(BETA, place) - times(of_channels(MEAN_LOW, place), scale));
}

fn before_activation(i: u32, centred: floats, line: Line) -> floats {
  let g = floats(dy[i]);
  if (activation == 0u) {
    return g;
  }
  let z = times(centred, line.scale) + line.shift;
  return times(g, slopes(activation, z, params.a, params.b));
}

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let thread = flat_workgroup(workgroup, workgroups) * 64u + local;
  if (thread < params.tiling.count) {
    let place = place_of(params.tiling, thread);
    let tile = tile_of(params.tiling, place.tile);
    let stride = params.tiling.span * params.tiling.width;
    let mean = of_channels(MEAN, place);
    let line = line_of(place);
    var i = start_of(params.tiling, place, tile);
    var plain = floats();
    var products = floats();
    for (var k = 0u; k < tile.rows; k++) {
      let centred = floats(x[i]) - mean;
      let g = before_activation(i, centred, line);
      plain += g;
      products += times(g, centred);
      i += stride;
    }
    partials[thread] = plain;
    partials[thread + params.tiling.count] = products;
  }
}

@group(0) @binding(7) var<storage, read> y: array<elems>;
@group(0) @binding(8) var<storage, read_write> g_out: array<elems>;

// With a residual in front of the activation: its output y tells the slope, and g is the residual's
// gradient too.
@compute @workgroup_size(64)
fn residual(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let thread = flat_workgroup(workgroup, workgroups) * 64u + local;
  if (thread < params.tiling.count) {
    let place = place_of(params.tiling, thread);
    let tile = tile_of(params.tiling, place.tile);
    let mean = of_channels(MEAN, place);
    var i = start_of(params.tiling, place, tile);
    var plain = floats();
    var products = floats();
    for (var k = 0u; k < tile.rows; k++) {
      let slope = slopes_by_output(activation, floats(y[i]), params.a, params.b);
      let g = times(floats(dy[i]), slope);
      g_out[i] = elems(g);
      plain += g;
      products += times(g, floats(x[i]) - mean);
      i += params.tiling.span * params.tiling.width;
    }
    partials[thread] = plain;
    partials[thread + params.tiling.count] = products;
  }
}
