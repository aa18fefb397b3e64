// Binary cross-entropy of logits x with targets t: max(x, 0) - x t + log(1 + exp(-|x|)).
//! @include lib/grid.wgsl
//! @include lib/activation.wgsl

struct Params {
  count: u32, // elements, or vec4s
}

const PER_THREAD = 8u;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> logits: array<elems>;
@group(0) @binding(2) var<storage, read> targets: array<elems>;
@group(0) @binding(3) var<storage, read_write> loss: array<elems>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let base = flat_workgroup(workgroup, workgroups) * 64u * PER_THREAD + local;
  for (var k = 0u; k < PER_THREAD; k++) {
    let i = base + 64u * k;
    if (i < params.count) {
      let x = floats(logits[i]);
      let t = floats(targets[i]);
      // The two large parts cancel exactly where t is 0 or 1 and the answer is the small one.
      loss[i] = elems((max(x, ZERO) - x * t) + softplus(-abs(x)));
    }
  }
}
