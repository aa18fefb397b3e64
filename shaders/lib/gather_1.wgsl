// As lib/gather_16.wgsl, one number.
fn gathered(row: u32, lane: u32, channels: u32, base: u32) -> floats {
  return number_at(row, base + lane % channels);
}
