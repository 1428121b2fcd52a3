// What the generated model needs of Python beside the language itself; tools/to_javascript names these functions.

import { Environment } from "./kernel.js";

const asFloat = new Float64Array(1);
const asBits = new Uint32Array(asFloat.buffer);
// which half of a double holds its exponent depends on the machine
const HIGH = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1 ? 1 : 0;

/** math.frexp of a positive, normal, finite number: [m, k] with x = m * 2**k and 0.5 <= m < 1, exactly. */
export function frexp(x) {
  asFloat[0] = x;
  const high = asBits[HIGH];
  asBits[HIGH] = (high & 0x800fffff) | 0x3fe00000;
  return [asFloat[0], ((high >>> 20) & 0x7ff) - 1022];
}

/** simulation.environment: the page has one engine, the course's own, and no SimPy. */
export const environment = () => new Environment();

/** bisect.bisect_right: where a value goes into a sorted list, behind those equal to it. */
export function bisectRight(sorted, value) {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (value < sorted[middle]) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** min(items, key=key): the first of the least; there must be one. */
export function leastBy(items, key) {
  let least = items[0];
  for (let index = 1; index < items.length; index++) if (key(items[index]) < key(least)) least = items[index];
  return least;
}

/** next(iterator, otherwise). */
export function nextOr(iterator, otherwise) {
  const { value, done } = iterator.next();
  return done ? otherwise : value;
}

class Lazy {
  constructor(items, test, make) {
    this.items = items;
    this.test = test;
    this.make = make;
    this.index = 0;
  }

  [Symbol.iterator]() {
    return this;
  }

  next() {
    while (this.index < this.items.length) {
      const item = this.items[this.index++];
      if (this.test(item)) return { value: this.make(item), done: false };
    }
    return { value: undefined, done: true };
  }
}

/** (make(item) for item in items if test(item)), for a list */
export const lazily = (items, test, make) => new Lazy(items, test, make);

/** [make(a, b) for a, b in zip(one, other, strict=True)] */
export function mapBoth(one, other, make) {
  if (one.length !== other.length) throw new RangeError(`zip: ${one.length} and ${other.length} elements`);
  return one.map((element, index) => make(element, other[index]));
}

/** a % b with the sign of b. */
export const modulo = (a, b) => ((a % b) + b) % b;

/** list.remove(item); the item is in it. */
export function removeFrom(list, item) {
  list.splice(list.indexOf(item), 1);
}

/** A text in quotes, as repr writes it. */
export function quoted(text) {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  return quote + text.replaceAll("\\", "\\\\").replaceAll(quote, `\\${quote}`) + quote;
}
