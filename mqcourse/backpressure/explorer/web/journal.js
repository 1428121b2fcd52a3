// The journal of a run, packed into typed arrays so that it passes from a worker without a copy.

export const WHATS = [
  "offered", "queued", "delivered", "started", "completed", "rejected", "dropped", "expired", "returned", "backs off",
  "dead-lettered", "refused",
];
const CODES = new Map(WHATS.map((what, code) => [what, code]));

/** lines: [time_s, what, message number, consumer or -1]. */
export function pack(lines) {
  const size = lines.length;
  const packed = {
    times: new Float64Array(size), whats: new Uint8Array(size), numbers: new Uint32Array(size), consumers: new Int32Array(size),
  };
  lines.forEach(([time, what, number, consumer], i) => {
    packed.times[i] = time;
    packed.whats[i] = CODES.get(what);
    packed.numbers[i] = number;
    packed.consumers[i] = consumer;
  });
  return packed;
}

export const buffersOf = (packed) => Object.values(packed).map((array) => array.buffer);
