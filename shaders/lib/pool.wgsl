// Pixels and windows of pooling, NHWC. Pairs are (row, column).

// An element of an NHWC tensor; the channel may stand for four.
struct Place {
  image: u32,
  pixel: vec2i,
  channel: u32,
}

fn place_of(index: u32, size: vec2i, channels: u32) -> Place {
  let pixel = index / channels;
  let row = pixel / u32(size.y);
  let at = vec2i(i32(row % u32(size.x)), i32(pixel % u32(size.y)));
  return Place(row / u32(size.x), at, index % channels);
}

fn index_of(place: Place, pixel: vec2i, size: vec2i, channels: u32) -> u32 {
  let row = i32(place.image) * size.x + pixel.x;
  return u32(row * size.y + pixel.y) * channels + place.channel;
}

fn inside(pixel: vec2i, size: vec2i) -> bool {
  return all(pixel >= vec2i(0)) && all(pixel < size);
}

// First of the windows that reach over a pixel, `shifted` by the padding.
fn first_window(shifted: vec2i, reach: vec2i, strides: vec2i) -> vec2i {
  return max(shifted - reach + strides, vec2i(0)) / strides;
}

// Last of them.
fn last_window(shifted: vec2i, strides: vec2i, pooled: vec2i) -> vec2i {
  return min(shifted / strides, pooled - 1);
}
