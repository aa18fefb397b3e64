// Cross-entropy of softmax with target distributions, a loss a row, and its gradient for the logits.
// With z = x - max(x) and smoothed targets t: loss = log(sum(exp(z))) sum(t) - sum(t z).
//! @include lib/grid.wgsl
//! @include lib/row_reduce.wgsl

struct Params {
  rows: u32,
  classes: u32,
  smoothing: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> logits: array<elem>;
@group(0) @binding(2) var<storage, read> targets: array<elem>;
@group(0) @binding(3) var<storage, read_write> loss: array<f32>;

// A row as one thread sees it, with the sums that its lanes share.
struct Row {
  index: u32,
  start: u32,
  lane: u32,
  size: u32, // 0 for a thread without a row
  peak: f32, // max(x)
  total: f32, // sum(exp(z))
  target_total: f32, // sum(t)
}

fn target_at(i: u32) -> f32 {
  return (1.0 - params.smoothing) * f32(targets[i]) + params.smoothing / f32(params.classes);
}

fn row_of(workgroup: u32, local: u32) -> Row {
  var row: Row;
  row.index = workgroup * (64u / lanes) + local / lanes;
  row.start = min(row.index, params.rows - 1u) * params.classes;
  row.lane = local % lanes;
  row.size = select(0u, params.classes, row.index < params.rows);
  var peak = f32(logits[row.start]);
  for (var i = row.lane; i < row.size; i += lanes) {
    peak = max(peak, f32(logits[row.start + i]));
  }
  row.peak = row_max(local, peak);
  for (var i = row.lane; i < row.size; i += lanes) {
    row.total += exp(f32(logits[row.start + i]) - row.peak);
    row.target_total += target_at(row.start + i);
  }
  row.total = row_sum(local, row.total);
  row.target_total = row_sum(local, row.target_total);
  return row;
}

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let row = row_of(flat_workgroup(workgroup, workgroups), local);
  var dot = 0.0;
  for (var i = row.lane; i < row.size; i += lanes) {
    dot += target_at(row.start + i) * (f32(logits[row.start + i]) - row.peak);
  }
  dot = row_sum(local, dot);
  if (row.size > 0u && row.lane == 0u) {
    loss[row.index] = log(row.total) * row.target_total - dot;
  }
}

@group(0) @binding(3) var<storage, read> dloss: array<f32>;
@group(0) @binding(4) var<storage, read_write> dlogits: array<elem>;

// (softmax sum(t) - t) dloss.
@compute @workgroup_size(64)
fn backward(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let row = row_of(flat_workgroup(workgroup, workgroups), local);
  for (var i = row.lane; i < row.size; i += lanes) {
    let p = exp(f32(logits[row.start + i]) - row.peak) / row.total;
    let gradient = p * row.target_total - target_at(row.start + i);
    dlogits[row.start + i] = elem(gradient * dloss[row.index]);
  }
}
