// Depthwise convolution 3×3, one filter a channel, channels a multiple of 4, no dilation, the same
// stride both ways, 1 or 2. A thread has 4 channels of a strip of the output, 4·quads columns wide (4
// with stride 2). It goes down the rows of the input under the strip and reads each pixel once: sums
// that wait for further rows are carried along. Columns of a mat4x4f are neighbouring outputs.
//! @include lib/grid.wgsl
//! @include lib/conv2d.wgsl
//! @include lib/conv2d_depthwise_3x3.wgsl

override stride: u32 = 1u;
override quads: u32 = 2u;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x4: array<elem4>;
@group(0) @binding(2) var<storage, read> w4: array<elem4>;
@group(0) @binding(3) var<storage, read> bias4: array<elem4>;
@group(0) @binding(4) var<storage, read_write> y4: array<elem4>;
@group(0) @binding(5) var<storage, read> residual4: array<elem4>;

// The pixels of a row under the strip: 10 with 8 outputs, 6 with 4, 9 with 4 and stride 2.
struct Row {
  a: mat4x4f,
  b: mat4x4f,
  c: mat2x4f,
}

struct Sums {
  a: mat4x4f,
  b: mat4x4f,
}

fn products(w: mat3x4f, row: Row) -> Sums {
  if (stride == 2u) {
    let sums = mat4x4f(
      dot3(w, row.a[0], row.a[1], row.a[2]),
      dot3(w, row.a[2], row.a[3], row.b[0]),
      dot3(w, row.b[0], row.b[1], row.b[2]),
      dot3(w, row.b[2], row.b[3], row.c[0]),
    );
    return Sums(sums, mat4x4f());
  }
  let sums = four_windows(w, row.a, mat2x4f(row.b[0], row.b[1]));
  if (quads == 1u) {
    return Sums(sums, mat4x4f());
  }
  return Sums(sums, four_windows(w, row.b, row.c));
}

fn plus(s: Sums, t: Sums) -> Sums {
  return Sums(s.a + t.a, s.b + t.b);
}

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let conv = params.conv;
  let thread = flat_workgroup(workgroup, workgroups) * 64u + local;
  let channels = conv.channels / 4u;
  let row_tiles = (conv.output.y + 4u * quads - 1u) / (4u * quads);
  let strips = (conv.output.x + params.strip_rows - 1u) / params.strip_rows;
  let c = thread % channels;
  let tile = thread / channels;
  let column = tile % row_tiles * 4u * quads;
  let first_row = tile / row_tiles % strips * params.strip_rows;
  let image = tile / (row_tiles * strips);
  if (image >= conv.batch) {
    return;
  }
  let top = weights(c, channels);
  let middle = weights(3u * channels + c, channels);
  let bottom = weights(6u * channels + c, channels);
  var start = Sums();
  if (has_bias) {
    let b = vec4f(bias4[c]);
    let four = mat4x4f(b, b, b, b);
    start = Sums(four, four);
  }

  let corner = vec2i(vec2u(first_row, column)) * i32(stride) - conv.pads;
  let columns = vec4i(corner.y) + vec4i(0, 1, 2, 3);
  let width = i32(conv.input.y);
  let inside_a = (columns >= vec4i()) & (columns < vec4i(width));
  let inside_b = (columns >= vec4i(-4)) & (columns < vec4i(width - 4));
  let inside_c = (columns >= vec4i(-8)) & (columns < vec4i(width - 8));
  let rows = (min(params.strip_rows, conv.output.x - first_row) - 1u) * stride + 3u;
  let image_row = i32(image * conv.input.x);
  var x_index = u32(((image_row + corner.x) * width + corner.y) * i32(channels) + i32(c));
  var y_index = ((image * conv.output.x + first_row) * conv.output.y + column) * channels + c;

  var next = start; // still without its bottom row
  var after_next = start; // with its top row only
  for (var r = 0u; r < rows; r++) {
    let v = corner.x + i32(r);
    let inside = vec4<bool>(v >= 0 && v < i32(conv.input.x));
    var row: Row;
    row.a = four_pixels(x_index, channels, inside & inside_a);
    let b = x_index + 4u * channels;
    if (stride == 1u && quads == 1u) {
      row.b[0] = pixel(b, inside.x && inside_b.x);
      row.b[1] = pixel(b + channels, inside.x && inside_b.y);
    } else {
      row.b = four_pixels(b, channels, inside & inside_b);
      row.c[0] = pixel(b + 4u * channels, inside.x && inside_c.x);
      if (stride == 1u) { row.c[1] = pixel(b + 5u * channels, inside.x && inside_c.y); }
    }
    x_index += conv.input.y * channels;
    if (stride == 2u && r % 2u == 1u) {
      next = plus(next, products(middle, row));
      continue;
    }
    if (r >= 2u) {
      let sums = plus(next, products(bottom, row));
      store_quad(sums.a, y_index, column, channels);
      if (quads > 1u) { store_quad(sums.b, y_index + 4u * channels, column + 4u, channels); }
      y_index += conv.output.y * channels;
    }
    if (stride == 2u) {
      next = plus(start, products(top, row));
    } else {
      next = plus(after_next, products(middle, row));
      after_next = plus(start, products(top, row));
    }
  }
}
