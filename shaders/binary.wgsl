// out = lhs ∘ rhs for +, −, ×, ÷, with broadcasting.
//! @include lib/grid.wgsl

struct Params {
  count: u32, // elements of the output (same4: in vec4s)
  rank: u32,
  // Extents of the output and strides of the operands, innermost first; stride 0 repeats.
  extents: array<vec4u, 2>,
  lhs_strides: array<vec4u, 2>,
  rhs_strides: array<vec4u, 2>,
}

override kind: u32 = 0u;

const PER_THREAD = 8u;

@group(0) @binding(0) var<uniform> params: Params;

fn combine(a: vec4f, b: vec4f) -> vec4f {
  switch kind {
    case 0u: { return a + b; }
    case 1u: { return a - b; }
    case 2u: { return a * b; }
    default: { return a / b; }
  }
}

@group(0) @binding(1) var<storage, read> lhs: array<elem>;
@group(0) @binding(2) var<storage, read> rhs: array<elem>;
@group(0) @binding(3) var<storage, read_write> out: array<elem>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let base = flat_workgroup(workgroup, workgroups) * 64u * PER_THREAD + local;
  for (var k = 0u; k < PER_THREAD; k++) {
    let i = base + 64u * k;
    if (i < params.count) {
      var rest = i;
      var l = 0u;
      var r = 0u;
      for (var axis = 0u; axis < params.rank; axis++) {
        let extent = params.extents[axis / 4u][axis % 4u];
        let at = rest % extent;
        rest /= extent;
        l += at * params.lhs_strides[axis / 4u][axis % 4u];
        r += at * params.rhs_strides[axis / 4u][axis % 4u];
      }
      out[i] = elem(combine(vec4f(f32(lhs[l])), vec4f(f32(rhs[r]))).x);
    }
  }
}

@group(0) @binding(1) var<storage, read> lhs4: array<elem4>;
@group(0) @binding(2) var<storage, read> rhs4: array<elem4>;
@group(0) @binding(3) var<storage, read_write> out4: array<elem4>;

// Operands of equal shapes, in vec4s.
@compute @workgroup_size(64)
fn same4(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let base = flat_workgroup(workgroup, workgroups) * 64u * PER_THREAD + local;
  for (var k = 0u; k < PER_THREAD; k++) {
    let i = base + 64u * k;
    if (i < params.count) {
      out4[i] = elem4(combine(vec4f(lhs4[i]), vec4f(rhs4[i])));
    }
  }
}
