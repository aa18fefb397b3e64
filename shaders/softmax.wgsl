// Softmax and its logarithm along an axis. `lanes` threads walk a row of `size`
// elements that lie `inner` apart. The row's maximum is taken away first: exp never overflows.
//! @include lib/grid.wgsl
//! @include lib/row_reduce.wgsl

struct Params {
  rows: u32,
  size: u32,
  inner: u32,
}

override logarithm: bool = false;

@group(0) @binding(0) var<uniform> params: Params;

@group(0) @binding(1) var<storage, read> x: array<elem>;
@group(0) @binding(2) var<storage, read_write> y: array<elem>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let row = flat_workgroup(workgroup, workgroups) * (64u / lanes) + local / lanes;
  let lane = local % lanes;
  let at = min(row, params.rows - 1u);
  let start = (at / params.inner) * params.size * params.inner + at % params.inner;
  // Nothing to do for a thread without a row.
  let size = select(0u, params.size, row < params.rows);

  var peak = f32(x[start]);
  for (var i = lane; i < size; i += lanes) {
    peak = max(peak, f32(x[start + i * params.inner]));
  }
  peak = row_max(local, peak);
  var total = 0.0;
  for (var i = lane; i < size; i += lanes) {
    total += exp(f32(x[start + i * params.inner]) - peak);
  }
  total = row_sum(local, total);
  for (var i = lane; i < size; i += lanes) {
    let shifted = f32(x[start + i * params.inner]) - peak;
    if (logarithm) {
      y[start + i * params.inner] = elem(shifted - log(total));
    } else {
      y[start + i * params.inner] = elem(exp(shifted) / total);
    }
  }
}
