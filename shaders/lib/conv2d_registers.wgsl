// The inner loop of convolutions whose channels and filters come in vec4s. The kernel that includes this
// defines what lib/conv2d_pixels.wgsl asks for and any_lane(), whether a condition holds for a thread that
// must stay in step with this one.
//! @include lib/conv2d_pixels.wgsl

fn convolve(thread: u32) {
  let tile = tile_of(thread);
  let filters = conv.filters / 4u;
  if (tile.f >= filters) {
    return;
  }
  let width = conv.channels / 4u;
  let per_group = width / conv.groups;
  let first_channel = tile.f / (filters / conv.groups) * per_group;
  var sums = Sums();
  let taps = conv.kernel.x * conv.kernel.y;
  var tap = vec2u();
  for (var t = 0u; t < taps; t++) {
    let offset = vec2i(tap) * conv.dilations;
    let a = sources(tile.a, offset, width);
    var b: Sources;
    if (quads > 1u) { b = sources(tile.b, offset, width); }
    var c: Sources;
    if (quads > 2u) { c = sources(tile.c, offset, width); }
    if (any_lane(any(a.inside | b.inside | c.inside))) {
      var i = (t * per_group + tile.part) * conv.filters + tile.f;
      for (var v = tile.part; v < per_group; v += split) {
        var pixels: Block;
        pixels.a = pixels_at(a, first_channel + v);
        if (quads > 1u) { pixels.b = pixels_at(b, first_channel + v); }
        if (quads > 2u) { pixels.c = pixels_at(c, first_channel + v); }
        sums = accumulate(sums, i, pixels);
        i += split * conv.filters;
      }
    }
    let row_ends = tap.y + 1u == conv.kernel.y;
    tap = vec2u(tap.x + u32(row_ends), select(tap.y + 1u, 0u, row_ends));
  }
  store_tile(tile, sums);
}
