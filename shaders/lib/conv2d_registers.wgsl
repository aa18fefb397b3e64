// A convolution's tile of 4·pixel_quads pixels by 4·vectors filters, held in registers and read straight
// from storage. The kernel that includes this binds conv, x4, w4, bias4, y4 and residual4, and defines
// weights(i), 4 rows by 4 filters of the weights of which vec4 `i` is the first, and any_lane(), whether
// a condition holds for a thread that must stay in step with this one.
//
// Tiles are dealt out over the pixels of all images in a row. With a spread above 1, pixels whose rows
// and columns leave the same rest are a row of their own, so that all of a tile meet a tap or none does.
//! @include lib/epilogue.wgsl

override vectors: u32 = 4u; // 1 to 8
override pixel_quads: u32 = 1u; // 1 or 2
override has_bias: bool = false;
override group_size: u32 = 64u;

// Sums or inputs of the pixels of a tile, as columns.
struct Block {
  a: mat4x4f,
  b: mat4x4f,
}

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

// The vec4s under a tap, and which of them there are.
struct Sources {
  first: vec4u,
  inside: vec4<bool>,
}

fn sources(quad: Quad, offset: vec2i, width: u32) -> Sources {
  let rows = unspread(quad.rows + offset.x, conv.spread.x);
  let columns = unspread(quad.columns + offset.y, conv.spread.y);
  let size = vec2i(conv.input);
  let inside = (rows >= vec4i()) & (rows < vec4i(size.x))
    & (columns >= vec4i()) & (columns < vec4i(size.y));
  return Sources(vec4u((quad.image_rows + rows) * size.y + columns) * width, inside);
}

fn pixel(i: u32, inside: bool) -> vec4f {
  return select(vec4f(), vec4f(x4[i]), inside);
}

fn pixels_at(s: Sources, c: u32) -> mat4x4f {
  return mat4x4f(
    pixel(s.first.x + c, s.inside.x),
    pixel(s.first.y + c, s.inside.y),
    pixel(s.first.z + c, s.inside.z),
    pixel(s.first.w + c, s.inside.w),
  );
}

fn add(sum: Block, w: mat4x4f, pixels: Block) -> Block {
  if (pixel_quads == 1u) {
    return Block(sum.a + w * pixels.a, sum.b);
  }
  return Block(sum.a + w * pixels.a, sum.b + w * pixels.b);
}

fn start(f: u32) -> Block {
  if (!has_bias) {
    return Block();
  }
  let b = vec4f(bias4[f]);
  let block = mat4x4f(b, b, b, b);
  return Block(block, block);
}

fn residual_at(i: u32) -> vec4f {
  return vec4f(residual4[i]);
}

// Sums on their way out: [vectors, 8 pixels]. Here they can be counted through, so that the code that
// finishes one is there once.
var<private> results: array<vec4f, 64>;

fn put(at: u32, sum: Block) {
  results[at] = sum.a[0];
  results[at + 1u] = sum.a[1];
  results[at + 2u] = sum.a[2];
  results[at + 3u] = sum.a[3];
  if (pixel_quads > 1u) {
    results[at + 4u] = sum.b[0];
    results[at + 5u] = sum.b[1];
    results[at + 6u] = sum.b[2];
    results[at + 7u] = sum.b[3];
  }
}

fn store(f: u32, pixels: array<u32, 8>, wanted: u32) {
  let filters = conv.filters / 4u;
  var at = pixels;
  for (var p = 0u; p < wanted; p++) {
    for (var v = 0u; v < min(vectors, filters - f); v++) {
      let i = at[p] * filters + f + v;
      y4[i] = finish(results[8u * v + p], i, conv.activation);
    }
  }
}

fn convolve(thread: u32) {
  let filters = conv.filters / 4u;
  let width = conv.channels / 4u;
  let per_group = width / conv.groups;
  let spread = vec2u(conv.spread);
  let most = (conv.output + spread - 1u) / spread;
  let row_tiles = (conv.batch * most.x * most.y + 4u * pixel_quads - 1u) / (4u * pixel_quads);
  let tiles = row_tiles * spread.x * spread.y;
  // Four neighbouring threads always have the same filters.
  let stride = (tiles + 3u) / 4u * 4u;
  let f = thread / stride * vectors;
  if (f >= filters) {
    return;
  }
  let tile = min(thread % stride, tiles - 1u);
  let rests = tile / row_tiles;
  let rest = vec2u(rests / spread.y, rests % spread.y);
  let extent = (conv.output - rest + spread - 1u) / spread;
  let first = tile % row_tiles * 4u * pixel_quads;
  let row = first / extent.y;
  let p0 = Place(row / extent.x, vec2u(row % extent.x, first % extent.y));
  let p1 = next(p0, extent);
  let p2 = next(p1, extent);
  let p3 = next(p2, extent);
  let quad_a = quad_at(p0, p1, p2, p3, rest);
  var quad_b: Quad;
  if (pixel_quads > 1u) {
    let p4 = next(p3, extent);
    let p5 = next(p4, extent);
    let p6 = next(p5, extent);
    quad_b = quad_at(p4, p5, p6, next(p6, extent), rest);
  }

  let first_channel = f / (filters / conv.groups) * per_group;
  var sum0 = start(f);
  var sum1 = start(f + 1u);
  var sum2 = start(f + 2u);
  var sum3 = start(f + 3u);
  var sum4 = start(f + 4u);
  var sum5 = start(f + 5u);
  var sum6 = start(f + 6u);
  var sum7 = start(f + 7u);
  for (var k = 0u; k < conv.kernel.x; k++) {
    for (var l = 0u; l < conv.kernel.y; l++) {
      let offset = vec2i(vec2u(k, l)) * conv.dilations;
      let a = sources(quad_a, offset, width);
      var b: Sources;
      if (pixel_quads > 1u) { b = sources(quad_b, offset, width); }
      if (any_lane(any(a.inside | b.inside))) {
        var i = (k * conv.kernel.y + l) * per_group * conv.filters + f;
        for (var c = first_channel; c < first_channel + per_group; c++) {
          var pixels: Block;
          pixels.a = pixels_at(a, c);
          if (pixel_quads > 1u) { pixels.b = pixels_at(b, c); }
          sum0 = add(sum0, weights(i), pixels);
          if (vectors > 1u) { sum1 = add(sum1, weights(i + 1u), pixels); }
          if (vectors > 2u) { sum2 = add(sum2, weights(i + 2u), pixels); }
          if (vectors > 3u) { sum3 = add(sum3, weights(i + 3u), pixels); }
          if (vectors > 4u) { sum4 = add(sum4, weights(i + 4u), pixels); }
          if (vectors > 5u) { sum5 = add(sum5, weights(i + 5u), pixels); }
          if (vectors > 6u) { sum6 = add(sum6, weights(i + 6u), pixels); }
          if (vectors > 7u) { sum7 = add(sum7, weights(i + 7u), pixels); }
          i += conv.filters;
        }
      }
    }
  }
  put(0u, sum0);
  if (vectors > 1u) { put(8u, sum1); }
  if (vectors > 2u) { put(16u, sum2); }
  if (vectors > 3u) { put(24u, sum3); }
  if (vectors > 4u) { put(32u, sum4); }
  if (vectors > 5u) { put(40u, sum5); }
  if (vectors > 6u) { put(48u, sum6); }
  if (vectors > 7u) { put(56u, sum7); }
  let count = select(0u, conv.batch * extent.x * extent.y, thread % stride < tiles);
  let a = quad_a.index;
  let b = quad_b.index;
  let pixels = array<u32, 8>(a.x, a.y, a.z, a.w, b.x, b.y, b.z, b.w);
  store(f, pixels, min(max(count, first) - first, 4u * pixel_quads));
}
