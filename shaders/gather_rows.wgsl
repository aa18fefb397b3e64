// Rows of a table by number; zeros for a number that it does not have.
//! @include lib/grid.wgsl

struct Params {
  count: u32, // elements of the output, or groups of four
  size: u32, // of a row, in the same unit
  rows: u32, // of the table
}

const PER_THREAD = 8u;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(2) var<storage, read> indices: array<i32>;

@group(0) @binding(1) var<storage, read> table: array<i32>;
@group(0) @binding(3) var<storage, read_write> out: array<i32>;

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
      let row = indices[i / params.size];
      out[i] = 0;
      if (row >= 0 && u32(row) < params.rows) {
        out[i] = table[u32(row) * params.size + i % params.size];
      }
    }
  }
}

@group(0) @binding(1) var<storage, read> table4: array<vec4i>;
@group(0) @binding(3) var<storage, read_write> out4: array<vec4i>;

@compute @workgroup_size(64)
fn integers4(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let base = flat_workgroup(workgroup, workgroups) * 64u * PER_THREAD + local;
  for (var k = 0u; k < PER_THREAD; k++) {
    let i = base + 64u * k;
    if (i < params.count) {
      let row = indices[i / params.size];
      out4[i] = vec4i();
      if (row >= 0 && u32(row) < params.rows) {
        out4[i] = table4[u32(row) * params.size + i % params.size];
      }
    }
  }
}

@group(0) @binding(1) var<storage, read> float_table: array<elem>;
@group(0) @binding(3) var<storage, read_write> float_out: array<elem>;

@compute @workgroup_size(64)
fn floats(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let base = flat_workgroup(workgroup, workgroups) * 64u * PER_THREAD + local;
  for (var k = 0u; k < PER_THREAD; k++) {
    let i = base + 64u * k;
    if (i < params.count) {
      let row = indices[i / params.size];
      float_out[i] = elem();
      if (row >= 0 && u32(row) < params.rows) {
        float_out[i] = float_table[u32(row) * params.size + i % params.size];
      }
    }
  }
}

@group(0) @binding(1) var<storage, read> float_table4: array<elem4>;
@group(0) @binding(3) var<storage, read_write> float_out4: array<elem4>;

@compute @workgroup_size(64)
fn floats4(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let base = flat_workgroup(workgroup, workgroups) * 64u * PER_THREAD + local;
  for (var k = 0u; k < PER_THREAD; k++) {
    let i = base + 64u * k;
    if (i < params.count) {
      let row = indices[i / params.size];
      float_out4[i] = elem4();
      if (row >= 0 && u32(row) < params.rows) {
        float_out4[i] = float_table4[u32(row) * params.size + i % params.size];
      }
    }
  }
}
