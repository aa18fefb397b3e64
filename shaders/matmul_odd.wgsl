// Product of matrices of any size and order, number by number.
enable subgroups;
//! @include lib/grid.wgsl
//! @include lib/epilogue.wgsl
//! @include lib/matmul_quads.wgsl

override has_bias: bool = false;

@group(0) @binding(0) var<uniform> product: Product;
@group(0) @binding(1) var<storage, read> left: array<elem>;
@group(0) @binding(2) var<storage, read> right: array<elem>;
@group(0) @binding(3) var<storage, read> bias: array<elem>;
@group(0) @binding(4) var<storage, read_write> y: array<elem>;
@group(0) @binding(5) var<storage, read> residual: array<elem>;

fn left_terms(row: u32, k: u32) -> vec4f {
  let terms = vec4u(k) + vec4u(0u, 1u, 2u, 3u);
  let i = min(row, product.rows - 1u) * product.left_row + terms * product.left_term;
  let found = vec4f(f32(left[i.x]), f32(left[i.y]), f32(left[i.z]), f32(left[i.w]));
  return select(vec4f(), found, terms < vec4u(product.inner));
}

fn left_block(row: u32, k: u32) -> mat4x4f {
  return mat4x4f(
    left_terms(row, k),
    left_terms(row + 1u, k),
    left_terms(row + 2u, k),
    left_terms(row + 3u, k),
  );
}

fn right_terms(k: u32, v: u32, j: u32) -> vec4f {
  let columns = min(vec4u(4u * v) + vec4u(0u, 1u, 2u, 3u), vec4u(product.columns - 1u));
  let i = (k + j) * product.right_term + columns * product.right_column;
  let found = vec4f(f32(right[i.x]), f32(right[i.y]), f32(right[i.z]), f32(right[i.w]));
  return until_end(found, k + j);
}

fn residual_at(i: u32) -> f32 {
  return f32(residual[i]);
}

fn store(sum: f32, row: u32, column: u32, columns: u32) {
  if (column < columns) {
    var value = sum;
    if (has_bias) {
      value += f32(bias[column]);
    }
    let i = row * columns + column;
    y[i] = finish(value, i, product.activation);
  }
}

fn store_row(sum: vec4f, row: u32, column: u32, rows: u32, columns: u32) {
  if (row < rows) {
    store(sum.x, row, column, columns);
    store(sum.y, row, column + 1u, columns);
    store(sum.z, row, column + 2u, columns);
    store(sum.w, row, column + 3u, columns);
  }
}

@compute @workgroup_size(size)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  multiply(flat_workgroup(workgroup, workgroups) * size + local);
}
