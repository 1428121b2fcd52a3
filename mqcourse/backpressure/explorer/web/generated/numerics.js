// Generated from mqcourse/backpressure/model/numerics.py by `make derived`; change it there.

// Logarithm, exponential and normal quantile that give the same result, to the last bit, in every language.
//
// Why not `math.log`: IEEE 754 fixes the result of + - * / and of the square root, and of nothing else. `log`, `exp`
// and `pow` come from the C library of the machine in CPython, from another one in Pyodide, and from a third in each
// browser; their last bits differ. A simulation compares times, so one such bit can swap two events and change
// every figure after it. The functions here use only + - * / and sqrt, in a fixed order, with constants written
// out. JavaScript repeats the same operations in the same order and so gives the same bits.
//
// Sources: ln and exp after W. Kahan's and K. C. Ng's fdlibm (e_log.c, e_exp.c; Sun Microsystems, 1993), error below
// 1 unit in the last place; the normal quantile is algorithm AS 241 (PPND16), M. J. Wichura, Applied Statistics 37
// (1988), relative error about 1e-16.

import { frexp } from "../engine/runtime.js";

export const LN2_HI = 6.93147180369123816490e-01;
export const LN2_LO = 1.90821492927058770002e-10;
export const INVERSE_LN2 = 1.44269504088896338700;
export const HALF_SQRT2 = 0.7071067811865476;

/**
 * Natural logarithm of a positive, normal, finite number.
 *
 * `frexp` (x = m * 2**k with 0.5 <= m < 1) is exact, so another language may take m and k from the bits of x.
 */
export function ln(x) {
  const m_and_k = frexp(x);
  let m = m_and_k[0];
  let k = m_and_k[1];
  if (m < HALF_SQRT2) {
    m = m + m;
    k = k - 1;
  }
  const f = m - 1.0;
  const s = f / (2.0 + f);
  const z = s * s;
  const w = z * z;
  const even = w * (3.999999999940941908e-01 + w * (2.222219843214978396e-01 + w * 1.531383769920937332e-01));
  const odd = z *
      (6.666666666666735130e-01 + w *
      (2.857142874366239149e-01 + w * (1.818357216161805012e-01 + w * 1.479819860511658591e-01)));
  const half = 0.5 * f * f;
  return k * LN2_HI - (half - (s * (half + (odd + even)) + k * LN2_LO) - f);
}

/** e to the power x, for -700 <= x <= 700 (outside it the result is held at the edge). */
export function exp(x) {
  if (x > 700.0) {
    x = 700.0;
  } else if (x < -700.0) {
    x = -700.0;
  }
  const k = x >= 0.0 ? Math.trunc(x * INVERSE_LN2 + 0.5) : -Math.trunc(0.5 - x * INVERSE_LN2);
  const high = x - k * LN2_HI;
  const low = k * LN2_LO;
  const r = high - low;
  const t = r * r;
  const c = r - t *
      (1.66666666666666019037e-01 + t *
      (-2.77777777770155933842e-03 + t *
      (6.61375632143793436117e-05 + t * (-1.65339022054652515390e-06 + t * 4.13813679705723846039e-08))));
  let y = 1.0 - (low - r * c / (2.0 - c) - high);
  const step = k >= 0 ? 2.0 : 0.5;
  for (let _ = 0, _end = k >= 0 ? k : -k; _ < _end; _++) {
    y = y * step; // a power of two: exact
  }
  return y;
}

/** The z below which a standard normal variable falls with probability u, 0 < u < 1 (AS 241, PPND16). */
export function normal_quantile(u) {
  const q = u - 0.5;
  let r, num, den;
  if (-0.425 <= q && q <= 0.425) {
    r = 0.180625 - q * q;
    num =
        (((((((2509.0809287301226727 * r + 33430.575583588128105) * r + 67265.770927008700853) * r +
        45921.953931549871457) * r + 13731.693765509461125) * r + 1971.5909503065514427) * r +
        133.14166789178437745) * r + 3.387132872796366608) * q;
    den =
        ((((((5226.495278852854561 * r + 28729.085735721942674) * r + 39307.89580009271061) * r +
        21213.794301586595867) * r + 5394.1960214247511077) * r + 687.1870074920579083) * r +
        42.313330701600911252) * r + 1.0;
    return num / den;
  }
  r = Math.sqrt(-ln(q <= 0.0 ? u : 1.0 - u));
  if (r <= 5.0) {
    r = r - 1.6;
    num =
        ((((((7.74545014278341407640e-4 * r + 2.27238449892691845833e-2) * r + 2.41780725177450611770e-1) *
        r + 1.27045825245236838258) * r + 3.64784832476320460504) * r + 5.76949722146069140550) * r +
        4.63033784615654529590) * r + 1.42343711074968357734;
    den =
        ((((((1.05075007164441684324e-9 * r + 5.47593808499534494600e-4) * r + 1.51986665636164571966e-2) *
        r + 1.48103976427480074590e-1) * r + 6.89767334985100004550e-1) * r + 1.67638483018380384940) * r +
        2.05319162663775882187) * r + 1.0;
  } else {
    r = r - 5.0;
    num =
        ((((((2.01033439929228813265e-7 * r + 2.71155556874348757815e-5) * r + 1.24266094738807843860e-3) *
        r + 2.65321895265761230930e-2) * r + 2.96560571828504891230e-1) * r + 1.78482653991729133580) * r +
        5.46378491116411436990) * r + 6.65790464350110377720;
    den =
        ((((((2.04426310338993978564e-15 * r + 1.42151175831644588870e-7) * r + 1.84631831751005468180e-5) *
        r + 7.86869131145613259100e-4) * r + 1.48753612908506148525e-2) * r + 1.36929880922735805310e-1) *
        r + 5.99832206555887937690e-1) * r + 1.0;
  }
  return q > 0.0 ? num / den : -(num / den);
}
