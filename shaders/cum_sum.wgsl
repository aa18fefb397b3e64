// The running sum along the middle axis of [outer, size, inner]; a thread walks a line.
//! @include lib/grid.wgsl

struct Params {
  lines: u32,
  size: u32,
  inner: u32,
}

override exclusive: bool = false;
override reverse: bool = false;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<elem>;
@group(0) @binding(2) var<storage, read_write> y: array<elem>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let line = flat_workgroup(workgroup, workgroups) * 64u + local;
  if (line < params.lines) {
    let start = line / params.inner * params.size * params.inner + line % params.inner;
    var sum = 0.0;
    for (var i = 0u; i < params.size; i++) {
      let at = start + select(i, params.size - 1u - i, reverse) * params.inner;
      let value = f32(x[at]);
      y[at] = elem(select(sum + value, sum, exclusive));
      sum += value;
    }
  }
}
