// A tile of 4 rows (input channels under one tap) by 4·vectors filters of the gradient of
// convolution weights, held in registers and read straight from storage, over one split of the
// pixels of dy. The kernel that includes this binds params, x4, dy4 and partial4, and defines
// deltas(), a block of 4 pixels by 4 filters of dy with zeros for all but the first `left` pixels,
// and any_lane(), whether a condition holds for a thread that must stay in step with this one.

override vectors: u32 = 4u;

fn pixel(i: u32, inside: bool) -> vec4f {
  return select(vec4f(), vec4f(x4[i]), inside);
}

fn store_block(sum: mat4x4f, row: u32, f: u32) {
  let filters = params.conv.filters / 4u;
  if (f >= filters) {
    return;
  }
  let base = row * filters + f;
  partial4[base] = sum[0];
  partial4[base + filters] = sum[1];
  partial4[base + 2u * filters] = sum[2];
  partial4[base + 3u * filters] = sum[3];
}

fn accumulate(thread: u32) {
  let conv = params.conv;
  let filters = conv.filters / 4u;
  let filter_tiles = (filters + vectors - 1u) / vectors;
  let channels = conv.channels / 4u;
  let per_group = channels / conv.groups;
  let tiles = conv.kernel.x * conv.kernel.y * per_group;
  // Four neighbouring threads always have the same filters and the same pixels.
  let stride = (tiles + 3u) / 4u * 4u;
  let tile = min(thread % stride, tiles - 1u);
  let f = thread / stride % filter_tiles * vectors;
  let split = thread / (stride * filter_tiles);
  let c = tile % per_group + 4u * f / (conv.filters / conv.groups) * per_group;
  let tap = vec2u(tile / per_group / conv.kernel.y, tile / per_group % conv.kernel.y);
  let offset = vec2i(tap) * conv.dilations - conv.pads;
  let row_steps = (conv.output.y + 3u) / 4u;
  let first = split * params.steps_per_split;
  let end = min(first + params.steps_per_split, conv.batch * conv.output.x * row_steps);

  var sum0 = mat4x4f();
  var sum1 = mat4x4f();
  var sum2 = mat4x4f();
  var sum3 = mat4x4f();
  for (var step = first; step < end; step++) {
    let row = step / row_steps;
    let column = step % row_steps * 4u;
    let from_row = i32(row % conv.output.x) * conv.strides.x + offset.x;
    let steps = vec4i(i32(column)) + vec4i(0, 1, 2, 3);
    let columns = steps * conv.strides.y + offset.y;
    let inside = vec4<bool>(from_row >= 0 && from_row < i32(conv.input.x))
      & (steps < vec4i(i32(conv.output.y)))
      & (columns >= vec4i()) & (columns < vec4i(i32(conv.input.y)));
    if (any_lane(any(inside))) {
      let image_row = i32(row / conv.output.x * conv.input.x) + from_row;
      let base = vec4u(image_row * i32(conv.input.y) + columns) * channels + c;
      let by_pixel = mat4x4f(
        pixel(base.x, inside.x),
        pixel(base.y, inside.y),
        pixel(base.z, inside.z),
        pixel(base.w, inside.w),
      );
      let pixels = transpose(by_pixel);
      let at = (row * conv.output.y + column) * filters + f;
      // Zero times what lies past the end of a row need not be zero.
      let left = conv.output.y - column;
      sum0 += deltas(at, left) * pixels;
      if (vectors > 1u) { sum1 += deltas(at + 1u, left) * pixels; }
      if (vectors > 2u) { sum2 += deltas(at + 2u, left) * pixels; }
      if (vectors > 3u) { sum3 += deltas(at + 3u, left) * pixels; }
    }
  }
  if (thread % stride < tiles && split < params.splits) {
    let to = (split * tiles + tile) * 4u;
    store_block(sum0, to, f);
    if (vectors > 1u) { store_block(sum1, to, f + 1u); }
    if (vectors > 2u) { store_block(sum2, to, f + 2u); }
    if (vectors > 3u) { store_block(sum3, to, f + 3u); }
  }
}
