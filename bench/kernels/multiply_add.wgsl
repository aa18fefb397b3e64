// Each thread does 8 × 4 multiply-adds a turn, none waiting for another of its turn.
override turns = 128u;

@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4f>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let thread = (workgroup.y * workgroups.x + workgroup.x) * 64u + local;
  let scale = x[0];
  let shift = x[1];
  var a = x[thread];
  var b = a + shift;
  var c = b + shift;
  var d = c + shift;
  var e = d + shift;
  var f = e + shift;
  var g = f + shift;
  var h = g + shift;
  for (var turn = 0u; turn < turns; turn++) {
    a = a * scale + shift;
    b = b * scale + shift;
    c = c * scale + shift;
    d = d * scale + shift;
    e = e * scale + shift;
    f = f * scale + shift;
    g = g * scale + shift;
    h = h * scale + shift;
  }
  y[thread] = ((a + b) + (c + d)) + ((e + f) + (g + h));
}
