// Numbers as another type: elem to f32, f32 to elem, i32 to elem, elem to i32.
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

@group(0) @binding(2) var<storage, read_write> integer_out: array<i32>;

// Towards zero; the largest float below 2³¹ for what is larger, 0 for NaN.
fn integer_of(x: f32) -> i32 {
  let is_nan = (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u;
  return select(i32(clamp(x, -2147483648.0, 2147483520.0)), 0, is_nan);
}

@compute @workgroup_size(64)
fn truncate(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let base = flat_workgroup(workgroup, workgroups) * 64u * PER_THREAD + local;
  for (var k = 0u; k < PER_THREAD; k++) {
    let i = base + 64u * k;
    if (i < params.count) {
      integer_out[i] = integer_of(f32(narrow_in[i]));
    }
  }
}
