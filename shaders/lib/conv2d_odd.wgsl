// The inner loop of convolutions of any number of channels and filters in one group: it goes through
// the rows of the weights (taps and channels), 4 at a time. Weights come in rows of whole vec4s of
// filters (conv2d_arrange_weights). The kernel that includes this binds conv, x, w4, bias and residual,
// and defines rows_at() as lib/conv2d_tile.wgsl says and limit_rows(rows), after which rows_at() reads
// no further than `rows` rows on.
//! @include lib/conv2d_tile.wgsl
//! @include lib/epilogue.wgsl

fn bias_at(f: u32) -> vec4f {
  let i = f * 4u;
  return vec4f(f32(bias[i]), f32(bias[i + 1u]), f32(bias[i + 2u]), f32(bias[i + 3u]));
}

// Past the last filter nothing is stored.
fn residual_at(i: u32) -> vec4f {
  return vec4f(
    f32(residual[i]),
    f32(residual[i + 1u]),
    f32(residual[i + 2u]),
    f32(residual[i + 3u]),
  );
}

// A row of the weights: tap and channel.
struct Row {
  tap: vec2u,
  channel: u32,
}

fn next_row(r: Row) -> Row {
  let channel_ends = r.channel + 1u == conv.channels;
  let column = r.tap.y + u32(channel_ends);
  let column_ends = column == conv.kernel.y;
  let tap = vec2u(r.tap.x + u32(column_ends), select(column, 0u, column_ends));
  return Row(tap, select(r.channel + 1u, 0u, channel_ends));
}

// What 4 pixels of the output meet in a row of the weights; nothing past the last.
fn inputs_at(quad: Quad, r: Row) -> vec4f {
  let offset = vec2i(r.tap) * conv.dilations;
  let rows = unspread(quad.rows + offset.x, conv.spread.x);
  let columns = unspread(quad.columns + offset.y, conv.spread.y);
  let size = vec2i(conv.input);
  let inside = (rows >= vec4i()) & (rows < vec4i(size.x))
    & (columns >= vec4i()) & (columns < vec4i(size.y)) & vec4<bool>(r.tap.x < conv.kernel.x);
  let i = vec4u((quad.image_rows + rows) * size.y + columns) * conv.channels + r.channel;
  return select(vec4f(), vec4f(f32(x[i.x]), f32(x[i.y]), f32(x[i.z]), f32(x[i.w])), inside);
}

// The same in 4 rows of the weights, a column a pixel.
fn four_inputs_at(quad: Quad, r0: Row, r1: Row, r2: Row, r3: Row) -> mat4x4f {
  return transpose(mat4x4f(
    inputs_at(quad, r0),
    inputs_at(quad, r1),
    inputs_at(quad, r2),
    inputs_at(quad, r3),
  ));
}

fn combine(sum: vec4f) -> vec4f {
  return sum;
}

fn convolve(tile: Tile) -> Sums {
  let rows = conv.kernel.x * conv.kernel.y * conv.channels;
  var sums = Sums();
  var r0 = Row();
  for (var row = 0u; row < rows; row += 4u) {
    let r1 = next_row(r0);
    let r2 = next_row(r1);
    let r3 = next_row(r2);
    var pixels: Block;
    pixels.a = four_inputs_at(tile.a, r0, r1, r2, r3);
    if (quads > 1u) { pixels.b = four_inputs_at(tile.b, r0, r1, r2, r3); }
    if (quads > 2u) { pixels.c = four_inputs_at(tile.c, r0, r1, r2, r3); }
    limit_rows(rows - row);
    sums = accumulate(sums, row * filter_vectors() + tile.f, pixels);
    r0 = next_row(r3);
  }
  return sums;
}

fn run(thread: u32) {
  let tile = tile_of(thread);
  if (tile.f < filter_vectors()) {
    store_tile(tile, convolve(tile));
  }
}
