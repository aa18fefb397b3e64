// 4·quads columns of matrices, for lib/blocks.wgsl.

override quads: u32 = 1u; // 1 or 2

struct Block {
  a: mat4x4f,
  b: mat4x4f,
}

fn add(sum: Block, w: mat4x4f, columns: Block) -> Block {
  if (quads == 1u) {
    return Block(sum.a + w * columns.a, sum.b);
  }
  return Block(sum.a + w * columns.a, sum.b + w * columns.b);
}
