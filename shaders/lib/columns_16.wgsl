// As lib/columns_1.wgsl, for a matrix: arithmetic by columns.
//! @include lib/activation.wgsl

fn times(a: floats, b: floats) -> floats {
  return floats(a[0] * b[0], a[1] * b[1], a[2] * b[2], a[3] * b[3]);
}

fn activated(kind: u32, x: floats, a: f32, b: f32) -> floats {
  return floats(
    activate(kind, x[0], a, b),
    activate(kind, x[1], a, b),
    activate(kind, x[2], a, b),
    activate(kind, x[3], a, b),
  );
}
