// Weights as a convolution kernel wants them. `swapped`: for the gradient of the input, taps in
// reverse order, and in each group input and output channels exchanged. Where the rows of the result
// are longer than the number of filters, zeros fill them. One element a thread.
//! @include lib/grid.wgsl
//! @include lib/conv2d.wgsl

struct Params {
  conv: Conv, // the geometry that the result is for
  row: u32, // its filters, with the padding
}

override swapped: bool = false;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> w: array<elem>;
@group(0) @binding(2) var<storage, read_write> arranged: array<elem>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let conv = params.conv;
  let i = flat_workgroup(workgroup, workgroups) * 64u + local;
  let channels = conv.channels / conv.groups;
  let filters = conv.filters / conv.groups;
  let taps = conv.kernel.x * conv.kernel.y;
  if (i >= taps * channels * params.row) {
    return;
  }
  let f = i % params.row;
  let c = i / params.row % channels;
  var tap = i / (params.row * channels);
  var value = elem();
  if (f < conv.filters) {
    if (swapped) {
      tap = taps - 1u - tap;
      value = w[(tap * filters + f % filters) * conv.channels + f / filters * channels + c];
    } else {
      value = w[(tap * channels + c) * conv.filters + f];
    }
  }
  arranged[i] = value;
}
