// What taps in a row meet: 4 neighbouring pixels, and those one to the left and one to the right of them.

// Zeros in place of pixels that are not there.
fn kept(pixels: mat4x4f, there: vec4<bool>) -> mat4x4f {
  return mat4x4f(
    select(vec4f(), pixels[0], there.x),
    select(vec4f(), pixels[1], there.y),
    select(vec4f(), pixels[2], there.z),
    select(vec4f(), pixels[3], there.w),
  );
}

// The pixels to the left; `before` is the first.
fn left_of(pixels: mat4x4f, before: vec4f, there: vec4<bool>) -> mat4x4f {
  return kept(mat4x4f(before, pixels[0], pixels[1], pixels[2]), there);
}

// The pixels to the right; `after` is the last.
fn right_of(pixels: mat4x4f, after: vec4f, there: vec4<bool>) -> mat4x4f {
  return kept(mat4x4f(pixels[1], pixels[2], pixels[3], after), there);
}
