// Generated from mqcourse/whatif/message_names.py by `make derived`; change it there.

// Messages are called m1, m2, m3 in the order of their publishing.

/** One message. */
export function name(number) {
  return `m${number}`;
}

/** Several of them: m1, m2 and m3. There must be at least one. */
export function names(numbers) {
  let text = "";
  for (let at = 0; at < numbers.length; at++) {
    const number = numbers[at];
    const before = at === 0 ? "" : at === numbers.length - 1 ? " and " : ", ";
    text = `${text}${before}${name(number)}`;
  }
  return text;
}
