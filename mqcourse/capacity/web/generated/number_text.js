// Generated from mqcourse/capacity/number_text.py by `make derived`; change it there.

// Numbers as a person reads them: four significant digits, with a word or a unit for their size.
//
// Written with the arithmetic that the translation to JavaScript has, so that the page shows the same digits.

export const MOST_PLACES = 12;

/** A number of at least 0 with four significant digits; thousands are separated by commas; from 10**12 on 1.5e12. */
export function digits(x) {
  if (x >= 1e12) {
    return powers(x);
  }
  if (x >= 999.95) {
    return grouped(Math.trunc(x + 0.5));
  }
  let places = x < 1.0 ? 4 : x < 10.0 ? 3 : x < 100.0 ? 2 : 1;
  let bound = 0.1;
  while (x < bound && places < MOST_PLACES) {
    bound = bound / 10.0;
    places = places + 1;
  }
  let power = 1;
  for (let _ = 0, _end = places; _ < _end; _++) {
    power = power * 10;
  }
  const scaled = Math.trunc(x * power + 0.5);
  const whole = Math.trunc(scaled / power);
  let rest = scaled - whole * power;
  while (rest > 0 && Math.trunc(rest / 10) * 10 === rest) {
    rest = Math.trunc(rest / 10);
    places = places - 1;
  }
  return rest === 0 ? `${whole}` : `${whole}.${padded(rest, places)}`;
}

/** A number of at least 10 with its power of ten. */
export function powers(x) {
  let exponent = 0;
  while (x >= 10.0) {
    x = x / 10.0;
    exponent = exponent + 1;
  }
  return `${digits(x)}e${exponent}`;
}

/** A whole number with zeros before it. */
export function padded(n, width) {
  let text = `${n}`;
  while (text.length < width) {
    text = `0${text}`;
  }
  return text;
}

/** A whole number below 10**12 with a comma before every three digits. */
export function grouped(n) {
  if (n < 1000) {
    return `${n}`;
  }
  const head = Math.trunc(n / 1000);
  return `${grouped(head)},${padded(n - head * 1000, 3)}`;
}

/** A number of things: 11.57 million. */
export function count(x) {
  if (x >= 1e12) {
    return `${digits(x / 1e12)} trillion`;
  }
  if (x >= 1e9) {
    return `${digits(x / 1e9)} billion`;
  }
  return x >= 1e6 ? `${digits(x / 1e6)} million` : digits(x);
}

/** A number of bytes in decimal units: 1 KB is 1,000 bytes. */
export function size(x) {
  if (x >= 1e15) {
    return `${digits(x / 1e15)} PB`;
  }
  if (x >= 1e12) {
    return `${digits(x / 1e12)} TB`;
  }
  if (x >= 1e9) {
    return `${digits(x / 1e9)} GB`;
  }
  if (x >= 1e6) {
    return `${digits(x / 1e6)} MB`;
  }
  return x >= 1e3 ? `${digits(x / 1e3)} KB` : `${digits(x)} bytes`;
}
