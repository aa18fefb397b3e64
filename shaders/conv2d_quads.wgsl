// Convolution with register tiles, as conv2d_registers, where four neighbouring threads share their
// loads of the weights: each loads one row of a block and gives it to the others.
enable subgroups;
//! @include lib/grid.wgsl
//! @include lib/conv2d.wgsl
//! @include lib/conv2d_registers.wgsl
//! @include lib/conv2d_shared_rows.wgsl

@group(0) @binding(0) var<uniform> conv: Conv;
@group(0) @binding(1) var<storage, read> x4: array<elem4>;
@group(0) @binding(2) var<storage, read> w4: array<elem4>;
@group(0) @binding(3) var<storage, read> bias4: array<elem4>;
@group(0) @binding(4) var<storage, read_write> y4: array<elem4>;
@group(0) @binding(5) var<storage, read> residual4: array<elem4>;

@compute @workgroup_size(group_size)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  lane_offset = local % 4u * (conv.filters / 4u);
  convolve(flat_workgroup(workgroup, workgroups) * group_size + local);
}
