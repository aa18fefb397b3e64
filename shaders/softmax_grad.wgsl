// Gradients of softmax and its logarithm along an axis, from their results. Rows are dealt out as in
// softmax.wgsl.
//! @include lib/grid.wgsl
//! @include lib/row_reduce.wgsl

struct Params {
  rows: u32,
  size: u32,
  inner: u32,
}

override logarithm: bool = false;

@group(0) @binding(0) var<uniform> params: Params;

@group(0) @binding(1) var<storage, read> result: array<elem>;
@group(0) @binding(2) var<storage, read> dy: array<elem>;
@group(0) @binding(3) var<storage, read_write> dx: array<elem>;

// dx = y (dy - sum(y dy)), or with the logarithm dx = dy - exp(y) sum(dy).
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

  var total = 0.0;
  for (var i = lane; i < size; i += lanes) {
    let at = start + i * params.inner;
    if (logarithm) {
      total += f32(dy[at]);
    } else {
      total += f32(result[at]) * f32(dy[at]);
    }
  }
  total = row_sum(local, total);
  for (var i = lane; i < size; i += lanes) {
    let at = start + i * params.inner;
    if (logarithm) {
      dx[at] = elem(f32(dy[at]) - exp(f32(result[at])) * total);
    } else {
      dx[at] = elem(f32(result[at]) * (f32(dy[at]) - total));
    }
  }
}
