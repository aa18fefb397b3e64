// A product of matrices in tiles of 4·tall rows by 4·vectors columns a thread, held in registers and
// read straight from storage. Four neighbouring threads work together: they have the same columns and
// share what they load of the right matrix, or (split) the same tile and a quarter of each sum.
//
// The kernel that includes this binds product, and defines left_block(), 4 rows by 4 terms of the
// sums, a column of the matrix for each row; right_terms(), 4 columns of one term, or, where the right
// matrix has terms in a row (right_by_term), 4 terms of one column; and store_block().
// What is past the end of the sums counts as zero; past the last row or column it may be anything.

struct Product {
  rows: u32,
  inner: u32,
  columns: u32,
  padding: u32,
  activation: vec2f,
  // Steps in memory, in numbers.
  left_row: u32,
  left_term: u32,
  right_term: u32,
  right_column: u32,
}

override tall: u32 = 2u;
override vectors: u32 = 4u;
override split: bool = false;
override right_by_term: bool = false;
// The result is stored transposed.
override flipped: bool = false;
override size: u32 = 64u;

var<private> lane: u32;

// Columns 4·v to 4·v + 3 at the terms k to k + 3, a column of the matrix for each term.
@diagnostic(off, subgroup_uniformity)
fn right_block(k: u32, v: u32) -> mat4x4f {
  var block: mat4x4f;
  if (split) {
    block = mat4x4f(
      right_terms(k, v, 0u),
      right_terms(k, v, 1u),
      right_terms(k, v, 2u),
      right_terms(k, v, 3u),
    );
  } else {
    let own = right_terms(k, v, lane);
    block = mat4x4f(
      quadBroadcast(own, 0u),
      quadBroadcast(own, 1u),
      quadBroadcast(own, 2u),
      quadBroadcast(own, 3u),
    );
  }
  if (right_by_term) {
    return transpose(block);
  }
  return block;
}

@diagnostic(off, subgroup_uniformity)
fn add_lanes(own: vec4f) -> vec4f {
  let pair = own + quadSwapX(own);
  return pair + quadSwapY(pair);
}

fn finish_block(own: mat4x4f, row: u32, v: u32) {
  var sum = own;
  if (split) {
    sum = mat4x4f(add_lanes(own[0]), add_lanes(own[1]), add_lanes(own[2]), add_lanes(own[3]));
  }
  if (row >= product.rows || 4u * v >= product.columns || (split && lane > 0u)) {
    return;
  }
  if (flipped) {
    store_block(transpose(sum), 4u * v, row, product.columns, product.rows);
  } else {
    store_block(sum, row, 4u * v, product.rows, product.columns);
  }
}

fn multiply(thread: u32) {
  lane = thread % 4u;
  let row_tiles = (product.rows + 4u * tall - 1u) / (4u * tall);
  var tile = thread / 4u;
  var stride = row_tiles;
  if (!split) {
    tile = thread;
    stride = (row_tiles + 3u) / 4u * 4u;
  }
  let row = tile % stride * 4u * tall;
  let v = tile / stride * vectors;
  var first = 0u;
  var step = 4u;
  if (split) {
    first = 4u * lane;
    step = 16u;
  }

  var upper0 = mat4x4f();
  var upper1 = mat4x4f();
  var upper2 = mat4x4f();
  var upper3 = mat4x4f();
  var upper4 = mat4x4f();
  var lower0 = mat4x4f();
  var lower1 = mat4x4f();
  var lower2 = mat4x4f();
  var lower3 = mat4x4f();
  var lower4 = mat4x4f();
  for (var start = 0u; start < product.inner; start += step) {
    let k = start + first;
    let upper = left_block(row, k);
    var lower = mat4x4f();
    if (tall > 1u) { lower = left_block(row + 4u, k); }
    let right0 = right_block(k, v);
    upper0 += right0 * upper;
    if (tall > 1u) { lower0 += right0 * lower; }
    if (vectors > 1u) {
      let right = right_block(k, v + 1u);
      upper1 += right * upper;
      if (tall > 1u) { lower1 += right * lower; }
    }
    if (vectors > 2u) {
      let right = right_block(k, v + 2u);
      upper2 += right * upper;
      if (tall > 1u) { lower2 += right * lower; }
    }
    if (vectors > 3u) {
      let right = right_block(k, v + 3u);
      upper3 += right * upper;
      if (tall > 1u) { lower3 += right * lower; }
    }
    if (vectors > 4u) {
      let right = right_block(k, v + 4u);
      upper4 += right * upper;
      if (tall > 1u) { lower4 += right * lower; }
    }
  }
  finish_block(upper0, row, v);
  if (vectors > 1u) { finish_block(upper1, row, v + 1u); }
  if (vectors > 2u) { finish_block(upper2, row, v + 2u); }
  if (vectors > 3u) { finish_block(upper3, row, v + 3u); }
  if (vectors > 4u) { finish_block(upper4, row, v + 4u); }
  if (tall > 1u) {
    finish_block(lower0, row + 4u, v);
    if (vectors > 1u) { finish_block(lower1, row + 4u, v + 1u); }
    if (vectors > 2u) { finish_block(lower2, row + 4u, v + 2u); }
    if (vectors > 3u) { finish_block(lower3, row + 4u, v + 3u); }
    if (vectors > 4u) { finish_block(lower4, row + 4u, v + 4u); }
  }
}
