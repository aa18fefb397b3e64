// 3 times 4 columns of matrices, for lib/blocks.wgsl: one time for each tap of a row.

struct Block {
  left: mat4x4f,
  middle: mat4x4f,
  right: mat4x4f,
}

fn add(sum: Block, w: mat4x4f, columns: Block) -> Block {
  return Block(
    sum.left + w * columns.left,
    sum.middle + w * columns.middle,
    sum.right + w * columns.right,
  );
}
