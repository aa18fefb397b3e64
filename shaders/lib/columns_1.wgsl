// What is done number by number, for all that `floats` holds.
//! @include lib/activation.wgsl

fn times(a: floats, b: floats) -> floats {
  return a * b;
}

fn activated(kind: u32, x: floats, a: f32, b: f32) -> floats {
  return activate(kind, x, a, b);
}

fn slopes(kind: u32, x: floats, a: f32, b: f32) -> floats {
  return activate_derivative(kind, x, a, b);
}

fn slopes_by_output(kind: u32, y: floats, a: f32, b: f32) -> floats {
  return activate_derivative_by_output(kind, y, a, b);
}
