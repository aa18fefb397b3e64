// Partial gradients of convolution weights, as conv2d_filter_grad_registers, where four neighbouring
// threads share their loads of dy: each loads one pixel of a block and gives it to the others.
enable subgroups;
//! @include lib/grid.wgsl
//! @include lib/conv2d.wgsl
//! @include lib/conv2d_filter_grad.wgsl
//! @include lib/conv2d_filter_grad_registers.wgsl

@group(0) @binding(0) var<uniform> params: FilterGrad;
@group(0) @binding(1) var<storage, read> x4: array<elem4>;
@group(0) @binding(2) var<storage, read> dy4: array<elem4>;
@group(0) @binding(3) var<storage, read_write> partial4: array<vec4f>;

var<private> lane: u32;
var<private> lane_inside: bool;

fn limit_rows(rows: u32) {
  lane_inside = lane < rows;
}

// Every branch around a call is taken by all four threads or by none (any_lane, and the same steps),
// which the compiler can't see.
@diagnostic(off, subgroup_uniformity)
fn rows_at(i: u32) -> mat4x4f {
  let own = select(vec4f(), vec4f(dy4[i + lane * (params.conv.filters / 4u)]), lane_inside);
  return mat4x4f(
    quadBroadcast(own, 0u),
    quadBroadcast(own, 1u),
    quadBroadcast(own, 2u),
    quadBroadcast(own, 3u),
  );
}

@diagnostic(off, subgroup_uniformity)
fn any_lane(condition: bool) -> bool {
  return subgroupAny(condition);
}

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  lane = local % 4u;
  accumulate_split(flat_workgroup(workgroup, workgroups) * 64u + local);
}
