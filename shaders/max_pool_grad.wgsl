// Gradient of max pooling. The maxima are found again: nothing is kept from the forward pass, and no two
// threads write one pixel.
//! @include lib/grid.wgsl
//! @include lib/max_pool.wgsl

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<elems>;

@group(0) @binding(1) var<storage, read> places: array<ints>;
@group(0) @binding(2) var<storage, read> dy: array<elems>;
@group(0) @binding(3) var<storage, read_write> dx: array<elems>;

// Each pixel looks at the windows over it.
@compute @workgroup_size(64)
fn gather(
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
fn cells(
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
