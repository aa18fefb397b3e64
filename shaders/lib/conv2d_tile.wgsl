// A convolution's tile of 4·quads pixels by 4·vectors filters, held in registers. What includes
// this binds conv and defines rows_at() of the weights, bias_at(f) and store_at(). With `split`, four neighbouring threads have one tile, each a quarter
// of the products; then combine() gives all of them the sum of what they have.
//
// Tiles are dealt out over the pixels of all images in a row. With a spread above 1, pixels whose rows
// and columns leave the same rest are a row of their own, so that all of a tile meet a tap or none does.
//! @include lib/blocks.wgsl

override has_bias: bool = false;
override group_size: u32 = 64u;
override split: u32 = 1u; // 1 or 4

// Of 4 pixels of the output.
struct Quad {
  index: vec4u, // in y
  image_rows: vec4i, // first input row of its image
  rows: vec4i, // under the first tap, before the spread
  columns: vec4i,
}

// A pixel of the output, counted in steps of the spread.
struct Place {
  image: u32,
  at: vec2u,
}

fn next(p: Place, extent: vec2u) -> Place {
  let row_ends = p.at.y + 1u == extent.y;
  let row = p.at.x + u32(row_ends);
  let image_ends = row == extent.x;
  let at = vec2u(select(row, 0u, image_ends), select(p.at.y + 1u, 0u, row_ends));
  return Place(p.image + u32(image_ends), at);
}

fn quad_at(p0: Place, p1: Place, p2: Place, p3: Place, rest: vec2u) -> Quad {
  let spread = vec2u(conv.spread);
  let images = vec4u(p0.image, p1.image, p2.image, p3.image);
  let rows = rest.x + spread.x * vec4u(p0.at.x, p1.at.x, p2.at.x, p3.at.x);
  let columns = rest.y + spread.y * vec4u(p0.at.y, p1.at.y, p2.at.y, p3.at.y);
  return Quad(
    (images * conv.output.x + rows) * conv.output.y + columns,
    vec4i(images * conv.input.x),
    vec4i(rows) * conv.strides.x - conv.pads.x,
    vec4i(columns) * conv.strides.y - conv.pads.y,
  );
}

// Positions in the input; negative where a tap falls between its pixels.
fn unspread(positions: vec4i, spread: i32) -> vec4i {
  if (spread == 1) {
    return positions;
  }
  let whole = positions / spread;
  return select(vec4i(-1), whole, whole * spread == positions);
}

fn start(f: u32) -> Block {
  if (!has_bias) {
    return Block();
  }
  let b = bias_at(f);
  let block = mat4x4f(b, b, b, b);
  return Block(block, block);
}

fn start_sums(f: u32, part: u32) -> Sums {
  if (part > 0u) {
    return Sums();
  }
  return Sums(
    start(f),
    start(f + 1u),
    start(f + 2u),
    start(f + 3u),
    start(f + 4u),
    start(f + 5u),
    start(f + 6u),
    start(f + 7u),
  );
}

// A row of the weights, or of the output, in vec4s.
fn filter_vectors() -> u32 {
  return (conv.filters + 3u) / 4u;
}

// What a thread does.
struct Tile {
  a: Quad,
  b: Quad,
  f: u32, // first vec4 of filters; past the last there is nothing to do
  part: u32, // of the products, below split
  count: u32, // pixels
}

fn tile_of(thread: u32) -> Tile {
  let slot = thread / split;
  let spread = vec2u(conv.spread);
  let most = (conv.output + spread - 1u) / spread;
  let row_tiles = (conv.batch * most.x * most.y + 4u * quads - 1u) / (4u * quads);
  let tiles = row_tiles * spread.x * spread.y;
  // Four neighbouring threads always have the same filters.
  let stride = select((tiles + 3u) / 4u * 4u, tiles, split > 1u);
  let tile = min(slot % stride, tiles - 1u);
  let rests = tile / row_tiles;
  let rest = vec2u(rests / spread.y, rests % spread.y);
  let extent = (conv.output - rest + spread - 1u) / spread;
  let first = tile % row_tiles * 4u * quads;
  let row = first / extent.y;
  let p0 = Place(row / extent.x, vec2u(row % extent.x, first % extent.y));
  let p1 = next(p0, extent);
  let p2 = next(p1, extent);
  let p3 = next(p2, extent);
  let pixels = select(0u, conv.batch * extent.x * extent.y, slot % stride < tiles);
  var result: Tile;
  result.a = quad_at(p0, p1, p2, p3, rest);
  if (quads > 1u) {
    let p4 = next(p3, extent);
    let p5 = next(p4, extent);
    let p6 = next(p5, extent);
    result.b = quad_at(p4, p5, p6, next(p6, extent), rest);
  }
  result.f = slot / stride * vectors;
  result.part = thread % split;
  result.count = min(max(pixels, first) - first, 4u * quads);
  return result;
}

// Sums on their way out: [vectors, 8 pixels]. Here they can be counted through, so that the code that
// finishes one is there once.
var<private> results: array<vec4f, 64>;

fn put(at: u32, sum: Block) {
  results[at] = sum.a[0];
  results[at + 1u] = sum.a[1];
  results[at + 2u] = sum.a[2];
  results[at + 3u] = sum.a[3];
  if (quads > 1u) {
    results[at + 4u] = sum.b[0];
    results[at + 5u] = sum.b[1];
    results[at + 6u] = sum.b[2];
    results[at + 7u] = sum.b[3];
  }
}

fn store_tile(tile: Tile, sums: Sums) {
  put(0u, sums.s0);
  if (vectors > 1u) { put(8u, sums.s1); }
  if (vectors > 2u) { put(16u, sums.s2); }
  if (vectors > 3u) { put(24u, sums.s3); }
  if (vectors > 4u) { put(32u, sums.s4); }
  if (vectors > 5u) { put(40u, sums.s5); }
  if (vectors > 6u) { put(48u, sums.s6); }
  if (vectors > 7u) { put(56u, sums.s7); }
  let a = tile.a.index;
  let b = tile.b.index;
  var pixels = array<u32, 8>(a.x, a.y, a.z, a.w, b.x, b.y, b.z, b.w);
  for (var p = 0u; p < tile.count; p++) {
    for (var v = 0u; v < min(vectors, filter_vectors() - tile.f); v++) {
      let sum = combine(results[8u * v + p]);
      if (p % split == tile.part) { store_at(sum, pixels[p], tile.f + v); }
    }
  }
}
