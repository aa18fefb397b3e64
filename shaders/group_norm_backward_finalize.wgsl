// From the tiles of batch_norm_backward_stats, over each image alone, to what
// batch_norm_backward_apply needs for
//   dx = s·(γ·dy − (Σγ·dy + (x − m)·s·Σγ·dy·(x − m)·s)/M),
// sums over the M numbers of a group (main: one group of an image a thread), and to dgamma and dbeta
// (vectors: one channel a thread).
//! @include lib/grid.wgsl

struct Params {
  images: u32,
  channels: u32,
  groups: u32,
  folds: u32,
  tiles: u32,
  share: f32, // 1/M
}

// Σdy and Σdy·(x − m) of a channel of an image.
struct Sums {
  plain: f32,
  centred: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> partials: array<f32>;
// As group_norm_finalize leaves them.
@group(0) @binding(2) var<storage, read> statistics: array<f32>;

fn sums_of(image: u32, c: u32) -> Sums {
  let parts = params.tiles * params.folds;
  let size = params.images * parts * params.channels;
  var plain = 0.0;
  var centred = 0.0;
  for (var part = 0u; part < parts; part++) {
    let i = (image * parts + part) * params.channels + c;
    plain += partials[i];
    centred += partials[size + i];
  }
  let low = statistics[(2u * params.images + image) * params.channels + c];
  return Sums(plain, centred - low * plain);
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
  let thread = flat_workgroup(workgroup, workgroups) * 64u + local;
  if (thread < params.images * params.groups) {
    let channels = params.channels;
    let group = channels / params.groups;
    let image = thread / params.groups;
    let first = thread % params.groups * group;
    var plain = 0.0;
    var centred = 0.0;
    for (var c = first; c < first + group; c++) {
      let sums = sums_of(image, c);
      plain += gamma[c] * sums.plain;
      centred += gamma[c] * sums.centred;
    }
    let inv_std = inv_std_of(image, first);
    let high = statistics[image * channels + first];
    let low = statistics[(2u * params.images + image) * channels + first];
    let slope = -params.share * inv_std * inv_std * inv_std * centred;
    let shift = -params.share * inv_std * plain - slope * low;
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
  let c = flat_workgroup(workgroup, workgroups) * 64u + local;
  if (c < params.channels) {
    var d_gamma = 0.0;
    var d_beta = 0.0;
    for (var image = 0u; image < params.images; image++) {
      let sums = sums_of(image, c);
      d_gamma += sums.centred * inv_std_of(image, c);
      d_beta += sums.plain;
    }
    dgamma[c] = d_gamma;
    dbeta[c] = d_beta;
  }
}
