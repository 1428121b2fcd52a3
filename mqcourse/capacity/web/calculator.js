// The calculator in a page: inputs made of Python's list of fields, and the plan that plan.js computes from them. Native
// inputs, so keyboard and screen reader are the browser's own. The worked example that the page has without scripts is
// replaced by the same plan, in the same table.

import { GROUPS, PRESETS } from "./generated/fields.js";
import { plan } from "./generated/plan.js";

const SPECS = GROUPS.flatMap(([, specs]) => specs);
const WRITTEN = /^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$/; // field.py reads the same numbers
const plain = (value) => (Number.isInteger(value) && Math.abs(value) < 1e16 ? BigInt(value).toString() : String(value));

/** What is allowed in a field, in the words of Python's errors. */
export function allowed(spec) {
  if (spec.kind === "choice") return spec.choices.join(", ");
  const span = `${spec.above ? "above" : "from"} ${plain(spec.low)} to ${plain(spec.high)} ${spec.unit}`;
  return spec.kind === "whole" ? `whole numbers ${span}` : span;
}

/** The value of a typed text. Throws an error with field, unit and range. */
export function read(spec, text) {
  const typed = text.trim();
  if (spec.kind === "choice" && spec.choices.includes(typed)) return typed;
  const value = Number(typed);
  const written = spec.kind !== "choice" && WRITTEN.test(typed);
  const whole = spec.kind !== "whole" || Number.isInteger(value);
  if (written && whole && value <= spec.high && (spec.above ? value > spec.low : value >= spec.low)) return value;
  throw new Error(`${spec.name} is '${typed}'. Allowed: ${allowed(spec)}`);
}

/** The plan of values by field name; a field that is left out has its default. */
export function planned(values) {
  const all = Object.fromEntries(SPECS.map((spec) => [spec.name, values[spec.name] ?? spec.default]));
  return plan(all, all, all); // the three groups have no name in common
}

function make(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/** What the form calls a field: with its unit, unless the name is the unit. */
function label(spec) {
  const told = spec.kind === "choice" || spec.label.toLowerCase().includes(spec.unit);
  return told ? spec.label : `${spec.label} (${spec.unit})`;
}

/** A value as a person would type it: 1e12, 1500, 0.05. */
const shortest = (value) => (value >= 1e6 ? value.toExponential().replace("+", "") : plain(value));

class Calculator {
  constructor(root) {
    this.root = root;
    this.rows = new Map([...root.querySelectorAll("tr[data-figure]")].map((row) => [row.dataset.figure, row]));
    this.inputs = new Map();
    this.status = make("p", { class: "mq-capacity-status", role: "status" });
    const form = make("form", { class: "mq-capacity-form", "aria-label": "Workload, rates and prices" });
    form.append(this.presets(), ...GROUPS.map(([title, specs]) => this.group(title, specs)), this.status);
    form.addEventListener("submit", (event) => event.preventDefault());
    root.prepend(form);
    this.preset = root.dataset.preset;
    this.take(PRESETS[this.preset].values);
  }

  presets() {
    const select = make("select", { name: "preset" }, ...Object.entries(PRESETS).map(([name, one]) => make("option", { value: name }, one.title)));
    select.value = this.root.dataset.preset;
    select.addEventListener("change", () => this.take(PRESETS[select.value].values));
    return make("label", { class: "mq-capacity-preset" }, "Start from ", select);
  }

  group(title, specs) {
    const fields = specs.map((spec) => {
      const help = make("small", { id: `capacity-${spec.name}-help` }, spec.help);
      const input = this.input(spec);
      input.setAttribute("aria-describedby", help.id);
      input.addEventListener("input", () => this.show());
      this.inputs.set(spec.name, { spec, input });
      return make("div", { class: "mq-capacity-field" }, make("label", { for: input.id }, label(spec)), input, help);
    });
    const inside = make("div", { class: "mq-capacity-fields" }, ...fields);
    if (specs === GROUPS[0][1]) return make("fieldset", {}, make("legend", {}, title), inside);
    return make("details", {}, make("summary", {}, title), inside);
  }

  input(spec) {
    const shared = { id: `capacity-${spec.name}`, name: spec.name };
    if (spec.kind !== "choice") return make("input", { ...shared, type: "text", inputmode: "decimal", autocomplete: "off" });
    return make("select", shared, ...spec.choices.map((value) => make("option", { value }, value)));
  }

  /** Fill in values; what is left out gets its default. */
  take(values) {
    for (const { spec, input } of this.inputs.values()) input.value = shortest(values[spec.name] ?? spec.default);
    this.show();
  }

  /** Compute and show, or name the first field that is not allowed and leave the results as they are, marked as old. */
  show() {
    const values = {};
    let refused = null;
    for (const { spec, input } of this.inputs.values()) {
      try {
        values[spec.name] = read(spec, input.value);
        input.removeAttribute("aria-invalid");
      } catch (error) {
        refused ??= error.message.replace(spec.name, spec.label);
        input.setAttribute("aria-invalid", "true");
      }
    }
    this.root.classList.toggle("mq-capacity-old", refused !== null);
    if (refused !== null) {
      this.status.textContent = `${refused}. The results below are those of the last allowed numbers.`;
      return;
    }
    const figures = planned(values);
    for (const figure of figures) {
      const [, shown, formula] = this.rows.get(figure.name).cells;
      shown.textContent = figure.shown;
      formula.firstElementChild.textContent = figure.formula;
    }
    const shown = Object.fromEntries(figures.map((figure) => [figure.name, figure.shown]));
    this.status.textContent = `${shown.brokers}, ${shown.partitions}, ${shown.disk} of disk, a cost of ${shown.cost}.`;
  }
}

if (typeof document !== "undefined") for (const root of document.querySelectorAll(".mq-capacity")) new Calculator(root);
globalThis.mqCapacity = { planned, read, SPECS };
