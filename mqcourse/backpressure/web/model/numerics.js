// Twin of numerics.py: logarithm, exponential and normal quantile by the same operations in the same order, so that
// they give the same bits. See there for the reasons and the sources.

const LN2_HI = 6.93147180369123816490e-01;
const LN2_LO = 1.90821492927058770002e-10;
const INVERSE_LN2 = 1.44269504088896338700;
const HALF_SQRT2 = 0.7071067811865476;

const asFloat = new Float64Array(1);
const asBits = new Uint32Array(asFloat.buffer);
// which half of a double holds its exponent depends on the machine
const HIGH = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1 ? 1 : 0;

/** Natural logarithm of a positive, normal, finite number. */
export function ln(x) {
  asFloat[0] = x;
  const high = asBits[HIGH];
  let k = ((high >>> 20) & 0x7ff) - 1022;
  asBits[HIGH] = (high & 0x800fffff) | 0x3fe00000; // x = m * 2**k with 0.5 <= m < 1, exactly
  let m = asFloat[0];
  if (m < HALF_SQRT2) {
    m = m + m;
    k = k - 1;
  }
  const f = m - 1.0;
  const s = f / (2.0 + f);
  const z = s * s;
  const w = z * z;
  const even = w * (3.999999999940941908e-01 + w * (2.222219843214978396e-01 + w * 1.531383769920937332e-01));
  const odd =
    z *
    (6.666666666666735130e-01 +
      w * (2.857142874366239149e-01 + w * (1.818357216161805012e-01 + w * 1.479819860511658591e-01)));
  const half = 0.5 * f * f;
  return k * LN2_HI - (half - (s * (half + (odd + even)) + k * LN2_LO) - f);
}

/** e to the power x, for -700 <= x <= 700 (outside it the result is held at the edge). */
export function exp(x) {
  if (x > 700.0) x = 700.0;
  else if (x < -700.0) x = -700.0;
  const k = x >= 0.0 ? Math.trunc(x * INVERSE_LN2 + 0.5) : -Math.trunc(0.5 - x * INVERSE_LN2);
  const high = x - k * LN2_HI;
  const low = k * LN2_LO;
  const r = high - low;
  const t = r * r;
  const c =
    r -
    t *
      (1.66666666666666019037e-01 +
        t *
          (-2.77777777770155933842e-03 +
            t * (6.61375632143793436117e-05 + t * (-1.65339022054652515390e-06 + t * 4.13813679705723846039e-08))));
  let y = 1.0 - (low - (r * c) / (2.0 - c) - high);
  const step = k >= 0 ? 2.0 : 0.5;
  for (let i = k >= 0 ? k : -k; i > 0; i--) y = y * step; // a power of two: exact
  return y;
}

const horner = (coefficients, r) => {
  let sum = coefficients[0];
  for (let i = 1; i < coefficients.length; i++) sum = sum * r + coefficients[i];
  return sum;
};

const MIDDLE = [
  [2509.0809287301226727, 33430.575583588128105, 67265.770927008700853, 45921.953931549871457, 13731.693765509461125,
    1971.5909503065514427, 133.14166789178437745, 3.387132872796366608],
  [5226.495278852854561, 28729.085735721942674, 39307.89580009271061, 21213.794301586595867, 5394.1960214247511077,
    687.1870074920579083, 42.313330701600911252, 1.0],
];
const NEAR_TAIL = [
  [7.74545014278341407640e-4, 2.27238449892691845833e-2, 2.41780725177450611770e-1, 1.27045825245236838258,
    3.64784832476320460504, 5.76949722146069140550, 4.63033784615654529590, 1.42343711074968357734],
  [1.05075007164441684324e-9, 5.47593808499534494600e-4, 1.51986665636164571966e-2, 1.48103976427480074590e-1,
    6.89767334985100004550e-1, 1.67638483018380384940, 2.05319162663775882187, 1.0],
];
const FAR_TAIL = [
  [2.01033439929228813265e-7, 2.71155556874348757815e-5, 1.24266094738807843860e-3, 2.65321895265761230930e-2,
    2.96560571828504891230e-1, 1.78482653991729133580, 5.46378491116411436990, 6.65790464350110377720],
  [2.04426310338993978564e-15, 1.42151175831644588870e-7, 1.84631831751005468180e-5, 7.86869131145613259100e-4,
    1.48753612908506148525e-2, 1.36929880922735805310e-1, 5.99832206555887937690e-1, 1.0],
];

/** The z below which a standard normal variable falls with probability u, 0 < u < 1 (AS 241, PPND16). */
export function normalQuantile(u) {
  const q = u - 0.5;
  if (-0.425 <= q && q <= 0.425) {
    const r = 0.180625 - q * q;
    return (horner(MIDDLE[0], r) * q) / horner(MIDDLE[1], r);
  }
  let r = Math.sqrt(-ln(q <= 0.0 ? u : 1.0 - u));
  let tail = FAR_TAIL;
  if (r <= 5.0) {
    r = r - 1.6;
    tail = NEAR_TAIL;
  } else {
    r = r - 5.0;
  }
  const z = horner(tail[0], r) / horner(tail[1], r);
  return q > 0.0 ? z : -z;
}
