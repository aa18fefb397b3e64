// Elements along the middle axis of [outer, size, inner] by number, [outer, places, inner], and the
// gradient. Negative numbers count from the end; for those outside there is NaN, or 0 for integers.
//! @include lib/grid.wgsl

struct Params {
  count: u32, // elements of the output, or groups of four
  inner: u32, // in the same unit
  size: u32,
  places: u32,
  nan: u32, // its bits
}

const PER_THREAD = 8u;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(2) var<storage, read> indices: array<i32>;

// Which element of the axis a number means; `size` or more outside.
fn place_of(index: i32) -> u32 {
  return u32(select(index, index + i32(params.size), index < 0));
}

@group(0) @binding(1) var<storage, read> x: array<elems>;
@group(0) @binding(3) var<storage, read_write> out: array<elems>;

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
      let place = place_of(indices[i / params.inner % params.places]);
      let outer = i / (params.inner * params.places);
      out[i] = elems(floats(bitcast<f32>(params.nan)));
      if (place < params.size) {
        out[i] = x[(outer * params.size + place) * params.inner + i % params.inner];
      }
    }
  }
}

@group(0) @binding(1) var<storage, read> integers_in: array<ints>;
@group(0) @binding(3) var<storage, read_write> integers_out: array<ints>;

@compute @workgroup_size(64)
fn integers(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let base = flat_workgroup(workgroup, workgroups) * 64u * PER_THREAD + local;
  for (var k = 0u; k < PER_THREAD; k++) {
    let i = base + 64u * k;
    if (i < params.count) {
      let place = place_of(indices[i / params.inner % params.places]);
      let outer = i / (params.inner * params.places);
      integers_out[i] = ints();
      if (place < params.size) {
        integers_out[i] = integers_in[(outer * params.size + place) * params.inner + i % params.inner];
      }
    }
  }
}

@group(0) @binding(1) var<storage, read> dy: array<elems>;
@group(0) @binding(3) var<storage, read_write> dx: array<elems>;

@compute @workgroup_size(64)
fn backward(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let base = flat_workgroup(workgroup, workgroups) * 64u * PER_THREAD + local;
  for (var k = 0u; k < PER_THREAD; k++) {
    let i = base + 64u * k;
    if (i < params.count) {
      let own = i / params.inner % params.size;
      let outer = i / (params.inner * params.size);
      var sum = floats();
      for (var p = 0u; p < params.places; p++) {
        if (place_of(indices[p]) == own) {
          sum += floats(dy[(outer * params.places + p) * params.inner + i % params.inner]);
        }
      }
      dx[i] = elems(sum);
    }
  }
}
