// Nearest and bilinear resizing of an NHWC image, and the gradient: each pixel gathers from the
// positions that show it. Position d shows pixel (scale d + shift) / unit along each axis: in
// integers, so that what is exactly on a pixel, or between two, is so here.
//! @include lib/grid.wgsl
//! @include lib/pool.wgsl

struct Params {
  count: u32, // threads: elements of the output, or groups of four channels
  channels: u32, // in the same unit
  image: vec2i,
  resized: vec2i,
  scale: vec2i,
  shift: vec2i,
  unit: vec2i,
}

override bilinear: bool = true;

@group(0) @binding(0) var<uniform> params: Params;

// What a position shows: (1 - weight) of pixel `low` and `weight` of the next, along each axis.
struct Taps {
  low: vec2i,
  weight: vec2f,
}

fn taps_of(position: vec2i) -> Taps {
  let last = (params.image - 1) * params.unit;
  let at = clamp(params.scale * position + params.shift, vec2i(0), last + params.unit - 1);
  if (!bilinear) {
    return Taps(at / params.unit, vec2f(0.0));
  }
  let on_image = min(at, last);
  return Taps(on_image / params.unit, vec2f(on_image % params.unit) / vec2f(params.unit));
}

// Bounds of the positions that may show a pixel; some within show it with weight 0.
fn first_showing(pixel: vec2i) -> vec2i {
  let start = ((pixel - 1) * params.unit - params.shift) / max(params.scale, vec2i(1));
  let everything = (params.scale == vec2i(0)) | (pixel == vec2i(0));
  return select(max(start, vec2i(0)), vec2i(0), everything);
}

fn last_showing(pixel: vec2i) -> vec2i {
  let end = ((pixel + 1) * params.unit - params.shift) / max(params.scale, vec2i(1));
  let everything = (params.scale == vec2i(0)) | (pixel == params.image - 1);
  return select(min(end, params.resized - 1), params.resized - 1, everything);
}

@group(0) @binding(1) var<storage, read> x: array<elems>;
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
  let place = place_of(i, params.resized, params.channels);
  let taps = taps_of(place.pixel);
  var sum = floats(0.0);
  for (var corner = 0; corner < 4; corner++) {
    let by = vec2i(corner / 2, corner % 2);
    let pixel = min(taps.low + by, params.image - 1);
    let weights = select(1.0 - taps.weight, taps.weight, by == vec2i(1));
    let weight = weights.x * weights.y;
    if (weight > 0.0) {
      sum += weight * floats(x[index_of(place, pixel, params.image, params.channels)]);
    }
  }
  y[i] = elems(sum);
}

@group(0) @binding(1) var<storage, read> dy: array<elems>;
@group(0) @binding(2) var<storage, read_write> dx: array<elems>;

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
  let first = first_showing(place.pixel);
  let last = last_showing(place.pixel);
  var sum = floats(0.0);
  for (var row = first.x; row <= last.x; row++) {
    for (var column = first.y; column <= last.y; column++) {
      let taps = taps_of(vec2i(row, column));
      let weights = select(vec2f(0.0), 1.0 - taps.weight, taps.low == place.pixel)
        + select(vec2f(0.0), taps.weight, taps.low + 1 == place.pixel);
      let weight = weights.x * weights.y;
      if (weight > 0.0) {
        let at = index_of(place, vec2i(row, column), params.resized, params.channels);
        sum += weight * floats(dy[at]);
      }
    }
  }
  dx[i] = elems(sum);
}
