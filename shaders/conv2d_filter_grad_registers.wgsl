// Partial gradients of convolution weights, [splits, weights], with register tiles, where channels
// and filters of a group are multiples of 4.
//! @include lib/grid.wgsl
//! @include lib/conv2d.wgsl
//! @include lib/conv2d_filter_grad.wgsl
//! @include lib/conv2d_filter_grad_registers.wgsl

@group(0) @binding(0) var<uniform> params: FilterGrad;
@group(0) @binding(1) var<storage, read> x4: array<elem4>;
@group(0) @binding(2) var<storage, read> dy4: array<elem4>;
@group(0) @binding(3) var<storage, read_write> partial4: array<vec4f>;

var<private> inside_dy: vec3<bool>;

fn limit_rows(rows: u32) {
  inside_dy = vec3u(1u, 2u, 3u) < vec3u(rows);
}

fn delta(i: u32, inside: bool) -> vec4f {
  return select(vec4f(), vec4f(dy4[i]), inside);
}

fn rows_at(i: u32) -> mat4x4f {
  let step = params.conv.filters / 4u;
  return mat4x4f(
    vec4f(dy4[i]),
    delta(i + step, inside_dy.x),
    delta(i + 2u * step, inside_dy.y),
    delta(i + 3u * step, inside_dy.z),
  );
}

fn any_lane(condition: bool) -> bool {
  return condition;
}

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  accumulate_split(flat_workgroup(workgroup, workgroups) * 64u + local);
}
