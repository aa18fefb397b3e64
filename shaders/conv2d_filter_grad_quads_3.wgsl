// Partial gradients of convolution weights, as conv2d_filter_grad_quads, for taps in rows of 3: a tile is 4
// input channels under such a row by 4·vectors filters, so that each pixel is loaded once for the three taps.
// Strides, dilations and spread are 1, and the output is as large as the input. A step is 8 pixels,
// whatever their rows and images.
enable subgroups;
//! @include lib/grid.wgsl
//! @include lib/conv2d.wgsl
//! @include lib/conv2d_filter_grad.wgsl
//! @include lib/conv2d_filter_grad_rows.wgsl
//! @include lib/conv2d_filter_grad_shared.wgsl
//! @include lib/block_3.wgsl
//! @include lib/blocks.wgsl
//! @include lib/neighbours.wgsl

@group(0) @binding(0) var<uniform> params: FilterGrad;
@group(0) @binding(1) var<storage, read> x4: array<elem4>;
@group(0) @binding(2) var<storage, read> dy4: array<elem4>;
@group(0) @binding(3) var<storage, read_write> partial4: array<vec4f>;

// Where 4 neighbouring pixels are in their images.
struct Places {
  rows: vec4u,
  columns: vec4u,
}

fn places_from(first: u32) -> Places {
  let size = params.conv.output;
  let pixels = first + vec4u(0u, 1u, 2u, 3u);
  return Places(pixels / size.y % size.x, pixels % size.y);
}

// Those of the next 4.
fn next(places: Places) -> Places {
  let size = params.conv.output;
  var to = Places(places.rows, places.columns + 4u);
  while (any(to.columns >= vec4u(size.y))) {
    let past = to.columns >= vec4u(size.y);
    to.columns = select(to.columns, to.columns - size.y, past);
    to.rows = select(to.rows, to.rows + 1u, past);
    to.rows = select(to.rows, vec4u(), to.rows == vec4u(size.x));
  }
  return to;
}

// Which of so many that are left have an input pixel so many rows away.
fn inside_of(places: Places, left: u32, offset: i32) -> vec4<bool> {
  let rows = vec4i(places.rows) + offset;
  return (vec4u(0u, 1u, 2u, 3u) < vec4u(left))
    & (rows >= vec4i()) & (rows < vec4i(i32(params.conv.input.x)));
}

fn pixel(i: u32) -> vec4f {
  return vec4f(x4[i]);
}

fn pixels_from(i: u32, width: u32) -> mat4x4f {
  return mat4x4f(pixel(i), pixel(i + width), pixel(i + 2u * width), pixel(i + 3u * width));
}

// What the three taps meet, a column a channel: `pixels` and their neighbours.
fn under_taps(before: vec4f, pixels: mat4x4f, after: vec4f, inside: vec4<bool>, columns: vec4u) -> Block {
  let last = vec4u(params.conv.input.y - 1u);
  return Block(
    transpose(left_of(pixels, before, inside & (columns > vec4u()))),
    transpose(kept(pixels, inside)),
    transpose(right_of(pixels, after, inside & (columns < last))),
  );
}

// Sums of a vec4 of filters.
fn store_block(sum: Block, row: u32, rows_a_tap: u32, f: u32) {
  if (f < params.conv.filters / 4u) {
    store_four(sum.left, row, f);
    store_four(sum.middle, row + rows_a_tap, f);
    store_four(sum.right, row + 2u * rows_a_tap, f);
  }
}

fn accumulate_split(thread: u32) {
  let conv = params.conv;
  let filters = conv.filters / 4u;
  let filter_tiles = (filters + vectors - 1u) / vectors;
  let channels = conv.channels / 4u;
  let per_group = channels / conv.groups;
  let tiles = conv.kernel.x * per_group;
  // Four neighbouring threads always have the same filters and the same pixels.
  let stride = (tiles + 3u) / 4u * 4u;
  let tile = min(thread % stride, tiles - 1u);
  let f = thread / stride % filter_tiles * vectors;
  let split = thread / (stride * filter_tiles);
  let c = tile % per_group + 4u * f / (conv.filters / conv.groups) * per_group;
  let offset = i32(tile / per_group) - conv.pads.x;
  let count = conv.batch * conv.output.x * conv.output.y;
  let first = 8u * split * params.steps_per_split;
  let end = min(first + 8u * params.steps_per_split, count);

  var sums: Sums;
  var a = places_from(first);
  for (var p = first; p < end; p += 8u) {
    let b = next(a);
    let left = vec2u(count - p, count - min(p + 4u, count));
    let inside_a = inside_of(a, left.x, offset);
    let inside_b = inside_of(b, left.y, offset);
    if (any_lane(any(inside_a | inside_b))) {
      let i = u32(i32(p) + offset * i32(conv.input.y)) * channels + c;
      let pixels_a = pixels_from(i, channels);
      let pixels_b = pixels_from(i + 4u * channels, channels);
      limit_rows(left.x);
      sums = accumulate(
        sums,
        p * filters + f,
        under_taps(pixel(i - channels), pixels_a, pixels_b[0], inside_a, a.columns),
      );
      limit_rows(left.y);
      sums = accumulate(
        sums,
        (p + 4u) * filters + f,
        under_taps(pixels_a[3], pixels_b, pixel(i + 8u * channels), inside_b, b.columns),
      );
    }
    a = next(b);
  }
  if (thread % stride < tiles && split < params.splits) {
    let rows_a_tap = 4u * per_group;
    let row = ((split * conv.kernel.x + tile / per_group) * 3u * per_group + tile % per_group) * 4u;
    store_block(sums.s0, row, rows_a_tap, f);
    if (vectors > 1u) { store_block(sums.s1, row, rows_a_tap, f + 1u); }
    if (vectors > 2u) { store_block(sums.s2, row, rows_a_tap, f + 2u); }
    if (vectors > 3u) { store_block(sums.s3, row, rows_a_tap, f + 3u); }
    if (vectors > 4u) { store_block(sums.s4, row, rows_a_tap, f + 4u); }
    if (vectors > 5u) { store_block(sums.s5, row, rows_a_tap, f + 5u); }
    if (vectors > 6u) { store_block(sums.s6, row, rows_a_tap, f + 6u); }
    if (vectors > 7u) { store_block(sums.s7, row, rows_a_tap, f + 7u); }
  }
}

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  lane = local % 4u;
  accumulate_split(flat_workgroup(workgroup, workgroups) * 64u + local);
}
