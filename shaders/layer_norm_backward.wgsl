// dx of layer_norm, and dy·x̂, whose sum over the rows is dgamma:
//   dx = s·(γ·dy − (Σγ·dy + x̂·Σγ·dy·x̂)/n), x̂ = (x − mean)·s, sums over the n numbers of the row.
// Threads as in layer_norm. The statistics are summed again: that reads no more than dx needs.
//! @include lib/grid.wgsl
//! @include lib/sum_lanes.wgsl

struct Params {
  rows: u32,
  length: u32, // of a row, in vec4s (main) or elements (scalar)
  epsilon: f32,
}

@group(0) @binding(0) var<uniform> params: Params;

// x̂ = (x − shift)·scale + offset; dx = scale·γ·dy − (constant + slope·x̂).
struct Lines {
  scale: f32,
  offset: f32,
  constant: f32,
  slope: f32,
}

// From Σ(x − shift), Σ(x − shift)², Σγ·dy and Σγ·dy·(x − shift).
fn lines_of(sum: vec4f, n: f32) -> Lines {
  let mean = sum.x / n;
  let variance = max(sum.y / n - mean * mean, 0.0);
  let scale = inverseSqrt(variance + params.epsilon);
  return Lines(
    scale,
    -mean * scale,
    scale * sum.z / n,
    scale * scale * (sum.w - mean * sum.z) / n,
  );
}

@group(0) @binding(1) var<storage, read> x4: array<elem4>;
@group(0) @binding(2) var<storage, read> dy4: array<elem4>;
@group(0) @binding(3) var<storage, read> gamma4: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> dx4: array<elem4>;
@group(0) @binding(5) var<storage, read_write> products4: array<vec4f>;

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
  var gradients = vec4f();
  var products = vec4f();
  for (var k = local % lanes; k < length; k += lanes) {
    let d = vec4f(x4[base + k]) - shift;
    let g = vec4f(dy4[base + k]) * gamma4[k];
    sum += d;
    squares += d * d;
    gradients += g;
    products += g * d;
  }
  let one = vec4f(1.0);
  let own = vec4f(dot(sum, one), dot(squares, one), dot(gradients, one), dot(products, one));
  let lines = lines_of(sum_lanes(own, local), 4.0 * f32(params.length));
  for (var k = local % lanes; k < length; k += lanes) {
    let normal = (vec4f(x4[base + k]) - shift) * lines.scale + lines.offset;
    let g = vec4f(dy4[base + k]);
    dx4[base + k] = elem4(lines.scale * gamma4[k] * g - (lines.constant + lines.slope * normal));
    products4[base + k] = g * normal;
  }
}

@group(0) @binding(1) var<storage, read> x: array<elem>;
@group(0) @binding(2) var<storage, read> dy: array<elem>;
@group(0) @binding(3) var<storage, read> gamma: array<f32>;
@group(0) @binding(4) var<storage, read_write> dx: array<elem>;
@group(0) @binding(5) var<storage, read_write> products: array<f32>;

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
  var own = vec4f();
  for (var k = local % lanes; k < length; k += lanes) {
    let d = f32(x[base + k]) - shift;
    let g = f32(dy[base + k]) * gamma[k];
    own += vec4f(d, d * d, g, g * d);
  }
  let lines = lines_of(sum_lanes(own, local), f32(params.length));
  for (var k = local % lanes; k < length; k += lanes) {
    let normal = (f32(x[base + k]) - shift) * lines.scale + lines.offset;
    let g = f32(dy[base + k]);
    dx[base + k] = elem(lines.scale * gamma[k] * g - (lines.constant + lines.slope * normal));
    products[base + k] = g * normal;
  }
}
