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
    var sum = floats();
    var squares = floats();
    for (var k = 0u; k < tile.rows; k++) {
      let off = floats(x[i]) - shift;
      sum += off;
      squares += times(off, off);
      i += stride;
    }
    let mean = sum * (1.0 / f32(tile.rows));
    partials[thread] = shift;
    partials[thread + params.tiling.count] = mean;
    partials[thread + 2u * params.tiling.count] = squares - times(sum, mean);
  }
}
