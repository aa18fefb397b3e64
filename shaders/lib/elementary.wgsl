// Functions of one number, by number: those of src/ops/elementary.ts. Written out where WGSL promises
// too little: its sin and cos may be off by 2⁻¹¹, its atan by 4096 units in the last place. The
// polynomials are those of the Cephes library's single-precision functions (S. L. Moshier).
//! @include lib/activation.wgsl

const HALF_PI = 1.5707963267948966;

fn is_nan(x: floats) -> bools {
  return (bitcast<uints>(x) & uints(0x7fffffffu)) > uints(0x7f800000u);
}

fn is_infinite(x: floats) -> bools {
  return (bitcast<uints>(x) & uints(0x7fffffffu)) == uints(0x7f800000u);
}

// log(1 + x) = 2 artanh(x/(2 + x)), whose series keeps the digits near 0.
fn log1p_approx(x: floats) -> floats {
  let s = x / (2.0 + x);
  let z = s * s;
  let series = 2.0 * s * (1.0 + z * (0.33333333 + z * (0.2 + z * (0.14285714 + z * (0.11111111
    + z * 0.09090909)))));
  return select(log(1.0 + x), series, abs(x) < floats(0.4));
}

// sin(x + quarters·π/2). What is left of x after taking off multiples of π/2, in three pieces whose
// multiples are exact (Cody and Waite); good to |x| of some thousands.
fn sine(x: floats, quarters: i32) -> floats {
  let k = round(x * 0.6366197723675814);
  let r = ((x - k * 1.5703125) - k * 4.837512969970703e-4) - k * 7.549789948768648e-8;
  let z = r * r;
  let s = r + r * z * (-1.6666654611e-1 + z * (8.3321608736e-3 - z * 1.9515295891e-4));
  let c = 1.0 - 0.5 * z
    + z * z * (4.166664568298827e-2 + z * (-1.388731625493765e-3 + z * 2.443315711809948e-5));
  let quadrant = ints(k) + quarters;
  let value = select(s, c, (quadrant & ints(1)) == ints(1));
  return select(value, -value, (quadrant & ints(2)) == ints(2));
}

// π/2 − arcsin|x|, and its sign put right by the two that call it.
fn arcsine(x: floats) -> floats {
  let a = abs(x);
  let far = a > floats(0.5);
  let z = select(a * a, 0.5 * (1.0 - a), far);
  let s = select(a, sqrt(z), far);
  let p = s + s * z * (1.6666752422e-1 + z * (7.4953002686e-2 + z * (4.5470025998e-2
    + z * (2.4181311049e-2 + z * 4.2163199048e-2))));
  return select(p, HALF_PI - 2.0 * p, far) * sign(x);
}

fn arccosine(x: floats) -> floats {
  // Near 1 the difference of π/2 and the arcsine would have no digits left.
  let near_one = 2.0 * arcsine(sqrt(max(0.5 * (1.0 - x), ZERO)));
  return select(HALF_PI - arcsine(x), near_one, x > floats(0.5));
}

fn arctangent(x: floats) -> floats {
  let a = abs(x);
  let far = a > floats(2.414213562373095);
  let middle = a > floats(0.41421356237309503);
  let t = select(select(a, (a - 1.0) / (a + 1.0), middle), -1.0 / a, far);
  let offset = select(select(ZERO, floats(0.5 * HALF_PI), middle), floats(HALF_PI), far);
  let z = t * t;
  let p = t + t * z * (-3.33329491539e-1 + z * (1.99777106478e-1 + z * (-1.38776856032e-1
    + z * 8.05374449538e-2)));
  return (offset + p) * sign(x);
}

fn hyperbolic_sine(x: floats) -> floats {
  let z = x * x;
  let series = x + x * z * (1.66667160211e-1 + z * (8.33028376239e-3 + z * 2.03721912945e-4));
  return select(0.5 * (exp(x) - exp(-x)), series, abs(x) < ONE);
}

// For large |x| log(2|x|): squares would overflow.
fn inverse_hyperbolic_sine(x: floats) -> floats {
  let a = abs(x);
  let near = log1p_approx(a + a * a / (1.0 + sqrt(1.0 + a * a)));
  return select(near, log(a) + 0.6931471805599453, a > floats(1e9)) * sign(x);
}

fn inverse_hyperbolic_cosine(x: floats) -> floats {
  let t = x - 1.0;
  let near = log1p_approx(t + sqrt(t * (t + 2.0)));
  return select(near, log(x) + 0.6931471805599453, x > floats(1e9));
}

fn elementary_number(kind: u32, x: floats) -> floats {
  switch kind {
    case 1u: { return 1.0 / x; }
    case 2u: { return erf_approx(x); }
    case 3u: { return floor(x); }
    case 4u: { return ceil(x); }
    case 5u: { return round(x); }
    case 6u: { return sign(x); }
    case 7u: { return sine(x, 0); }
    case 8u: { return sine(x, 1); }
    case 9u: { return sine(x, 0) / sine(x, 1); }
    case 10u: { return arcsine(x); }
    case 11u: { return arccosine(x); }
    case 12u: { return arctangent(x); }
    case 13u: { return hyperbolic_sine(x); }
    case 14u: { return 0.5 * (exp(x) + exp(-x)); }
    case 15u: { return inverse_hyperbolic_sine(x); }
    case 16u: { return inverse_hyperbolic_cosine(x); }
    case 17u: { return 0.5 * sign(x) * log1p_approx(2.0 * abs(x) / (1.0 - abs(x))); }
    default: { return x; }
  }
}

// NaN stays NaN.
fn elementary(kind: u32, x: floats) -> floats {
  if (kind == 18u) {
    return select(ZERO, ONE, is_nan(x));
  }
  if (kind == 19u) {
    return select(ZERO, ONE, is_infinite(x));
  }
  return select(elementary_number(kind, x), x, is_nan(x));
}
