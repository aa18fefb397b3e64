// out[i] = Σ partial[s, i], in the order of s. One element a thread.
//! @include lib/grid.wgsl

struct Params {
  count: u32,
  splits: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> partial: array<f32>;
@group(0) @binding(2) var<storage, read_write> out: array<elem>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let i = flat_workgroup(workgroup, workgroups) * 64u + local;
  if (i < params.count) {
    var sum = 0.0;
    for (var s = 0u; s < params.splits; s++) {
      sum += partial[s * params.count + i];
    }
    out[i] = elem(sum);
  }
}
