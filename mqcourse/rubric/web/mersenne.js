// The numbers that Python's random.Random(seed).random() draws, for a seed below 2**32: the Mersenne Twister MT19937 with
// its initialisation by an array (Matsumoto and Nishimura, 1998 and 2002), and the 53 bits that CPython takes of it.

const SIZE = 624;
const SHIFT = 397;

function initial(seed) {
  const state = new Uint32Array(SIZE);
  state[0] = 19650218;
  for (let at = 1; at < SIZE; at += 1) state[at] = Math.imul(1812433253, state[at - 1] ^ (state[at - 1] >>> 30)) + at;
  let at = 1;
  const next = () => {
    at += 1;
    if (at < SIZE) return;
    state[0] = state[SIZE - 1];
    at = 1;
  };
  for (let left = SIZE; left > 0; left -= 1) {
    state[at] = (state[at] ^ Math.imul(state[at - 1] ^ (state[at - 1] >>> 30), 1664525)) + seed;
    next();
  }
  for (let left = SIZE - 1; left > 0; left -= 1) {
    state[at] = (state[at] ^ Math.imul(state[at - 1] ^ (state[at - 1] >>> 30), 1566083941)) - at;
    next();
  }
  state[0] = 0x80000000;
  return state;
}

function twist(state) {
  for (let at = 0; at < SIZE; at += 1) {
    const bits = (state[at] & 0x80000000) | (state[(at + 1) % SIZE] & 0x7fffffff);
    state[at] = state[(at + SHIFT) % SIZE] ^ (bits >>> 1) ^ (bits & 1 ? 0x9908b0df : 0);
  }
}

/** That many numbers from 0 to 1. */
export function draws(seed, count) {
  const state = initial(seed);
  let at = SIZE;
  const word = () => {
    if (at === SIZE) {
      twist(state);
      at = 0;
    }
    let bits = state[at];
    at += 1;
    bits ^= bits >>> 11;
    bits ^= (bits << 7) & 0x9d2c5680;
    bits ^= (bits << 15) & 0xefc60000;
    return (bits ^ (bits >>> 18)) >>> 0;
  };
  return Array.from({ length: count }, () => {
    const high = word() >>> 5;
    const low = word() >>> 6;
    return (high * 67108864 + low) / 9007199254740992;
  });
}
