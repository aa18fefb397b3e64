// Writes 4 rows of partial gradients, of a vec4 of filters. The kernel that includes this binds params and
// partial4.

fn store_four(sum: mat4x4f, row: u32, f: u32) {
  let filters = params.conv.filters / 4u;
  let base = row * filters + f;
  partial4[base] = sum[0];
  partial4[base + filters] = sum[1];
  partial4[base + 2u * filters] = sum[2];
  partial4[base + 3u * filters] = sum[3];
}
