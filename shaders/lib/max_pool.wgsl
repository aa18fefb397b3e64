// The maximum of each window of an NHWC image, and its place. What includes this binds params and x.
//! @include lib/pool.wgsl

struct Params {
  count: u32, // threads: elements of the output, or groups of four channels
  channels: u32, // in the same unit
  image: vec2i,
  pooled: vec2i,
  size: vec2i,
  strides: vec2i,
  pads: vec2i, // above, left
  dilations: vec2i,
  lowest: f32, // minus infinity
}

struct Winner {
  value: floats,
  pixel: ints, // row·width + column; -1 where the window has no pixel
}

// NaN by its bits: a compiler may take x != x for false.
fn is_nan(value: floats) -> bools {
  return (bitcast<uints>(value) & uints(0x7fffffffu)) > uints(0x7f800000u);
}

// The first maximum of the window at `window`; a NaN is larger than any number.
fn winner(place: Place, window: vec2i) -> Winner {
  var best = Winner(floats(params.lowest), ints(-1));
  let corner = window * params.strides - params.pads;
  for (var row = 0; row < params.size.x; row++) {
    for (var column = 0; column < params.size.y; column++) {
      let pixel = corner + vec2i(row, column) * params.dilations;
      if (inside(pixel, params.image)) {
        let value = floats(x[index_of(place, pixel, params.image, params.channels)]);
        let larger = (value > best.value) | (is_nan(value) & !is_nan(best.value));
        let better = larger | (best.pixel < ints(0));
        best.value = select(best.value, value, better);
        best.pixel = select(best.pixel, ints(pixel.x * params.image.y + pixel.y), better);
      }
    }
  }
  return best;
}
