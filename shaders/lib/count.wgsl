// Counts the elements of x in tiles, each with counters of its own (src/ops/tiles.ts). The kernel that
// includes this has x, counts, and params with size, per_thread and tiles, and defines key_of(), what is to
// be known of an element, lists(), in how many lists of counters it may be counted, and counter_of(key, list),
// where; past all counters for nowhere.

override counters: u32 = 3u; // of all lists

var<workgroup> own: array<atomic<u32>, counters>;

// A tile that a workgroup counts in its own memory. Counts are whole numbers: the order makes no difference.
fn count_together(tile: u32, local: u32) {
  let base = tile * 64u * params.per_thread + local;
  for (var k = 0u; k < params.per_thread; k++) {
    let i = base + 64u * k;
    if (i < params.size) {
      let key = key_of(f32(x[i]));
      for (var list = 0u; list < lists(); list++) {
        let counter = counter_of(key, list);
        if (counter < counters) {
          atomicAdd(&own[counter], 1u);
        }
      }
    }
  }
  workgroupBarrier();
  if (tile < params.tiles) {
    for (var i = local; i < counters; i += 64u) {
      counts[tile * counters + i] = atomicLoad(&own[i]);
    }
  }
}

// A tile that a thread counts.
fn count_by_thread(tile: u32) {
  if (tile < params.tiles) {
    for (var i = 0u; i < counters; i++) {
      counts[tile * counters + i] = 0u;
    }
    for (var i = tile; i < params.size; i += params.tiles) {
      let key = key_of(f32(x[i]));
      for (var list = 0u; list < lists(); list++) {
        let counter = counter_of(key, list);
        if (counter < counters) {
          counts[tile * counters + counter]++;
        }
      }
    }
  }
}
