// Statistics of each channel of x [outer, rows, width], in `tiles` tiles: tile t has the rows t,
// t + tiles, t + 2·tiles…, so that neighbouring threads read neighbouring memory whatever the width.
// One thread sums a tile of one vec4 of channels (or of one channel), less the tile's first number:
// Σ(x − shift)² − (Σ(x − shift))²/n loses digits only where the shift is far from the mean, and a
// shift from the tile itself cannot be farther than √n deviations.
// partials [3, outer, tiles, width]: shift, mean − shift, Σ(x − mean)².
//! @include lib/grid.wgsl

struct Params {
  count: u32, // outer · tiles · width
  rows: u32,
  width: u32, // in vec4s (main) or channels (scalar)
  tiles: u32,
}

@group(0) @binding(0) var<uniform> params: Params;

@group(0) @binding(1) var<storage, read> x4: array<elem4>;
@group(0) @binding(2) var<storage, read_write> partials4: array<vec4f>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let thread = flat_workgroup(workgroup, workgroups) * 64u + local;
  if (thread < params.count) {
    let tile = thread / params.width % params.tiles;
    let outer = thread / params.width / params.tiles;
    let n = (params.rows - tile + params.tiles - 1u) / params.tiles;
    let stride = params.tiles * params.width;
    var i = (outer * params.rows + tile) * params.width + thread % params.width;
    let shift = vec4f(x4[i]);
    var sum_a = vec4f();
    var sum_b = vec4f();
    var squares_a = vec4f();
    var squares_b = vec4f();
    for (var k = 0u; k < n / 4u; k++) {
      let a = vec4f(x4[i]) - shift;
      let b = vec4f(x4[i + stride]) - shift;
      let c = vec4f(x4[i + 2u * stride]) - shift;
      let d = vec4f(x4[i + 3u * stride]) - shift;
      sum_a += a + b;
      sum_b += c + d;
      squares_a += a * a + b * b;
      squares_b += c * c + d * d;
      i += 4u * stride;
    }
    for (var k = 0u; k < n % 4u; k++) {
      let a = vec4f(x4[i]) - shift;
      sum_a += a;
      squares_a += a * a;
      i += stride;
    }
    let sum = sum_a + sum_b;
    let mean = sum / f32(n);
    partials4[thread] = shift;
    partials4[thread + params.count] = mean;
    partials4[thread + 2u * params.count] = squares_a + squares_b - sum * mean;
  }
}

@group(0) @binding(1) var<storage, read> x: array<elem>;
@group(0) @binding(2) var<storage, read_write> partials: array<f32>;

@compute @workgroup_size(64)
fn scalar(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let thread = flat_workgroup(workgroup, workgroups) * 64u + local;
  if (thread < params.count) {
    let tile = thread / params.width % params.tiles;
    let outer = thread / params.width / params.tiles;
    let n = (params.rows - tile + params.tiles - 1u) / params.tiles;
    let stride = params.tiles * params.width;
    var i = (outer * params.rows + tile) * params.width + thread % params.width;
    let shift = f32(x[i]);
    var sums = vec4f();
    var squares = vec4f();
    for (var k = 0u; k < n / 4u; k++) {
      let d = vec4f(
        f32(x[i]),
        f32(x[i + stride]),
        f32(x[i + 2u * stride]),
        f32(x[i + 3u * stride]),
      ) - shift;
      sums += d;
      squares += d * d;
      i += 4u * stride;
    }
    for (var k = 0u; k < n % 4u; k++) {
      let d = f32(x[i]) - shift;
      sums.x += d;
      squares.x += d * d;
      i += stride;
    }
    let sum = (sums.x + sums.y) + (sums.z + sums.w);
    let mean = sum / f32(n);
    partials[thread] = shift;
    partials[thread + params.count] = mean;
    partials[thread + 2u * params.count] =
      (squares.x + squares.y) + (squares.z + squares.w) - sum * mean;
  }
}
