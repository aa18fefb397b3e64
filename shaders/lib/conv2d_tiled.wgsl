// A convolution as a product of matrices, [pixels, taps·channels]·[taps·channels, filters], that is never
// written out: one group, channels and filters multiples of 4. A workgroup makes 64 pixels by 64
// filters, 16 products of each sum at a time through workgroup memory; a thread has 8 pixels by 2 vec4s
// of filters. What includes this binds conv, x4, w4, bias4, y4 and residual4.
//! @include lib/conv2d.wgsl
//! @include lib/epilogue.wgsl

override has_bias: bool = false;

var<workgroup> pixel_tile: array<vec4f, 256>; // [64 pixels, 4 vec4s of channels]
var<workgroup> weight_tile: array<vec4f, 256>; // [16 channels, 16 vec4s of filters]

fn residual_at(i: u32) -> vec4f {
  return vec4f(residual4[i]);
}

fn pixel_block(first: u32, k: u32) -> mat4x4f {
  let i = first * 4u + k;
  return mat4x4f(pixel_tile[i], pixel_tile[i + 4u], pixel_tile[i + 8u], pixel_tile[i + 12u]);
}

fn weight_block(k: u32, f: u32) -> mat4x4f {
  let i = k * 64u + f;
  return mat4x4f(weight_tile[i], weight_tile[i + 16u], weight_tile[i + 32u], weight_tile[i + 48u]);
}

// What a thread makes, 8 pixels in a row by the vec4s of filters f and f + 8, once it has its place.
var<private> pixel: u32; // the first
var<private> f: u32;

// Sums of 4 pixels, columns of a matrix, by a vec4 of filters: by `a` the first pixels, by 0 the first filters.
struct Sums {
  a0: mat4x4f,
  a1: mat4x4f,
  b0: mat4x4f,
  b1: mat4x4f,
}

fn pixel_count() -> u32 {
  return conv.batch * conv.output.x * conv.output.y;
}

// Call in uniform control flow; what the workgroup's memory holds is free to be overwritten then.
fn convolve(tile: u32, local: u32) -> Sums {
  let filters = conv.filters / 4u;
  let channels = conv.channels / 4u;
  let filter_tiles = (filters + 15u) / 16u;
  let first_pixel = tile / filter_tiles * 64u;
  let first_filter = tile % filter_tiles * 16u;
  let products = conv.kernel.x * conv.kernel.y * channels; // vec4s in a sum

  // What this thread loads: a vec4 of channels of pixels 16 apart, a vec4 of filters of rows 4 apart.
  let load_pixel = first_pixel + local / 4u;
  let load_filter = first_filter + local % 16u;
  // What it computes.
  pixel = first_pixel + local / 8u * 8u;
  f = first_filter + local % 8u;

  var sums = Sums();
  for (var start = 0u; start < products; start += 4u) {
    let product = start + local % 4u;
    let tap = product / channels;
    let at_tap = vec2u(tap / conv.kernel.y, tap % conv.kernel.y);
    for (var j = 0u; j < 4u; j++) {
      let at = load_pixel + 16u * j;
      let row = at / conv.output.y;
      let source = conv_pixel(conv, vec2u(row % conv.output.x, at % conv.output.y), at_tap);
      var value = vec4f();
      if (at < pixel_count() && product < products && source.x >= 0) {
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
      let p0 = pixel_block(pixel - first_pixel, k);
      let p1 = pixel_block(pixel + 4u - first_pixel, k);
      let w0 = weight_block(k, f - first_filter);
      let w1 = weight_block(k, f + 8u - first_filter);
      sums.a0 += w0 * p0;
      sums.a1 += w1 * p0;
      sums.b0 += w0 * p1;
      sums.b1 += w1 * p1;
    }
    workgroupBarrier();
  }
  return sums;
}

fn bias_at(f: u32) -> vec4f {
  return select(vec4f(), vec4f(bias4[f]), has_bias);
}

fn store_block(sum: mat4x4f, pixel: u32, f: u32) {
  let filters = conv.filters / 4u;
  let b = bias_at(f);
  for (var p = 0u; p < 4u; p++) {
    if (f < filters && pixel + p < pixel_count()) {
      let i = (pixel + p) * filters + f;
      y4[i] = finish(sum[p] + b, i, conv.activation);
    }
  }
}

fn store(sums: Sums) {
  store_block(sums.a0, pixel, f);
  store_block(sums.a1, pixel, f + 8u);
  store_block(sums.b0, pixel + 4u, f);
  store_block(sums.b1, pixel + 4u, f + 8u);
}
