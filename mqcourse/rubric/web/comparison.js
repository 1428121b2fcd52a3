// Whether the last line of a text is right, where it is a number, letters or a verdict and nothing else: by the rules
// of mqcourse/interview/answer.py, and held to it by a test. Any other text is not read.

const LINES = /\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]/;
const AMOUNT = /^[≈~]?\s*([+-]?[0-9,]*\.?[0-9]+)\s*(.*)$/;
const LETTERS = /^(?:[A-Za-z](?:\s*[, ]\s*[A-Za-z])*|[A-H]+)$/;
const VERDICT = /^(true|false since|false|it depends|depends)(?:(?<=since) [A-Za-z0-9_ .]{1,30})?$/i;

/** The last line that is not empty. */
export function lastLine(own) {
  return own.split(LINES).map((line) => line.trim()).filter(Boolean).at(-1) ?? "";
}

/** "right", "wrong", or "" where nothing can be compared; `right` is what the build made of the card. */
export function compared(right, own) {
  const last = lastLine(own).replace(/\.+$/, "");
  const verdict = (same) => (same ? "right" : "wrong");
  if (right.kind === "number") {
    const found = AMOUNT.exec(last);
    if (!found || !["", right.unit.toLowerCase()].includes(found[2].toLowerCase())) return "";
    const given = Number(found[1].replaceAll(",", ""));
    return verdict(Math.abs(given - right.value) <= right.tolerance * Math.abs(right.value));
  }
  if (right.kind === "letters") {
    if (!LETTERS.test(last)) return "";
    const given = [...last.toUpperCase()].filter((sign) => /[A-Z]/.test(sign));
    return verdict((right.ordered ? given : given.sort()).join("") === right.letters);
  }
  if (right.kind === "verdict") {
    const found = VERDICT.exec(last);
    if (!found) return "";
    const word = found[1].toLowerCase().replace(/^it /, "");
    return verdict(word === right.verdict || (word === "false" && right.verdict === "false since"));
  }
  return "";
}

/** What is compared, in words, for the kinds where something is. */
export function comparable(right) {
  if (right.kind === "number") return `A last line with only a number (in ${right.unit}) is compared with the card's.`;
  if (right.kind === "letters") return "A last line with only letters is compared with the card's.";
  return right.kind === "verdict" ? "A last line with only the verdict is compared with the card's." : "";
}
