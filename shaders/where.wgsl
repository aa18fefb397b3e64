// out = condition ≠ 0 ? a : b, with broadcasting.
//! @include lib/grid.wgsl

struct Params {
  count: u32, // elements of the output
  rank: u32,
  // Extents of the output and strides of the operands, innermost first; stride 0 repeats.
  extents: array<vec4u, 2>,
  condition_strides: array<vec4u, 2>,
  a_strides: array<vec4u, 2>,
  b_strides: array<vec4u, 2>,
}

const PER_THREAD = 8u;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> condition: array<elem>;
@group(0) @binding(2) var<storage, read> a: array<elem>;
@group(0) @binding(3) var<storage, read> b: array<elem>;
@group(0) @binding(4) var<storage, read_write> out: array<elem>;

// Where the operands of an element of the output are.
fn operands_of(i: u32) -> vec3u {
  var rest = i;
  var at = vec3u();
  for (var axis = 0u; axis < params.rank; axis++) {
    let extent = params.extents[axis / 4u][axis % 4u];
    at += (rest % extent) * vec3u(
      params.condition_strides[axis / 4u][axis % 4u],
      params.a_strides[axis / 4u][axis % 4u],
      params.b_strides[axis / 4u][axis % 4u],
    );
    rest /= extent;
  }
  return at;
}

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
      let at = operands_of(i);
      out[i] = select(b[at.z], a[at.y], condition[at.x] != elem(0.0));
    }
  }
}
