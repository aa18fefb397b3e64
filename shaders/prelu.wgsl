// x > 0 ? x : alpha x with a slope a channel or one for all, and its gradients.
//! @include lib/grid.wgsl

struct Params {
  count: u32,
  slopes: u32,
}

const PER_THREAD = 8u;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<elem>;
@group(0) @binding(2) var<storage, read> alpha: array<elem>;
@group(0) @binding(3) var<storage, read_write> y: array<elem>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let base = flat_workgroup(workgroup, workgroups) * 64u * PER_THREAD + local;
  for (var k = 0u; k < PER_THREAD; k++) {
    let i = base + 64u * k;
    if (i < params.count) {
      let value = f32(x[i]);
      y[i] = elem(select(f32(alpha[i % params.slopes]) * value, value, value > 0.0));
    }
  }
}

@group(0) @binding(3) var<storage, read> dy: array<elem>;
@group(0) @binding(4) var<storage, read_write> dx: array<elem>;
@group(0) @binding(5) var<storage, read_write> dalpha_terms: array<elem>;

@compute @workgroup_size(64)
fn backward(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let base = flat_workgroup(workgroup, workgroups) * 64u * PER_THREAD + local;
  for (var k = 0u; k < PER_THREAD; k++) {
    let i = base + 64u * k;
    if (i < params.count) {
      let value = f32(x[i]);
      let gradient = f32(dy[i]);
      let slope = select(f32(alpha[i % params.slopes]), 1.0, value > 0.0);
      dx[i] = elem(slope * gradient);
      dalpha_terms[i] = elem(select(value * gradient, 0.0, value > 0.0));
    }
  }
}
