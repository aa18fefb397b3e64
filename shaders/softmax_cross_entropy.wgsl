// Cross-entropy of softmax with class numbers, a loss a row, and its gradient for the logits. With
// z = x - max(x): loss = log(sum(exp(z))) - (1 - s) z[label] - s mean(z), s the label smoothing.
//! @include lib/grid.wgsl
//! @include lib/row_reduce.wgsl

struct Params {
  rows: u32,
  classes: u32,
  smoothing: f32,
  not_a_number: f32, // the result for a label out of range
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> logits: array<elem>;
@group(0) @binding(2) var<storage, read> labels: array<i32>;
@group(0) @binding(3) var<storage, read_write> loss: array<f32>;

// A row as one thread sees it.
struct Row {
  index: u32,
  start: u32,
  lane: u32,
  size: u32, // 0 for a thread without a row
}

fn row_of(workgroup: u32, local: u32) -> Row {
  let index = workgroup * (64u / lanes) + local / lanes;
  let start = min(index, params.rows - 1u) * params.classes;
  let size = select(0u, params.classes, index < params.rows);
  return Row(index, start, local % lanes, size);
}

fn row_peak(row: Row, local: u32) -> f32 {
  var peak = f32(logits[row.start]);
  for (var i = row.lane; i < row.size; i += lanes) {
    peak = max(peak, f32(logits[row.start + i]));
  }
  return row_max(local, peak);
}

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let row = row_of(flat_workgroup(workgroup, workgroups), local);
  let peak = row_peak(row, local);
  var total = 0.0;
  var shifted_sum = 0.0;
  for (var i = row.lane; i < row.size; i += lanes) {
    let shifted = f32(logits[row.start + i]) - peak;
    total += exp(shifted);
    shifted_sum += shifted;
  }
  total = row_sum(local, total);
  shifted_sum = row_sum(local, shifted_sum);
  if (row.size > 0u && row.lane == 0u) {
    let label = labels[row.index];
    var result = params.not_a_number;
    if (label >= 0 && u32(label) < params.classes) {
      let own = f32(logits[row.start + u32(label)]) - peak;
      let mean = shifted_sum / f32(params.classes);
      result = log(total) - (1.0 - params.smoothing) * own - params.smoothing * mean;
    }
    loss[row.index] = result;
  }
}

@group(0) @binding(3) var<storage, read> dloss: array<f32>;
@group(0) @binding(4) var<storage, read_write> dlogits: array<elem>;

// (softmax - target) dloss.
@compute @workgroup_size(64)
fn backward(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let row = row_of(flat_workgroup(workgroup, workgroups), local);
  let peak = row_peak(row, local);
  var total = 0.0;
  for (var i = row.lane; i < row.size; i += lanes) {
    total += exp(f32(logits[row.start + i]) - peak);
  }
  total = row_sum(local, total);
  if (row.size > 0u) {
    let label = labels[row.index];
    var scale = dloss[row.index];
    if (label < 0 || u32(label) >= params.classes) {
      scale = params.not_a_number;
    }
    let rest = params.smoothing / f32(params.classes);
    for (var i = row.lane; i < row.size; i += lanes) {
      let p = exp(f32(logits[row.start + i]) - peak) / total;
      let t = rest + select(0.0, 1.0 - params.smoothing, i32(i) == label);
      dlogits[row.start + i] = elem((p - t) * scale);
    }
  }
}
