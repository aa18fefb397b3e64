// Repeats a tensor along axes where it has extent 1.
//! @include lib/grid.wgsl

struct Params {
  count: u32, // elements of the output, or vec4s
  rank: u32,
  // Extents of the output and strides of the input, innermost first; stride 0 repeats.
  extents: array<vec4u, 2>,
  strides: array<vec4u, 2>,
}

const PER_THREAD = 8u;

@group(0) @binding(0) var<uniform> params: Params;

fn source_of(i: u32) -> u32 {
  var rest = i;
  var source = 0u;
  for (var axis = 0u; axis < params.rank; axis++) {
    let extent = params.extents[axis / 4u][axis % 4u];
    source += rest % extent * params.strides[axis / 4u][axis % 4u];
    rest /= extent;
  }
  return source;
}

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
      y[i] = x[source_of(i)];
    }
  }
}
