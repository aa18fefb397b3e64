// Numbers as another type: elem to f32, f32 to elem, i32 to elem.
//! @include lib/grid.wgsl

struct Params {
  count: u32,
}

const PER_THREAD = 8u;

@group(0) @binding(0) var<uniform> params: Params;

@group(0) @binding(1) var<storage, read> narrow_in: array<elem>;
@group(0) @binding(2) var<storage, read_write> wide_out: array<f32>;

@compute @workgroup_size(64)
fn widen(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let base = flat_workgroup(workgroup, workgroups) * 64u * PER_THREAD + local;
  for (var k = 0u; k < PER_THREAD; k++) {
    let i = base + 64u * k;
    if (i < params.count) {
      wide_out[i] = f32(narrow_in[i]);
    }
  }
}

@group(0) @binding(1) var<storage, read> wide_in: array<f32>;
@group(0) @binding(2) var<storage, read_write> narrow_out: array<elem>;

@compute @workgroup_size(64)
fn narrow(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let base = flat_workgroup(workgroup, workgroups) * 64u * PER_THREAD + local;
  for (var k = 0u; k < PER_THREAD; k++) {
    let i = base + 64u * k;
    if (i < params.count) {
      narrow_out[i] = elem(wide_in[i]);
    }
  }
}

@group(0) @binding(1) var<storage, read> integer_in: array<i32>;

@compute @workgroup_size(64)
fn integers(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let base = flat_workgroup(workgroup, workgroups) * 64u * PER_THREAD + local;
  for (var k = 0u; k < PER_THREAD; k++) {
    let i = base + 64u * k;
    if (i < params.count) {
      narrow_out[i] = elem(integer_in[i]);
    }
  }
}
