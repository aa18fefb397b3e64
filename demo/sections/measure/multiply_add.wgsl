// Multiplies and adds in 24 chains that do not wait for each other: what arithmetic can do at best. Sixteen
// of each a turn, since where there is no graphics card a turn of the loop costs a chain as much as some.
override turns = 32u;

@group(0) @binding(0) var<storage, read> source: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> target_: array<vec4f>;

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
  let scale = source[0];
  let shift = source[1];
  var s = Chains(source[2], source[3], source[4], source[5], source[6], source[7]);
  for (var turn = 0u; turn < turns; turn++) {
    s = four_times(s, scale, shift);
    s = four_times(s, scale, shift);
    s = four_times(s, scale, shift);
    s = four_times(s, scale, shift);
  }
  // Written, so that no compiler leaves it out.
  target_[id.y * workgroups.x * 64u + id.x] = (s.a + s.b + s.c) + (s.d + s.e + s.f);
}
