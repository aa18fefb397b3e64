// As lib/gather_16.wgsl, four numbers.
fn gathered(row: u32, lane: u32, channels: u32, base: u32) -> floats {
  let c = base + (4u * lane + vec4u(0u, 1u, 2u, 3u)) % channels;
  return floats(number_at(row, c.x), number_at(row, c.y), number_at(row, c.z), number_at(row, c.w));
}
