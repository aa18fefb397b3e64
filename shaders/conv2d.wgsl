// Convolution of any geometry, one output element a thread.
//! @include lib/grid.wgsl
//! @include lib/conv2d.wgsl
//! @include lib/epilogue.wgsl

override has_bias: bool = false;

@group(0) @binding(0) var<uniform> conv: Conv;
@group(0) @binding(1) var<storage, read> x: array<elem>;
@group(0) @binding(2) var<storage, read> w: array<elem>;
@group(0) @binding(3) var<storage, read> bias: array<elem>;
@group(0) @binding(4) var<storage, read_write> y: array<elem>;
@group(0) @binding(5) var<storage, read> residual: array<elem>;

fn residual_at(i: u32) -> f32 {
  return f32(residual[i]);
}

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let i = flat_workgroup(workgroup, workgroups) * 64u + local;
  if (i >= conv.batch * conv.output.x * conv.output.y * conv.filters) {
    return;
  }
  let filter_index = i % conv.filters;
  let pixel = i / conv.filters;
  let at = vec2u(pixel / conv.output.y % conv.output.x, pixel % conv.output.y);
  let image = pixel / (conv.output.x * conv.output.y);
  let per_group = conv.channels / conv.groups;
  let first_channel = filter_index / (conv.filters / conv.groups) * per_group;

  var sum = 0.0;
  for (var k = 0u; k < conv.kernel.x; k++) {
    for (var l = 0u; l < conv.kernel.y; l++) {
      let source = conv_pixel(conv, at, vec2u(k, l));
      if (source.x >= 0) {
        let base = ((image * conv.input.x + u32(source.x)) * conv.input.y + u32(source.y))
          * conv.channels + first_channel;
        let row = (k * conv.kernel.y + l) * per_group;
        for (var c = 0u; c < per_group; c++) {
          sum += f32(x[base + c]) * f32(w[(row + c) * conv.filters + filter_index]);
        }
      }
    }
  }
  if (has_bias) {
    sum += f32(bias[filter_index]);
  }
  y[i] = finish(sum, i, conv.activation);
}
