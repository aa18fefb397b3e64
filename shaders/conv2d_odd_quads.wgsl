// Convolution with register tiles, as conv2d_odd, where four neighbouring threads share their loads of
// the weights: each loads one row of a block and gives it to the others.
enable subgroups;
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

var<private> lane: u32;
var<private> lane_offset: u32;

fn limit_rows(rows: u32) {
  lane_offset = min(lane, rows - 1u) * filter_vectors();
}

// Four threads always take the same way, which the compiler can't see.
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

@compute @workgroup_size(group_size)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  lane = local % 4u;
  run(flat_workgroup(workgroup, workgroups) * group_size + local);
}
