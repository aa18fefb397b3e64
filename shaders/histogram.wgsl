// Counts of elements below a range, in each of its bins, and from its end on. They are counted in tiles, a
// workgroup each (`count`) or a thread each (`count_alone`); `sum` adds the tiles up. Counts are whole
// numbers: the order makes no difference.
//! @include lib/grid.wgsl

struct Params {
  size: u32,
  per_thread: u32,
  tiles: u32,
  bins: u32,
  low: f32,
  high: f32,
  scale: f32, // bins/(high − low)
}

override slots: u32 = 3u; // bins + 2

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<elem>;
@group(0) @binding(2) var<storage, read_write> counts: array<u32>;

var<workgroup> own: array<atomic<u32>, slots>;

// By its bits: a compiler may assume that there is none.
fn is_nan(value: f32) -> bool {
  return (bitcast<u32>(value) & 0x7fffffffu) > 0x7f800000u;
}

fn slot_of(value: f32) -> u32 {
  if (value < params.low) {
    return 0u;
  }
  if (value >= params.high) {
    return params.bins + 1u;
  }
  // Rounding must not carry what is below `high` past the last bin.
  return 1u + min(params.bins - 1u, u32((value - params.low) * params.scale));
}

@compute @workgroup_size(64)
fn count(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let tile = flat_workgroup(workgroup, workgroups);
  let base = tile * 64u * params.per_thread + local;
  for (var k = 0u; k < params.per_thread; k++) {
    let i = base + 64u * k;
    if (i < params.size) {
      let value = f32(x[i]);
      if (!is_nan(value)) {
        atomicAdd(&own[slot_of(value)], 1u);
      }
    }
  }
  workgroupBarrier();
  if (tile < params.tiles) {
    for (var slot = local; slot < slots; slot += 64u) {
      counts[tile * slots + slot] = atomicLoad(&own[slot]);
    }
  }
}

@compute @workgroup_size(64)
fn count_alone(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let tile = flat_workgroup(workgroup, workgroups) * 64u + local;
  if (tile < params.tiles) {
    for (var slot = 0u; slot < slots; slot++) {
      counts[tile * slots + slot] = 0u;
    }
    for (var i = tile; i < params.size; i += params.tiles) {
      let value = f32(x[i]);
      if (!is_nan(value)) {
        counts[tile * slots + slot_of(value)]++;
      }
    }
  }
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
