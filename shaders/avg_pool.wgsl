// Mean of each window of an NHWC image, and the gradient: each pixel gathers from the windows over it.
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
}

override include_pad: bool = false;

@group(0) @binding(0) var<uniform> params: Params;

// Taps of a window along each axis that are on the image.
fn taps(window: vec2i) -> vec2i {
  let corner = window * params.strides - params.pads;
  let skipped = max(-corner + params.dilations - 1, vec2i(0)) / params.dilations;
  let end = (params.image - corner + params.dilations - 1) / params.dilations;
  return max(min(params.size, end) - skipped, vec2i(0));
}

fn divisor(window: vec2i) -> f32 {
  if (include_pad) {
    return f32(params.size.x * params.size.y);
  }
  let on_image = taps(window);
  return f32(max(on_image.x * on_image.y, 1));
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
  let place = place_of(i, params.pooled, params.channels);
  let corner = place.pixel * params.strides - params.pads;
  var sum = floats(0.0);
  for (var row = 0; row < params.size.x; row++) {
    for (var column = 0; column < params.size.y; column++) {
      let pixel = corner + vec2i(row, column) * params.dilations;
      if (inside(pixel, params.image)) {
        sum += floats(x[index_of(place, pixel, params.image, params.channels)]);
      }
    }
  }
  y[i] = elems(sum / divisor(place.pixel));
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
  let shifted = place.pixel + params.pads;
  let reach = params.dilations * (params.size - 1) + 1;
  let first = first_window(shifted, reach, params.strides);
  let last = last_window(shifted, params.strides, params.pooled);
  var sum = floats(0.0);
  for (var row = first.x; row <= last.x; row++) {
    for (var column = first.y; column <= last.y; column++) {
      let window = vec2i(row, column);
      // Dilated windows may step over the pixel.
      if (all((shifted - window * params.strides) % params.dilations == vec2i(0))) {
        let at = index_of(place, window, params.pooled, params.channels);
        sum += floats(dy[at]) / divisor(window);
      }
    }
  }
  dx[i] = elems(sum);
}
