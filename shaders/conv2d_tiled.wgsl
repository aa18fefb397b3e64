// Convolution as a product of matrices, [pixels, taps·channels]·[taps·channels, filters], that is
// never written out: one group, channels and filters multiples of 4. A workgroup makes 64 pixels by
// 64 filters, 16 products of each sum at a time through workgroup memory; a thread has 8 pixels by
// 2 vec4s of filters. Sums are matrices whose column p is a pixel.
//! @include lib/grid.wgsl
//! @include lib/conv2d.wgsl
//! @include lib/epilogue.wgsl

override has_bias: bool = false;

@group(0) @binding(0) var<uniform> conv: Conv;
@group(0) @binding(1) var<storage, read> x4: array<elem4>;
@group(0) @binding(2) var<storage, read> w4: array<elem4>;
@group(0) @binding(3) var<storage, read> bias4: array<elem4>;
@group(0) @binding(4) var<storage, read_write> y4: array<elem4>;
@group(0) @binding(5) var<storage, read> residual4: array<elem4>;

var<workgroup> pixel_tile: array<vec4f, 256>; // [64 pixels, 4 vec4s of channels]
var<workgroup> weight_tile: array<vec4f, 256>; // [16 channels, 16 vec4s of filters]

fn residual_at(i: u32) -> vec4f {
  return vec4f(residual4[i]);
}

fn store_block(sum: mat4x4f, pixel: u32, f: u32) {
  let filters = conv.filters / 4u;
  if (f >= filters) {
    return;
  }
  var b = vec4f();
  if (has_bias) {
    b = vec4f(bias4[f]);
  }
  let pixels = conv.batch * conv.output.x * conv.output.y;
  for (var p = 0u; p < 4u; p++) {
    if (pixel + p < pixels) {
      let i = (pixel + p) * filters + f;
      y4[i] = finish(sum[p] + b, i, conv.activation);
    }
  }
}

fn pixel_block(first: u32, k: u32) -> mat4x4f {
  let i = first * 4u + k;
  return mat4x4f(pixel_tile[i], pixel_tile[i + 4u], pixel_tile[i + 8u], pixel_tile[i + 12u]);
}

fn weight_block(k: u32, f: u32) -> mat4x4f {
  let i = k * 64u + f;
  return mat4x4f(weight_tile[i], weight_tile[i + 16u], weight_tile[i + 32u], weight_tile[i + 48u]);
}

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let filters = conv.filters / 4u;
  let channels = conv.channels / 4u;
  let filter_tiles = (filters + 15u) / 16u;
  let tile = flat_workgroup(workgroup, workgroups);
  let first_pixel = tile / filter_tiles * 64u;
  let first_filter = tile % filter_tiles * 16u;
  let pixels = conv.batch * conv.output.x * conv.output.y;
  let products = conv.kernel.x * conv.kernel.y * channels; // vec4s in a sum

  // What this thread loads: a vec4 of channels of pixels 16 apart, a vec4 of filters of rows 4 apart.
  let load_pixel = first_pixel + local / 4u;
  let load_filter = first_filter + local % 16u;
  // What it computes.
  let own_pixel = local / 8u * 8u;
  let own_filter = local % 8u;

  var sum00 = mat4x4f();
  var sum01 = mat4x4f();
  var sum10 = mat4x4f();
  var sum11 = mat4x4f();
  for (var start = 0u; start < products; start += 4u) {
    let product = start + local % 4u;
    let tap = product / channels;
    let at_tap = vec2u(tap / conv.kernel.y, tap % conv.kernel.y);
    for (var j = 0u; j < 4u; j++) {
      let pixel = load_pixel + 16u * j;
      let row = pixel / conv.output.y;
      let source = conv_pixel(conv, vec2u(row % conv.output.x, pixel % conv.output.y), at_tap);
      var value = vec4f();
      if (pixel < pixels && product < products && source.x >= 0) {
        let from_row = row / conv.output.x * conv.input.x + u32(source.x);
        let i = (from_row * conv.input.y + u32(source.y)) * channels + product % channels;
        value = vec4f(x4[i]);
      }
      pixel_tile[local + 64u * j] = value;
      let weight_row = start * 4u + local / 16u + 4u * j;
      var weight = vec4f();
      if (weight_row < products * 4u && load_filter < filters) {
        weight = vec4f(w4[weight_row * filters + load_filter]);
      }
      weight_tile[local + 64u * j] = weight;
    }
    workgroupBarrier();
    for (var k = 0u; k < 4u; k++) {
      let p0 = pixel_block(own_pixel, k);
      let p1 = pixel_block(own_pixel + 4u, k);
      let w0 = weight_block(k, own_filter);
      let w1 = weight_block(k, own_filter + 8u);
      sum00 += w0 * p0;
      sum01 += w1 * p0;
      sum10 += w0 * p1;
      sum11 += w1 * p1;
    }
    workgroupBarrier();
  }
  let pixel = first_pixel + own_pixel;
  let f = first_filter + own_filter;
  store_block(sum00, pixel, f);
  store_block(sum01, pixel, f + 8u);
  store_block(sum10, pixel + 4u, f);
  store_block(sum11, pixel + 4u, f + 8u);
}
