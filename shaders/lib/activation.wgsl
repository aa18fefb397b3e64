// Activations, by number. The numbers are those of src/ops/activations.ts.
// `a` and `b` are the activation's parameters there. All that `elems` holds: lib/columns_{width}.wgsl.

const SQRT_HALF = 0.7071067811865476;
const SQRT_TWO_OVER_PI = 0.7978845608028654;

const ZERO = reals(0.0);
const ONE = reals(1.0);

// Abramowitz & Stegun 7.1.26 is too coarse for f32; this is W. J. Cody's rational approximation in
// the form of Numerical Recipes' erfc (relative error below 1.2e-7 everywhere).
fn erf_approx(x: reals) -> reals {
  let z = abs(x);
  // Near 0 the series is exact to f32 and avoids 1 - erfc cancellation.
  let s = x * x;
  let series = x * (1.1283791670955126 + s * (-0.37612638903183754 + s * (0.11283791670955126
    + s * (-0.026866170645131252 + s * (0.005223977625442188 + s * -0.0008548327023450853)))));
  let t = 1.0 / (1.0 + 0.5 * z);
  let p = -z * z - 1.26551223 + t * (1.00002368 + t * (0.37409196 + t * (0.09678418
    + t * (-0.18628806 + t * (0.27886807 + t * (-1.13520398 + t * (1.48851587
    + t * (-0.82215223 + t * 0.17087277))))))));
  return select(sign(x) * (1.0 - t * exp(p)), series, z < reals(0.5));
}

fn sigmoid(x: reals) -> reals {
  // exp of a negative number never overflows.
  let e = exp(-abs(x));
  return select(e, ONE, x >= ZERO) / (1.0 + e);
}

fn softplus(x: reals) -> reals {
  let e = exp(-abs(x));
  // log(1 + e) loses all digits of a small e; its series keeps them.
  return max(x, ZERO) + select(log(1.0 + e), e * (1.0 - 0.5 * e), e < reals(1e-4));
}

// exp(x) - 1 without cancellation near 0.
fn expm1_approx(x: reals) -> reals {
  let series = x * (1.0 + x * (0.5 + x * (0.16666667 + x * (0.041666668 + x * (0.008333334
    + x * 0.0013888889)))));
  return select(exp(x) - 1.0, series, abs(x) < reals(0.35));
}

// NaN stays NaN: max(), clamp(), exp() and log() may make a number of it. By its bits: a compiler may
// assume that there is none.
fn activate(kind: u32, x: reals, a: f32, b: f32) -> reals {
  let bits = bitcast<uints>(x);
  if (kind == 1u) {
    // relu: zero from −0 to −∞.
    return select(x, ZERO, bits - uints(0x80000000u) <= uints(0x7f800000u));
  }
  let is_nan = (bits & uints(0x7fffffffu)) > uints(0x7f800000u);
  return select(activate_number(kind, x, a, b), x, is_nan);
}

fn activate_number(kind: u32, x: reals, a: f32, b: f32) -> reals {
  switch kind {
    // clip: what clamp() has to do about NaN costs more than the rest
    case 2u: { return select(select(x, reals(a), x < reals(a)), reals(b), x > reals(b)); }
    case 3u: { return select(a * x, x, x > ZERO); } // leakyRelu
    case 4u: { return select(a * expm1_approx(x), x, x > ZERO); } // elu
    case 5u: { return b * select(a * expm1_approx(x), x, x > ZERO); } // selu
    case 6u: { return 0.5 * x * (1.0 + erf_approx(x * SQRT_HALF)); } // gelu
    case 7u: { // geluTanh
      return x * sigmoid(2.0 * SQRT_TWO_OVER_PI * (x + 0.044715 * x * x * x));
    }
    case 8u: { return x * sigmoid(x); } // silu
    case 9u: { return x * clamp(x / 6.0 + 0.5, ZERO, ONE); } // hardSwish
    case 10u: { return clamp(a * x + b, ZERO, ONE); } // hardSigmoid
    case 11u: { return sigmoid(x); } // sigmoid
    // tanh: some drivers overflow in exp
    case 12u: { return tanh(clamp(x, reals(-20.0), reals(20.0))); }
    case 13u: { return softplus(x); } // softplus
    case 14u: { return x / (1.0 + abs(x)); } // softsign
    case 15u: { return exp(x); } // exp
    case 16u: { return log(x); } // log
    case 17u: { return sqrt(x); } // sqrt
    case 18u: { return abs(x); } // abs
    case 19u: { return a * x + b; } // affine
    case 20u: { return x * x; } // square
    case 21u: { // huber
      return select(a * (abs(x) - 0.5 * a), 0.5 * x * x, abs(x) <= reals(a));
    }
    default: { return x; }
  }
}
