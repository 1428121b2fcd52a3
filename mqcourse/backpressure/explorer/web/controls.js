// Sliders, switches and numbers: one for every field of knobs.js. Native inputs, so keyboard and screen reader are the
// browser's own.

import { SPECS, fromText, toText } from "./engine/scenario.js";
import { GROUPS, KNOBS, POLICY_WORDS, scaleOf } from "./knobs.js";
import { brief, make } from "./words.js";

export class Controls {
  /** change(name, value): a new value; complain(error): what was typed is no value of that field. */
  constructor(holder, change, complain) {
    this.holder = holder;
    this.change = change;
    this.complain = complain;
    this.rows = new Map();
  }

  /** Lay the controls out anew: `first` in the open group, the rest folded away by group. */
  build(first) {
    this.rows.clear();
    const ahead = make("div", { class: "first" }, ...first.filter((name) => name in KNOBS).map((name) => this.row(KNOBS[name])));
    const groups = GROUPS.map(([title, knobs]) => {
      const rows = knobs.filter(([name]) => !first.includes(name)).map(([name]) => this.row(KNOBS[name]));
      return rows.length ? make("details", {}, make("summary", {}, title), ...rows) : null;
    });
    const more = make("details", { class: "more" }, make("summary", {}, "All controls"), ...groups.filter(Boolean));
    this.holder.replaceChildren(ahead, more);
  }

  row(knob) {
    const spec = SPECS[knob.name];
    const made = spec.kind === "choice" ? this.choice(knob, spec) : spec.kind === "numbers" ? this.text(knob, spec) : this.slider(knob, spec);
    this.rows.set(knob.name, { knob, ...made });
    return made.element;
  }

  choice(knob, spec) {
    const select = make(
      "select",
      { name: knob.name, title: spec.help, onchange: () => this.change(knob.name, select.value) },
      ...spec.choices.map((value) => make("option", { value }, POLICY_WORDS[value] ?? value)),
    );
    return {
      element: make("div", { class: "row" }, make("label", {}, make("span", {}, knob.label), select)),
      show: (value) => {
        select.value = value;
      },
    };
  }

  text(knob, spec) {
    const input = make("input", { type: "text", name: knob.name, title: spec.help, onchange: () => this.typed(spec, input.value) });
    const label = make("label", {}, make("span", {}, `${knob.label} `, make("small", {}, `${spec.unit}, commas between`)), input);
    return {
      element: make("div", { class: "row" }, label),
      show: (value) => {
        input.value = toText(value);
      },
    };
  }

  slider(knob, spec) {
    const scale = scaleOf(knob, spec);
    const unit = spec.unit === "number" ? "" : spec.unit;
    const range = make("input", {
      type: "range", name: knob.name, min: 0, max: scale.steps, step: 1, title: spec.help,
      oninput: () => this.moved(knob, scale, exact, range, unit),
    });
    const exact = make("input", {
      type: "text", inputmode: "decimal", class: "exact", name: `${knob.name}.exact`,
      "aria-label": `${knob.label}, exact value${unit ? ` in ${unit}` : ""}`,
      onchange: () => this.typed(spec, exact.value),
      // a notebook may keep Enter from becoming a change
      onkeydown: (event) => event.key === "Enter" && this.typed(spec, exact.value),
    });
    const label = make("label", {}, make("span", {}, `${knob.label} `, make("small", {}, unit)), range);
    const off = spec.none ? make("input", { type: "checkbox", name: `${knob.name}.off` }) : null;
    if (off) off.addEventListener("change", () => this.change(knob.name, off.checked ? null : knob.off));
    const row = make("div", { class: "row" }, label, exact, off ? make("label", { class: "off" }, off, spec.none) : null);
    return {
      element: row,
      show: (value) => {
        const none = value === null;
        if (off) off.checked = none;
        range.disabled = exact.disabled = none;
        exact.value = none ? "" : toText(value);
        if (!none) range.value = scale.position(value);
        range.setAttribute("aria-valuetext", none ? spec.none : `${toText(value)} ${unit}`);
      },
    };
  }

  moved(knob, scale, exact, range, unit) {
    const value = scale.value(Number(range.value));
    exact.value = toText(value);
    range.setAttribute("aria-valuetext", `${brief(value)} ${unit}`);
    this.change(knob.name, value, true);
  }

  typed(spec, text) {
    this.rows.get(spec.name).shown = undefined; // it may read "1e2": write it as all others
    try {
      this.change(spec.name, fromText(spec, text));
    } catch (error) {
      this.complain(error);
    }
  }

  /** Mark the field that an error names, or none. */
  mark(name) {
    if (!name && !this.marked) return;
    for (const [other, row] of this.rows)
      for (const input of row.element.querySelectorAll("input, select"))
        if (other === name) input.setAttribute("aria-invalid", "true");
        else input.removeAttribute("aria-invalid");
    this.marked = name;
  }

  /** Show a scenario's values; `except` is the field under the reader's hand. */
  show(values, except = null) {
    for (const [name, row] of this.rows) {
      // what has not changed is left alone: every write costs the page a part of its frame
      if (name !== except && row.shown !== values[name]) row.show(values[name]);
      row.shown = values[name];
      const hidden = row.knob.when ? !row.knob.when(values) : false;
      if (row.element.hidden !== hidden) row.element.hidden = hidden;
    }
  }
}
