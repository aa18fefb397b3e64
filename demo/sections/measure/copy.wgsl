// Each thread copies `run` vectors: next to each other, or (`strided`) a workgroup apart.
alias elems = vec4f; // or mat4x4f, four of them a load

override size = 64u;
override run = 16u;
override strided = false;

@group(0) @binding(0) var<storage, read> x: array<elems>;
@group(0) @binding(1) var<storage, read_write> y: array<elems>;

@compute @workgroup_size(size)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let group = (workgroup.y * workgroups.x + workgroup.x) * size * run;
  let first = group + select(local * run, local, strided);
  let step = select(1u, size, strided);
  for (var k = 0u; k < run; k++) {
    y[first + k * step] = x[first + k * step];
  }
}
