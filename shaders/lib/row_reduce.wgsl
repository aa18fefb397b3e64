// Reductions of rows that `lanes` threads of a workgroup of 64 walk together, in a fixed order. All
// threads call them, those without a row too.

override lanes: u32 = 1u;

var<workgroup> row_partials: array<f32, 64>;

fn row_sum(local: u32, value: f32) -> f32 {
  var result = value;
  if (lanes > 1u) {
    row_partials[local] = value;
    workgroupBarrier();
    for (var stride = lanes / 2u; stride > 0u; stride /= 2u) {
      if (local % lanes < stride) {
        row_partials[local] += row_partials[local + stride];
      }
      workgroupBarrier();
    }
    result = row_partials[local - local % lanes];
    workgroupBarrier();
  }
  return result;
}

fn row_max(local: u32, value: f32) -> f32 {
  var result = value;
  if (lanes > 1u) {
    row_partials[local] = value;
    workgroupBarrier();
    for (var stride = lanes / 2u; stride > 0u; stride /= 2u) {
      if (local % lanes < stride) {
        row_partials[local] = max(row_partials[local], row_partials[local + stride]);
      }
      workgroupBarrier();
    }
    result = row_partials[local - local % lanes];
    workgroupBarrier();
  }
  return result;
}
