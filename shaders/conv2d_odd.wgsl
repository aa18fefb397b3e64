// Convolution with a register tile of 4 pixels by 4·vectors filters a thread, for any number of
// channels and filters: weights come padded to whole vec4s of filters (conv2d_arrange_weights).
// One group. Sums are matrices whose column p is pixel p.
//! @include lib/grid.wgsl
//! @include lib/conv2d.wgsl

override vectors: u32 = 4u;
override has_bias: bool = false;

@group(0) @binding(0) var<uniform> conv: Conv;
@group(0) @binding(1) var<storage, read> x: array<elem>;
@group(0) @binding(2) var<storage, read> w4: array<elem4>;
@group(0) @binding(3) var<storage, read> bias: array<elem>;
@group(0) @binding(4) var<storage, read_write> y: array<elem>;

fn outer(weights: vec4f, pixels: vec4f) -> mat4x4f {
  return mat4x4f(
    weights * pixels.x,
    weights * pixels.y,
    weights * pixels.z,
    weights * pixels.w,
  );
}

fn store_pixel(sum: vec4f, row: u32, column: u32, f: u32) {
  if (column >= conv.output.y) {
    return;
  }
  let base = (row * conv.output.y + column) * conv.filters;
  for (var i = 0u; i < 4u; i++) {
    let filter_index = f * 4u + i;
    if (filter_index < conv.filters) {
      var value = sum[i];
      if (has_bias) {
        value += f32(bias[filter_index]);
      }
      y[base + filter_index] = elem(value);
    }
  }
}

fn store_block(sum: mat4x4f, row: u32, column: u32, f: u32) {
  let step = u32(conv.spread.y);
  store_pixel(sum[0], row, column, f);
  store_pixel(sum[1], row, column + step, f);
  store_pixel(sum[2], row, column + 2u * step, f);
  store_pixel(sum[3], row, column + 3u * step, f);
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
  let tiles = row_tiles * rows * spread;
  let filters = (conv.filters + 3u) / 4u;
  let f = thread / tiles * vectors;
  if (f >= filters) {
    return;
  }
  let tile = thread % tiles;
  let row = tile / row_tiles % rows;
  let column = tile / (row_tiles * rows) + tile % row_tiles * 4u * spread;

  var sum0 = mat4x4f();
  var sum1 = mat4x4f();
  var sum2 = mat4x4f();
  var sum3 = mat4x4f();
  let corner = vec2i(vec2u(row % conv.output.x, column)) * conv.strides - conv.pads;
  let image_row = i32(row / conv.output.x * conv.input.x);
  for (var k = 0u; k < conv.kernel.x; k++) {
    let v = corner.x + i32(k) * conv.dilations.x;
    let from_row = v / conv.spread.x;
    if (v >= 0 && from_row * conv.spread.x == v && from_row < i32(conv.input.x)) {
      for (var l = 0u; l < conv.kernel.y; l++) {
        let h = corner.y + i32(l) * conv.dilations.y;
        let from_column = h / conv.spread.y;
        let columns = vec4i(from_column) + vec4i(0, 1, 2, 3) * conv.strides.y;
        let inside = vec4<bool>(from_column * conv.spread.y == h)
          & (columns >= vec4i()) & (columns < vec4i(i32(conv.input.y)));
        if (any(inside)) {
          let base = vec4u((image_row + from_row) * i32(conv.input.y) + columns) * conv.channels;
          let tap = (k * conv.kernel.y + l) * conv.channels;
          for (var c = 0u; c < conv.channels; c++) {
            let loaded = vec4f(
              f32(x[base.x + c]),
              f32(x[base.y + c]),
              f32(x[base.z + c]),
              f32(x[base.w + c]),
            );
            let pixels = select(vec4f(), loaded, inside);
            let i = (tap + c) * filters + f;
            sum0 += outer(vec4f(w4[i]), pixels);
            if (vectors > 1u) { sum1 += outer(vec4f(w4[i + 1u]), pixels); }
            if (vectors > 2u) { sum2 += outer(vec4f(w4[i + 2u]), pixels); }
            if (vectors > 3u) { sum3 += outer(vec4f(w4[i + 3u]), pixels); }
          }
        }
      }
    }
  }
  store_block(sum0, row, column, f);
  if (vectors > 1u) { store_block(sum1, row, column, f + 1u); }
  if (vectors > 2u) { store_block(sum2, row, column, f + 2u); }
  if (vectors > 3u) { store_block(sum3, row, column, f + 3u); }
}
