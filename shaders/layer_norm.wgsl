// y = (x − mean)/√(variance + ε)·γ + β over each row of x. A row is done by `lanes` threads of a
// workgroup of 64, in two passes: sums of x less the row's first number, then y.
//! @include lib/grid.wgsl
//! @include lib/sum_lanes.wgsl

struct Params {
  rows: u32,
  length: u32, // of a row, in vec4s (main) or elements (scalar)
  epsilon: f32,
}

@group(0) @binding(0) var<uniform> params: Params;

// x ↦ (x − shift)·scale + offset has mean 0 and variance 1.
struct Line {
  scale: f32,
  offset: f32,
}

// From Σ(x − shift) and Σ(x − shift)².
fn line_of(sum: vec2f, n: f32) -> Line {
  let mean = sum.x / n;
  let variance = max(sum.y / n - mean * mean, 0.0);
  let scale = inverseSqrt(variance + params.epsilon);
  return Line(scale, -mean * scale);
}

@group(0) @binding(1) var<storage, read> x4: array<elem4>;
@group(0) @binding(2) var<storage, read> gamma4: array<vec4f>;
@group(0) @binding(3) var<storage, read> beta4: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> y4: array<elem4>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let row = flat_workgroup(workgroup, workgroups) * (64u / lanes) + local / lanes;
  // Rows past the end have nothing to do, but meet the others at the barriers.
  let length = select(0u, params.length, row < params.rows);
  let base = row * params.length;
  let shift = f32(x4[min(base, arrayLength(&x4) - 1u)].x);
  var sum = vec4f();
  var squares = vec4f();
  for (var k = local % lanes; k < length; k += lanes) {
    let d = vec4f(x4[base + k]) - shift;
    sum += d;
    squares += d * d;
  }
  let own = vec4f(dot(sum, vec4f(1.0)), dot(squares, vec4f(1.0)), 0.0, 0.0);
  let line = line_of(sum_lanes(own, local).xy, 4.0 * f32(params.length));
  for (var k = local % lanes; k < length; k += lanes) {
    let normal = (vec4f(x4[base + k]) - shift) * line.scale + line.offset;
    y4[base + k] = elem4(normal * gamma4[k] + beta4[k]);
  }
}

@group(0) @binding(1) var<storage, read> x: array<elem>;
@group(0) @binding(2) var<storage, read> gamma: array<f32>;
@group(0) @binding(3) var<storage, read> beta: array<f32>;
@group(0) @binding(4) var<storage, read_write> y: array<elem>;

@compute @workgroup_size(64)
fn scalar(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let row = flat_workgroup(workgroup, workgroups) * (64u / lanes) + local / lanes;
  let length = select(0u, params.length, row < params.rows);
  let base = row * params.length;
  let shift = f32(x[min(base, arrayLength(&x) - 1u)]);
  var sum = vec2f();
  for (var k = local % lanes; k < length; k += lanes) {
    let d = f32(x[base + k]) - shift;
    sum += vec2f(d, d * d);
  }
  let line = line_of(sum_lanes(vec4f(sum, 0.0, 0.0), local).xy, f32(params.length));
  for (var k = local % lanes; k < length; k += lanes) {
    let normal = (f32(x[base + k]) - shift) * line.scale + line.offset;
    y[base + k] = elem(normal * gamma[k] + beta[k]);
  }
}
