// Partial gradients of convolution weights, [splits, weights], for any number of channels and
// filters in one group: a thread has a tile of 4 rows (taps and input channels) by 4·vectors
// filters, and one split of the pixels of dy. Column r of a sum is row r of the tile.
//! @include lib/grid.wgsl
//! @include lib/conv2d.wgsl
//! @include lib/conv2d_filter_grad.wgsl

override vectors: u32 = 4u;

@group(0) @binding(0) var<uniform> params: FilterGrad;
@group(0) @binding(1) var<storage, read> x: array<elem>;
@group(0) @binding(2) var<storage, read> dy: array<elem>;
@group(0) @binding(3) var<storage, read_write> partial: array<f32>;

fn delta(i: u32) -> vec4f {
  return vec4f(f32(dy[i]), f32(dy[i + 1u]), f32(dy[i + 2u]), f32(dy[i + 3u]));
}

fn outer(deltas: vec4f, pixels: vec4f) -> mat4x4f {
  return mat4x4f(deltas * pixels.x, deltas * pixels.y, deltas * pixels.z, deltas * pixels.w);
}

fn store_block(sum: mat4x4f, split: u32, row: u32, f: u32) {
  let filters = params.conv.filters;
  let rows = params.conv.kernel.x * params.conv.kernel.y * params.conv.channels;
  for (var r = 0u; r < 4u; r++) {
    for (var i = 0u; i < 4u; i++) {
      if (row + r < rows && f + i < filters) {
        partial[(split * rows + row + r) * filters + f + i] = sum[r][i];
      }
    }
  }
}

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let conv = params.conv;
  let thread = flat_workgroup(workgroup, workgroups) * 64u + local;
  let rows = conv.kernel.x * conv.kernel.y * conv.channels;
  let tiles = (rows + 3u) / 4u;
  let filter_tiles = (conv.filters + 4u * vectors - 1u) / (4u * vectors);
  let split = thread / (tiles * filter_tiles);
  if (split >= params.splits) {
    return;
  }
  let tile_row = thread % tiles * 4u;
  let f = thread / tiles % filter_tiles * vectors * 4u;
  let weight_rows = min(vec4u(tile_row) + vec4u(0u, 1u, 2u, 3u), vec4u(rows - 1u));
  let c = weight_rows % conv.channels;
  let taps = weight_rows / conv.channels;
  let row_offsets = vec4i(taps / conv.kernel.y) * conv.dilations.x - conv.pads.x;
  let column_offsets = vec4i(taps % conv.kernel.y) * conv.dilations.y - conv.pads.y;
  let row_steps = (conv.output.y + 3u) / 4u;
  let first = split * params.steps_per_split;
  let end = min(first + params.steps_per_split, conv.batch * conv.output.x * row_steps);

  var sum0 = mat4x4f();
  var sum1 = mat4x4f();
  var sum2 = mat4x4f();
  var sum3 = mat4x4f();
  for (var step = first; step < end; step++) {
    let row = step / row_steps;
    let column = step % row_steps * 4u;
    let from_rows = i32(row % conv.output.x) * conv.strides.x + row_offsets;
    let rows_inside = (from_rows >= vec4i()) & (from_rows < vec4i(i32(conv.input.x)));
    let image_row = i32(row / conv.output.x * conv.input.x);
    let row_bases = (image_row + from_rows) * i32(conv.input.y);
    for (var o = column; o < min(column + 4u, conv.output.y); o++) {
      let columns = i32(o) * conv.strides.y + column_offsets;
      let inside = rows_inside & (columns >= vec4i()) & (columns < vec4i(i32(conv.input.y)));
      let i = vec4u(row_bases + columns) * conv.channels + c;
      let loaded = vec4f(f32(x[i.x]), f32(x[i.y]), f32(x[i.z]), f32(x[i.w]));
      let pixels = select(vec4f(), loaded, inside);
      let at = (row * conv.output.y + o) * conv.filters + f;
      sum0 += outer(delta(at), pixels);
      if (vectors > 1u) { sum1 += outer(delta(at + 4u), pixels); }
      if (vectors > 2u) { sum2 += outer(delta(at + 8u), pixels); }
      if (vectors > 3u) { sum3 += outer(delta(at + 12u), pixels); }
    }
  }
  store_block(sum0, split, tile_row, f);
  if (vectors > 1u) { store_block(sum1, split, tile_row, f + 4u); }
  if (vectors > 2u) { store_block(sum2, split, tile_row, f + 8u); }
  if (vectors > 3u) { store_block(sum3, split, tile_row, f + 12u); }
}
