// Partial gradients of depthwise weights, [splits, weights], one filter a channel, channels a
// multiple of 4: a thread has 4 channels of one tap and one split of the pixels of dy.
//! @include lib/grid.wgsl
//! @include lib/conv2d.wgsl
//! @include lib/conv2d_filter_grad.wgsl

@group(0) @binding(0) var<uniform> params: FilterGrad;
@group(0) @binding(1) var<storage, read> x4: array<elem4>;
@group(0) @binding(2) var<storage, read> dy4: array<elem4>;
@group(0) @binding(3) var<storage, read_write> partial4: array<vec4f>;

fn product(x_index: i32, dy_index: u32, inside: bool) -> vec4f {
  return select(vec4f(), vec4f(x4[u32(x_index)]) * vec4f(dy4[dy_index]), inside);
}

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let conv = params.conv;
  let thread = flat_workgroup(workgroup, workgroups) * 64u + local;
  let channels = conv.channels / 4u;
  let weights = conv.kernel.x * conv.kernel.y * channels;
  if (thread >= weights * params.splits) {
    return;
  }
  let c = thread % channels;
  let tap_index = thread % weights / channels;
  let tap = vec2u(tap_index / conv.kernel.y, tap_index % conv.kernel.y);
  let offset = vec2i(tap) * conv.dilations - conv.pads;
  let row_steps = (conv.output.y + 3u) / 4u;
  let first = thread / weights * params.steps_per_split;
  let end = min(first + params.steps_per_split, conv.batch * conv.output.x * row_steps);

  var sum = vec4f();
  for (var step = first; step < end; step++) {
    let row = step / row_steps;
    let column = step % row_steps * 4u;
    let from_row = i32(row % conv.output.x) * conv.strides.x + offset.x;
    if (from_row >= 0 && from_row < i32(conv.input.x)) {
      let steps = vec4i(i32(column)) + vec4i(0, 1, 2, 3);
      let columns = steps * conv.strides.y + offset.y;
      let inside = (steps < vec4i(i32(conv.output.y)))
        & (columns >= vec4i()) & (columns < vec4i(i32(conv.input.y)));
      let image_row = i32(row / conv.output.x * conv.input.x) + from_row;
      let base = (image_row * i32(conv.input.y) + columns) * i32(channels) + i32(c);
      let at = (row * conv.output.y + column) * channels + c;
      sum += product(base.x, at, inside.x) + product(base.y, at + channels, inside.y)
        + product(base.z, at + 2u * channels, inside.z)
        + product(base.w, at + 3u * channels, inside.w);
    }
  }
  partial4[thread] = sum;
}
