// Maximum of each window of an NHWC image, its place, and the gradient. Backwards the maxima are
// found again: nothing is kept from the forward pass, and no two threads write one pixel.
//! @include lib/grid.wgsl
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

@group(0) @binding(0) var<uniform> params: Params;

@group(0) @binding(1) var<storage, read> x: array<elems>;

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

@group(0) @binding(2) var<storage, read_write> y: array<elems>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let i = flat_workgroup(workgroup, workgroups) * 64u + local;
  if (i >= params.count) {
    return;
  }
  let place = place_of(i, params.pooled, params.channels);
  y[i] = elems(winner(place, place.pixel).value);
}

@group(0) @binding(2) var<storage, read_write> argmax_out: array<ints>;

@compute @workgroup_size(64)
fn argmax(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let i = flat_workgroup(workgroup, workgroups) * 64u + local;
  if (i >= params.count) {
    return;
  }
  let place = place_of(i, params.pooled, params.channels);
  argmax_out[i] = winner(place, place.pixel).pixel;
}

@group(0) @binding(1) var<storage, read> places: array<ints>;
@group(0) @binding(2) var<storage, read> dy: array<elems>;
@group(0) @binding(3) var<storage, read_write> dx: array<elems>;

// Each pixel looks at the windows over it.
@compute @workgroup_size(64)
fn backward(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let i = flat_workgroup(workgroup, workgroups) * 64u + local;
  if (i >= params.count) {
    return;
  }
  let place = place_of(i, params.image, params.channels);
  let own = ints(place.pixel.x * params.image.y + place.pixel.y);
  let reach = params.dilations * (params.size - 1) + 1;
  let first = first_window(place.pixel + params.pads, reach, params.strides);
  let last = last_window(place.pixel + params.pads, params.strides, params.pooled);
  var sum = floats(0.0);
  for (var row = first.x; row <= last.x; row++) {
    for (var column = first.y; column <= last.y; column++) {
      let window = vec2i(row, column);
      let at = index_of(place, window, params.pooled, params.channels);
      sum += select(floats(0.0), floats(dy[at]), places[at] == own);
    }
  }
  dx[i] = elems(sum);
}

// Windows that do not overlap: each writes the pixels from its corner to the next window's.
@compute @workgroup_size(64)
fn backward_cells(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let i = flat_workgroup(workgroup, workgroups) * 64u + local;
  if (i >= params.count) {
    return;
  }
  let place = place_of(i, params.pooled, params.channels);
  let best = winner(place, place.pixel).pixel;
  let gradient = floats(dy[i]);
  let start = max(place.pixel * params.strides - params.pads, vec2i(0));
  let next = (place.pixel + 1) * params.strides - params.pads;
  let end = select(min(next, params.image), params.image, place.pixel == params.pooled - 1);
  for (var row = start.x; row < end.x; row++) {
    for (var column = start.y; column < end.y; column++) {
      let own = ints(row * params.image.y + column);
      let at = index_of(place, vec2i(row, column), params.image, params.channels);
      dx[at] = elems(select(floats(0.0), gradient, best == own));
    }
  }
}
