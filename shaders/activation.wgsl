// y = f(x) and dx = dy·f'(x), element by element. One thread does PER_THREAD elements, a workgroup
// a contiguous piece of 64·PER_THREAD; neighbouring threads touch neighbouring elements.
//! @include lib/grid.wgsl
//! @include lib/activation.wgsl

struct Params {
  count: u32, // in elements (main, backward) or in vec4s (main4, backward4)
  a: f32,
  b: f32,
}

override kind: u32 = 0u;

const PER_THREAD = 8u;

@group(0) @binding(0) var<uniform> params: Params;

@group(0) @binding(1) var<storage, read> x: array<elem>;
@group(0) @binding(2) var<storage, read_write> y: array<elem>;

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
      y[i] = elem(activate(kind, f32(x[i]), params.a, params.b));
    }
  }
}

@group(0) @binding(1) var<storage, read> x4: array<elem4>;
@group(0) @binding(2) var<storage, read_write> y4: array<elem4>;

@compute @workgroup_size(64)
fn main4(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let base = flat_workgroup(workgroup, workgroups) * 64u * PER_THREAD + local;
  for (var k = 0u; k < PER_THREAD; k++) {
    let i = base + 64u * k;
    if (i < params.count) {
      let v = vec4f(x4[i]);
      y4[i] = elem4(vec4f(
        activate(kind, v.x, params.a, params.b),
        activate(kind, v.y, params.a, params.b),
        activate(kind, v.z, params.a, params.b),
        activate(kind, v.w, params.a, params.b),
      ));
    }
  }
}

@group(0) @binding(2) var<storage, read> dy: array<elem>;
@group(0) @binding(3) var<storage, read_write> dx: array<elem>;

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
      dx[i] = elem(f32(dy[i]) * activate_derivative(kind, f32(x[i]), params.a, params.b));
    }
  }
}

@group(0) @binding(2) var<storage, read> dy4: array<elem4>;
@group(0) @binding(3) var<storage, read_write> dx4: array<elem4>;

@compute @workgroup_size(64)
fn backward4(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let base = flat_workgroup(workgroup, workgroups) * 64u * PER_THREAD + local;
  for (var k = 0u; k < PER_THREAD; k++) {
    let i = base + 64u * k;
    if (i < params.count) {
      let v = vec4f(x4[i]);
      dx4[i] = elem4(vec4f(dy4[i]) * vec4f(
        activate_derivative(kind, v.x, params.a, params.b),
        activate_derivative(kind, v.y, params.a, params.b),
        activate_derivative(kind, v.z, params.a, params.b),
        activate_derivative(kind, v.w, params.a, params.b),
      ));
    }
  }
}
