// "Run the real Python": the course's own model on SimPy, in Pyodide, in a worker; its source shown and editable.
// Everything comes from this page's own host, and nothing of it before the reader asks.

import { make } from "./words.js";

const PATIENCE_MS = 5000; // a run that takes longer is given up as soon as a newer scenario waits

export class PythonPanel {
  /** base: where python-worker.js lies; changed(): called when Python came up, went, or its source changed. */
  constructor(holder, base, changed) {
    this.base = base;
    this.changed = changed;
    this.waiting = new Map();
    this.ids = 0;
    this.ready = false;
    this.patienceMs = PATIENCE_MS;
    this.button = make("button", { type: "button", class: "python", onclick: () => (this.worker ? this.switch() : this.boot()) }, "Run the real Python");
    this.stop = make("button", { type: "button", hidden: true, onclick: () => this.stopped("you stopped it") }, "Stop Python");
    this.state = make("p", { role: "status", class: "python-state" });
    this.source = make("details", { class: "source", hidden: true }, make("summary", {}, "Read and change the model's source"));
    holder.replaceChildren(make("div", { class: "bar" }, this.button, this.stop), this.state, this.source);
  }

  async boot() {
    if (this.base.startsWith("file:")) {
      this.stopped("this page was opened from a folder, and Python needs the book to be served (`make start` does it)");
      return;
    }
    this.button.disabled = true;
    this.stop.hidden = false;
    this.state.textContent = "Python is being loaded (about 13 MB, once) …";
    const began = performance.now();
    try {
      this.worker = new Worker(new URL("python-worker.js", this.base), { type: "module" });
      this.worker.onmessage = ({ data }) => this.heard(data);
      this.worker.onerror = (event) => this.stopped(event.message || "its worker did not load");
      const { versions, sources } = await this.ask({ boot: true });
      this.shipped = sources;
      this.sources = { ...sources };
      if (this.source.hidden) this.showSource();
      this.ready = true;
      this.button.textContent = "Back to JavaScript";
      this.button.disabled = false;
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

  /** Python is gone: a worker cannot be interrupted, only ended. Pressing the button again begins anew. */
  stopped(why) {
    this.worker?.terminate();
    this.worker = null;
    this.loading = false;
    clearTimeout(this.patience);
    for (const { reject } of this.waiting.values()) reject(new DOMException(why, "AbortError"));
    this.waiting.clear();
    this.state.textContent = `Python does not run: ${why}. The JavaScript model goes on.`;
    this.button.textContent = "Run the real Python";
    this.button.disabled = false;
    this.stop.hidden = true;
    if (this.ready) {
      this.ready = false;
      this.changed();
    }
  }

  heard({ id, error, ...answer }) {
    const asked = this.waiting.get(id);
    if (!asked) return;
    this.waiting.delete(id);
    if (error) asked.reject(new Error(error));
    else asked.resolve(answer);
  }

  ask(question) {
    const id = this.ids++;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.worker.postMessage({ id, ...question });
    });
  }

  /** The result of a scenario by Python. Rejects with the error's one line. */
  run(values, signal) {
    const late = () => this.stopped(`it gave no answer for ${PATIENCE_MS / 1000} s while a newer scenario waited`);
    signal?.addEventListener("abort", late, { once: true });
    if (this.loading) this.patience = setTimeout(late, PATIENCE_MS); // behind a source that may never be loaded
    return this.ask({ values }).then(({ result }) => result).finally(() => {
      signal?.removeEventListener("abort", late);
      clearTimeout(this.patience);
    });
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
      const path = pick.value;
      if (!this.worker) {
        report.textContent = "Python does not run: press “Run the real Python” first. Your text stays here.";
        return;
      }
      report.textContent = "Your version is being loaded …";
      this.loading = true;
      try {
        await this.ask({ path, source });
        this.sources[path] = source;
        report.textContent = this.original ? "The original runs." : "Your version runs.";
        this.changed();
      } catch (error) {
        report.textContent = `It does not load: ${error.message}`;
      } finally {
        this.loading = false;
      }
    };
    const use = make("button", { type: "button", onclick: () => give(area.value) }, "Run my version");
    const back = make("button", { type: "button", onclick: () => { area.value = this.shipped[pick.value]; give(area.value); } }, "Put the original back");
    pick.value = names.find((name) => name.endsWith("/consumers.py")) ?? names[0];
    open();
    this.source.append(make("div", { class: "bar" }, pick, use, back), area, report);
    this.source.hidden = false;
  }

  /** Whether the source is what the page came with. */
  get original() {
    return Object.entries(this.shipped).every(([path, text]) => this.sources[path] === text);
  }

  close() {
    this.worker?.terminate();
  }
}
