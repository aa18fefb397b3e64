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

fn bias_at(f: u32) -> vec4f {
  if (has_bias && f < conv.filters / 4u) {
    return vec4f(bias4[f]);
  }
  return vec4f();
}

fn pixel_block(first: u32, k: u32) -> mat4x4f {
  let i = first * 4u + k;
  return mat4x4f(pixel_tile[i], pixel_tile[i + 4u], pixel_tile[i + 8u], pixel_tile[i + 12u]);
}

fn weight_block(k: u32, f: u32) -> mat4x4f {
  let i = k * 64u + f;
  return mat4x4f(weight_tile[i], weight_tile[i + 16u], weight_tile[i + 32u], weight_tile[i + 48u]);
}

// What a thread makes: 8 pixels by the vec4s of filters f and f + 8.
struct Place {
  pixels: u32, // there are, of all images
  pixel: u32, // the first
  f: u32,
}

// Of one vec4 of filters: columns are 8 pixels in a row.
struct Results {
  a: mat4x4f,
  b: mat4x4f,
}

struct Pair {
  first: Results, // at f
  second: Results, // at f + 8
}

fn place_of(tile: u32, local: u32) -> Place {
  let filter_tiles = (conv.filters + 63u) / 64u;
  let pixels = conv.batch * conv.output.x * conv.output.y;
  return Place(
    pixels,
    tile / filter_tiles * 64u + local / 8u * 8u,
    tile % filter_tiles * 16u + local % 8u,
  );
}

// Call in uniform control flow; what the workgroup's memory holds is free to be overwritten then.
fn convolve(place: Place, local: u32) -> Pair {
  let filters = conv.filters / 4u;
  let channels = conv.channels / 4u;
  let products = conv.kernel.x * conv.kernel.y * channels; // vec4s in a sum
  // Within the tile.
  let own_pixel = local / 8u * 8u;
  let own_filter = local % 8u;
  // What this thread loads: a vec4 of channels of pixels 16 apart, a vec4 of filters of rows 4 apart.
  let load_pixel = place.pixel - own_pixel + local / 4u;
  let load_filter = place.f - own_filter + local % 16u;

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
      if (pixel < place.pixels && product < products && source.x >= 0) {
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
  let first_bias = bias_at(place.f);
  let second_bias = bias_at(place.f + 8u);
  let first = mat4x4f(first_bias, first_bias, first_bias, first_bias);
  let second = mat4x4f(second_bias, second_bias, second_bias, second_bias);
  return Pair(Results(sum00 + first, sum10 + first), Results(sum01 + second, sum11 + second));
}

fn store_block(results: mat4x4f, place: Place, pixel: u32, f: u32) {
  let filters = conv.filters / 4u;
  if (f >= filters) {
    return;
  }
  for (var p = 0u; p < 4u; p++) {
    if (pixel + p < place.pixels) {
      let i = (pixel + p) * filters + f;
      y4[i] = finish(results[p], i, conv.activation);
    }
  }
}

fn store_pair(results: Pair, place: Place) {
  store_block(results.first.a, place, place.pixel, place.f);
  store_block(results.second.a, place, place.pixel, place.f + 8u);
  store_block(results.first.b, place, place.pixel + 4u, place.f);
  store_block(results.second.b, place, place.pixel + 4u, place.f + 8u);
}
