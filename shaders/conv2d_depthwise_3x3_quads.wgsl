// Depthwise convolution 3×3 by strips, stride 1, where four neighbouring threads have neighbouring strips
// of the same channels: what a strip needs beyond its edges the neighbour has loaded.
enable subgroups;
//! @include lib/grid.wgsl
//! @include lib/conv2d.wgsl
//! @include lib/conv2d_depthwise_3x3.wgsl

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x4: array<elem4>;
@group(0) @binding(2) var<storage, read> w4: array<elem4>;
@group(0) @binding(3) var<storage, read> bias4: array<elem4>;
@group(0) @binding(4) var<storage, read_write> y4: array<elem4>;
@group(0) @binding(5) var<storage, read> residual4: array<elem4>;

var<private> lane: u32;

// All four threads are always in the same row, which the compiler can't see.
@diagnostic(off, subgroup_uniformity)
fn row_at(i: u32, channels: u32, column: i32, end: u32) -> Row {
  let own = four_pixels(i + channels, channels, column + 1, end);
  // What is to the left of the first thread's strip and to the right of the last one's; the others load it
  // for nothing.
  let far = select(5u, 0u, lane == 0u);
  let outer = pixel(i + far * channels, column + i32(far), end);
  let before = select(quadSwapX(own[3]), quadSwapDiagonal(own[3]), lane == 2u);
  let after = select(quadSwapX(own[0]), quadSwapDiagonal(own[0]), lane == 1u);
  var row: Row;
  row.a = mat4x4f(select(before, outer, lane == 0u), own[0], own[1], own[2]);
  row.b[0] = own[3];
  row.b[1] = select(after, outer, lane == 3u);
  return row;
}

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let thread = flat_workgroup(workgroup, workgroups) * 64u + local;
  let channels = params.conv.channels / 4u;
  lane = thread % 4u;
  let tile = thread / 4u / channels * 4u + lane;
  go_down(thread / 4u % channels, tile, (params.conv.output.y + 15u) / 16u * 4u);
}
