// Convolution with register tiles, for any number of channels and filters in one group.
//! @include lib/grid.wgsl
//! @include lib/conv2d.wgsl
//! @include lib/conv2d_odd.wgsl

@group(0) @binding(0) var<uniform> conv: Conv;
@group(0) @binding(1) var<storage, read> x: array<elem>;
@group(0) @binding(2) var<storage, read> w4: array<elem4>;
@group(0) @binding(3) var<storage, read> bias: array<elem>;
@group(0) @binding(4) var<storage, read_write> y: array<elem>;
@group(0) @binding(5) var<storage, read> residual: array<elem>;

fn store_at(sum: vec4f, pixel: u32, f: u32) {
  let i = pixel * conv.filters + 4u * f;
  let finished = finish(sum, i, conv.activation);
  let left = conv.filters - 4u * f;
  y[i] = finished.x;
  if (left > 1u) { y[i + 1u] = finished.y; }
  if (left > 2u) { y[i + 2u] = finished.z; }
  if (left > 3u) { y[i + 3u] = finished.w; }
}

var<private> offsets: vec3u;

fn limit_rows(rows: u32) {
  offsets = min(vec3u(1u, 2u, 3u), vec3u(rows - 1u)) * filter_vectors();
}

fn rows_at(i: u32) -> mat4x4f {
  return mat4x4f(
    vec4f(w4[i]),
    vec4f(w4[i + offsets.x]),
    vec4f(w4[i + offsets.y]),
    vec4f(w4[i + offsets.z]),
  );
}

@compute @workgroup_size(group_size)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  run(flat_workgroup(workgroup, workgroups) * group_size + local);
}
