// dx = dy·f'(x), the slope from x or from y, element by element, dealt out as in activation.wgsl.
//! @include lib/grid.wgsl
//! @include lib/columns_{width}.wgsl
//! @include lib/slopes_{width}.wgsl

struct Params {
  count: u32, // elems
  a: f32,
  b: f32,
}

override kind: u32 = 0u;
override by_output: bool = false;

const PER_THREAD = 8u;

@group(0) @binding(0) var<uniform> params: Params;

@group(0) @binding(1) var<storage, read> x: array<elems>;
@group(0) @binding(2) var<storage, read> dy: array<elems>;
@group(0) @binding(3) var<storage, read_write> dx: array<elems>;

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
      let source = floats(x[i]);
      var slope: floats;
      if (by_output) {
        slope = slopes_by_output(kind, source, params.a, params.b);
      } else {
        slope = slopes(kind, source, params.a, params.b);
      }
      dx[i] = elems(times(floats(dy[i]), slope));
    }
  }
}
