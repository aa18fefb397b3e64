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

@group(0) @binding(1) var<storage, read> x: array<elem>;

struct Winner {
  value: f32,
  pixel: i32, // row·width + column; -1 where the window has no pixel
}

// NaN by its bits: a compiler may take x != x for false.
fn is_nan(value: f32) -> bool {
  return (bitcast<u32>(value) & 0x7fffffffu) > 0x7f800000u;
}

// The first maximum of the window at `window`; a NaN is larger than any number.
fn winner(place: Place, window: vec2i) -> Winner {
  var best = Winner(f32(params.lowest), -1);
  let corner = window * params.strides - params.pads;
  for (var row = 0; row < params.size.x; row++) {
    for (var column = 0; column < params.size.y; column++) {
      let pixel = corner + vec2i(row, column) * params.dilations;
      if (inside(pixel, params.image)) {
        let value = f32(x[index_of(place, pixel, params.image, params.channels)]);
        let larger = (value > best.value) || (is_nan(value) && !is_nan(best.value));
        let better = larger || (best.pixel < 0);
        best.value = select(best.value, value, better);
        best.pixel = select(best.pixel, i32(pixel.x * params.image.y + pixel.y), better);
      }
    }
  }
  return best;
}

@group(0) @binding(2) var<storage, read_write> y: array<elem>;

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
  y[i] = elem(winner(place, place.pixel).value);
}

@group(0) @binding(2) var<storage, read_write> argmax_out: array<i32>;

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

@group(0) @binding(1) var<storage, read> places: array<i32>;
@group(0) @binding(2) var<storage, read> dy: array<elem>;
@group(0) @binding(3) var<storage, read_write> dx: array<elem>;

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
  let own = i32(place.pixel.x * params.image.y + place.pixel.y);
  let reach = params.dilations * (params.size - 1) + 1;
  let first = first_window(place.pixel + params.pads, reach, params.strides);
  let last = last_window(place.pixel + params.pads, params.strides, params.pooled);
  var sum = f32(0.0);
  for (var row = first.x; row <= last.x; row++) {
    for (var column = first.y; column <= last.y; column++) {
      let window = vec2i(row, column);
      let at = index_of(place, window, params.pooled, params.channels);
      sum += select(f32(0.0), f32(dy[at]), places[at] == own);
    }
  }
  dx[i] = elem(sum);
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
  let gradient = f32(dy[i]);
  let start = max(place.pixel * params.strides - params.pads, vec2i(0));
  let next = (place.pixel + 1) * params.strides - params.pads;
  let end = select(min(next, params.image), params.image, place.pixel == params.pooled - 1);
  for (var row = start.x; row < end.x; row++) {
    for (var column = start.y; column < end.y; column++) {
      let own = i32(row * params.image.y + column);
      let at = index_of(place, vec2i(row, column), params.image, params.channels);
      dx[at] = elem(select(f32(0.0), gradient, best == own));
    }
  }
}

@group(0) @binding(1) var<storage, read> x4: array<elem4>;

struct Winner4 {
  value: vec4f,
  pixel: vec4i, // row·width + column; -1 where the window has no pixel
}

// NaN by its bits: a compiler may take x != x for false.
fn is_nan4(value: vec4f) -> vec4<bool> {
  return (bitcast<vec4u>(value) & vec4u(0x7fffffffu)) > vec4u(0x7f800000u);
}

// The first maximum of the window at `window`; a NaN is larger than any number.
fn winner4(place: Place, window: vec2i) -> Winner4 {
  var best = Winner4(vec4f(params.lowest), vec4i(-1));
  let corner = window * params.strides - params.pads;
  for (var row = 0; row < params.size.x; row++) {
    for (var column = 0; column < params.size.y; column++) {
      let pixel = corner + vec2i(row, column) * params.dilations;
      if (inside(pixel, params.image)) {
        let value = vec4f(x4[index_of(place, pixel, params.image, params.channels)]);
        let larger = (value > best.value) | (is_nan4(value) & !is_nan4(best.value));
        let better = larger | (best.pixel < vec4i(0));
        best.value = select(best.value, value, better);
        best.pixel = select(best.pixel, vec4i(pixel.x * params.image.y + pixel.y), better);
      }
    }
  }
  return best;
}

@group(0) @binding(2) var<storage, read_write> y4: array<elem4>;

@compute @workgroup_size(64)
fn main4(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let i = flat_workgroup(workgroup, workgroups) * 64u + local;
  if (i >= params.count) {
    return;
  }
  let place = place_of(i, params.pooled, params.channels);
  y4[i] = elem4(winner4(place, place.pixel).value);
}

@group(0) @binding(2) var<storage, read_write> argmax_out4: array<vec4i>;

@compute @workgroup_size(64)
fn argmax4(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let i = flat_workgroup(workgroup, workgroups) * 64u + local;
  if (i >= params.count) {
    return;
  }
  let place = place_of(i, params.pooled, params.channels);
  argmax_out4[i] = winner4(place, place.pixel).pixel;
}

@group(0) @binding(1) var<storage, read> places4: array<vec4i>;
@group(0) @binding(2) var<storage, read> dy4: array<elem4>;
@group(0) @binding(3) var<storage, read_write> dx4: array<elem4>;

// Each pixel looks at the windows over it.
@compute @workgroup_size(64)
fn backward4(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let i = flat_workgroup(workgroup, workgroups) * 64u + local;
  if (i >= params.count) {
    return;
  }
  let place = place_of(i, params.image, params.channels);
  let own = vec4i(place.pixel.x * params.image.y + place.pixel.y);
  let reach = params.dilations * (params.size - 1) + 1;
  let first = first_window(place.pixel + params.pads, reach, params.strides);
  let last = last_window(place.pixel + params.pads, params.strides, params.pooled);
  var sum = vec4f(0.0);
  for (var row = first.x; row <= last.x; row++) {
    for (var column = first.y; column <= last.y; column++) {
      let window = vec2i(row, column);
      let at = index_of(place, window, params.pooled, params.channels);
      sum += select(vec4f(0.0), vec4f(dy4[at]), places4[at] == own);
    }
  }
  dx4[i] = elem4(sum);
}

// Windows that do not overlap: each writes the pixels from its corner to the next window's.
@compute @workgroup_size(64)
fn backward_cells4(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let i = flat_workgroup(workgroup, workgroups) * 64u + local;
  if (i >= params.count) {
    return;
  }
  let place = place_of(i, params.pooled, params.channels);
  let best = winner4(place, place.pixel).pixel;
  let gradient = vec4f(dy4[i]);
  let start = max(place.pixel * params.strides - params.pads, vec2i(0));
  let next = (place.pixel + 1) * params.strides - params.pads;
  let end = select(min(next, params.image), params.image, place.pixel == params.pooled - 1);
  for (var row = start.x; row < end.x; row++) {
    for (var column = start.y; column < end.y; column++) {
      let own = vec4i(row * params.image.y + column);
      let at = index_of(place, vec2i(row, column), params.image, params.channels);
      dx4[at] = elem4(select(vec4f(0.0), gradient, best == own));
    }
  }
}
