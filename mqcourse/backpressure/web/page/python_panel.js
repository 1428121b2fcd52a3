// "Run the real Python": the course's own model on SimPy, in Pyodide, in a worker; its source shown and editable.
// Everything comes from this page's own host, and nothing of it before the reader asks.

import { make } from "./words.js";

export class PythonPanel {
  /** base: where python-worker.js lies; changed(ready): called when Python came up or its source changed. */
  constructor(holder, base, changed) {
    this.base = base;
    this.changed = changed;
    this.waiting = new Map();
    this.ids = 0;
    this.ready = false;
    this.edited = false;
    this.button = make("button", { type: "button", class: "python", onclick: () => this.boot() }, "Run the real Python");
    this.state = make("p", { role: "status", class: "python-state" });
    this.source = make("details", { class: "source", hidden: true }, make("summary", {}, "Read and change the model's source"));
    holder.replaceChildren(this.button, this.state, this.source);
  }

  async boot() {
    if (this.base.startsWith("file:")) {
      this.stopped("this page was opened from a folder, and Python needs the book to be served (`make start` does it)");
      return;
    }
    this.button.disabled = true;
    this.state.textContent = "Python is being loaded (about 13 MB, once) …";
    const began = performance.now();
    try {
      this.worker = new Worker(new URL("python-worker.js", this.base), { type: "module" });
      this.worker.onmessage = ({ data }) => this.heard(data);
      this.worker.onerror = (event) => this.stopped(event.message || "its worker did not load");
      const { versions, sources } = await this.ask({ boot: true });
      this.sources = sources;
      this.showSource();
      this.ready = true;
      this.button.textContent = "Back to JavaScript";
      this.button.onclick = null;
      this.button.disabled = false;
      this.button.addEventListener("click", () => this.switch());
      this.versions = versions;
      this.say(`ready after ${((performance.now() - began) / 1000).toFixed(1)} s`);
      this.changed();
    } catch (error) {
      this.stopped(error.message);
    }
  }

  switch() {
    this.ready = !this.ready;
    this.button.textContent = this.ready ? "Back to JavaScript" : "Run the real Python";
    this.say(this.ready ? "at work" : "at rest; the JavaScript model answers");
    this.changed();
  }

  say(words) {
    this.state.textContent = `Python ${this.versions.python} with SimPy ${this.versions.simpy} in this page: ${words}.`;
  }

  stopped(why) {
    this.state.textContent = `Python could not be started: ${why}. The JavaScript model goes on.`;
    this.button.disabled = false;
    this.worker?.terminate();
    for (const { reject } of this.waiting.values()) reject(new Error(why));
    this.waiting.clear();
    if (this.ready) {
      this.ready = false;
      this.changed();
    }
  }

  heard({ id, error, ...answer }) {
    const { resolve, reject } = this.waiting.get(id);
    this.waiting.delete(id);
    if (error) reject(new Error(error));
    else resolve(answer);
  }

  ask(question) {
    const id = this.ids++;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.worker.postMessage({ id, ...question });
    });
  }

  /** The result of a scenario by Python. Rejects with the error's one line. */
  run(values) {
    return this.ask({ values }).then(({ result }) => result);
  }

  showSource() {
    const names = Object.keys(this.sources);
    const pick = make("select", { "aria-label": "File", onchange: () => open() }, ...names.map((name) => make("option", { value: name }, name)));
    const area = make("textarea", { "aria-label": "Source", rows: 22, spellcheck: "false" });
    const report = make("p", { role: "status" });
    const open = () => {
      area.value = this.sources[pick.value];
    };
    const give = async (source) => {
      try {
        await this.ask({ path: pick.value, source });
        this.sources[pick.value] = source;
        report.textContent = "Your version runs.";
        this.changed();
      } catch (error) {
        report.textContent = `It does not load: ${error.message}`;
      }
    };
    const original = { ...this.sources };
    const use = make("button", { type: "button", onclick: () => { this.edited = true; give(area.value); } }, "Run my version");
    const back = make("button", { type: "button", onclick: () => { area.value = original[pick.value]; give(area.value); } }, "Put the original back");
    pick.value = names.find((name) => name.endsWith("/consumers.py")) ?? names[0];
    open();
    this.source.append(make("div", { class: "bar" }, pick, use, back), area, report);
    this.source.hidden = false;
  }

  /** Whether the source is what the page came with. */
  get original() {
    return !this.edited;
  }

  close() {
    this.worker?.terminate();
  }
}
