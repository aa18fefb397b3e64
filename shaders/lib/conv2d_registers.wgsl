// A convolution's tile of 4 pixels by 4·vectors filters, held in registers and read straight from
// storage. The kernel that includes this binds conv, x4, w4, bias4, y4 and residual4, and defines weights(),
// a block of 4 rows by 4 filters, and any_lane(), whether a condition holds for a thread that must
// stay in step with this one.
//
// Sums are matrices whose column p is pixel p. With a spread above 1 the pixels of a tile are that
// far apart, so that all of them meet a tap or none does.
//! @include lib/epilogue.wgsl

override vectors: u32 = 4u;
override has_bias: bool = false;

fn pixel(i: u32, inside: bool) -> vec4f {
  return select(vec4f(), vec4f(x4[i]), inside);
}

fn bias_block(f: u32) -> mat4x4f {
  let b = vec4f(bias4[f]);
  return mat4x4f(b, b, b, b);
}

fn residual_at(i: u32) -> vec4f {
  return vec4f(residual4[i]);
}

fn store(sum: vec4f, i: u32) {
  y4[i] = finish(sum, i, conv.activation);
}

fn store_block(sum: mat4x4f, row: u32, column: u32, f: u32) {
  let step = u32(conv.spread.y);
  let filters = conv.filters / 4u;
  if (f >= filters) {
    return;
  }
  let base = (row * conv.output.y + column) * filters + f;
  if (column < conv.output.y) {
    store(sum[0], base);
  }
  if (column + step < conv.output.y) {
    store(sum[1], base + step * filters);
  }
  if (column + 2u * step < conv.output.y) {
    store(sum[2], base + 2u * step * filters);
  }
  if (column + 3u * step < conv.output.y) {
    store(sum[3], base + 3u * step * filters);
  }
}

fn convolve(thread: u32) {
  let spread = u32(conv.spread.y);
  let rows = conv.batch * conv.output.x;
  let row_tiles = ((conv.output.y + spread - 1u) / spread + 3u) / 4u;
  let tiles = row_tiles * rows * spread;
  // Four neighbouring threads always have the same filters.
  let stride = (tiles + 3u) / 4u * 4u;
  let tile = min(thread % stride, tiles - 1u);
  let last = conv.filters / 4u - 1u;
  let f = min(thread / stride * vectors, last);
  let row = tile / row_tiles % rows;
  let column = tile / (row_tiles * rows) + tile % row_tiles * 4u * spread;
  let channels = conv.channels / 4u;
  let per_group = channels / conv.groups;
  let first_channel = 4u * f / (conv.filters / conv.groups) * per_group;

  var sum0 = mat4x4f();
  var sum1 = mat4x4f();
  var sum2 = mat4x4f();
  var sum3 = mat4x4f();
  if (has_bias) {
    sum0 = bias_block(f);
    if (vectors > 1u) { sum1 = bias_block(min(f + 1u, last)); }
    if (vectors > 2u) { sum2 = bias_block(min(f + 2u, last)); }
    if (vectors > 3u) { sum3 = bias_block(min(f + 3u, last)); }
  }
  let corner = vec2i(vec2u(row % conv.output.x, column)) * conv.strides - conv.pads;
  let image_row = i32(row / conv.output.x * conv.input.x);
  for (var k = 0u; k < conv.kernel.x; k++) {
    let v = corner.x + i32(k) * conv.dilations.x;
    let from_row = v / conv.spread.x;
    let row_inside = v >= 0 && from_row * conv.spread.x == v && from_row < i32(conv.input.x);
    for (var l = 0u; l < conv.kernel.y; l++) {
      let h = corner.y + i32(l) * conv.dilations.y;
      let from_column = h / conv.spread.y;
      let columns = vec4i(from_column) + vec4i(0, 1, 2, 3) * conv.strides.y;
      let inside = vec4<bool>(row_inside && from_column * conv.spread.y == h)
        & (columns >= vec4i()) & (columns < vec4i(i32(conv.input.y)));
      if (any_lane(any(inside))) {
        let base = vec4u((image_row + from_row) * i32(conv.input.y) + columns) * channels
          + first_channel;
        let tap = (k * conv.kernel.y + l) * per_group * 4u;
        for (var c = 0u; c < per_group; c++) {
          let pixels = mat4x4f(
            pixel(base.x + c, inside.x),
            pixel(base.y + c, inside.y),
            pixel(base.z + c, inside.z),
            pixel(base.w + c, inside.w),
          );
          let w_row = tap + c * 4u;
          sum0 += weights(w_row, f) * pixels;
          if (vectors > 1u) { sum1 += weights(w_row, f + 1u) * pixels; }
          if (vectors > 2u) { sum2 += weights(w_row, f + 2u) * pixels; }
          if (vectors > 3u) { sum3 += weights(w_row, f + 3u) * pixels; }
        }
      }
    }
  }
  if (thread % stride < tiles && thread / stride * vectors <= last) {
    store_block(sum0, row, column, f);
    if (vectors > 1u) { store_block(sum1, row, column, f + 1u); }
    if (vectors > 2u) { store_block(sum2, row, column, f + 2u); }
    if (vectors > 3u) { store_block(sum3, row, column, f + 3u); }
  }
}
