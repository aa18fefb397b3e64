// Depthwise convolution, one filter a channel, channels a multiple of 4: a thread has 4 channels of
// 4 pixels in a row. With a spread above 1 the pixels are that far apart, so that all of them meet a
// tap or none does.
//! @include lib/grid.wgsl
//! @include lib/conv2d.wgsl
//! @include lib/epilogue.wgsl

override has_bias: bool = false;

@group(0) @binding(0) var<uniform> conv: Conv;
@group(0) @binding(1) var<storage, read> x4: array<elem4>;
@group(0) @binding(2) var<storage, read> w4: array<elem4>;
@group(0) @binding(3) var<storage, read> bias4: array<elem4>;
@group(0) @binding(4) var<storage, read_write> y4: array<elem4>;
@group(0) @binding(5) var<storage, read> residual4: array<elem4>;

fn residual_at(i: u32) -> vec4f {
  return vec4f(residual4[i]);
}

fn store(sum: vec4f, i: u32, column: u32) {
  if (column < conv.output.y) {
    y4[i] = finish(sum, i, conv.activation);
  }
}

fn pixel(i: u32, inside: bool) -> vec4f {
  return select(vec4f(), vec4f(x4[i]), inside);
}

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let thread = flat_workgroup(workgroup, workgroups) * 64u + local;
  let spread = u32(conv.spread.y);
  let rows = conv.batch * conv.output.x;
  let row_tiles = ((conv.output.y + spread - 1u) / spread + 3u) / 4u;
  let channels = conv.channels / 4u;
  if (thread >= row_tiles * rows * spread * channels) {
    return;
  }
  let c = thread % channels;
  let tile = thread / channels;
  let row = tile / row_tiles % rows;
  let column = tile / (row_tiles * rows) + tile % row_tiles * 4u * spread;

  var b = vec4f();
  if (has_bias) { b = vec4f(bias4[c]); }
  var sums = mat4x4f(b, b, b, b);
  let corner = vec2i(vec2u(row % conv.output.x, column)) * conv.strides - conv.pads;
  let image_row = i32(row / conv.output.x * conv.input.x);
  for (var k = 0u; k < conv.kernel.x; k++) {
    let v = corner.x + i32(k) * conv.dilations.x;
    let from_row = v / conv.spread.x;
    if (v >= 0 && from_row * conv.spread.x == v && from_row < i32(conv.input.x)) {
      for (var l = 0u; l < conv.kernel.y; l++) {
        let h = corner.y + i32(l) * conv.dilations.y;
        let from_column = h / conv.spread.y;
        if (from_column * conv.spread.y == h) {
          let columns = vec4i(from_column) + vec4i(0, 1, 2, 3) * conv.strides.y;
          let inside = (columns >= vec4i()) & (columns < vec4i(i32(conv.input.y)));
          let base = vec4u((image_row + from_row) * i32(conv.input.y) + columns) * channels + c;
          let w = vec4f(w4[(k * conv.kernel.y + l) * channels + c]);
          sums += mat4x4f(
            w * pixel(base.x, inside.x),
            w * pixel(base.y, inside.y),
            w * pixel(base.z, inside.z),
            w * pixel(base.w, inside.w),
          );
        }
      }
    }
  }
  let to = (row * conv.output.y + column) * channels + c;
  let step = spread * channels;
  store(sums[0], to, column);
  store(sums[1], to + step, column + spread);
  store(sums[2], to + 2u * step, column + 2u * spread);
  store(sums[3], to + 3u * step, column + 3u * spread);
}
