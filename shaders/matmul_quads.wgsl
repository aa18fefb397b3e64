// Product of matrices by vec4s: what is contiguous in memory (rows or terms of the left, columns or
// terms of the right, columns of the result) is a multiple of 4.
enable subgroups;
//! @include lib/grid.wgsl
//! @include lib/epilogue.wgsl
//! @include lib/matmul_quads.wgsl

override left_by_term: bool = true;
override has_bias: bool = false;

@group(0) @binding(0) var<uniform> product: Product;
@group(0) @binding(1) var<storage, read> left4: array<elem4>;
@group(0) @binding(2) var<storage, read> right4: array<elem4>;
@group(0) @binding(3) var<storage, read> bias4: array<elem4>;
@group(0) @binding(4) var<storage, read_write> y4: array<elem4>;
@group(0) @binding(5) var<storage, read> residual4: array<elem4>;

fn left_terms(row: u32, k: u32) -> vec4f {
  let i = (min(row, product.rows - 1u) * product.inner + k) / 4u;
  return until_end(vec4f(left4[i]), k);
}

fn left_rows(row: u32, k: u32) -> vec4f {
  let i = (k * product.rows + min(row, product.rows - 4u)) / 4u;
  return until_end(vec4f(left4[i]), k);
}

fn left_block(row: u32, k: u32) -> mat4x4f {
  if (left_by_term) {
    return mat4x4f(
      left_terms(row, k),
      left_terms(row + 1u, k),
      left_terms(row + 2u, k),
      left_terms(row + 3u, k),
    );
  }
  return transpose(mat4x4f(
    left_rows(row, k),
    left_rows(row, k + 1u),
    left_rows(row, k + 2u),
    left_rows(row, k + 3u),
  ));
}

fn right_terms(k: u32, v: u32, j: u32) -> vec4f {
  if (right_by_term) {
    let i = (min(4u * v + j, product.columns - 1u) * product.inner + k) / 4u;
    return until_end(vec4f(right4[i]), k);
  }
  let i = (k + j) * (product.columns / 4u) + min(v, product.columns / 4u - 1u);
  return until_end(vec4f(right4[i]), k + j);
}

fn residual_at(i: u32) -> vec4f {
  return vec4f(residual4[i]);
}

fn store_row(sum: vec4f, row: u32, column: u32, rows: u32, columns: u32) {
  if (row < rows) {
    var value = sum;
    if (has_bias) {
      value += vec4f(bias4[column / 4u]);
    }
    let i = (row * columns + column) / 4u;
    y4[i] = finish(value, i, product.activation);
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
