// y = (x − mean)·scale + shift for x [outer, rows, width], coefficients [3, outer, width]. One thread
// does one vec4 of channels (or one channel) of every groups-th row.
//! @include lib/grid.wgsl

struct Params {
  count: u32, // outer · groups · width
  rows: u32,
  width: u32, // in vec4s (main) or channels (scalar)
  groups: u32,
  outer: u32,
}

@group(0) @binding(0) var<uniform> params: Params;

@group(0) @binding(1) var<storage, read> x4: array<elem4>;
@group(0) @binding(2) var<storage, read> coefficients4: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> y4: array<elem4>;

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
    let c = outer * params.width + lane;
    let mean = coefficients4[c];
    let scale = coefficients4[params.outer * params.width + c];
    let shift = coefficients4[2u * params.outer * params.width + c];
    for (var row = thread / params.width % params.groups; row < params.rows; row += params.groups) {
      let i = (outer * params.rows + row) * params.width + lane;
      y4[i] = elem4((vec4f(x4[i]) - mean) * scale + shift);
    }
  }
}

@group(0) @binding(1) var<storage, read> x: array<elem>;
@group(0) @binding(2) var<storage, read> coefficients: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<elem>;

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
    let c = outer * params.width + lane;
    let mean = coefficients[c];
    let scale = coefficients[params.outer * params.width + c];
    let shift = coefficients[2u * params.outer * params.width + c];
    for (var row = thread / params.width % params.groups; row < params.rows; row += params.groups) {
      let i = (outer * params.rows + row) * params.width + lane;
      y[i] = elem((f32(x[i]) - mean) * scale + shift);
    }
  }
}
