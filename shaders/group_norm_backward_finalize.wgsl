// From the tiles of batch_norm_backward_stats, over each image alone, to what
// batch_norm_backward_apply needs for
//   dx = s·(γ·dy − (Σγ·dy + (x − m)·s·Σγ·dy·(x − m)·s)/M),
// sums over the M numbers of a group (main: `lanes` threads a group of an image), and to dgamma and
// dbeta (vectors: `lanes` threads a channel).
//! @include lib/grid.wgsl
//! @include lib/sum_lanes.wgsl

struct Params {
  images: u32,
  channels: u32,
  groups: u32,
  folds: u32,
  tiles: u32,
  share: f32, // 1/M
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> partials: array<f32>;
// As group_norm_finalize leaves them.
@group(0) @binding(2) var<storage, read> statistics: array<f32>;

// Σdy and Σdy·(x − m) of one tile or fold of a channel of an image.
fn sums_of(image: u32, part: u32, c: u32) -> vec2f {
  let parts = params.tiles * params.folds;
  let i = (image * parts + part) * params.channels + c;
  let sum = partials[i];
  let low = statistics[(2u * params.images + image) * params.channels + c];
  return vec2f(sum, partials[params.images * parts * params.channels + i] - low * sum);
}

fn inv_std_of(image: u32, c: u32) -> f32 {
  return statistics[(params.images + image) * params.channels + c];
}

@group(0) @binding(3) var<storage, read> gamma: array<f32>;
@group(0) @binding(4) var<storage, read_write> coefficients: array<f32>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let image_group = flat_workgroup(workgroup, workgroups) * (64u / lanes) + local / lanes;
  let channels = params.channels;
  let group = channels / params.groups;
  let image = image_group / params.groups;
  let first = image_group % params.groups * group;
  // Threads without a group have nothing to sum, but meet the others at the barriers.
  let all = params.tiles * params.folds * group;
  let numbers = select(0u, all, image_group < params.images * params.groups);
  var own = vec4f();
  for (var k = local % lanes; k < numbers; k += lanes) {
    let c = first + k % group;
    own += vec4f(gamma[c] * sums_of(image, k / group, c), 0.0, 0.0);
  }
  let sum = sum_lanes(own, local);
  if (image_group < params.images * params.groups && local % lanes == 0u) {
    let inv_std = inv_std_of(image, first);
    let high = statistics[image * channels + first];
    let low = statistics[(2u * params.images + image) * channels + first];
    let slope = -params.share * inv_std * inv_std * inv_std * sum.y;
    let shift = -params.share * inv_std * sum.x - slope * low;
    let width = params.folds * channels;
    let size = params.images * width;
    for (var fold = 0u; fold < params.folds; fold++) {
      for (var c = first; c < first + group; c++) {
        let i = image * width + fold * channels + c;
        coefficients[i] = high;
        coefficients[size + i] = gamma[c] * inv_std;
        coefficients[2u * size + i] = slope;
        coefficients[3u * size + i] = shift;
      }
    }
  }
}

@group(0) @binding(3) var<storage, read_write> dgamma: array<f32>;
@group(0) @binding(4) var<storage, read_write> dbeta: array<f32>;

@compute @workgroup_size(64)
fn vectors(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let c = flat_workgroup(workgroup, workgroups) * (64u / lanes) + local / lanes;
  let parts = params.tiles * params.folds;
  let numbers = select(0u, params.images * parts, c < params.channels);
  var own = vec4f();
  for (var k = local % lanes; k < numbers; k += lanes) {
    let image = k / parts;
    let sums = sums_of(image, k % parts, c);
    own += vec4f(sums.x, sums.y * inv_std_of(image, c), 0.0, 0.0);
  }
  let sum = sum_lanes(own, local);
  if (c < params.channels && local % lanes == 0u) {
    dgamma[c] = sum.y;
    dbeta[c] = sum.x;
  }
}
