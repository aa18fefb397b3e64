// out = lhs ∘ rhs for arithmetic, comparisons (1 or 0) and logic on such, with broadcasting.
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

// NaN by its bits: a compiler may take comparisons for granted.
fn is_nan(v: vec4f) -> vec4<bool> {
  return (bitcast<vec4u>(v) & vec4u(0x7fffffffu)) > vec4u(0x7f800000u);
}

// |a|^b, negative where a is and b is odd; NaN for a negative a and a b that is no integer.
fn power(a: vec4f, b: vec4f) -> vec4f {
  let size = exp2(b * log2(abs(a)));
  let whole = b == floor(b);
  let odd = floor(0.5 * b) * 2.0 != b;
  // The square root of a negative number is NaN.
  let signed = select(select(size, -size, odd), sqrt(a), !whole);
  var value = select(size, signed, a < vec4f());
  // What chains of logarithms would blur.
  value = select(value, a * a, b == vec4f(2.0));
  value = select(value, a * a * a, b == vec4f(3.0));
  value = select(value, a, b == vec4f(1.0));
  value = select(value, sqrt(a), b == vec4f(0.5));
  value = select(value, 1.0 / a, b == vec4f(-1.0));
  // The logarithm of 0 is WGSL's to choose.
  value = select(value, select(abs(a), 1.0 / abs(a), b < vec4f()), a == vec4f());
  value = select(value, a + b, is_nan(a) | is_nan(b));
  return select(value, vec4f(1.0), (b == vec4f()) | (a == vec4f(1.0)));
}

fn truth(v: vec4<bool>) -> vec4f {
  return select(vec4f(), vec4f(1.0), v);
}

fn combine(a: vec4f, b: vec4f) -> vec4f {
  let zero = vec4f();
  let nan = is_nan(a) | is_nan(b);
  switch kind {
    case 0u: { return a + b; }
    case 1u: { return a - b; }
    case 2u: { return a * b; }
    case 3u: { return a / b; }
    case 4u: { return power(a, b); }
    case 5u: { return select(max(a, b), a + b, nan); }
    case 6u: { return select(min(a, b), a + b, nan); }
    case 7u: { return truth((a == b) & !nan); }
    case 8u: { return truth((a > b) & !nan); }
    case 9u: { return truth((a >= b) & !nan); }
    case 10u: { return truth((a != zero) & (b != zero)); }
    case 11u: { return truth((a != zero) | (b != zero)); }
    default: { return truth((a != zero) != (b != zero)); }
  }
}

fn compare(a: i32, b: i32) -> f32 {
  switch kind {
    case 7u: { return f32(a == b); }
    case 8u: { return f32(a > b); }
    default: { return f32(a >= b); }
  }
}

// Where the operands of an element of the output are.
fn operands_of(i: u32) -> vec2u {
  var rest = i;
  var at = vec2u();
  for (var axis = 0u; axis < params.rank; axis++) {
    let extent = params.extents[axis / 4u][axis % 4u];
    at += (rest % extent) * vec2u(
      params.lhs_strides[axis / 4u][axis % 4u],
      params.rhs_strides[axis / 4u][axis % 4u],
    );
    rest /= extent;
  }
  return at;
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
      let at = operands_of(i);
      out[i] = elem(combine(vec4f(f32(lhs[at.x])), vec4f(f32(rhs[at.y]))).x);
    }
  }
}

@group(0) @binding(1) var<storage, read> lhs_integers: array<i32>;
@group(0) @binding(2) var<storage, read> rhs_integers: array<i32>;
@group(0) @binding(3) var<storage, read_write> truths: array<f32>;

// Comparisons of integers, which floats would round.
@compute @workgroup_size(64)
fn integers(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let base = flat_workgroup(workgroup, workgroups) * 64u * PER_THREAD + local;
  for (var k = 0u; k < PER_THREAD; k++) {
    let i = base + 64u * k;
    if (i < params.count) {
      let at = operands_of(i);
      truths[i] = compare(lhs_integers[at.x], rhs_integers[at.y]);
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
