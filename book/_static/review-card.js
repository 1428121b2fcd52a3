// One card of a session: the field, how sure its reader is, then the own answer beside the strong one, the rubric to
// tick, and the rating. It keeps nothing itself, except what is being typed.
"use strict";

(() => {
  const { RATINGS, make, field } = mqCards;
  const SURE = [
    [25, "A guess"],
    [50, "Half sure"],
    [75, "Fairly sure"],
    [95, "Certain"],
  ];

  const title = (text) => make("p", { class: "mq-card-part-title" }, text);

  // Four buttons with the keys 1 to 4; `chosen` gets the place of the one that was pressed.
  function keys(label, css, texts, chosen) {
    const group = make("div", { class: css, role: "group", "aria-label": label });
    texts.forEach((text, place) => {
      const button = make("button", { type: "button", "aria-keyshortcuts": String(place + 1) }, `${place + 1} ${text}`);
      button.addEventListener("click", () => chosen(place));
      group.append(button);
    });
    return group;
  }

  function ownAnswer(text, before) {
    const own = make("div", { class: "mq-card-part mq-review-own" }, title("Your answer"));
    own.append(make("p", text ? { class: "mq-review-words" } : {}, text || "You wrote nothing. Compare what you answered aloud."));
    if (before) {
      const earlier = make("details", {}, make("summary", {}, `Your answer of ${before.at.slice(0, 10)}`));
      earlier.append(make("p", { class: "mq-review-words" }, before.answer));
      own.append(earlier);
    }
    return own;
  }

  // The points of the rubric as boxes to tick.
  function rubric(part) {
    const points = [...part.querySelectorAll("li")];
    const count = make("p", { role: "status", class: "mq-review-points" });
    const boxes = points.map((point) => {
      const box = make("input", { type: "checkbox" });
      box.addEventListener("change", update);
      point.replaceChildren(make("label", {}, box, make("span", {}, ...point.querySelector("p").childNodes)));
      return box;
    });
    const ticked = () => boxes.flatMap((box, place) => (box.checked ? [place] : []));
    function update() {
      count.textContent = `${ticked().length} of ${boxes.length} points ticked.`;
    }
    part.querySelector(".mq-card-part-title").textContent = "Tick what your answer contained";
    part.append(count);
    update();
    return ticked;
  }

  // The card of `html`. `before` is its last line with an answer; `waits` are the texts of the four waits; `give` gets the
  // rating and {sure, answer, points} as far as there are any.
  function of(html, id, before, waits, give) {
    const holder = make("template");
    holder.innerHTML = html;
    const card = holder.content.firstElementChild;
    card.classList.add("mq-review-card");
    const details = card.querySelector("details.mq-card-answer");
    const body = details.querySelector(".mq-card-body");
    const prompt = card.querySelector(".mq-card-prompt");
    prompt.tabIndex = body.tabIndex = -1;
    let sure = null;
    let points = () => [];

    const { area, label } = field(id);
    area.rows = 4;
    const surely = keys("How sure are you?", "mq-review-keys", SURE.map(([, text]) => text), beSure);
    surely.prepend(make("p", {}, "How sure are you?"));
    const show = make("button", { type: "button", class: "mq-review-show", "aria-keyshortcuts": "Space" }, "Show the answer");
    const rate = keys("How well did you know it?", "mq-review-keys mq-review-rate", RATINGS.map(([, text]) => text), rateAs);
    [...rate.children].forEach((button, place) => button.append(make("small", {}, waits[place])));
    rate.prepend(make("p", {}, "How well did you know it?"));
    body.hidden = rate.hidden = true;
    details.replaceWith(label, area, surely, show, body, rate);
    show.addEventListener("click", reveal);

    // What is wider than its box scrolls, and so must be reached by Tab. The theme does this for a page as it was loaded.
    function reach() {
      for (const box of card.querySelectorAll("pre")) if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
    }

    function beSure(place) {
      sure = SURE[place][0];
      [...surely.querySelectorAll("button")].forEach((button, at) => button.setAttribute("aria-pressed", String(at === place)));
    }

    function reveal() {
      label.hidden = area.hidden = surely.hidden = show.hidden = true;
      body.hidden = rate.hidden = false;
      const strong = body.querySelector(".mq-card-strong");
      const levels = body.querySelector(".mq-card-rubric");
      const model = make("div", { class: "mq-review-model" });
      const beside = make("div", { class: "mq-review-beside" }, ownAnswer(area.value.trim(), before), model, levels);
      while (body.firstElementChild !== strong) model.append(body.firstElementChild);
      model.append(strong);
      body.prepend(beside);
      points = rubric(levels);
      reach();
      body.focus({ preventScroll: true });
      prompt.scrollIntoView();
    }

    function rateAs(place) {
      const answer = area.value.trim();
      const ticked = points();
      give(RATINGS[place][0], { ...(sure !== null && { sure }), ...(answer && { answer }), ...(ticked.length > 0 && { points: ticked }) });
    }

    return {
      card,
      prompt,
      area,
      reach,
      reveal,
      get open() {
        return !body.hidden;
      },
      press: (place) => (body.hidden ? beSure : rateAs)(place),
    };
  }

  globalThis.mqReviewCard = { SURE, of };
})();
