// Counts of elements below a range, in each of its bins, and from its end on. They are counted in tiles;
// `sum` adds the tiles up.
//! @include lib/count.wgsl
//! @include lib/grid.wgsl
//! @include lib/nan.wgsl

struct Params {
  size: u32,
  per_thread: u32,
  tiles: u32,
  bins: u32,
  low: f32,
  high: f32,
  scale: f32, // bins/(high − low)
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<elem>;
@group(0) @binding(2) var<storage, read_write> counts: array<u32>;

fn lists() -> u32 {
  return 1u;
}

fn key_of(value: f32) -> u32 {
  if (is_nan(value)) {
    return counters;
  }
  if (value < params.low) {
    return 0u;
  }
  if (value >= params.high) {
    return params.bins + 1u;
  }
  // Rounding must not carry what is below `high` past the last bin.
  return 1u + min(params.bins - 1u, u32((value - params.low) * params.scale));
}

fn counter_of(key: u32, list: u32) -> u32 {
  return key;
}

@compute @workgroup_size(64)
fn count(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  count_together(flat_workgroup(workgroup, workgroups), local);
}

@compute @workgroup_size(64)
fn count_alone(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  count_by_thread(flat_workgroup(workgroup, workgroups) * 64u + local);
}

@group(0) @binding(1) var<storage, read> counted: array<u32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(64)
fn sum(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let width = params.bins + 2u;
  let slot = flat_workgroup(workgroup, workgroups) * 64u + local;
  if (slot < width) {
    var total = 0u;
    for (var tile = 0u; tile < params.tiles; tile++) {
      total += counted[tile * width + slot];
    }
    y[slot] = f32(total);
  }
}
