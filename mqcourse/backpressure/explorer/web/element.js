// The three places where this file is loaded: a page of the book (a custom element), a worker (the model alone), and a
// notebook in JupyterLab (an anywidget, whose model is the Python kernel).

import { scenario, valuesOfQuery } from "./engine/scenario.js";
import { simulate } from "./generated/simulation.js";
import { pack } from "./journal.js";
import { PageModel, serve } from "./runner.js";
import { CSS } from "./generated/style.js";
import { View } from "./view.js";

const listed = (text) => (text ? text.split(",").map((one) => one.trim()) : null);

function define() {
  class BackpressureExplorer extends HTMLElement {
    connectedCallback() {
      if (this.view) return;
      const query = this.getAttribute("scenario");
      const beside = this.getAttribute("beside");
      this.view = new View(this, this.shadowRoot ?? this.attachShadow({ mode: "open" }), CSS, {
        model: new PageModel(import.meta.url),
        preset: this.getAttribute("preset"),
        values: query ? valuesOfQuery(query) : null,
        beside: beside === null ? null : valuesOfQuery(beside),
        sliders: listed(this.getAttribute("sliders")),
        predict: this.getAttribute("predict") !== "no",
        id: this.id,
        linkable: this.id !== "",
        base: import.meta.url,
      });
    }
  }
  customElements.define("backpressure-explorer", BackpressureExplorer);
}

/** The Python kernel as the model: questions and answers by message. */
class KernelModel {
  constructor(model) {
    this.model = model;
    this.waiting = new Map();
    this.ids = 0;
    this.journalMost = 50000; // widget.py's
    this.heard = ({ id, error, result, journal }) => {
      const { resolve, reject } = this.waiting.get(id) ?? {};
      this.waiting.delete(id);
      if (error) reject?.(new Error(error));
      else resolve?.(result ?? pack(journal));
    };
    model.on("msg:custom", this.heard);
  }

  ask(question) {
    const id = `${Date.now()}-${this.ids++}`;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.model.send({ id, ...question });
    });
  }

  run(values) {
    return this.ask({ values });
  }

  journal(values) {
    return this.ask({ values, journal: true });
  }

  close() {
    this.model.off("msg:custom", this.heard);
  }
}

function render({ model, el }) {
  const holder = document.createElement("div");
  holder.dataset.lmSuppressShortcuts = "true"; // else the notebook takes the keys that are typed in here as its own
  el.append(holder);
  const view = new View(holder, holder.attachShadow({ mode: "open" }), CSS, {
    model: new KernelModel(model),
    preset: model.get("preset") || null,
    values: Object.keys(model.get("values")).length ? model.get("values") : null,
    beside: null,
    sliders: model.get("sliders").length ? model.get("sliders") : null,
    predict: model.get("predict"),
    id: "",
    linkable: false,
    base: null,
  });
  const tell = () => {
    model.set("values", { ...view.sides[0] });
    model.save_changes();
  };
  holder.addEventListener("settled", tell); // not while a slider moves: a notebook's traffic is its kernel's time
  return () => view.close();
}

if (typeof document === "undefined") {
  if (typeof WorkerGlobalScope !== "undefined") serve(globalThis);
} else if (!customElements.get("backpressure-explorer")) {
  define();
}

export { scenario, simulate };
export const widget = { render };
