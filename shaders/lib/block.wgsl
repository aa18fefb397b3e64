// 4·quads columns of matrices, for lib/blocks.wgsl.

override quads: u32 = 1u; // 1 to 3

struct Block {
  a: mat4x4f,
  b: mat4x4f,
  c: mat4x4f,
}

fn add(sum: Block, w: mat4x4f, columns: Block) -> Block {
  var s = sum;
  s.a += w * columns.a;
  if (quads > 1u) { s.b += w * columns.b; }
  if (quads > 2u) { s.c += w * columns.c; }
  return s;
}
