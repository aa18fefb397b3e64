// A tile of 4·quads rows (input channels under one tap) by 4·vectors filters of the gradient of
// convolution weights, held in registers and read straight from storage, over one split of the pixels
// of dy. The kernel that includes this binds params, x4, dy4 and partial4, and defines rows_at() of dy,
// whose rows are pixels, limit_rows(rows), after which all but so many of them are zeros, and any_lane(),
// whether a condition holds for a thread that must stay in step with this one.
//! @include lib/block.wgsl
//! @include lib/blocks.wgsl
//! @include lib/conv2d_filter_grad_rows.wgsl

fn pixel(i: u32, inside: bool) -> vec4f {
  return select(vec4f(), vec4f(x4[i]), inside);
}

// Vec4 `c` of 4 pixels, a column a channel.
fn channels_at(pixels: vec4u, c: u32, inside: vec4<bool>) -> mat4x4f {
  return transpose(mat4x4f(
    pixel(pixels.x + c, inside.x),
    pixel(pixels.y + c, inside.y),
    pixel(pixels.z + c, inside.z),
    pixel(pixels.w + c, inside.w),
  ));
}

fn store_block(sum: Block, row: u32, f: u32) {
  if (f < params.conv.filters / 4u) {
    store_four(sum.a, row, f);
    if (quads > 1u) { store_four(sum.b, row + 4u, f); }
  }
}

fn accumulate_split(thread: u32) {
  let conv = params.conv;
  let filters = conv.filters / 4u;
  let filter_tiles = (filters + vectors - 1u) / vectors;
  let channels = conv.channels / 4u;
  let per_group = channels / conv.groups / quads; // a multiple of quads
  let tiles = conv.kernel.x * conv.kernel.y * per_group;
  // Four neighbouring threads always have the same filters and the same pixels.
  let stride = (tiles + 3u) / 4u * 4u;
  let tile = min(thread % stride, tiles - 1u);
  let f = thread / stride % filter_tiles * vectors;
  let split = thread / (stride * filter_tiles);
  let c = (tile % per_group + 4u * f / (conv.filters / conv.groups) * per_group) * quads;
  let tap = vec2u(tile / per_group / conv.kernel.y, tile / per_group % conv.kernel.y);
  let offset = vec2i(tap) * conv.dilations - conv.pads;
  let row_steps = (conv.output.y + 3u) / 4u;
  let first = split * params.steps_per_split;
  let end = min(first + params.steps_per_split, conv.batch * conv.output.x * row_steps);

  var sums: Sums;
  var row = first / row_steps; // of all images
  var column = first % row_steps * 4u;
  var image = row / conv.output.x;
  for (var step = first; step < end; step++) {
    let from_row = i32(row - image * conv.output.x) * conv.strides.x + offset.x;
    let steps = vec4i(i32(column)) + vec4i(0, 1, 2, 3);
    let columns = steps * conv.strides.y + offset.y;
    let inside = vec4<bool>(from_row >= 0 && from_row < i32(conv.input.x))
      & (steps < vec4i(i32(conv.output.y)))
      & (columns >= vec4i()) & (columns < vec4i(i32(conv.input.y)));
    if (any_lane(any(inside))) {
      let image_row = i32(image * conv.input.x) + from_row;
      let pixels = vec4u(image_row * i32(conv.input.y) + columns) * channels;
      var inputs: Block;
      inputs.a = channels_at(pixels, c, inside);
      if (quads > 1u) { inputs.b = channels_at(pixels, c + 1u, inside); }
      // Zero times what lies past the end of a row need not be zero.
      limit_rows(conv.output.y - column);
      sums = accumulate(sums, (row * conv.output.y + column) * filters + f, inputs);
    }
    column += 4u;
    if (column >= conv.output.y) {
      column = 0u;
      row++;
      if (row == (image + 1u) * conv.output.x) { image++; }
    }
  }
  if (thread % stride < tiles && split < params.splits) {
    let to = (split * tiles + tile) * 4u * quads;
    store_block(sums.s0, to, f);
    if (vectors > 1u) { store_block(sums.s1, to, f + 1u); }
    if (vectors > 2u) { store_block(sums.s2, to, f + 2u); }
    if (vectors > 3u) { store_block(sums.s3, to, f + 3u); }
    if (vectors > 4u) { store_block(sums.s4, to, f + 4u); }
    if (vectors > 5u) { store_block(sums.s5, to, f + 5u); }
    if (vectors > 6u) { store_block(sums.s6, to, f + 6u); }
    if (vectors > 7u) { store_block(sums.s7, to, f + 7u); }
  }
}
