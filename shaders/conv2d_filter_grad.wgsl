// Partial gradients of convolution weights, [splits, weights], of any geometry without spread: one
// weight and one split of the pixels of dy a thread.
//! @include lib/grid.wgsl
//! @include lib/conv2d.wgsl
//! @include lib/conv2d_filter_grad.wgsl

@group(0) @binding(0) var<uniform> params: FilterGrad;
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
  let per_group = conv.channels / conv.groups;
  let weights = conv.kernel.x * conv.kernel.y * per_group * conv.filters;
  if (i >= weights * params.splits) {
    return;
  }
  let weight = i % weights;
  let f = weight % conv.filters;
  let c = weight / conv.filters % per_group + f / (conv.filters / conv.groups) * per_group;
  let tap_index = weight / (conv.filters * per_group);
  let tap = vec2u(tap_index / conv.kernel.y, tap_index % conv.kernel.y);
  let row_steps = (conv.output.y + 3u) / 4u;
  let first = i / weights * params.steps_per_split;
  let end = min(first + params.steps_per_split, conv.batch * conv.output.x * row_steps);

  var sum = 0.0;
  for (var step = first; step < end; step++) {
    let row = step / row_steps;
    let image = row / conv.output.x;
    let column = step % row_steps * 4u;
    for (var o = column; o < min(column + 4u, conv.output.y); o++) {
      let source = conv_pixel(conv, vec2u(row % conv.output.x, o), tap);
      if (source.x >= 0) {
        let base = (image * conv.input.x + u32(source.x)) * conv.input.y + u32(source.y);
        let pixel = row * conv.output.y + o;
        sum += f32(x[base * conv.channels + c]) * f32(dy[pixel * conv.filters + f]);
      }
    }
  }
  partial[i] = sum;
}
