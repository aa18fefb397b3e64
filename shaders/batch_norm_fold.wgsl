// The weights [..., C] and bias [C] of a layer, with the batch norm behind it folded in: w·s and
// β + (b − μ)·s, with s = γ/√(σ² + ε). One number of the weights a thread.
//! @include lib/grid.wgsl

struct Params {
  count: u32,
  channels: u32,
  epsilon: f32,
}

override has_bias: bool = false;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> weights: array<f32>;
@group(0) @binding(2) var<storage, read> gamma: array<f32>;
@group(0) @binding(3) var<storage, read> beta: array<f32>;
@group(0) @binding(4) var<storage, read> mean: array<f32>;
@group(0) @binding(5) var<storage, read> variance: array<f32>;
@group(0) @binding(6) var<storage, read> bias: array<f32>;
@group(0) @binding(7) var<storage, read_write> folded_weights: array<f32>;
@group(0) @binding(8) var<storage, read_write> folded_bias: array<f32>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let i = flat_workgroup(workgroup, workgroups) * 64u + local;
  if (i >= params.count) {
    return;
  }
  let c = i % params.channels;
  let scale = gamma[c] / sqrt(variance[c] + params.epsilon);
  folded_weights[i] = weights[i] * scale;
  if (i == c) {
    var offset = -mean[c];
    if (has_bias) {
      offset += bias[c];
    }
    folded_bias[c] = beta[c] + offset * scale;
  }
}
