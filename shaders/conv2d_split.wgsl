// Convolution of few pixels with register tiles, as conv2d_registers, where four neighbouring threads
// have one tile (`split` is 4) and go through the input channels together.
enable subgroups;
//! @include lib/grid.wgsl
//! @include lib/conv2d.wgsl
//! @include lib/conv2d_registers.wgsl

@group(0) @binding(0) var<uniform> conv: Conv;
@group(0) @binding(1) var<storage, read> x4: array<elem4>;
@group(0) @binding(2) var<storage, read> w4: array<elem4>;
@group(0) @binding(3) var<storage, read> bias4: array<elem4>;
@group(0) @binding(4) var<storage, read_write> y4: array<elem4>;
@group(0) @binding(5) var<storage, read> residual4: array<elem4>;

fn rows_at(i: u32) -> mat4x4f {
  let step = conv.filters / 4u;
  return mat4x4f(
    vec4f(w4[i]),
    vec4f(w4[i + step]),
    vec4f(w4[i + 2u * step]),
    vec4f(w4[i + 3u * step]),
  );
}

// The same bits in all four: (0 + 1) + (2 + 3) and (1 + 0) + (3 + 2) and so on are equal. They count
// through the same results, which the compiler can't see.
@diagnostic(off, subgroup_uniformity)
fn combine(sum: vec4f) -> vec4f {
  let pair = sum + quadSwapX(sum);
  return pair + quadSwapY(pair);
}

fn any_lane(condition: bool) -> bool {
  return condition;
}

@compute @workgroup_size(group_size)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  convolve(flat_workgroup(workgroup, workgroups) * group_size + local);
}
