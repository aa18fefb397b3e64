// Products of matrices. A thread does 4 × 4 elements of one of them, one product after the other.
//! @include lib/grid.wgsl

struct Params {
  threads: u32,
  rows: u32,
  inner: u32,
  columns: u32,
  a_row: u32, // strides of the operands
  a_column: u32,
  b_row: u32,
  b_column: u32,
  rank: u32, // of the batch dimensions
  row_tiles: u32,
  column_tiles: u32,
  // Batch dimensions and the operands' strides along them, innermost first; stride 0 repeats.
  extents: array<vec4u, 2>,
  a_strides: array<vec4u, 2>,
  b_strides: array<vec4u, 2>,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> a: array<elem>;
@group(0) @binding(2) var<storage, read> b: array<elem>;
@group(0) @binding(3) var<storage, read_write> y: array<elem>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let thread = flat_workgroup(workgroup, workgroups) * 64u + local;
  if (thread < params.threads) {
    let column = thread % params.column_tiles * 4u;
    let row = thread / params.column_tiles % params.row_tiles * 4u;
    let batch = thread / params.column_tiles / params.row_tiles;
    var rest = batch;
    var start = vec2u();
    for (var axis = 0u; axis < params.rank; axis++) {
      let extent = params.extents[axis / 4u][axis % 4u];
      start += (rest % extent) * vec2u(
        params.a_strides[axis / 4u][axis % 4u],
        params.b_strides[axis / 4u][axis % 4u],
      );
      rest /= extent;
    }
    // Rows and columns past the end repeat the last, and are not stored.
    let steps = vec4u(0u, 1u, 2u, 3u);
    var from_a = start.x + min(row + steps, vec4u(params.rows - 1u)) * params.a_row;
    var from_b = start.y + min(column + steps, vec4u(params.columns - 1u)) * params.b_column;
    var sums = array<vec4f, 4>();
    for (var k = 0u; k < params.inner; k++) {
      let left = vec4f(f32(a[from_a.x]), f32(a[from_a.y]), f32(a[from_a.z]), f32(a[from_a.w]));
      let right = vec4f(f32(b[from_b.x]), f32(b[from_b.y]), f32(b[from_b.z]), f32(b[from_b.w]));
      for (var r = 0u; r < 4u; r++) {
        sums[r] += left[r] * right;
      }
      from_a += params.a_column;
      from_b += params.b_row;
    }
    for (var r = 0u; r < min(4u, params.rows - row); r++) {
      let out = (batch * params.rows + row + r) * params.columns + column;
      for (var c = 0u; c < min(4u, params.columns - column); c++) {
        y[out + c] = elem(sums[r][c]);
      }
    }
  }
}
