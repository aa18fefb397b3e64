// Depthwise convolution 3×3 as conv2d_depthwise_3x3, stride 1, where four neighbouring threads have the same
// channels of neighbouring strips, 4 columns each: what a strip needs beyond its edges the neighbour has loaded.
enable subgroups;
//! @include lib/grid.wgsl
//! @include lib/conv2d.wgsl
//! @include lib/conv2d_depthwise_3x3.wgsl

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x4: array<elem4>;
@group(0) @binding(2) var<storage, read> w4: array<elem4>;
@group(0) @binding(3) var<storage, read> bias4: array<elem4>;
@group(0) @binding(4) var<storage, read_write> y4: array<elem4>;
@group(0) @binding(5) var<storage, read> residual4: array<elem4>;

// The last pixel of the strip to the left, or `edge` for the first strip. All four threads are always in the
// same row, which the compiler can't see.
@diagnostic(off, subgroup_uniformity)
fn from_left(last: vec4f, edge: vec4f, lane: u32) -> vec4f {
  let near = quadSwapX(last);
  let far = quadSwapDiagonal(last);
  return select(select(near, far, lane == 2u), edge, lane == 0u);
}

// The first pixel of the strip to the right, or `edge` for the last strip.
@diagnostic(off, subgroup_uniformity)
fn from_right(first: vec4f, edge: vec4f, lane: u32) -> vec4f {
  let near = quadSwapX(first);
  let far = quadSwapDiagonal(first);
  return select(select(near, far, lane == 1u), edge, lane == 3u);
}

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let conv = params.conv;
  let thread = flat_workgroup(workgroup, workgroups) * 64u + local;
  let lane = thread % 4u;
  let channels = conv.channels / 4u;
  let row_tiles = (conv.output.y + 15u) / 16u;
  let strips = (conv.output.x + params.strip_rows - 1u) / params.strip_rows;
  let c = thread / 4u % channels;
  let tile = thread / 4u / channels;
  let column = tile % row_tiles * 16u + 4u * lane;
  let first_row = tile / row_tiles % strips * params.strip_rows;
  let image = tile / (row_tiles * strips);
  if (image >= conv.batch) {
    return;
  }
  let top = weights(c, channels);
  let middle = weights(3u * channels + c, channels);
  let bottom = weights(6u * channels + c, channels);
  var b = vec4f();
  if (has_bias) { b = vec4f(bias4[c]); }
  let start = mat4x4f(b, b, b, b);

  let corner = vec2i(vec2u(first_row, column)) - conv.pads; // of the window of the first output
  let columns = vec4i(corner.y) + vec4i(1, 2, 3, 4);
  let width = i32(conv.input.y);
  let inside_columns = (columns >= vec4i()) & (columns < vec4i(width));
  // Only the first and the last thread need it.
  let edge_offset = select(5, 0, lane == 0u);
  let edge_column = corner.y + edge_offset;
  let edge_inside = edge_column >= 0 && edge_column < width;
  let rows = min(params.strip_rows, conv.output.x - first_row) + 2u;
  let image_row = i32(image * conv.input.x);
  var x_index = u32(((image_row + corner.x) * width + corner.y) * i32(channels) + i32(c));
  var y_index = ((image * conv.output.x + first_row) * conv.output.y + column) * channels + c;

  var next = start; // still without its bottom row
  var after_next = start; // with its top row only
  for (var r = 0u; r < rows; r++) {
    let v = corner.x + i32(r);
    let inside = v >= 0 && v < i32(conv.input.x);
    let own = four_pixels(x_index + channels, channels, vec4<bool>(inside) & inside_columns);
    let edge = pixel(x_index + u32(edge_offset) * channels, inside && edge_inside);
    let left = from_left(own[3], edge, lane);
    let right = from_right(own[0], edge, lane);
    let p = mat4x4f(left, own[0], own[1], own[2]);
    let q = mat2x4f(own[3], right);
    x_index += conv.input.y * channels;
    if (r >= 2u) {
      store_quad(next + four_windows(bottom, p, q), y_index, column, channels);
      y_index += conv.output.y * channels;
    }
    next = after_next + four_windows(middle, p, q);
    after_next = start + four_windows(top, p, q);
  }
}
