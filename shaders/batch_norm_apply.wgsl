// y = f((x − mean)·scale + shift + residual) for x [outer, rows, width], coefficients
// [3, outer, width], where the residual and the activation f may be missing.
//! @include lib/grid.wgsl
//! @include lib/tiles.wgsl
//! @include lib/epilogue.wgsl

struct Params {
  tiling: Tiling,
  outer: u32,
  a: f32, // of the activation
  b: f32,
}

@group(0) @binding(0) var<uniform> params: Params;

@group(0) @binding(1) var<storage, read> x: array<elems>;
@group(0) @binding(2) var<storage, read> coefficients: array<floats>;
@group(0) @binding(3) var<storage, read_write> y: array<elems>;
@group(0) @binding(4) var<storage, read> residual: array<elems>;

fn residual_at(i: u32) -> floats {
  return floats(residual[i]);
}

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
      y[i] = finish(times(floats(x[i]) - mean, scale) + shift, i, vec2f(params.a, params.b));
      i += stride;
    }
  }
}
