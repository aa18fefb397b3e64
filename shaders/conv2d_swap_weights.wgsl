// Weights for the gradient of the input: taps in reverse order, and in each group input and output
// channels exchanged. One element a thread. `conv` is the geometry that the result is for.
//! @include lib/grid.wgsl
//! @include lib/conv2d.wgsl

@group(0) @binding(0) var<uniform> conv: Conv;
@group(0) @binding(1) var<storage, read> w: array<elem>;
@group(0) @binding(2) var<storage, read_write> swapped: array<elem>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let i = flat_workgroup(workgroup, workgroups) * 64u + local;
  let channels = conv.channels / conv.groups;
  let filters = conv.filters / conv.groups;
  let taps = conv.kernel.x * conv.kernel.y;
  if (i >= taps * channels * conv.filters) {
    return;
  }
  let f = i % conv.filters;
  let c = i / conv.filters % channels;
  let tap = taps - 1u - i / (conv.filters * channels);
  swapped[i] = w[(tap * filters + f % filters) * conv.channels + f / filters * channels + c];
}
