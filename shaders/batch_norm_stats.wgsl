// Statistics of each channel of x [outer, rows, width], tile by tile, less the tile's first number:
// Σ(x − shift)² − (Σ(x − shift))²/n loses digits only where the shift is far from the mean, and a
// shift from the tile itself cannot be farther than √n deviations.
// partials [3, outer, tiles, width]: shift, mean − shift, Σ(x − mean)².
//! @include lib/grid.wgsl
//! @include lib/tiles.wgsl

struct Params {
  tiling: Tiling,
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
  if (thread < params.tiling.count) {
    let place = place_of(params.tiling, thread);
    let tile = tile_of(params.tiling, place.tile);
    let stride = params.tiling.span * params.tiling.width;
    var i = start_of(params.tiling, place, tile);
    let shift = vec4f(x4[i]);
    var sum_a = vec4f();
    var sum_b = vec4f();
    var squares_a = vec4f();
    var squares_b = vec4f();
    for (var k = 0u; k < tile.rows / 4u; k++) {
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
    for (var k = 0u; k < tile.rows % 4u; k++) {
      let a = vec4f(x4[i]) - shift;
      sum_a += a;
      squares_a += a * a;
      i += stride;
    }
    let sum = sum_a + sum_b;
    let mean = sum / f32(tile.rows);
    partials4[thread] = shift;
    partials4[thread + params.tiling.count] = mean;
    partials4[thread + 2u * params.tiling.count] = squares_a + squares_b - sum * mean;
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
  if (thread < params.tiling.count) {
    let place = place_of(params.tiling, thread);
    let tile = tile_of(params.tiling, place.tile);
    let stride = params.tiling.span * params.tiling.width;
    var i = start_of(params.tiling, place, tile);
    let shift = f32(x[i]);
    var sums = vec4f();
    var squares = vec4f();
    for (var k = 0u; k < tile.rows / 4u; k++) {
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
    for (var k = 0u; k < tile.rows % 4u; k++) {
      let d = f32(x[i]) - shift;
      sums.x += d;
      squares.x += d * d;
      i += stride;
    }
    let sum = (sums.x + sums.y) + (sums.z + sums.w);
    let mean = sum / f32(tile.rows);
    partials[thread] = shift;
    partials[thread + params.tiling.count] = mean;
    partials[thread + 2u * params.tiling.count] =
      (squares.x + squares.y) + (squares.z + squares.w) - sum * mean;
  }
}
