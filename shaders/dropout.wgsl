// Zeros at random, the rest scaled up. The mask is a function of seed, step and index.
//! @include lib/grid.wgsl
//! @include lib/random.wgsl

struct Params {
  count: u32,
  seed: u32,
  threshold: u32, // an element is kept where its 24 random bits are at least this
  scale: f32,
}

const PER_THREAD = 8u;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<elem>;
@group(0) @binding(2) var<storage, read> step_number: array<i32>;
@group(0) @binding(3) var<storage, read_write> y: array<elem>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let base = flat_workgroup(workgroup, workgroups) * 64u * PER_THREAD + local;
  let stream = random_stream(params.seed, u32(step_number[0]));
  for (var k = 0u; k < PER_THREAD; k++) {
    let i = base + 64u * k;
    if (i < params.count) {
      let kept = (random_bits(stream, i) >> 8u) >= params.threshold;
      y[i] = elem(select(0.0, f32(x[i]) * params.scale, kept));
    }
  }
}
