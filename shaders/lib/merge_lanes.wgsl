// Moments that neighbouring threads of a workgroup of 64 hold, merged in a fixed order.
//! @include lib/moments.wgsl

// Threads that share a result: a power of 2, at most 64. With 1 there are no barriers.
override lanes: u32 = 1u;

var<workgroup> moments: array<Moments, 64>;

// For the first lane; the others get parts. Call in uniform control flow.
fn merge_lanes(own: Moments, local: u32) -> Moments {
  if (lanes == 1u) {
    return own;
  }
  moments[local] = own;
  for (var half = lanes / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (local % lanes < half) {
      moments[local] = merge_moments(moments[local], moments[local + half]);
    }
  }
  return moments[local];
}
