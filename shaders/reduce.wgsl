// Sums, maxima, minima or products along the middle axis of [outer, reduced, inner], in `parts` parts: the output is
// [outer, parts, inner], one element (or vec4 of `inner`) a thread. A part takes every parts-th
// element, so that neighbouring threads read neighbouring memory whatever `inner` is. Long axes take
// several passes; between passes the numbers are f32.
//! @include lib/grid.wgsl

struct Params {
  count: u32, // outer · parts · inner
  reduced: u32,
  parts: u32,
  inner: u32,
  scale: f32, // 1/n in the last pass of a mean
}

// 0 sum, 1 maximum, 2 minimum, 3 product
override kind: u32 = 0u;

@group(0) @binding(0) var<uniform> params: Params;

fn combine(a: vec4f, b: vec4f) -> vec4f {
  switch kind {
    case 0u: { return a + b; }
    case 1u: { return max(a, b); }
    case 2u: { return min(a, b); }
    default: { return a * b; }
  }
}

fn horizontal(v: vec4f) -> f32 {
  let halves = combine(v.xzxz, v.ywyw);
  return combine(halves.xxxx, halves.yyyy).x;
}

// What may be combined any number of times with `first` and others without a change.
fn neutral_of(first: vec4f) -> vec4f {
  switch kind {
    case 0u: { return vec4f(); }
    case 3u: { return vec4f(1.0); }
    default: { return first; }
  }
}

// Where a thread starts, how far its next element is, and how many it has.
struct Part {
  base: u32,
  stride: u32,
  count: u32,
}

fn part_of(thread: u32) -> Part {
  let c = thread % params.inner;
  let part = thread / params.inner % params.parts;
  let outer = thread / params.inner / params.parts;
  return Part(
    (outer * params.reduced + part) * params.inner + c,
    params.parts * params.inner,
    (params.reduced - part + params.parts - 1u) / params.parts,
  );
}

@group(0) @binding(1) var<storage, read> x: array<elem>;
@group(0) @binding(2) var<storage, read_write> partials: array<f32>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let thread = flat_workgroup(workgroup, workgroups) * 64u + local;
  if (thread < params.count) {
    let part = part_of(thread);
    let s = part.stride;
    var i = part.base;
    let neutral = neutral_of(vec4f(f32(x[i]))).x;
    var acc = vec4f(neutral);
    for (var k = 0u; k < part.count / 4u; k++) {
      acc = combine(acc, vec4f(f32(x[i]), f32(x[i + s]), f32(x[i + 2u * s]), f32(x[i + 3u * s])));
      i += 4u * s;
    }
    for (var k = 0u; k < part.count % 4u; k++) {
      acc = combine(acc, vec4f(f32(x[i]), neutral, neutral, neutral));
      i += s;
    }
    partials[thread] = horizontal(acc) * params.scale;
  }
}

@group(0) @binding(1) var<storage, read> x4: array<elem4>;
@group(0) @binding(2) var<storage, read_write> partials4: array<vec4f>;

// Sums of up to 4 accumulators: shorter chains, smaller errors.
fn reduce4(thread: u32) -> vec4f {
  let part = part_of(thread);
  let s = part.stride;
  var i = part.base;
  let neutral = neutral_of(vec4f(x4[i]));
  var a = neutral;
  var b = neutral;
  var c = neutral;
  var d = neutral;
  for (var k = 0u; k < part.count / 4u; k++) {
    a = combine(a, vec4f(x4[i]));
    b = combine(b, vec4f(x4[i + s]));
    c = combine(c, vec4f(x4[i + 2u * s]));
    d = combine(d, vec4f(x4[i + 3u * s]));
    i += 4u * s;
  }
  for (var k = 0u; k < part.count % 4u; k++) {
    a = combine(a, vec4f(x4[i]));
    i += s;
  }
  return combine(combine(a, b), combine(c, d)) * params.scale;
}

// `inner` in vec4s.
@compute @workgroup_size(64)
fn inner4(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let thread = flat_workgroup(workgroup, workgroups) * 64u + local;
  if (thread < params.count) {
    partials4[thread] = reduce4(thread);
  }
}

// `reduced` in vec4s, where `inner` is 1.
@compute @workgroup_size(64)
fn rows4(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let thread = flat_workgroup(workgroup, workgroups) * 64u + local;
  if (thread < params.count) {
    partials[thread] = horizontal(reduce4(thread));
  }
}

@group(0) @binding(1) var<storage, read> partials_in: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<elem>;

// The last of several passes: what is left of the axis, into the output's own type.
@compute @workgroup_size(64)
fn finish(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let thread = flat_workgroup(workgroup, workgroups) * 64u + local;
  if (thread < params.count) {
    let part = part_of(thread);
    var acc = vec4f(partials_in[part.base]);
    for (var k = 1u; k < part.count; k++) {
      acc = combine(acc, vec4f(partials_in[part.base + k * part.stride]));
    }
    y[thread] = elem(acc.x * params.scale);
  }
}
