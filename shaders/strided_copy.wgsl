// Copies a block between two tensors, each walked with its own strides: transpose, slice, concat. A
// thread does `run` elements along the innermost axis.
//! @include lib/grid.wgsl

struct Params {
  threads: u32,
  rank: u32, // at least 1
  from_offset: u32, // in units of the width, as all that follows
  to_offset: u32,
  // Innermost first.
  extents: array<vec4u, 2>,
  from_strides: array<vec4u, 2>,
  to_strides: array<vec4u, 2>,
}

override run: u32 = 1u;

@group(0) @binding(0) var<uniform> params: Params;

// What a thread copies; pairs are (in the source, in the destination).
struct Piece {
  start: vec2u,
  step: vec2u,
  length: u32,
}

fn piece_of(thread: u32) -> Piece {
  let inner = params.extents[0].x;
  let pieces = (inner + run - 1u) / run;
  let begin = (thread % pieces) * run;
  let step = vec2u(params.from_strides[0].x, params.to_strides[0].x);
  var at = vec2u(params.from_offset, params.to_offset) + begin * step;
  var rest = thread / pieces;
  for (var axis = 1u; axis < params.rank; axis++) {
    let extent = params.extents[axis / 4u][axis % 4u];
    let index = rest % extent;
    rest /= extent;
    at += index * vec2u(
      params.from_strides[axis / 4u][axis % 4u],
      params.to_strides[axis / 4u][axis % 4u],
    );
  }
  return Piece(at, step, min(run, inner - begin));
}

@group(0) @binding(1) var<storage, read> source: array<elems>;
@group(0) @binding(2) var<storage, read_write> destination: array<elems>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let thread = flat_workgroup(workgroup, workgroups) * 64u + local;
  if (thread >= params.threads) {
    return;
  }
  let piece = piece_of(thread);
  var at = piece.start;
  for (var k = 0u; k < piece.length; k++) {
    destination[at.y] = source[at.x];
    at += piece.step;
  }
}
