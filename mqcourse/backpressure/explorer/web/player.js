// The moment that the flow shows: played, paused, or moved by hand.

import { brief, make, share } from "./words.js";

const SPEEDS = [0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10];

export class Player {
  /** flows: those to show; seen(moment): tell the charts. */
  constructor(holder, still, paint) {
    this.still = still;
    this.paint = paint; // (moment, play, clock)
    this.durationS = 60;
    this.moment = 0;
    this.playing = false;
    this.part = "";
    this.visible = true;
    this.button = make("button", { type: "button", onclick: () => this.toggle() }, "Play");
    this.slider = make("input", {
      type: "range", min: 0, max: 1000, value: 0, name: "moment", "aria-label": "Moment of the run",
      oninput: () => this.jump((this.slider.value / 1000) * this.durationS),
    });
    this.speed = make("select", { "aria-label": "Speed", name: "speed" }, ...SPEEDS.map((one) =>
      make("option", { value: one, selected: one === 0.2 }, one === 1 ? "real time" : one < 1 ? `${share(one)} speed` : `${one} × speed`)));
    this.words = make("span", { class: "moment" });
    this.caption = make("small", { class: "caption" });
    holder.replaceChildren(this.button, this.slider, this.words, this.speed, this.caption);
    this.begin();
  }

  /** Another scenario, of which no moment was chosen yet, by hand or by playing. */
  begin() {
    this.pause();
    this.moment = 0;
    this.chosen = false;
  }

  /**
   * A run of `wholeS` that can be played for `durationS`. A moment that was chosen stays, as far as the run goes; before
   * that the picture is that of the `telling` one: at its start a run has nothing to show.
   */
  load(durationS, telling, wholeS) {
    this.durationS = durationS;
    this.part = durationS < wholeS ? `The picture holds the first ${brief(durationS)} s of the run. ` : "";
    this.moment = Math.min(this.chosen ? this.moment : telling, durationS);
    this.show(this.playing, this.last ?? 0);
  }

  jump(moment) {
    this.chosen = true;
    this.moment = Math.min(moment, this.durationS);
    this.show(false, 0);
  }

  show(play, clock) {
    const caption = this.part + (this.chosen ? "" : "You see the moment when most messages wait. Play begins at the start.");
    if (this.caption.textContent !== caption) this.caption.textContent = caption;
    this.slider.value = (this.moment / this.durationS) * 1000;
    const words = `${brief(this.moment)} s`;
    this.slider.setAttribute("aria-valuetext", words);
    this.words.textContent = words;
    this.paint(this.moment, play, clock);
  }

  toggle() {
    if (this.playing) this.pause();
    else this.play();
  }

  play() {
    if (!this.chosen || this.moment >= this.durationS) this.moment = 0;
    this.chosen = true;
    this.playing = true;
    this.button.textContent = "Pause";
    this.last = null;
    requestAnimationFrame((clock) => this.step(clock));
  }

  pause() {
    this.playing = false;
    this.button.textContent = "Play";
  }

  step(clock) {
    if (!this.playing) return;
    if (!this.visible) {
      this.last = null;
      setTimeout(() => requestAnimationFrame((later) => this.step(later)), 250);
      return;
    }
    const passed = this.last === null ? 0 : clock - this.last;
    // with reduced motion the picture changes twice a second and nothing flies
    if (this.last === null || !this.still || passed >= 500) {
      this.moment = Math.min(this.durationS, this.moment + (Math.min(passed, 600) / 1000) * Number(this.speed.value));
      this.last = clock;
      this.show(true, clock);
      if (this.moment >= this.durationS) this.pause();
    }
    requestAnimationFrame((next) => this.step(next));
  }
}
