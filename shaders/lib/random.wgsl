// Counter-based random bits, the same as src/core/random.ts gives: the PCG output permutation
// (Jarzynski & Olano, JCGT 9(3), 2020).
fn pcg(input: u32) -> u32 {
  let state = input * 747796405u + 2891336453u;
  let word = ((state >> ((state >> 28u) + 4u)) ^ state) * 277803737u;
  return (word >> 22u) ^ word;
}

// The part of random_bits() that all indices of a stream share.
fn random_stream(seed: u32, stream: u32) -> u32 {
  return pcg(stream ^ pcg(seed));
}

fn random_bits(stream: u32, index: u32) -> u32 {
  return pcg(index ^ stream);
}
