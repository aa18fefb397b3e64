// The gradient of a maximum goes to the first of the largest elements in row-major order. One thread
// walks the elements behind one element of the output, up to 4 axes of them.
//! @include lib/grid.wgsl

struct Params {
  // Axes kept and reduced, innermost first, filled up with ones.
  kept: vec4u,
  kept_strides: vec4u,
  reduced: vec4u,
  reduced_strides: vec4u,
  count: u32, // elements of the output
  length: u32, // elements behind each
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<elem>;
@group(0) @binding(2) var<storage, read> y: array<elem>;
@group(0) @binding(3) var<storage, read> dy: array<elem>;
@group(0) @binding(4) var<storage, read_write> dx: array<elem>;

fn offset(index: u32, extents: vec4u, strides: vec4u) -> u32 {
  var rest = index;
  var at = 0u;
  for (var axis = 0u; axis < 4u; axis++) {
    at += rest % extents[axis] * strides[axis];
    rest /= extents[axis];
  }
  return at;
}

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let i = flat_workgroup(workgroup, workgroups) * 64u + local;
  if (i < params.count) {
    let base = offset(i, params.kept, params.kept_strides);
    var gradient = dy[i];
    for (var k = 0u; k < params.length; k++) {
      let at = base + offset(k, params.reduced, params.reduced_strides);
      if (x[at] == y[i]) {
        dx[at] = gradient;
        gradient = 0;
      } else {
        dx[at] = 0;
      }
    }
  }
}
