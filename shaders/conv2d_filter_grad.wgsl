// Partial gradients of convolution weights, [splits, weights]: one weight and one split of the
// pixels of dy a thread; any geometry without spread.
//! @include lib/grid.wgsl
//! @include lib/conv2d.wgsl

struct Params {
  conv: Conv,
  weights: u32,
  splits: u32,
  pixels_per_split: u32, // of the batch·height·width pixels of dy
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<elem>;
@group(0) @binding(2) var<storage, read> dy: array<elem>;
@group(0) @binding(3) var<storage, read_write> partial: array<f32>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let conv = params.conv;
  let i = flat_workgroup(workgroup, workgroups) * 64u + local;
  if (i >= params.weights * params.splits) {
    return;
  }
  let weight = i % params.weights;
  let first = i / params.weights * params.pixels_per_split;
  let end = min(first + params.pixels_per_split, conv.batch * conv.output.x * conv.output.y);
  let per_group = conv.channels / conv.groups;
  let f = weight % conv.filters;
  let c = weight / conv.filters % per_group + f / (conv.filters / conv.groups) * per_group;
  let tap_index = weight / (conv.filters * per_group);
  let tap = vec2u(tap_index / conv.kernel.y, tap_index % conv.kernel.y);

  var sum = 0.0;
  for (var pixel = first; pixel < end; pixel++) {
    let row = pixel / conv.output.y;
    let source = conv_pixel(conv, vec2u(row % conv.output.x, pixel % conv.output.y), tap);
    if (source.x >= 0) {
      let image = row / conv.output.x;
      let base = (image * conv.input.x + u32(source.x)) * conv.input.y + u32(source.y);
      sum += f32(x[base * conv.channels + c]) * f32(dy[pixel * conv.filters + f]);
    }
  }
  partial[i] = sum;
}
