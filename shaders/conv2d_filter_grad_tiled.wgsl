// Partial gradients of convolution weights, [splits, weights], as a product of matrices,
// [taps·channels, pixels]·[pixels, filters], that is never written out: one group, channels and
// filters multiples of 4. A workgroup makes 64 rows by 64 filters of one split, a step of 16 pixels
// at a time through workgroup memory; a thread has 8 rows by 2 vec4s of filters. Sums are matrices
// whose column r is a row.
//! @include lib/grid.wgsl
//! @include lib/conv2d.wgsl
//! @include lib/conv2d_filter_grad.wgsl

@group(0) @binding(0) var<uniform> params: FilterGrad;
@group(0) @binding(1) var<storage, read> x4: array<elem4>;
@group(0) @binding(2) var<storage, read> dy4: array<elem4>;
@group(0) @binding(3) var<storage, read_write> partial4: array<vec4f>;

var<workgroup> pixel_tile: array<vec4f, 256>; // [16 pixels, 16 vec4s of rows]
var<workgroup> delta_tile: array<vec4f, 256>; // [16 pixels, 16 vec4s of filters]

fn store_block(sum: mat4x4f, row: u32, f: u32, split: u32) {
  let conv = params.conv;
  let filters = conv.filters / 4u;
  let rows = conv.kernel.x * conv.kernel.y * conv.channels;
  if (f >= filters || row >= rows) {
    return;
  }
  for (var r = 0u; r < 4u; r++) {
    partial4[(split * rows + row + r) * filters + f] = sum[r];
  }
}

fn pixel_block(k: u32, row: u32) -> mat4x4f {
  let i = k * 64u + row;
  let block = mat4x4f(pixel_tile[i], pixel_tile[i + 16u], pixel_tile[i + 32u], pixel_tile[i + 48u]);
  return transpose(block);
}

fn delta_block(k: u32, f: u32) -> mat4x4f {
  let i = k * 64u + f;
  return mat4x4f(delta_tile[i], delta_tile[i + 16u], delta_tile[i + 32u], delta_tile[i + 48u]);
}

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let conv = params.conv;
  let filters = conv.filters / 4u;
  let channels = conv.channels / 4u;
  let rows = conv.kernel.x * conv.kernel.y * channels; // vec4s
  let filter_tiles = (filters + 15u) / 16u;
  let row_tiles = (rows + 15u) / 16u;
  let tile = flat_workgroup(workgroup, workgroups);
  let first_filter = tile % filter_tiles * 16u;
  let first_row = tile / filter_tiles % row_tiles * 16u;
  // A workgroup past the last split works on that one too, and stores the same.
  let last = params.splits - 1u;
  let split = min(tile / filter_tiles / row_tiles, last);
  let first = split * params.steps_per_split * 16u;
  let pixels = conv.batch * conv.output.x * conv.output.y;
  let end = min(first + params.steps_per_split * 16u, pixels);

  // What this thread loads, of pixels 4 apart.
  let load_row = first_row + local % 16u;
  let load_filter = first_filter + local % 16u;
  let tap = load_row / channels;
  let at_tap = vec2u(tap / conv.kernel.y, tap % conv.kernel.y);
  // What it computes.
  let own_row = local / 8u * 2u;
  let own_filter = local % 8u;

  var sum00 = mat4x4f();
  var sum01 = mat4x4f();
  var sum10 = mat4x4f();
  var sum11 = mat4x4f();
  for (var start = first; start < end; start += 16u) {
    for (var j = 0u; j < 4u; j++) {
      let pixel = start + local / 16u + 4u * j;
      let row = pixel / conv.output.y;
      let source = conv_pixel(conv, vec2u(row % conv.output.x, pixel % conv.output.y), at_tap);
      var value = vec4f();
      if (pixel < end && load_row < rows && source.x >= 0) {
        let from_row = row / conv.output.x * conv.input.x + u32(source.x);
        let i = (from_row * conv.input.y + u32(source.y)) * channels + load_row % channels;
        value = vec4f(x4[i]);
      }
      pixel_tile[local + 64u * j] = value;
      var delta = vec4f();
      if (pixel < end && load_filter < filters) {
        delta = vec4f(dy4[pixel * filters + load_filter]);
      }
      delta_tile[local + 64u * j] = delta;
    }
    workgroupBarrier();
    for (var k = 0u; k < 4u; k++) {
      let p0 = pixel_block(k, own_row);
      let p1 = pixel_block(k, own_row + 1u);
      let d0 = delta_block(k, own_filter);
      let d1 = delta_block(k, own_filter + 8u);
      sum00 += d0 * p0;
      sum01 += d1 * p0;
      sum10 += d0 * p1;
      sum11 += d1 * p1;
    }
    workgroupBarrier();
  }
  let row = (first_row + own_row) * 4u;
  let f = first_filter + own_filter;
  store_block(sum00, row, f, split);
  store_block(sum01, row, f + 8u, split);
  store_block(sum10, row + 4u, f, split);
  store_block(sum11, row + 4u, f + 8u, split);
}
