// parameter −= rate·(gradient + decay·parameter).
// Nothing changes while the guard is not finite, nor an element whose gradient is not.
//! @include lib/grid.wgsl
//! @include lib/finite.wgsl

struct Params {
  count: u32, // elements, or vec4s
  weight_decay: f32,
}

const PER_THREAD = 8u;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(2) var<storage, read> learning_rate: f32;
@group(0) @binding(3) var<storage, read> guard: f32;

fn update(parameter: floats, gradient: floats) -> floats {
  return parameter - learning_rate * (gradient + params.weight_decay * parameter);
}

@group(0) @binding(1) var<storage, read> gradient: array<floats>;
@group(0) @binding(4) var<storage, read_write> parameter: array<floats>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let base = flat_workgroup(workgroup, workgroups) * 64u * PER_THREAD + local;
  for (var k = 0u; k < PER_THREAD; k++) {
    let i = base + 64u * k;
    if (i < params.count && is_finite(guard)) {
      let raw = gradient[i];
      let old = parameter[i];
      parameter[i] = select(old, update(old, raw), are_finite(raw));
    }
  }
}
