// A tensor with more elements around it: a constant, a mirror image without the edge or with it, the
// edge, or the other end. A thread does `run` elements along the innermost axis.
//! @include lib/grid.wgsl

struct Params {
  threads: u32,
  rank: u32, // at least 1
  value: f32,
  // Of the output and of the input, and the elements before the input; innermost first, and there
  // in units of the width.
  out_extents: array<vec4u, 2>,
  in_extents: array<vec4u, 2>,
  before: array<vec4u, 2>,
}

override run: u32 = 1u;
// 0 constant, 1 reflect, 2 replicate, 3 symmetric, 4 wrap
override mode: u32 = 0u;

@group(0) @binding(0) var<uniform> params: Params;

// Which element along an axis the padded position shows; outside of the input for the constant.
fn source_index(position: u32, axis: u32) -> i32 {
  let last = i32(params.in_extents[axis / 4u][axis % 4u]) - 1;
  let index = i32(position) - i32(params.before[axis / 4u][axis % 4u]);
  switch mode {
    case 0u: { return index; }
    case 1u: { return min(abs(index), 2 * last - abs(index)); }
    case 2u: { return clamp(index, 0, last); }
    case 3u: {
      let mirrored = select(index, -1 - index, index < 0);
      return min(mirrored, 2 * last + 1 - mirrored);
    }
    default: { return (index + last + 1) % (last + 1); }
  }
}

// What a thread does: elements begin to end of a line.
struct Line {
  begin: u32,
  end: u32,
  out: u32, // where the line starts in the output
  start: u32, // and in the input
  inside: bool,
}

fn line_of(thread: u32) -> Line {
  let inner = params.out_extents[0].x;
  let pieces = (inner + run - 1u) / run;
  let begin = (thread % pieces) * run;
  var rest = thread / pieces;
  var line = Line(begin, min(begin + run, inner), rest * inner, 0u, true);
  var stride = params.in_extents[0].x;
  for (var axis = 1u; axis < params.rank; axis++) {
    let padded = params.out_extents[axis / 4u][axis % 4u];
    let extent = params.in_extents[axis / 4u][axis % 4u];
    let index = source_index(rest % padded, axis);
    rest /= padded;
    line.inside = line.inside && index >= 0 && index < i32(extent);
    line.start += u32(index) * stride;
    stride *= extent;
  }
  return line;
}

@group(0) @binding(1) var<storage, read> x: array<elems>;
@group(0) @binding(2) var<storage, read_write> y: array<elems>;

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
  let line = line_of(thread);
  for (var k = line.begin; k < line.end; k++) {
    let index = source_index(k, 0u);
    var value = elems(floats(params.value));
    if (line.inside && index >= 0 && index < i32(params.in_extents[0].x)) {
      value = x[line.start + u32(index)];
    }
    y[line.out + k] = value;
  }
}
