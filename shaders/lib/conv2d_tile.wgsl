// A convolution's tile of 4·quads pixels by 4·vectors filters, held in registers. What includes
// this binds conv and defines rows_at() of the weights, bias_at(f) and store_at(). With `split`, four neighbouring threads have one tile, each a quarter
// of the products; then combine() gives all of them the sum of what they have.
//
// Tiles are dealt out over the pixels of all images in a row. With a spread above 1, pixels whose rows
// and columns leave the same rest are a row of their own, so that all of a tile meet a tap or none does.
//! @include lib/block.wgsl
//! @include lib/blocks.wgsl

override has_bias: bool = false;
override group_size: u32 = 64u;
override split: u32 = 1u; // 1 or 4
override spreads: bool = false; // the spread is not 1

// Of 4 pixels of the output.
struct Quad {
  index: vec4u, // in y
  image_rows: vec4i, // first input row of its image
  rows: vec4i, // under the first tap, before the spread
  columns: vec4i,
}

// 4 pixels from the one numbered `first` on, of those that leave `rest`; an image has `extent` of them.
fn quad_at(first: u32, extent: vec2u, rest: vec2u) -> Quad {
  let pixels = first + vec4u(0u, 1u, 2u, 3u);
  let image_rows = pixels / extent.y;
  let images = image_rows / extent.x;
  var rows = image_rows - images * extent.x;
  var columns = pixels - image_rows * extent.y;
  if (spreads) {
    rows = rest.x + u32(conv.spread.x) * rows;
    columns = rest.y + u32(conv.spread.y) * columns;
  }
  return Quad(
    (images * conv.output.x + rows) * conv.output.y + columns,
    vec4i(images * conv.input.x),
    vec4i(rows) * conv.strides.x - conv.pads.x,
    vec4i(columns) * conv.strides.y - conv.pads.y,
  );
}

// Positions in the input; negative where a tap falls between its pixels.
fn unspread(positions: vec4i, spread: i32) -> vec4i {
  if (!spreads) {
    return positions;
  }
  let whole = positions / spread;
  return select(vec4i(-1), whole, whole * spread == positions);
}

// A row of the weights, or of the output, in vec4s.
fn filter_vectors() -> u32 {
  return (conv.filters + 3u) / 4u;
}

// What a thread does.
struct Tile {
  a: Quad,
  b: Quad,
  c: Quad,
  f: u32, // first vec4 of filters; past the last there is nothing to do
  part: u32, // of the products, below split
  count: u32, // pixels
}

fn tile_of(thread: u32) -> Tile {
  let slot = thread / split;
  let spread = vec2u(conv.spread);
  var most = conv.output;
  var rests = 1u;
  if (spreads) {
    most = (conv.output + spread - 1u) / spread;
    rests = spread.x * spread.y;
  }
  let row_tiles = (conv.batch * most.x * most.y + 4u * quads - 1u) / (4u * quads);
  let tiles = row_tiles * rests;
  // Four neighbouring threads always have the same filters.
  let stride = select((tiles + 3u) / 4u * 4u, tiles, split > 1u);
  var tile = min(slot % stride, tiles - 1u);
  var extent = conv.output;
  var rest = vec2u();
  if (spreads) {
    let place = tile / row_tiles;
    rest = vec2u(place / spread.y, place % spread.y);
    extent = (conv.output - rest + spread - 1u) / spread;
    tile = tile % row_tiles;
  }
  let first = 4u * quads * tile;
  let pixels = select(0u, conv.batch * extent.x * extent.y, slot % stride < tiles);
  var result: Tile;
  result.a = quad_at(first, extent, rest);
  if (quads > 1u) { result.b = quad_at(first + 4u, extent, rest); }
  if (quads > 2u) { result.c = quad_at(first + 8u, extent, rest); }
  result.f = slot / stride * vectors;
  result.part = thread % split;
  result.count = min(max(pixels, first) - first, 4u * quads);
  return result;
}

// Sums on their way out: [vectors, 4·quads pixels]. Here they can be counted through, so that the code that
// finishes one is there once.
var<private> results: array<vec4f, 96>;

fn put_four(at: u32, sum: mat4x4f) {
  results[at] = sum[0];
  results[at + 1u] = sum[1];
  results[at + 2u] = sum[2];
  results[at + 3u] = sum[3];
}

fn put(v: u32, sum: Block) {
  let at = 4u * quads * v;
  put_four(at, sum.a);
  if (quads > 1u) { put_four(at + 4u, sum.b); }
  if (quads > 2u) { put_four(at + 8u, sum.c); }
}

fn store_tile(tile: Tile, sums: Sums) {
  put(0u, sums.s0);
  if (vectors > 1u) { put(1u, sums.s1); }
  if (vectors > 2u) { put(2u, sums.s2); }
  if (vectors > 3u) { put(3u, sums.s3); }
  if (vectors > 4u) { put(4u, sums.s4); }
  if (vectors > 5u) { put(5u, sums.s5); }
  if (vectors > 6u) { put(6u, sums.s6); }
  if (vectors > 7u) { put(7u, sums.s7); }
  let a = tile.a.index;
  let b = tile.b.index;
  let c = tile.c.index;
  var pixels = array<u32, 12>(a.x, a.y, a.z, a.w, b.x, b.y, b.z, b.w, c.x, c.y, c.z, c.w);
  for (var v = 0u; v < min(vectors, filter_vectors() - tile.f); v++) {
    let f = tile.f + v;
    var start = vec4f();
    if (has_bias) { start = bias_at(f); }
    for (var p = 0u; p < tile.count; p++) {
      let sum = start + combine(results[4u * quads * v + p]);
      if (p % split == tile.part) { store_at(sum, pixels[p], f); }
    }
  }
}
