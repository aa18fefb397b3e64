// Derivatives of the activations, by the numbers and with the parameters of lib/activation.wgsl. All that
// `elems` holds: lib/slopes_{width}.wgsl.
//! @include lib/activation.wgsl

const INV_SQRT_TWO_PI = 0.3989422804014327;

fn activate_derivative(kind: u32, x: reals, a: f32, b: f32) -> reals {
  switch kind {
    case 1u: { return select(ZERO, ONE, x > ZERO); }
    case 2u: { return select(ZERO, ONE, (x > reals(a)) & (x < reals(b))); }
    case 3u: { return select(reals(a), ONE, x > ZERO); }
    case 4u: { return select(a * exp(min(x, ZERO)), ONE, x > ZERO); }
    case 5u: { return b * select(a * exp(min(x, ZERO)), ONE, x > ZERO); }
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
    case 9u: {
      let inner = select(x / 3.0 + 0.5, ONE, x >= reals(3.0));
      return select(inner, ZERO, x <= reals(-3.0));
    }
    case 10u: {
      let line = a * x + b;
      return select(ZERO, reals(a), (line > ZERO) & (line < ONE));
    }
    case 11u: {
      let s = sigmoid(x);
      return s * (1.0 - s);
    }
    case 12u: {
      let t = tanh(clamp(x, reals(-20.0), reals(20.0)));
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
    case 19u: { return reals(a); }
    case 20u: { return 2.0 * x; }
    case 21u: { return clamp(x, reals(-a), reals(a)); }
    default: { return ONE; }
  }
}

// The derivative, from the output y, where y tells it.
fn activate_derivative_by_output(kind: u32, y: reals, a: f32, b: f32) -> reals {
  switch kind {
    case 4u: { return select(y + a, ONE, y > ZERO); }
    case 5u: { return select(y + a * b, reals(b), y > ZERO); }
    case 10u: { return select(ZERO, reals(a), (y > ZERO) & (y < ONE)); }
    case 11u: { return y * (1.0 - y); }
    case 12u: { return 1.0 - y * y; }
    case 13u: { return -expm1_approx(-y); }
    case 14u: {
      let d = 1.0 - abs(y);
      return d * d;
    }
    case 15u: { return y; }
    // Of the rest the output is positive, or between the bounds, where the input is.
    default: { return activate_derivative(kind, y, a, b); }
  }
}
