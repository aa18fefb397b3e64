// By its bits: compilers may assume that there is no NaN, and then x == x is always true.
fn is_finite(x: f32) -> bool {
  return (bitcast<u32>(x) & 0x7f800000u) != 0x7f800000u;
}

fn are_finite(x: reals) -> bools {
  return (bitcast<uints>(x) & uints(0x7f800000u)) != uints(0x7f800000u);
}
