// dx = scale·g + slope·(x − mean) + shift for x and dy [outer, rows, width], coefficients
// [6, outer, width] in the order mean, scale, slope, shift, z_mean, z_shift. g is dy, or dy·f′(z) where
// an activation f of z = (x − z_mean)·scale + z_shift followed; otherwise the last two may be missing.
//! @include lib/grid.wgsl
//! @include lib/tiles.wgsl
//! @include lib/columns_{width}.wgsl
//! @include lib/slopes_{width}.wgsl

struct Params {
  tiling: Tiling,
  outer: u32,
  a: f32, // of the activation
  b: f32,
}

// False where the statistics do not depend on x: then dx does so by the activation alone.
override uses_x: bool = true;
override activation: u32 = 0u;

@group(0) @binding(0) var<uniform> params: Params;

@group(0) @binding(1) var<storage, read> x: array<elems>;
@group(0) @binding(2) var<storage, read> dy: array<elems>;
@group(0) @binding(3) var<storage, read> coefficients: array<floats>;
@group(0) @binding(4) var<storage, read_write> dx: array<elems>;

struct Line {
  mean: floats,
  shift: floats,
}

fn line_of(c: u32, size: u32) -> Line {
  if (activation == 0u) {
    return Line();
  }
  return Line(coefficients[4u * size + c], coefficients[5u * size + c]);
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
    let size = params.outer * params.tiling.width;
    let c = place.outer * params.tiling.width + place.lane;
    let mean = coefficients[c];
    let scale = coefficients[size + c];
    let slope = coefficients[2u * size + c];
    let shift = coefficients[3u * size + c];
    let line = line_of(c, size);
    let stride = params.tiling.span * params.tiling.width;
    var i = start_of(params.tiling, place, tile);
    for (var k = 0u; k < tile.rows; k++) {
      var d = times(scale, floats(dy[i]));
      if (activation != 0u) {
        let z = times(floats(x[i]) - line.mean, scale) + line.shift;
        d = times(d, slopes(activation, z, params.a, params.b));
      }
      if (uses_x) {
        d += times(slope, floats(x[i]) - mean) + shift;
      }
      dx[i] = elems(d);
      i += stride;
    }
  }
}
