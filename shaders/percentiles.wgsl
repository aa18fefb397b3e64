// Elements of given ranks, without sorting: as whole numbers in the order of the floats they stand for,
// eight bits at a time, the highest first. A round counts, for each percentile, the elements that share
// the bits settled so far, by their next eight, in tiles; then `pick` finds the bucket that holds the rank.
//! @include lib/count.wgsl
//! @include lib/grid.wgsl
//! @include lib/nan.wgsl

struct Params {
  ranks: array<vec4u, 2>,
  size: u32,
  per_thread: u32,
  tiles: u32,
  percentiles: u32,
  shift: u32, // of the bits that this round settles
  settled: u32, // the bits above them
}

// What is known of an element: its settled bits, and its rank among those that share them.
struct Place {
  key: u32,
  rank: u32,
}

const BUCKETS = 256u;

@group(0) @binding(0) var<uniform> params: Params;

@group(0) @binding(1) var<storage, read_write> places: array<u32>;

@compute @workgroup_size(64)
fn start(@builtin(local_invocation_index) local: u32) {
  if (local < params.percentiles) {
    places[2u * local] = 0u;
    places[2u * local + 1u] = params.ranks[local / 4u][local % 4u];
  }
}

@group(0) @binding(1) var<storage, read> x: array<elem>;
@group(0) @binding(2) var<storage, read_write> counts: array<u32>;
@group(0) @binding(3) var<storage, read> known: array<u32>;

fn lists() -> u32 {
  return params.percentiles;
}

// Negative floats turned round, positive ones above them, every NaN on top.
fn key_of(value: f32) -> u32 {
  if (is_nan(value)) {
    return 0xffffffffu;
  }
  let bits = bitcast<u32>(value);
  return select(bits | 0x80000000u, ~bits, (bits & 0x80000000u) != 0u);
}

fn value_of(key: u32) -> f32 {
  return bitcast<f32>(select(~key, key & 0x7fffffffu, (key & 0x80000000u) != 0u));
}

fn counter_of(key: u32, p: u32) -> u32 {
  let shares = ((key ^ known[2u * p]) & params.settled) == 0u;
  return select(counters, p * BUCKETS + (key >> params.shift) % BUCKETS, shares);
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

var<workgroup> totals: array<u32, BUCKETS>;

// In which bucket the element of percentile `p` is.
fn next_place(p: u32, local: u32) -> Place {
  for (var bucket = local; bucket < BUCKETS; bucket += 64u) {
    var total = 0u;
    for (var tile = 0u; tile < params.tiles; tile++) {
      total += counted[(tile * params.percentiles + p) * BUCKETS + bucket];
    }
    totals[bucket] = total;
  }
  workgroupBarrier();
  var bucket = 0u;
  var rank = known[2u * p + 1u];
  while (bucket < BUCKETS - 1u && rank >= totals[bucket]) {
    rank -= totals[bucket];
    bucket++;
  }
  return Place(known[2u * p] | (bucket << params.shift), rank);
}

@group(0) @binding(2) var<storage, read_write> found: array<u32>;

@compute @workgroup_size(64)
fn pick(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let p = min(flat_workgroup(workgroup, workgroups), params.percentiles - 1u);
  let place = next_place(p, local);
  if (local == 0u) {
    found[2u * p] = place.key;
    found[2u * p + 1u] = place.rank;
  }
}

@group(0) @binding(2) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(64)
fn finish(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let p = min(flat_workgroup(workgroup, workgroups), params.percentiles - 1u);
  let place = next_place(p, local);
  if (local == 0u) {
    y[p] = value_of(place.key);
  }
}
