// Sums over neighbouring threads of a workgroup of 64, in a fixed order.

// Threads that share a sum: a power of 2, at most 64. With 1 there are no barriers.
override lanes: u32 = 1u;

var<workgroup> sums: array<vec4f, 64>;

// Every lane gets the sum. Call once, in uniform control flow.
fn sum_lanes(own: vec4f, local: u32) -> vec4f {
  if (lanes == 1u) {
    return own;
  }
  sums[local] = own;
  for (var half = lanes / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (local % lanes < half) {
      sums[local] += sums[local + half];
    }
  }
  workgroupBarrier();
  return sums[local - local % lanes];
}
