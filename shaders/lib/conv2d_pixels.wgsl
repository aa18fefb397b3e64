// What a register tile reads and writes where channels and filters come in vec4s, straight from storage.
// The kernel that includes this binds conv, x4, bias4, y4 and residual4, and defines rows_at() and
// combine() as lib/conv2d_tile.wgsl says.
//! @include lib/conv2d_tile.wgsl
//! @include lib/epilogue.wgsl

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

fn bias_at(f: u32) -> vec4f {
  return vec4f(bias4[f]);
}

fn residual_at(i: u32) -> vec4f {
  return vec4f(residual4[i]);
}

fn store_at(sum: vec4f, pixel: u32, f: u32) {
  let i = pixel * filter_vectors() + f;
  y4[i] = finish(sum, i, conv.activation);
}
