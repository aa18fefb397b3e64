// Convolution as conv2d_quads, for taps in rows of 3: what a tile has under one column of taps are its
// neighbours under the next, so that each pixel is loaded once for the three. Strides, dilations and
// spread are 1, and a row of the output is as long as one of the input.
enable subgroups;
//! @include lib/grid.wgsl
//! @include lib/conv2d.wgsl
//! @include lib/conv2d_pixels.wgsl
//! @include lib/conv2d_shared_rows.wgsl
//! @include lib/kept.wgsl

@group(0) @binding(0) var<uniform> conv: Conv;
@group(0) @binding(1) var<storage, read> x4: array<elem4>;
@group(0) @binding(2) var<storage, read> w4: array<elem4>;
@group(0) @binding(3) var<storage, read> bias4: array<elem4>;
@group(0) @binding(4) var<storage, read_write> y4: array<elem4>;
@group(0) @binding(5) var<storage, read> residual4: array<elem4>;

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
  let end = vec4i(i32(conv.input.y) - 2);
  let left_a = tile.a.columns >= vec4i();
  let right_a = tile.a.columns < end;
  let left_b = tile.b.columns >= vec4i();
  let right_b = tile.b.columns < end;
  var sums = Sums();
  for (var row = 0u; row < conv.kernel.x; row++) {
    let offset = vec2i(i32(row), 1);
    let a = sources(tile.a, offset, width);
    var b: Sources;
    if (quads > 1u) { b = sources(tile.b, offset, width); }
    if (any_lane(any(a.inside | b.inside))) {
      var i = 3u * row * tap_rows + tile.f;
      for (var c = 0u; c < per_group; c++) {
        let channel = first_channel + c;
        var middle: Block;
        middle.a = pixels_at(a, channel);
        if (quads > 1u) { middle.b = pixels_at(b, channel); }
        let before = pixel(a.first.x + channel - width, a.inside.x);
        var left: Block;
        left.a = kept(mat4x4f(before, middle.a[0], middle.a[1], middle.a[2]), left_a);
        if (quads > 1u) {
          left.b = kept(mat4x4f(middle.a[3], middle.b[0], middle.b[1], middle.b[2]), left_b);
        }
        var right: Block;
        if (quads > 1u) {
          let after = pixel(b.first.w + channel + width, b.inside.w);
          right.a = kept(mat4x4f(middle.a[1], middle.a[2], middle.a[3], middle.b[0]), right_a);
          right.b = kept(mat4x4f(middle.b[1], middle.b[2], middle.b[3], after), right_b);
        } else {
          let after = pixel(a.first.w + channel + width, a.inside.w);
          right.a = kept(mat4x4f(middle.a[1], middle.a[2], middle.a[3], after), right_a);
        }
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
