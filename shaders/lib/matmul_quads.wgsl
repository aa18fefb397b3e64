// A product of matrices in tiles of 4·tall rows by 4·vectors columns a thread, held in registers and
// read straight from storage. Four neighbouring threads work together: they have the same columns and
// share what they load of the right matrix, or (split) the same tile and a quarter of each sum.
//
// The kernel that includes this binds product, and defines left_block(), 4 rows by 4 terms of the
// sums, a column of the matrix for each row; right_terms(), 4 columns of one term, or, where the right
// matrix has terms in a row (right_by_term), 4 terms of one column; and store_row().
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
// The terms of a sum come out even, so that none is past the end.
override whole: bool = false;
// The result is stored transposed.
override flipped: bool = false;
override size: u32 = 64u;

var<private> lane: u32;

// What was loaded at term `k`, or zeros past the end.
fn until_end(loaded: vec4f, k: u32) -> vec4f {
  if (whole) {
    return loaded;
  }
  return select(vec4f(), loaded, k < product.inner);
}

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

// Rows of the result on their way out, 4 of each block. Here they can be counted through, so that the
// code that finishes one is there once.
var<private> results: array<vec4f, 40>;

fn put(block: u32, sum: mat4x4f) {
  let rows = choose(sum);
  results[4u * block] = rows[0];
  results[4u * block + 1u] = rows[1];
  results[4u * block + 2u] = rows[2];
  results[4u * block + 3u] = rows[3];
}

fn choose(sum: mat4x4f) -> mat4x4f {
  if (flipped) {
    return transpose(sum);
  }
  return sum;
}

// The blocks from row `row` and vec4 `v` of the columns on, `tall` of them after each other.
fn finish_blocks(row: u32, v: u32) {
  for (var n = 0u; n < 4u * tall * vectors; n++) {
    var sum = results[n];
    if (split) { sum = add_lanes(sum); }
    let block_row = row + 4u * (n / 4u % tall);
    let block_column = 4u * (v + n / 4u / tall);
    let outside = block_row >= product.rows || block_column >= product.columns;
    if (outside || (split && lane > 0u)) {
      continue;
    }
    if (flipped) {
      store_row(sum, block_column + n % 4u, block_row, product.columns, product.rows);
    } else {
      store_row(sum, block_row + n % 4u, block_column, product.rows, product.columns);
    }
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
  put(0u, upper0);
  if (tall > 1u) { put(1u, lower0); }
  if (vectors > 1u) {
    put(tall, upper1);
    if (tall > 1u) { put(tall + 1u, lower1); }
  }
  if (vectors > 2u) {
    put(2u * tall, upper2);
    if (tall > 1u) { put(2u * tall + 1u, lower2); }
  }
  if (vectors > 3u) {
    put(3u * tall, upper3);
    if (tall > 1u) { put(3u * tall + 1u, lower3); }
  }
  if (vectors > 4u) {
    put(4u * tall, upper4);
    if (tall > 1u) { put(4u * tall + 1u, lower4); }
  }
  finish_blocks(row, v);
}
