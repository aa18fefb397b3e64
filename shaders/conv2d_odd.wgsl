// Convolution with a register tile of 4 pixels by 4·vectors filters a thread, for any number of
// channels and filters in one group: weights come padded to whole vec4s of filters
// (conv2d_arrange_weights). `main4` is for filters that are a multiple of 4. Sums are matrices whose
// column p is pixel p.
//! @include lib/grid.wgsl
//! @include lib/conv2d.wgsl
//! @include lib/epilogue.wgsl

override vectors: u32 = 4u;
override has_bias: bool = false;

@group(0) @binding(0) var<uniform> conv: Conv;
@group(0) @binding(1) var<storage, read> x: array<elem>;
@group(0) @binding(2) var<storage, read> w4: array<elem4>;
@group(0) @binding(3) var<storage, read> bias: array<elem>;
@group(0) @binding(5) var<storage, read> residual: array<elem>;

// Past the last filter nothing is stored.
fn residual_at(i: u32) -> vec4f {
  return vec4f(
    f32(residual[i]),
    f32(residual[i + 1u]),
    f32(residual[i + 2u]),
    f32(residual[i + 3u]),
  );
}

fn outer(weights: vec4f, pixels: vec4f) -> mat4x4f {
  return mat4x4f(
    weights * pixels.x,
    weights * pixels.y,
    weights * pixels.z,
    weights * pixels.w,
  );
}

fn bias_block(f: u32) -> mat4x4f {
  if (!has_bias) {
    return mat4x4f();
  }
  // Past the last filter nothing is stored.
  let i = f * 4u;
  let b = vec4f(f32(bias[i]), f32(bias[i + 1u]), f32(bias[i + 2u]), f32(bias[i + 3u]));
  return mat4x4f(b, b, b, b);
}

// Where a thread's tile lies: its filters in vec4s.
struct Tile {
  row: u32,
  column: u32,
  f: u32,
}

fn tile_of(thread: u32) -> Tile {
  let spread = u32(conv.spread.y);
  let rows = conv.batch * conv.output.x;
  let row_tiles = ((conv.output.y + spread - 1u) / spread + 3u) / 4u;
  let tiles = row_tiles * rows * spread;
  let tile = thread % tiles;
  let column = tile / (row_tiles * rows) + tile % row_tiles * 4u * spread;
  return Tile(tile / row_tiles % rows, column, thread / tiles * vectors);
}

struct Sums {
  block0: mat4x4f,
  block1: mat4x4f,
  block2: mat4x4f,
  block3: mat4x4f,
}

fn convolve(tile: Tile) -> Sums {
  let filters = (conv.filters + 3u) / 4u;
  let row = tile.row;
  let column = tile.column;
  let f = tile.f;
  var sum0 = bias_block(f);
  var sum1 = bias_block(f + 1u);
  var sum2 = bias_block(f + 2u);
  var sum3 = bias_block(f + 3u);
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
  return Sums(sum0, sum1, sum2, sum3);
}

@group(0) @binding(4) var<storage, read_write> y: array<elem>;

fn store_pixel(sum: vec4f, tile: Tile, column: u32, f: u32) {
  if (column >= conv.output.y) {
    return;
  }
  let i = f * 4u;
  let base = (tile.row * conv.output.y + column) * conv.filters + i;
  let finished = finish(sum, base, conv.activation);
  if (i < conv.filters) {
    y[base] = finished.x;
  }
  if (i + 1u < conv.filters) {
    y[base + 1u] = finished.y;
  }
  if (i + 2u < conv.filters) {
    y[base + 2u] = finished.z;
  }
  if (i + 3u < conv.filters) {
    y[base + 3u] = finished.w;
  }
}

fn store_block(sum: mat4x4f, tile: Tile, f: u32) {
  let step = u32(conv.spread.y);
  store_pixel(sum[0], tile, tile.column, f);
  store_pixel(sum[1], tile, tile.column + step, f);
  store_pixel(sum[2], tile, tile.column + 2u * step, f);
  store_pixel(sum[3], tile, tile.column + 3u * step, f);
}

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let tile = tile_of(flat_workgroup(workgroup, workgroups) * 64u + local);
  if (tile.f * 4u >= conv.filters) {
    return;
  }
  let sums = convolve(tile);
  store_block(sums.block0, tile, tile.f);
  if (vectors > 1u) { store_block(sums.block1, tile, tile.f + 1u); }
  if (vectors > 2u) { store_block(sums.block2, tile, tile.f + 2u); }
  if (vectors > 3u) { store_block(sums.block3, tile, tile.f + 3u); }
}

@group(0) @binding(4) var<storage, read_write> y4: array<elem4>;

fn store_pixel4(sum: vec4f, tile: Tile, column: u32, f: u32) {
  if (column < conv.output.y) {
    let i = (tile.row * conv.output.y + column) * (conv.filters / 4u) + f;
    y4[i] = finish(sum, 4u * i, conv.activation);
  }
}

fn store_block4(sum: mat4x4f, tile: Tile, f: u32) {
  if (f >= conv.filters / 4u) {
    return;
  }
  let step = u32(conv.spread.y);
  store_pixel4(sum[0], tile, tile.column, f);
  store_pixel4(sum[1], tile, tile.column + step, f);
  store_pixel4(sum[2], tile, tile.column + 2u * step, f);
  store_pixel4(sum[3], tile, tile.column + 3u * step, f);
}

@compute @workgroup_size(64)
fn main4(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let tile = tile_of(flat_workgroup(workgroup, workgroups) * 64u + local);
  if (tile.f * 4u >= conv.filters) {
    return;
  }
  let sums = convolve(tile);
  store_block4(sums.block0, tile, tile.f);
  if (vectors > 1u) { store_block4(sums.block1, tile, tile.f + 1u); }
  if (vectors > 2u) { store_block4(sums.block2, tile, tile.f + 2u); }
  if (vectors > 3u) { store_block4(sums.block3, tile, tile.f + 3u); }
}
