// Convolution by tiles in workgroup memory, as conv2d_tiled, that also leaves what batch_norm_finalize wants
// of its output, as batch_norm_stats would: partials [3, tiles, filters] of tiles of 64 pixels in a row, with
// shift, mean − shift, Σ(y − mean)².
//! @include lib/grid.wgsl
//! @include lib/moments.wgsl
//! @include lib/conv2d_tiled.wgsl

@group(0) @binding(0) var<uniform> conv: Conv;
@group(0) @binding(1) var<storage, read> x4: array<elem4>;
@group(0) @binding(2) var<storage, read> w4: array<elem4>;
@group(0) @binding(3) var<storage, read> bias4: array<elem4>;
@group(0) @binding(4) var<storage, read_write> y4: array<elem4>;
@group(0) @binding(5) var<storage, read> residual4: array<elem4>;
@group(0) @binding(6) var<storage, read_write> partials: array<f32>;

// Of the pixels that a thread has: less the first of them, which cannot be far from their mean.
fn keep(a: mat4x4f, b: mat4x4f, bias: vec4f, count: u32, i: u32) {
  let shift = a[0] + bias;
  var sum = vec4f();
  var squares = vec4f();
  for (var p = 1u; p < count; p++) {
    var value = a[p % 4u];
    if (p >= 4u) { value = b[p % 4u]; }
    let off = value + bias - shift;
    sum += off;
    squares += off * off;
  }
  let mean = sum / f32(max(count, 1u));
  pixel_tile[i] = shift;
  pixel_tile[i + 128u] = mean;
  weight_tile[i] = squares - sum * mean;
}

fn rest(all: u32, first: u32, most: u32) -> u32 {
  return min(max(all, first) - first, most);
}

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let sums = convolve(flat_workgroup(workgroup, workgroups), local);
  store(sums);

  // [8 threads one above the other, 16 vec4s of filters]
  let pixels = pixel_count();
  let count = rest(pixels, pixel, 8u);
  let own = local / 8u * 16u + local % 8u;
  keep(sums.a0, sums.b0, bias_at(f), count, own);
  keep(sums.a1, sums.b1, bias_at(f + 8u), count, own + 8u);
  workgroupBarrier();

  // Now a thread has a filter.
  let first_pixel = pixel - local / 8u * 8u;
  let channel = (f - local % 8u) * 4u + local;
  let base = pixel_tile[local / 4u][local % 4u];
  var all = Moments(0.0, 0.0, 0.0);
  for (var part = 0u; part < 8u; part++) {
    let n = rest(pixels, first_pixel + 8u * part, 8u);
    let i = part * 16u + local / 4u;
    let offset = (pixel_tile[i][local % 4u] - base) + pixel_tile[i + 128u][local % 4u];
    all = merge_moments(all, Moments(f32(n), offset, weight_tile[i][local % 4u]));
  }
  if (channel < conv.filters && first_pixel < pixels) {
    let size = (pixels + 63u) / 64u * conv.filters;
    let i = first_pixel / 64u * conv.filters + channel;
    partials[i] = base;
    partials[i + size] = all.mean;
    partials[i + 2u * size] = all.m2;
  }
}
