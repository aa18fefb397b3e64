// What is done number by number, for all that `floats` holds.
//! @include lib/activation.wgsl

fn times(a: floats, b: floats) -> floats {
  return a * b;
}

fn activated(kind: u32, x: floats, a: f32, b: f32) -> floats {
  return activate(kind, x, a, b);
}
