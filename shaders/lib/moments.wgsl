// Mean and variance that keep their digits where the mean is far larger than the deviation.

// `count` numbers with that mean and m2 = Σ(x − mean)². Means are offsets from one common number.
struct Moments {
  count: f32,
  mean: f32,
  m2: f32,
}

// The moments of two sets as one (Chan, Golub and LeVeque 1979); either may be empty.
fn merge_moments(a: Moments, b: Moments) -> Moments {
  let count = a.count + b.count;
  let delta = b.mean - a.mean;
  let share = b.count / max(count, 1.0);
  return Moments(count, a.mean + delta * share, a.m2 + b.m2 + delta * delta * a.count * share);
}

// A mean as high + low: rounded to f32 alone it would be off by more than small deviations allow.
struct SplitMean {
  high: f32,
  low: f32,
}

// base + offset. A compiler that treats floats as reals would simplify (base − high) + offset to 0;
// `zero` is a 0 that it cannot know of, and hides what `high` is.
fn split_mean(base: f32, offset: f32, zero: u32) -> SplitMean {
  let high = bitcast<f32>(bitcast<u32>(base + offset) ^ zero);
  return SplitMean(high, (base - high) + offset);
}

// The sign bit of a number that is not negative.
fn hidden_zero(epsilon: f32) -> u32 {
  return bitcast<u32>(epsilon) >> 31u;
}
