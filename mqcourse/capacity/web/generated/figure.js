// Generated from mqcourse/capacity/figure.py by `make derived`; change it there.

// One result of the calculator.

/** A value in its unit, the same as a text, the formula with its numbers, and the formula's source. */
export class Figure {
  constructor(name, title, value, unit, shown, formula, source) {
    this.name = name;
    this.title = title;
    this.value = value;
    this.unit = unit;
    this.shown = shown;
    this.formula = formula;
    this.source = source;
  }
}
