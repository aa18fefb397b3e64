// Numbers of the channels that `floats` number `lane` of a folded row belong to, `channels` of them from
// `base` on. The kernel that includes this defines number_at(): that of a channel, of several rows of
// such numbers.
fn gathered(row: u32, lane: u32, channels: u32, base: u32) -> floats {
  let first = 16u * lane;
  return floats(
    gathered_column(row, first, channels, base),
    gathered_column(row, first + 4u, channels, base),
    gathered_column(row, first + 8u, channels, base),
    gathered_column(row, first + 12u, channels, base),
  );
}

fn gathered_column(row: u32, first: u32, channels: u32, base: u32) -> vec4f {
  let c = base + (first + vec4u(0u, 1u, 2u, 3u)) % channels;
  return vec4f(number_at(row, c.x), number_at(row, c.y), number_at(row, c.z), number_at(row, c.w));
}
