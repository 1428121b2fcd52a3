// Numbers as a reader reads them, and elements made in one line.

/** The page's font, for what is drawn: a Linux without a desktop gives a serif for system-ui and for sans-serif. */
export const FONT = '-apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", "DejaVu Sans", sans-serif';

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

/** Three significant digits, with a comma in thousands. */
export function brief(value) {
  if (value === null || value === undefined) return "–";
  if (value === 0) return "0";
  if (Math.abs(value) >= 100) return whole.format(value);
  if (Math.abs(value) < 0.001) return value.toExponential(1);
  return String(Number(value.toPrecision(3)));
}

/** A time: seconds, or milliseconds below a tenth. */
export const time = (seconds) =>
  seconds === null || seconds === undefined
    ? "–"
    : seconds > 0 && seconds < 0.1
      ? `${brief(seconds * 1000)} ms`
      : `${brief(seconds)} s`;

export const share = (value) => `${brief(value * 100)}%`;

/** An element with attributes and children; a name that starts with "on" adds a listener. */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

/** Whether two plain values are the same, number for number. */
export function equal(one, other) {
  if (typeof one !== "object" || one === null || other === null) return Object.is(one, other) || one === other;
  const names = Object.keys(one);
  return names.length === Object.keys(other ?? {}).length && names.every((name) => equal(one[name], other[name]));
}
