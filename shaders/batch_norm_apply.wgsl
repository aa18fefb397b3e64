// y = (x − mean)·scale + shift for x [outer, rows, width], coefficients [3, outer, width].
//! @include lib/grid.wgsl
//! @include lib/tiles.wgsl

struct Params {
  tiling: Tiling,
  outer: u32,
}

@group(0) @binding(0) var<uniform> params: Params;

@group(0) @binding(1) var<storage, read> x: array<elems>;
@group(0) @binding(2) var<storage, read> coefficients: array<floats>;
@group(0) @binding(3) var<storage, read_write> y: array<elems>;

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
    let c = place.outer * params.tiling.width + place.lane;
    let size = params.outer * params.tiling.width;
    let mean = coefficients[c];
    let scale = coefficients[size + c];
    let shift = coefficients[2u * size + c];
    let stride = params.tiling.span * params.tiling.width;
    var i = start_of(params.tiling, place, tile);
    for (var k = 0u; k < tile.rows; k++) {
      y[i] = elems((floats(x[i]) - mean) * scale + shift);
      i += stride;
    }
  }
}
