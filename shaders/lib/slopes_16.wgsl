// As lib/slopes_1.wgsl, for a matrix: by columns.
//! @include lib/activation_derivative.wgsl

fn slopes(kind: u32, x: floats, a: f32, b: f32) -> floats {
  return floats(
    activate_derivative(kind, x[0], a, b),
    activate_derivative(kind, x[1], a, b),
    activate_derivative(kind, x[2], a, b),
    activate_derivative(kind, x[3], a, b),
  );
}

fn slopes_by_output(kind: u32, y: floats, a: f32, b: f32) -> floats {
  return floats(
    activate_derivative_by_output(kind, y[0], a, b),
    activate_derivative_by_output(kind, y[1], a, b),
    activate_derivative_by_output(kind, y[2], a, b),
    activate_derivative_by_output(kind, y[3], a, b),
  );
}
