// Activations and their derivatives, by number. The numbers are those of src/ops/activations.ts.
// `a` and `b` are the activation's parameters there.

const SQRT_HALF = 0.7071067811865476;
const SQRT_TWO_OVER_PI = 0.7978845608028654;
const INV_SQRT_TWO_PI = 0.3989422804014327;

// Abramowitz & Stegun 7.1.26 is too coarse for f32; this is W. J. Cody's rational approximation in
// the form of Numerical Recipes' erfc (relative error below 1.2e-7 everywhere).
fn erf_approx(x: f32) -> f32 {
  let z = abs(x);
  // Near 0 the series is exact to f32 and avoids 1 - erfc cancellation.
  if (z < 0.5) {
    let s = x * x;
    return x * (1.1283791670955126 + s * (-0.37612638903183754 + s * (0.11283791670955126
      + s * (-0.026866170645131252 + s * (0.005223977625442188 + s * -0.0008548327023450853)))));
  }
  let t = 1.0 / (1.0 + 0.5 * z);
  let p = -z * z - 1.26551223 + t * (1.00002368 + t * (0.37409196 + t * (0.09678418
    + t * (-0.18628806 + t * (0.27886807 + t * (-1.13520398 + t * (1.48851587
    + t * (-0.82215223 + t * 0.17087277))))))));
  return sign(x) * (1.0 - t * exp(p));
}

fn sigmoid(x: f32) -> f32 {
  // exp of a negative number never overflows.
  let e = exp(-abs(x));
  return select(e, 1.0, x >= 0.0) / (1.0 + e);
}

fn softplus(x: f32) -> f32 {
  let e = exp(-abs(x));
  // log(1 + e) loses all digits of a small e; its series keeps them.
  return max(x, 0.0) + select(log(1.0 + e), e * (1.0 - 0.5 * e), e < 1e-4);
}

// exp(x) - 1 without cancellation near 0.
fn expm1_approx(x: f32) -> f32 {
  let series = x * (1.0 + x * (0.5 + x * (0.16666667 + x * (0.041666668 + x * (0.008333334
    + x * 0.0013888889)))));
  return select(exp(x) - 1.0, series, abs(x) < 0.35);
}

// NaN stays NaN: max(), clamp(), exp() and log() may make a number of it.
fn activate(kind: u32, x: f32, a: f32, b: f32) -> f32 {
  let is_nan = (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u;
  return select(activate_number(kind, x, a, b), x, is_nan);
}

fn activate_number(kind: u32, x: f32, a: f32, b: f32) -> f32 {
  switch kind {
    case 1u: { return max(x, 0.0); } // relu
    case 2u: { return clamp(x, a, b); } // clip
    case 3u: { return select(a * x, x, x > 0.0); } // leakyRelu
    case 4u: { return select(a * expm1_approx(x), x, x > 0.0); } // elu
    case 5u: { return b * select(a * expm1_approx(x), x, x > 0.0); } // selu
    case 6u: { return 0.5 * x * (1.0 + erf_approx(x * SQRT_HALF)); } // gelu
    case 7u: { // geluTanh
      return x * sigmoid(2.0 * SQRT_TWO_OVER_PI * (x + 0.044715 * x * x * x));
    }
    case 8u: { return x * sigmoid(x); } // silu
    case 9u: { return x * clamp(x / 6.0 + 0.5, 0.0, 1.0); } // hardSwish
    case 10u: { return clamp(a * x + b, 0.0, 1.0); } // hardSigmoid
    case 11u: { return sigmoid(x); } // sigmoid
    case 12u: { return tanh(clamp(x, -20.0, 20.0)); } // tanh: some drivers overflow in exp
    case 13u: { return softplus(x); } // softplus
    case 14u: { return x / (1.0 + abs(x)); } // softsign
    case 15u: { return exp(x); } // exp
    case 16u: { return log(x); } // log
    case 17u: { return sqrt(x); } // sqrt
    case 18u: { return abs(x); } // abs
    case 19u: { return a * x + b; } // affine
    case 20u: { return x * x; } // square
    case 21u: { return select(a * (abs(x) - 0.5 * a), 0.5 * x * x, abs(x) <= a); } // huber
    default: { return x; }
  }
}

fn activate_derivative(kind: u32, x: f32, a: f32, b: f32) -> f32 {
  switch kind {
    case 1u: { return select(0.0, 1.0, x > 0.0); }
    case 2u: { return select(0.0, 1.0, x > a && x < b); }
    case 3u: { return select(a, 1.0, x > 0.0); }
    case 4u: { return select(a * exp(min(x, 0.0)), 1.0, x > 0.0); }
    case 5u: { return b * select(a * exp(min(x, 0.0)), 1.0, x > 0.0); }
    case 6u: {
      return 0.5 * (1.0 + erf_approx(x * SQRT_HALF)) + x * INV_SQRT_TWO_PI * exp(-0.5 * x * x);
    }
    case 7u: {
      let s = sigmoid(2.0 * SQRT_TWO_OVER_PI * (x + 0.044715 * x * x * x));
      return s + x * s * (1.0 - s) * 2.0 * SQRT_TWO_OVER_PI * (1.0 + 0.134145 * x * x);
    }
    case 8u: {
      let s = sigmoid(x);
      return s * (1.0 + x * (1.0 - s));
    }
    case 9u: { return select(select(x / 3.0 + 0.5, 1.0, x >= 3.0), 0.0, x <= -3.0); }
    case 10u: { return select(0.0, a, a * x + b > 0.0 && a * x + b < 1.0); }
    case 11u: {
      let s = sigmoid(x);
      return s * (1.0 - s);
    }
    case 12u: {
      let t = tanh(clamp(x, -20.0, 20.0));
      return 1.0 - t * t;
    }
    case 13u: { return sigmoid(x); }
    case 14u: {
      let d = 1.0 + abs(x);
      return 1.0 / (d * d);
    }
    case 15u: { return exp(x); }
    case 16u: { return 1.0 / x; }
    case 17u: { return 0.5 / sqrt(x); }
    case 18u: { return sign(x); }
    case 19u: { return a; }
    case 20u: { return 2.0 * x; }
    case 21u: { return clamp(x, -a, a); }
    default: { return 1.0; }
  }
}
