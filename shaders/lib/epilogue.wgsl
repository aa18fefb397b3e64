// What happens to a result before it is stored (src/ops/epilogue.ts): a residual is added, and an
// activation applied. The kernel that includes this defines residual_at().
//! @include lib/columns_{width}.wgsl

override activation: u32 = 0u;
override has_residual: bool = false;

// `i` as residual_at() takes it; `params` are those of the activation.
fn finish(sum: floats, i: u32, params: vec2f) -> elems {
  var value = sum;
  if (has_residual) {
    value += residual_at(i);
  }
  if (activation != 0u) {
    value = activated(activation, value, params.x, params.y);
  }
  return elems(value);
}
