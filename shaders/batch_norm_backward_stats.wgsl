// Σdy and Σdy·(x − mean) of each channel of x and dy [outer, rows, width], in tiles as in
// batch_norm_stats: partials [2, outer, tiles, width]. `means` is [outer, channels]; folded rows have
// `width` a multiple of `channels`.
//! @include lib/grid.wgsl
//! @include lib/tiles.wgsl

struct Params {
  tiling: Tiling,
  channels: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(3) var<storage, read> means: array<f32>;

@group(0) @binding(1) var<storage, read> x4: array<elem4>;
@group(0) @binding(2) var<storage, read> dy4: array<elem4>;
@group(0) @binding(4) var<storage, read_write> partials4: array<vec4f>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let thread = flat_workgroup(workgroup, workgroups) * 64u + local;
  if (thread < params.tiling.count) {
    let place = place_of(params.tiling, thread);
    let tile = tile_of(params.tiling, place.tile);
    let stride = params.tiling.span * params.tiling.width;
    var i = start_of(params.tiling, place, tile);
    let c = (4u * place.lane + vec4u(0u, 1u, 2u, 3u)) % params.channels + place.outer * params.channels;
    let mean = vec4f(means[c.x], means[c.y], means[c.z], means[c.w]);
    var sum_a = vec4f();
    var sum_b = vec4f();
    var products_a = vec4f();
    var products_b = vec4f();
    for (var k = 0u; k < tile.rows / 2u; k++) {
      let a = vec4f(dy4[i]);
      let b = vec4f(dy4[i + stride]);
      sum_a += a;
      sum_b += b;
      products_a += a * (vec4f(x4[i]) - mean);
      products_b += b * (vec4f(x4[i + stride]) - mean);
      i += 2u * stride;
    }
    if (tile.rows % 2u == 1u) {
      let a = vec4f(dy4[i]);
      sum_a += a;
      products_a += a * (vec4f(x4[i]) - mean);
    }
    partials4[thread] = sum_a + sum_b;
    partials4[thread + params.tiling.count] = products_a + products_b;
  }
}

@group(0) @binding(1) var<storage, read> x: array<elem>;
@group(0) @binding(2) var<storage, read> dy: array<elem>;
@group(0) @binding(4) var<storage, read_write> partials: array<f32>;

@compute @workgroup_size(64)
fn scalar(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let thread = flat_workgroup(workgroup, workgroups) * 64u + local;
  if (thread < params.tiling.count) {
    let place = place_of(params.tiling, thread);
    let tile = tile_of(params.tiling, place.tile);
    let stride = params.tiling.span * params.tiling.width;
    var i = start_of(params.tiling, place, tile);
    let mean = means[place.outer * params.channels + place.lane];
    var sums = vec2f();
    var products = vec2f();
    for (var k = 0u; k < tile.rows / 2u; k++) {
      let g = vec2f(f32(dy[i]), f32(dy[i + stride]));
      sums += g;
      products += g * (vec2f(f32(x[i]), f32(x[i + stride])) - mean);
      i += 2u * stride;
    }
    if (tile.rows % 2u == 1u) {
      let g = f32(dy[i]);
      sums.x += g;
      products.x += g * (f32(x[i]) - mean);
    }
    partials[thread] = sums.x + sums.y;
    partials[thread + params.tiling.count] = products.x + products.y;
  }
}
