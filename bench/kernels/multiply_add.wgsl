// Multiply-adds in registers, 12 chains a thread: as many as fit the 16 registers of a CPU.
override turns = 128u;

@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4f>;

@compute @workgroup_size(64)
fn scalars(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroups: vec3u) {
  let thread = id.y * workgroups.x * 64u + id.x;
  let scale = x[0].x;
  let shift = x[1].x;
  var a = x[thread].x;
  var b = a + shift;
  var c = b + shift;
  var d = c + shift;
  var e = d + shift;
  var f = e + shift;
  var g = f + shift;
  var h = g + shift;
  var i = h + shift;
  var j = i + shift;
  var k = j + shift;
  var l = k + shift;
  for (var turn = 0u; turn < turns; turn++) {
    a = fma(a, scale, shift);
    b = fma(b, scale, shift);
    c = fma(c, scale, shift);
    d = fma(d, scale, shift);
    e = fma(e, scale, shift);
    f = fma(f, scale, shift);
    g = fma(g, scale, shift);
    h = fma(h, scale, shift);
    i = fma(i, scale, shift);
    j = fma(j, scale, shift);
    k = fma(k, scale, shift);
    l = fma(l, scale, shift);
  }
  y[thread] = vec4f(a + b + c, d + e + f, g + h + i, j + k + l);
}

@compute @workgroup_size(64)
fn vectors(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroups: vec3u) {
  let thread = id.y * workgroups.x * 64u + id.x;
  let scale = x[0];
  let shift = x[1];
  var a = x[thread];
  var b = a + shift;
  var c = b + shift;
  for (var turn = 0u; turn < turns; turn++) {
    a = fma(a, scale, shift);
    b = fma(b, scale, shift);
    c = fma(c, scale, shift);
  }
  y[thread] = a + b + c;
}
