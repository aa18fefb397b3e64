// Multiplies and adds in eight chains that do not wait for each other: what arithmetic can do at best.
override turns = 512u;

@group(0) @binding(0) var<storage, read> source: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> target_: array<vec4f>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let scale = source[0];
  let shift = source[1];
  var a = source[2];
  var b = source[3];
  var c = source[4];
  var d = source[5];
  var e = source[6];
  var f = source[7];
  var g = source[8];
  var h = source[9];
  for (var turn = 0u; turn < turns; turn++) {
    a = fma(a, scale, shift);
    b = fma(b, scale, shift);
    c = fma(c, scale, shift);
    d = fma(d, scale, shift);
    e = fma(e, scale, shift);
    f = fma(f, scale, shift);
    g = fma(g, scale, shift);
    h = fma(h, scale, shift);
  }
  // Written, so that no compiler leaves it out.
  target_[id.x] = ((a + b) + (c + d)) + ((e + f) + (g + h));
}
