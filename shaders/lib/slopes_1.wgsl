// The slopes of activations at each number that `floats` holds.
//! @include lib/activation_derivative.wgsl

fn slopes(kind: u32, x: floats, a: f32, b: f32) -> floats {
  return activate_derivative(kind, x, a, b);
}

fn slopes_by_output(kind: u32, y: floats, a: f32, b: f32) -> floats {
  return activate_derivative_by_output(kind, y, a, b);
}
