// Depthwise convolution 3×3 by strips, each by itself.
//! @include lib/grid.wgsl
//! @include lib/conv2d.wgsl
//! @include lib/conv2d_depthwise_3x3.wgsl

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x4: array<elem4>;
@group(0) @binding(2) var<storage, read> w4: array<elem4>;
@group(0) @binding(3) var<storage, read> bias4: array<elem4>;
@group(0) @binding(4) var<storage, read_write> y4: array<elem4>;
@group(0) @binding(5) var<storage, read> residual4: array<elem4>;

fn row_at(i: u32, channels: u32, column: i32, end: u32) -> Row {
  let b = i + 4u * channels;
  var row: Row;
  row.a = four_pixels(i, channels, column, end);
  if (stride == 1u) {
    row.b[0] = pixel(b, column + 4, end);
    row.b[1] = pixel(b + channels, column + 5, end);
  } else {
    row.b = four_pixels(b, channels, column + 4, end);
    row.last = pixel(b + 4u * channels, column + 8, end);
  }
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
  go_down(thread % channels, thread / channels, (params.conv.output.y + 3u) / 4u);
}
