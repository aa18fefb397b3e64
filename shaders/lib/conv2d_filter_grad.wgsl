// Parameters of the kernels that make partial gradients of convolution weights. A step is up to 4
// neighbouring pixels of a row of dy.
struct FilterGrad {
  conv: Conv,
  splits: u32,
  steps_per_split: u32,
}
