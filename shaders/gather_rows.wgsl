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

@group(0) @binding(1) var<storage, read> table: array<elems>;
@group(0) @binding(3) var<storage, read_write> out: array<elems>;

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
      let row = indices[i / params.size];
      out[i] = elems();
      if (row >= 0 && u32(row) < params.rows) {
        out[i] = table[u32(row) * params.size + i % params.size];
      }
    }
  }
}

@group(0) @binding(1) var<storage, read> integer_table: array<ints>;
@group(0) @binding(3) var<storage, read_write> integer_out: array<ints>;

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
      integer_out[i] = ints();
      if (row >= 0 && u32(row) < params.rows) {
        integer_out[i] = integer_table[u32(row) * params.size + i % params.size];
      }
    }
  }
}
