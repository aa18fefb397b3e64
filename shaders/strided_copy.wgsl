// Copies a block between two tensors, each walked with its own strides: transpose, slice, concat.
//! @include lib/grid.wgsl

struct Params {
  count: u32, // elements of the block (main4: in vec4s, as all that follows)
  rank: u32,
  from_offset: u32,
  to_offset: u32,
  // Innermost first.
  extents: array<vec4u, 2>,
  from_strides: array<vec4u, 2>,
  to_strides: array<vec4u, 2>,
}

const PER_THREAD = 8u;

@group(0) @binding(0) var<uniform> params: Params;

// Where element `i` of the block is in the source and in the target.
fn walk(i: u32) -> vec2u {
  var rest = i;
  var at = vec2u(params.from_offset, params.to_offset);
  for (var axis = 0u; axis < params.rank; axis++) {
    let extent = params.extents[axis / 4u][axis % 4u];
    let index = rest % extent;
    rest /= extent;
    at += index * vec2u(
      params.from_strides[axis / 4u][axis % 4u],
      params.to_strides[axis / 4u][axis % 4u],
    );
  }
  return at;
}

@group(0) @binding(1) var<storage, read> source: array<elem>;
@group(0) @binding(2) var<storage, read_write> destination: array<elem>;

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
      let at = walk(i);
      destination[at.y] = source[at.x];
    }
  }
}

@group(0) @binding(1) var<storage, read> source4: array<elem4>;
@group(0) @binding(2) var<storage, read_write> destination4: array<elem4>;

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
      let at = walk(i);
      destination4[at.y] = source4[at.x];
    }
  }
}
