// The form that all convolution kernels share (src/ops/conv-geometry.ts). Pairs are (height, width).
struct Conv {
  batch: u32,
  channels: u32,
  filters: u32,
  groups: u32,
  input: vec2u,
  output: vec2u,
  kernel: vec2u,
  strides: vec2i,
  spread: vec2i,
  pads: vec2i,
  dilations: vec2i,
  activation: vec2f, // its parameters
}

// The input pixel under tap `tap` of output pixel `at`, or a negative one where there is none.
fn conv_pixel(conv: Conv, at: vec2u, tap: vec2u) -> vec2i {
  let p = vec2i(at) * conv.strides - conv.pads + vec2i(tap) * conv.dilations;
  let q = p / conv.spread;
  let inside = all(p >= vec2i()) && all(q * conv.spread == p) && all(q < vec2i(conv.input));
  return select(vec2i(-1), q, inside);
}
