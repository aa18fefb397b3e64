// Multiply-adds in registers, 24 chains a thread that do not wait for each other. 16 of each a turn, since
// on a software adapter a turn of the loop costs a chain as much as some of them.
override turns = 16u;

@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4f>;

struct Chains {
  a: vec4f,
  b: vec4f,
  c: vec4f,
  d: vec4f,
  e: vec4f,
  f: vec4f,
}

fn once(s: Chains, scale: vec4f, shift: vec4f) -> Chains {
  return Chains(
    fma(s.a, scale, shift),
    fma(s.b, scale, shift),
    fma(s.c, scale, shift),
    fma(s.d, scale, shift),
    fma(s.e, scale, shift),
    fma(s.f, scale, shift),
  );
}

fn four_times(s: Chains, scale: vec4f, shift: vec4f) -> Chains {
  return once(once(once(once(s, scale, shift), scale, shift), scale, shift), scale, shift);
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroups: vec3u) {
  let thread = id.y * workgroups.x * 64u + id.x;
  let scale = x[0];
  let shift = x[1];
  let first = x[thread];
  var s = Chains(
    first,
    first + shift,
    first + 2.0 * shift,
    first + 3.0 * shift,
    first + 4.0 * shift,
    first + 5.0 * shift,
  );
  for (var turn = 0u; turn < turns; turn++) {
    s = four_times(s, scale, shift);
    s = four_times(s, scale, shift);
    s = four_times(s, scale, shift);
    s = four_times(s, scale, shift);
  }
  y[thread] = (s.a + s.b + s.c) + (s.d + s.e + s.f);
}
