// <live-queue>: a model of a queue with two workers, which the reader kills. The rules are those of RabbitMQ with prefetch
// 2: what a dead worker had not acknowledged is in the queue again, and what was deleted on sending is lost.
"use strict";

(() => {
  const PREFETCH = 2;
  const MOST_WAITING = 6;
  const TICK_MS = 1200;
  const NAMES = ["Ada", "Ben"];

  /** The state: plain data, changed only by the functions below. */
  const begin = () => ({
    next: 7,
    ready: [5, 6].map((number) => ({ number, again: false })),
    workers: NAMES.map((name, index) => ({
      name,
      alive: true,
      held: [1, 2].map((of) => ({ number: of + 2 * index, again: false })),
    })),
    done: 0,
    lost: [],
    turn: 0,
  });

  const deliver = (state) => {
    for (let free = true; free && state.ready.length; ) {
      free = false;
      for (const worker of state.workers) {
        if (!worker.alive || worker.held.length >= PREFETCH || !state.ready.length) continue;
        worker.held.push(state.ready.shift());
        free = true;
      }
    }
  };

  /** A task is published, and one worker finishes its oldest task. */
  const tick = (state) => {
    if (state.ready.length < MOST_WAITING) state.ready.push({ number: state.next++, again: false });
    const worker = state.workers[state.turn++ % state.workers.length];
    if (worker.alive && worker.held.length) {
      worker.held.shift();
      state.done += 1;
    }
    deliver(state);
  };

  const kill = (state, worker, autoAck) => {
    const held = worker.held.splice(0);
    worker.alive = false;
    if (autoAck) state.lost.push(...held);
    else state.ready.unshift(...held.map(({ number }) => ({ number, again: true })));
    return held.map(({ number }) => number);
  };

  const make = (tag, className, text = "") => Object.assign(document.createElement(tag), { className, textContent: text });

  class LiveQueue extends HTMLElement {
    connectedCallback() {
      if (this.state) return;
      this.state = begin();
      const box = make("section", "mq-live");
      box.setAttribute("aria-label", "A queue that you can break");
      this.ready = make("div", "mq-live-tasks");
      const queue = make("div", "mq-live-box mq-live-queue");
      queue.append(make("strong", "", "Queue"), this.ready);
      this.workers = this.state.workers.map((worker) => {
        const part = make("div", "mq-live-box");
        const name = make("strong", "", worker.name);
        const tasks = make("div", "mq-live-tasks");
        const button = make("button", "");
        button.type = "button";
        button.addEventListener("click", () => this.press(worker));
        part.append(name, tasks, button);
        return { part, tasks, button, name };
      });
      const row = make("div", "mq-live-row");
      const right = make("div", "mq-live-workers");
      right.append(...this.workers.map(({ part }) => part));
      row.append(queue, right);
      this.auto = Object.assign(document.createElement("input"), { type: "checkbox" });
      const label = make("label", "");
      label.append(this.auto, " Delete a task as soon as it is sent (automatic acknowledgement)");
      this.pause = make("button", "");
      this.pause.type = "button";
      this.pause.addEventListener("click", () => this.run(!this.timer));
      this.count = make("p", "mq-live-count");
      this.say = make("p", "mq-live-say", "The workers hold tasks that they have not acknowledged. Kill one.");
      this.say.setAttribute("role", "status");
      const foot = make("div", "mq-live-foot");
      foot.append(label, this.pause);
      box.append(row, this.say, this.count, foot);
      this.replaceChildren(box);
      this.run(!matchMedia("(prefers-reduced-motion: reduce)").matches);
      this.draw();
    }

    disconnectedCallback() {
      this.run(false);
    }

    run(on) {
      clearInterval(this.timer);
      this.timer = on ? setInterval(() => document.hidden || (tick(this.state), this.draw()), TICK_MS) : 0;
      this.pause.textContent = on ? "Pause" : "Run";
    }

    press(worker) {
      if (worker.alive) {
        const auto = this.auto.checked;
        const held = kill(this.state, worker, auto);
        const which = held.length === 1 ? `task ${held[0]}` : `tasks ${held.join(" and ")}`;
        const fate = auto
          ? `The broker had deleted ${which} on sending, so ${held.length === 1 ? "it is" : "they are"} lost.`
          : `The broker puts ${which} back into the queue.`;
        this.say.textContent = `${worker.name} was killed. ${held.length ? fate : "It held no task."}`;
      } else {
        worker.alive = true;
        deliver(this.state);
        this.say.textContent = `${worker.name} is running again, and the broker sends it tasks.`;
      }
      this.draw();
    }

    draw() {
      const fill = (element, tasks) =>
        element.replaceChildren(
          ...tasks.map(({ number, again }) => {
            const task = make("span", "mq-live-task", `${again ? "↻" : ""}${number}`);
            task.title = again ? `task ${number}, delivered before` : `task ${number}`;
            return task;
          }),
        );
      fill(this.ready, this.state.ready);
      this.workers.forEach(({ part, tasks, button, name }, index) => {
        const worker = this.state.workers[index];
        fill(tasks, worker.held);
        part.dataset.alive = worker.alive;
        name.textContent = worker.alive ? worker.name : `${worker.name} ✕ killed`;
        button.textContent = worker.alive ? `Kill ${worker.name}` : `Start ${worker.name} again`;
      });
      const { done, lost } = this.state;
      this.count.textContent = `${done} done, ${lost.length} lost${lost.length ? `: ${lost.map(({ number }) => number).join(", ")}` : ""}`;
    }
  }

  customElements.define("live-queue", LiveQueue);
})();
