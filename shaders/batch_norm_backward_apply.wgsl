// dx = scale·dy + slope·(x − mean) + shift for x and dy [outer, rows, width], coefficients
// [4, outer, width] in the order mean, scale, slope, shift. One thread does one vec4 of channels (or
// one channel) of every groups-th row.
//! @include lib/grid.wgsl

struct Params {
  count: u32, // outer · groups · width
  rows: u32,
  width: u32, // in vec4s (main) or channels (scalar)
  groups: u32,
  outer: u32,
}

// False where the statistics do not depend on x: then neither does dx.
override uses_x: bool = true;

@group(0) @binding(0) var<uniform> params: Params;

@group(0) @binding(1) var<storage, read> x4: array<elem4>;
@group(0) @binding(2) var<storage, read> dy4: array<elem4>;
@group(0) @binding(3) var<storage, read> coefficients4: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> dx4: array<elem4>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let thread = flat_workgroup(workgroup, workgroups) * 64u + local;
  if (thread < params.count) {
    let lane = thread % params.width;
    let outer = thread / params.width / params.groups;
    let size = params.outer * params.width;
    let c = outer * params.width + lane;
    let mean = coefficients4[c];
    let scale = coefficients4[size + c];
    let slope = coefficients4[2u * size + c];
    let shift = coefficients4[3u * size + c];
    for (var row = thread / params.width % params.groups; row < params.rows; row += params.groups) {
      let i = (outer * params.rows + row) * params.width + lane;
      var dx = scale * vec4f(dy4[i]);
      if (uses_x) {
        dx += slope * (vec4f(x4[i]) - mean) + shift;
      }
      dx4[i] = elem4(dx);
    }
  }
}

@group(0) @binding(1) var<storage, read> x: array<elem>;
@group(0) @binding(2) var<storage, read> dy: array<elem>;
@group(0) @binding(3) var<storage, read> coefficients: array<f32>;
@group(0) @binding(4) var<storage, read_write> dx: array<elem>;

@compute @workgroup_size(64)
fn scalar(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let thread = flat_workgroup(workgroup, workgroups) * 64u + local;
  if (thread < params.count) {
    let lane = thread % params.width;
    let outer = thread / params.width / params.groups;
    let size = params.outer * params.width;
    let c = outer * params.width + lane;
    let mean = coefficients[c];
    let scale = coefficients[size + c];
    let slope = coefficients[2u * size + c];
    let shift = coefficients[3u * size + c];
    for (var row = thread / params.width % params.groups; row < params.rows; row += params.groups) {
      let i = (outer * params.rows + row) * params.width + lane;
      var d = scale * f32(dy[i]);
      if (uses_x) {
        d += slope * (f32(x[i]) - mean) + shift;
      }
      dx[i] = elem(d);
    }
  }
}
