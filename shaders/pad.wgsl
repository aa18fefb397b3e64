// A tensor with more elements around it: a constant, a mirror image without the edge, or the edge.
//! @include lib/grid.wgsl

struct Params {
  count: u32,
  rank: u32,
  value: f32,
  // Of the output and of the input, and the elements before the input; innermost first.
  out_extents: array<vec4u, 2>,
  in_extents: array<vec4u, 2>,
  before: array<vec4u, 2>,
}

// 0 constant, 1 reflect, 2 replicate
override mode: u32 = 0u;

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
      var rest = i;
      var at = 0u;
      var stride = 1u;
      var inside = true;
      for (var axis = 0u; axis < params.rank; axis++) {
        let padded = params.out_extents[axis / 4u][axis % 4u];
        let extent = i32(params.in_extents[axis / 4u][axis % 4u]);
        var index = i32(rest % padded) - i32(params.before[axis / 4u][axis % 4u]);
        rest /= padded;
        if (mode == 1u) {
          index = abs(index);
          index = min(index, 2 * (extent - 1) - index);
        } else if (mode == 2u) {
          index = clamp(index, 0, extent - 1);
        }
        inside = inside && index >= 0 && index < extent;
        at += u32(index) * stride;
        stride *= u32(extent);
      }
      var value = elem(params.value);
      if (inside) {
        value = x[at];
      }
      y[i] = value;
    }
  }
}
