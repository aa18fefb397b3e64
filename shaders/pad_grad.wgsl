// The gradient of reflected, replicated or wrapped padding along one axis: each element of the input gathers
// the gradients of all positions that show it.
//! @include lib/grid.wgsl

struct Params {
  count: u32, // elements of the input
  inner: u32, // elements after the axis
  size: u32, // extent of the axis in the input
  before: u32,
  after: u32,
}

// 1 reflect, 2 replicate, 3 symmetric, 4 wrap
override mode: u32 = 1u;

const PER_THREAD = 8u;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> dy: array<elem>;
@group(0) @binding(2) var<storage, read_write> dx: array<elem>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let base = flat_workgroup(workgroup, workgroups) * 64u * PER_THREAD + local;
  let last = params.size - 1u;
  for (var k = 0u; k < PER_THREAD; k++) {
    let i = base + 64u * k;
    if (i < params.count) {
      let index = (i / params.inner) % params.size;
      let outer = i / (params.inner * params.size);
      let row = outer * (params.before + params.size + params.after);
      let column = i % params.inner;
      let own = params.before + index;
      var sum = f32(dy[(row + own) * params.inner + column]);
      if (mode == 1u || mode == 3u) {
        // How far behind the edge its mirror images are, from 1 on.
        let edge = select(0u, 1u, mode == 3u);
        let low = index + edge;
        let high = last - index + edge;
        if (low >= 1u && low <= params.before) {
          sum += f32(dy[(row + params.before - low) * params.inner + column]);
        }
        if (high >= 1u && high <= params.after) {
          sum += f32(dy[(row + params.before + last + high) * params.inner + column]);
        }
      } else if (mode == 4u) {
        if (own >= params.size) {
          sum += f32(dy[(row + own - params.size) * params.inner + column]);
        }
        if (index < params.after) {
          sum += f32(dy[(row + own + params.size) * params.inner + column]);
        }
      } else {
        if (index == 0u) {
          for (var p = 0u; p < params.before; p++) {
            sum += f32(dy[(row + p) * params.inner + column]);
          }
        }
        if (index == last) {
          for (var p = 1u; p <= params.after; p++) {
            sum += f32(dy[(row + params.before + last + p) * params.inner + column]);
          }
        }
      }
      dx[i] = elem(sum);
    }
  }
}
