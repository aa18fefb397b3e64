// Convolution as conv2d_quads, for taps in rows of 3: what a tile has under one column of taps are its
// neighbours under the next, so that each pixel is loaded once for the three. Strides, dilations and
// spread are 1, and a row of the output is as long as one of the input.
enable subgroups;
//! @include lib/grid.wgsl
//! @include lib/conv2d.wgsl
//! @include lib/conv2d_pixels.wgsl
//! @include lib/conv2d_shared_rows.wgsl
//! @include lib/neighbours.wgsl

@group(0) @binding(0) var<uniform> conv: Conv;
@group(0) @binding(1) var<storage, read> x4: array<elem4>;
@group(0) @binding(2) var<storage, read> w4: array<elem4>;
@group(0) @binding(3) var<storage, read> bias4: array<elem4>;
@group(0) @binding(4) var<storage, read_write> y4: array<elem4>;
@group(0) @binding(5) var<storage, read> residual4: array<elem4>;

fn under_left(pixels: mat4x4f, before: vec4f, quad: Quad) -> mat4x4f {
  return left_of(pixels, before, quad.columns >= vec4i());
}

fn under_right(pixels: mat4x4f, after: vec4f, quad: Quad) -> mat4x4f {
  return right_of(pixels, after, quad.columns < vec4i(i32(conv.input.y) - 2));
}

fn convolve_rows(thread: u32) {
  let tile = tile_of(thread);
  let filters = conv.filters / 4u;
  if (tile.f >= filters) {
    return;
  }
  let width = conv.channels / 4u;
  let per_group = width / conv.groups;
  let first_channel = tile.f / (filters / conv.groups) * per_group;
  let tap_rows = per_group * conv.filters;
  var sums = Sums();
  for (var row = 0u; row < conv.kernel.x; row++) {
    let offset = vec2i(i32(row), 1);
    let a = sources(tile.a, offset, width);
    var b: Sources;
    if (quads > 1u) { b = sources(tile.b, offset, width); }
    var c: Sources;
    if (quads > 2u) { c = sources(tile.c, offset, width); }
    if (any_lane(any(a.inside | b.inside | c.inside))) {
      var i = 3u * row * tap_rows + tile.f;
      for (var v = 0u; v < per_group; v++) {
        let channel = first_channel + v;
        var middle: Block;
        middle.a = pixels_at(a, channel);
        if (quads > 1u) { middle.b = pixels_at(b, channel); }
        if (quads > 2u) { middle.c = pixels_at(c, channel); }
        let before = pixel(a.first.x + channel - width, a.inside.x);
        var left: Block;
        left.a = under_left(middle.a, before, tile.a);
        if (quads > 1u) { left.b = under_left(middle.b, middle.a[3], tile.b); }
        if (quads > 2u) { left.c = under_left(middle.c, middle.b[3], tile.c); }
        var last = a;
        if (quads == 2u) { last = b; }
        if (quads == 3u) { last = c; }
        let after = pixel(last.first.w + channel + width, last.inside.w);
        var right: Block;
        right.a = under_right(middle.a, select(after, middle.b[0], quads > 1u), tile.a);
        if (quads > 1u) {
          right.b = under_right(middle.b, select(after, middle.c[0], quads > 2u), tile.b);
        }
        if (quads > 2u) { right.c = under_right(middle.c, after, tile.c); }
        sums = accumulate(sums, i, left);
        sums = accumulate(sums, i + tap_rows, middle);
        sums = accumulate(sums, i + 2u * tap_rows, right);
        i += conv.filters;
      }
    }
  }
  store_tile(tile, sums);
}

@compute @workgroup_size(group_size)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  lane_offset = local % 4u * (conv.filters / 4u);
  convolve_rows(flat_workgroup(workgroup, workgroups) * group_size + local);
}
