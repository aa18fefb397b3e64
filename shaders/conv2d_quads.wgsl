// Convolution with register tiles, as conv2d_registers, where four neighbouring threads share their
// loads of the weights: each loads one row of a block and gives it to the others.
enable subgroups;
//! @include lib/grid.wgsl
//! @include lib/conv2d.wgsl
//! @include lib/conv2d_registers.wgsl

@group(0) @binding(0) var<uniform> conv: Conv;
@group(0) @binding(1) var<storage, read> x4: array<elem4>;
@group(0) @binding(2) var<storage, read> w4: array<elem4>;
@group(0) @binding(3) var<storage, read> bias4: array<elem4>;
@group(0) @binding(4) var<storage, read_write> y4: array<elem4>;
@group(0) @binding(5) var<storage, read> residual4: array<elem4>;

var<private> lane_offset: u32;

// Every branch around a call is taken by the whole subgroup or by none of it (any_lane), which the
// compiler can't see.
@diagnostic(off, subgroup_uniformity)
fn rows_at(i: u32) -> mat4x4f {
  let own = vec4f(w4[i + lane_offset]);
  return mat4x4f(
    quadBroadcast(own, 0u),
    quadBroadcast(own, 1u),
    quadBroadcast(own, 2u),
    quadBroadcast(own, 3u),
  );
}

fn combine(sum: vec4f) -> vec4f {
  return sum;
}

@diagnostic(off, subgroup_uniformity)
fn any_lane(condition: bool) -> bool {
  return subgroupAny(condition);
}

@compute @workgroup_size(group_size)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  lane_offset = local % 4u * (conv.filters / 4u);
  convolve(flat_workgroup(workgroup, workgroups) * group_size + local);
}
