// Depthwise convolution 3×3, one filter a channel, channels a multiple of 4, no dilation, the same stride both
// ways, 1 or 2. A thread has 4 channels of a strip of the output, 4 columns wide. It goes down the rows of the
// input under the strip and reads each pixel once: sums that wait for further rows are carried along.
// Columns of a mat4x4f are neighbouring outputs.
//
// The kernel that includes this binds params, x4, w4, bias4, y4 and residual4, and defines row_at(i, channels,
// column, end): the pixels of a row, of which the one at `column`, under the strip's first output, is vec4 `i`
// and the next `channels` vec4s on; zeros in front of column 0 and from `end` on.
//! @include lib/epilogue.wgsl

struct Params {
  conv: Conv,
  strip_rows: u32, // of the output
}

override stride: u32 = 1u;
override has_bias: bool = false;

fn residual_at(i: u32) -> vec4f {
  return vec4f(residual4[i]);
}

fn store(sum: vec4f, i: u32, column: u32) {
  if (column < params.conv.output.y) {
    y4[i] = finish(sum, i, params.conv.activation);
  }
}

fn store_quad(sums: mat4x4f, i: u32, column: u32, channels: u32) {
  store(sums[0], i, column);
  store(sums[1], i + channels, column + 1u);
  store(sums[2], i + 2u * channels, column + 2u);
  store(sums[3], i + 3u * channels, column + 3u);
}

fn weights(i: u32, channels: u32) -> mat3x4f {
  return mat3x4f(vec4f(w4[i]), vec4f(w4[i + channels]), vec4f(w4[i + 2u * channels]));
}

fn pixel(i: u32, column: i32, end: u32) -> vec4f {
  return select(vec4f(), vec4f(x4[i]), u32(column) < end);
}

fn four_pixels(i: u32, channels: u32, column: i32, end: u32) -> mat4x4f {
  return mat4x4f(
    pixel(i, column, end),
    pixel(i + channels, column + 1, end),
    pixel(i + 2u * channels, column + 2, end),
    pixel(i + 3u * channels, column + 3, end),
  );
}

fn dot3(w: mat3x4f, a: vec4f, b: vec4f, c: vec4f) -> vec4f {
  return w[0] * a + w[1] * b + w[2] * c;
}

// The pixels of a row under the strip: 6, or 9 with stride 2.
struct Row {
  a: mat4x4f,
  b: mat4x4f,
  last: vec4f,
}

// Sums of the 4 windows over a row.
fn products(w: mat3x4f, row: Row) -> mat4x4f {
  let a = row.a;
  let b = row.b;
  if (stride == 2u) {
    return mat4x4f(
      dot3(w, a[0], a[1], a[2]),
      dot3(w, a[2], a[3], b[0]),
      dot3(w, b[0], b[1], b[2]),
      dot3(w, b[2], b[3], row.last),
    );
  }
  return mat4x4f(
    dot3(w, a[0], a[1], a[2]),
    dot3(w, a[1], a[2], a[3]),
    dot3(w, a[2], a[3], b[0]),
    dot3(w, a[3], b[0], b[1]),
  );
}

// The 4 channels `c` of the strip `tile`, of which a row has row_tiles.
fn go_down(c: u32, tile: u32, row_tiles: u32) {
  let conv = params.conv;
  let channels = conv.channels / 4u;
  let strips = (conv.output.x + params.strip_rows - 1u) / params.strip_rows;
  let column = tile % row_tiles * 4u;
  let first_row = tile / row_tiles % strips * params.strip_rows;
  let image = tile / (row_tiles * strips);
  if (image >= conv.batch) {
    return;
  }
  let top = weights(c, channels);
  let middle = weights(3u * channels + c, channels);
  let bottom = weights(6u * channels + c, channels);
  var b = vec4f();
  if (has_bias) { b = vec4f(bias4[c]); }
  let start = mat4x4f(b, b, b, b);

  let corner = vec2i(vec2u(first_row, column)) * i32(stride) - conv.pads;
  let rows = (min(params.strip_rows, conv.output.x - first_row) - 1u) * stride + 3u;
  let image_row = i32(image * conv.input.x);
  var i = u32(((image_row + corner.x) * i32(conv.input.y) + corner.y) * i32(channels) + i32(c));
  var to = ((image * conv.output.x + first_row) * conv.output.y + column) * channels + c;

  var next = start; // still without its bottom row
  var after_next = start; // with its top row only
  for (var r = 0u; r < rows; r++) {
    let inside = u32(corner.x + i32(r)) < conv.input.x;
    let row = row_at(i, channels, corner.y, select(0u, conv.input.y, inside));
    i += conv.input.y * channels;
    if (stride == 2u && r % 2u == 1u) {
      next += products(middle, row);
      continue;
    }
    if (r >= 2u) {
      store_quad(next + products(bottom, row), to, column, channels);
      to += conv.output.y * channels;
    }
    if (stride == 2u) {
      next = start + products(top, row);
    } else {
      next = after_next + products(middle, row);
      after_next = start + products(top, row);
    }
  }
}
