// Strips of a depthwise convolution 3×3 that go down the rows of the input. The kernel that includes this binds
// params, x4, w4, bias4, y4 and residual4. Columns of a mat4x4f are neighbouring outputs.
//! @include lib/epilogue.wgsl

struct Params {
  conv: Conv,
  strip_rows: u32, // of the output
}

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

fn pixel(i: u32, inside: bool) -> vec4f {
  return select(vec4f(), vec4f(x4[i]), inside);
}

fn four_pixels(i: u32, channels: u32, inside: vec4<bool>) -> mat4x4f {
  return mat4x4f(
    pixel(i, inside.x),
    pixel(i + channels, inside.y),
    pixel(i + 2u * channels, inside.z),
    pixel(i + 3u * channels, inside.w),
  );
}

fn dot3(w: mat3x4f, a: vec4f, b: vec4f, c: vec4f) -> vec4f {
  return w[0] * a + w[1] * b + w[2] * c;
}

// A row of the windows of 4 outputs next to each other, over the pixels p, q[0], q[1].
fn four_windows(w: mat3x4f, p: mat4x4f, q: mat2x4f) -> mat4x4f {
  return mat4x4f(
    dot3(w, p[0], p[1], p[2]),
    dot3(w, p[1], p[2], p[3]),
    dot3(w, p[2], p[3], q[0]),
    dot3(w, p[3], q[0], q[1]),
  );
}
