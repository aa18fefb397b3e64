// Where the first of the largest elements of each row is. `lanes` threads walk a row of `size`
// elements that lie `inner` apart.
//! @include lib/grid.wgsl
//! @include lib/nan.wgsl

struct Params {
  rows: u32,
  size: u32,
  inner: u32,
}

override lanes: u32 = 1u;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<elem>;
@group(0) @binding(2) var<storage, read_write> y: array<i32>;

struct Candidate {
  value: f32,
  index: u32, // past the row where there is none
}

var<workgroup> candidates: array<Candidate, 64>;

// The larger, the earlier of equals; a NaN only where there is nothing else.
fn better(a: Candidate, b: Candidate) -> Candidate {
  let b_larger = b.value > a.value || (is_nan(a.value) && !is_nan(b.value));
  let a_larger = a.value > b.value || (is_nan(b.value) && !is_nan(a.value));
  let take_b = b_larger || (!a_larger && b.index < a.index);
  if (b.index < params.size && (a.index >= params.size || take_b)) {
    return b;
  }
  return a;
}

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let row = flat_workgroup(workgroup, workgroups) * (64u / lanes) + local / lanes;
  let lane = local % lanes;
  let start = (row / params.inner) * params.size * params.inner + row % params.inner;
  let size = select(0u, params.size, row < params.rows);
  var best = Candidate(0.0, params.size);
  for (var i = lane; i < size; i += lanes) {
    best = better(best, Candidate(f32(x[start + i * params.inner]), i));
  }
  if (lanes > 1u) {
    candidates[local] = best;
    workgroupBarrier();
    for (var stride = lanes / 2u; stride > 0u; stride /= 2u) {
      if (lane < stride) {
        candidates[local] = better(candidates[local], candidates[local + stride]);
      }
      workgroupBarrier();
    }
    best = candidates[local];
  }
  if (lane == 0u && size > 0u) {
    y[row] = i32(best.index);
  }
}
