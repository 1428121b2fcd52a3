// "Predict first": the reader picks an answer, or draws the curve, and then runs.

import { make } from "./words.js";

let groups = 0;

/** The question as a form; done(choice or null) is called once. `figure` has choices, answer, question. */
export function ask(figure, done) {
  const name = `prediction-${groups++}`;
  const run = make("button", { type: "submit", class: "main" }, "Run it");
  const skip = make("button", { type: "button", onclick: () => done(null) }, "Run without predicting");
  const picks = figure.choices.map((choice, place) =>
    make("label", {}, make("input", { type: "radio", name, value: place }), make("span", {}, choice)),
  );
  return make(
    "form",
    {
      class: "predict",
      onsubmit: (event) => {
        event.preventDefault();
        const picked = new FormData(event.target).get(name);
        done(picked === null ? null : Number(picked));
      },
    },
    make("fieldset", {}, make("legend", {}, "Predict first"), make("p", {}, figure.question), ...picks,
      make("p", { class: "hint" }, "Or draw the number waiting into the first chart, with a finger or the mouse."),
      make("div", { class: "bar" }, run, skip)),
  );
}

/** What to say after the run. */
export function verdict(figure, picked, drew) {
  const right = figure.choices[figure.answer];
  if (picked === null) return `${drew ? "Your curve is the dotted one. " : ""}The answer is “${right}”. `;
  return picked === figure.answer
    ? `You predicted it: “${right}”. `
    : `You predicted “${figure.choices[picked]}”. The answer is “${right}”. Find the reason in the charts. `;
}
