// y = f(x), element by element. One thread does
// PER_THREAD elements, a workgroup a contiguous piece of 64·PER_THREAD; neighbouring threads touch
// neighbouring elements.
//! @include lib/grid.wgsl
//! @include lib/columns_{width}.wgsl

struct Params {
  count: u32, // elems
  a: f32,
  b: f32,
}

override kind: u32 = 0u;

const PER_THREAD = 8u;

@group(0) @binding(0) var<uniform> params: Params;

@group(0) @binding(1) var<storage, read> x: array<elems>;
@group(0) @binding(2) var<storage, read_write> y: array<elems>;

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
      y[i] = elems(activated(kind, floats(x[i]), params.a, params.b));
    }
  }
}
