// Partial gradients of convolution weights, as conv2d_filter_grad_registers, where four neighbouring
// threads share their loads of dy.
enable subgroups;
//! @include lib/grid.wgsl
//! @include lib/conv2d.wgsl
//! @include lib/conv2d_filter_grad.wgsl
//! @include lib/conv2d_filter_grad_registers.wgsl
//! @include lib/conv2d_filter_grad_shared.wgsl

@group(0) @binding(0) var<uniform> params: FilterGrad;
@group(0) @binding(1) var<storage, read> x4: array<elem4>;
@group(0) @binding(2) var<storage, read> dy4: array<elem4>;
@group(0) @binding(3) var<storage, read_write> partial4: array<vec4f>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  lane = local % 4u;
  accumulate_split(flat_workgroup(workgroup, workgroups) * 64u + local);
}
