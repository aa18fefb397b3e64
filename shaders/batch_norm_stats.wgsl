// Statistics of each channel of x [outer, rows, width], tile by tile, less the tile's first number:
// Σ(x − shift)² − (Σ(x − shift))²/n loses digits only where the shift is far from the mean, and a
// shift from the tile itself cannot be farther than √n deviations.
// partials [3, outer, tiles, width]: shift, mean − shift, Σ(x − mean)².
//! @include lib/grid.wgsl
//! @include lib/tiles.wgsl
//! @include lib/columns_{width}.wgsl

struct Params {
  tiling: Tiling,
}

@group(0) @binding(0) var<uniform> params: Params;

@group(0) @binding(1) var<storage, read> x: array<elems>;
@group(0) @binding(2) var<storage, read_write> partials: array<floats>;

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
    let shift = floats(x[i]);
    var sum_a = floats();
    var sum_b = floats();
    var squares_a = floats();
    var squares_b = floats();
    for (var k = 0u; k < tile.rows / 2u; k++) {
      let a = floats(x[i]) - shift;
      let b = floats(x[i + stride]) - shift;
      sum_a += a;
      sum_b += b;
      squares_a += times(a, a);
      squares_b += times(b, b);
      i += 2u * stride;
    }
    if (tile.rows % 2u == 1u) {
      let a = floats(x[i]) - shift;
      sum_a += a;
      squares_a += times(a, a);
    }
    let sum = sum_a + sum_b;
    let mean = sum * (1.0 / f32(tile.rows));
    partials[thread] = shift;
    partials[thread + params.tiling.count] = mean;
    partials[thread + 2u * params.tiling.count] = squares_a + squares_b - times(sum, mean);
  }
}
