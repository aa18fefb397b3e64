// Σg and Σg·(x − mean) of each channel of x and dy [outer, rows, width], in tiles as in
// batch_norm_stats: partials [2, outer, tiles, width]. g is dy, or dy·f′ where an activation f followed
// the normalisation. Folded rows have `width` a multiple of `channels`.
//! @include lib/grid.wgsl
//! @include lib/tiles.wgsl
//! @include lib/activation.wgsl

struct Params {
  tiling: Tiling,
  channels: u32,
  a: f32, // of the activation
  b: f32,
}

override activation: u32 = 0u;

@group(0) @binding(0) var<uniform> params: Params;
// The means [outer, channels]; with an activation, rows as STATISTICS in src/ops/statistics.ts.
@group(0) @binding(3) var<storage, read> statistics: array<f32>;
@group(0) @binding(5) var<storage, read> gamma: array<f32>;
@group(0) @binding(6) var<storage, read> beta: array<f32>;

fn statistic(row: u32, c: vec4u) -> vec4f {
  let i = row * params.channels + c;
  return vec4f(statistics[i.x], statistics[i.y], statistics[i.z], statistics[i.w]);
}

// What the activation was given: (x − mean)·scale + shift.
struct Line {
  scale: vec4f,
  shift: vec4f,
}

fn line_of(c: vec4u) -> Line {
  if (activation == 0u) {
    return Line();
  }
  let scale = vec4f(gamma[c.x], gamma[c.y], gamma[c.z], gamma[c.w]) * statistic(1u, c);
  let centre = vec4f(beta[c.x], beta[c.y], beta[c.z], beta[c.w]);
  return Line(scale, centre - statistic(4u, c) * scale);
}

fn before_activation(dy: vec4f, centred: vec4f, line: Line) -> vec4f {
  if (activation == 0u) {
    return dy;
  }
  let z = centred * line.scale + line.shift;
  return dy * activate_derivative(activation, z, params.a, params.b);
}

struct Sums {
  plain: vec4f,
  centred: vec4f,
}

fn add(sums: Sums, g: vec4f, centred: vec4f) -> Sums {
  return Sums(sums.plain + g, sums.centred + g * centred);
}

// The channels of a vec4 of a folded row.
fn channels_of(place: Place) -> vec4u {
  return (4u * place.lane + vec4u(0u, 1u, 2u, 3u)) % params.channels
    + place.outer * params.channels;
}

@group(0) @binding(1) var<storage, read> x4: array<elem4>;
@group(0) @binding(2) var<storage, read> dy4: array<elem4>;
@group(0) @binding(4) var<storage, read_write> partials4: array<vec4f>;

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
    let c = channels_of(place);
    let mean = statistic(0u, c);
    let line = line_of(c);
    var i = start_of(params.tiling, place, tile);
    var even = Sums();
    var odd = Sums();
    for (var k = 0u; k < tile.rows / 2u; k++) {
      let a = vec4f(x4[i]) - mean;
      let b = vec4f(x4[i + stride]) - mean;
      even = add(even, before_activation(vec4f(dy4[i]), a, line), a);
      odd = add(odd, before_activation(vec4f(dy4[i + stride]), b, line), b);
      i += 2u * stride;
    }
    if (tile.rows % 2u == 1u) {
      let a = vec4f(x4[i]) - mean;
      even = add(even, before_activation(vec4f(dy4[i]), a, line), a);
    }
    partials4[thread] = even.plain + odd.plain;
    partials4[thread + params.tiling.count] = even.centred + odd.centred;
  }
}

@group(0) @binding(5) var<storage, read> y4: array<elem4>;
@group(0) @binding(6) var<storage, read_write> g4: array<elem4>;

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
    let mean = statistic(0u, channels_of(place));
    var i = start_of(params.tiling, place, tile);
    var sums = Sums();
    for (var k = 0u; k < tile.rows; k++) {
      let slope = activate_derivative_by_output(activation, vec4f(y4[i]), params.a, params.b);
      let g = vec4f(dy4[i]) * slope;
      g4[i] = elem4(g);
      sums = add(sums, g, vec4f(x4[i]) - mean);
      i += params.tiling.span * params.tiling.width;
    }
    partials4[thread] = sums.plain;
    partials4[thread + params.tiling.count] = sums.centred;
  }
}

@group(0) @binding(1) var<storage, read> x: array<elem>;
@group(0) @binding(2) var<storage, read> dy: array<elem>;
@group(0) @binding(4) var<storage, read_write> partials: array<f32>;

// Four rows at a time; past the last one, the last again.
fn rows_at(i: u32, left: u32) -> vec4u {
  let stride = params.tiling.span * params.tiling.width;
  return i + min(vec4u(0u, 1u, 2u, 3u), vec4u(left - 1u)) * stride;
}

fn inside(left: u32) -> vec4<bool> {
  return vec4u(0u, 1u, 2u, 3u) < vec4u(left);
}

@compute @workgroup_size(64)
fn scalar(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let thread = flat_workgroup(workgroup, workgroups) * 64u + local;
  if (thread < params.tiling.count) {
    let place = place_of(params.tiling, thread);
    let tile = tile_of(params.tiling, place.tile);
    let c = vec4u(place.lane + place.outer * params.channels);
    let mean = statistic(0u, c);
    let line = line_of(c);
    var i = start_of(params.tiling, place, tile);
    var sums = Sums();
    for (var k = 0u; k < tile.rows; k += 4u) {
      let at = rows_at(i, tile.rows - k);
      let centred = vec4f(f32(x[at.x]), f32(x[at.y]), f32(x[at.z]), f32(x[at.w])) - mean;
      let all = vec4f(f32(dy[at.x]), f32(dy[at.y]), f32(dy[at.z]), f32(dy[at.w]));
      let g = before_activation(select(vec4f(), all, inside(tile.rows - k)), centred, line);
      sums = add(sums, g, centred);
      i += 4u * params.tiling.span * params.tiling.width;
    }
    partials[thread] = dot(sums.plain, vec4f(1.0));
    partials[thread + params.tiling.count] = dot(sums.centred, vec4f(1.0));
  }
}

@group(0) @binding(5) var<storage, read> y: array<elem>;
@group(0) @binding(6) var<storage, read_write> g_out: array<elem>;

@compute @workgroup_size(64)
fn scalar_residual(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let thread = flat_workgroup(workgroup, workgroups) * 64u + local;
  if (thread < params.tiling.count) {
    let place = place_of(params.tiling, thread);
    let tile = tile_of(params.tiling, place.tile);
    let mean = statistic(0u, vec4u(place.lane + place.outer * params.channels)).x;
    var i = start_of(params.tiling, place, tile);
    var sum = 0.0;
    var centred = 0.0;
    for (var k = 0u; k < tile.rows; k++) {
      let slope = activate_derivative_by_output(activation, vec4f(f32(y[i])), params.a, params.b).x;
      let g = f32(dy[i]) * slope;
      g_out[i] = elem(g);
      sum += g;
      centred += g * (f32(x[i]) - mean);
      i += params.tiling.span * params.tiling.width;
    }
    partials[thread] = sum;
    partials[thread + params.tiling.count] = centred;
  }
}
