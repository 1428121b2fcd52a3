// Recall-then-reveal cards. The page works without this file: it adds a field to answer in before the reveal, a rating
// of oneself after it, and a count. Ratings stay in this browser (localStorage "mq-card:ID") and are sent nowhere.
"use strict";

(() => {
  const RATINGS = [
    ["again", "Not yet"],
    ["hard", "With gaps"],
    ["good", "Good"],
    ["easy", "Easily"],
  ];
  const LEARNT = new Set(["good", "easy"]);

  // A browser may refuse storage (private windows, file pages): the cards then forget at the end of the visit.
  const memory = new Map();
  const store = {
    get(key) {
      try {
        return localStorage.getItem(key);
      } catch {
        return memory.get(key) ?? null;
      }
    },
    set(key, value) {
      try {
        localStorage.setItem(key, value);
      } catch {
        memory.set(key, value);
      }
    },
    remove(key) {
      try {
        localStorage.removeItem(key);
      } catch {
        memory.delete(key);
      }
    },
  };

  function rated(id) {
    try {
      const found = JSON.parse(store.get(`mq-card:${id}`) ?? "null");
      const known = found && typeof found.at === "string" && RATINGS.some(([name]) => name === found.rating);
      return known ? found : null;
    } catch {
      return null; // what another version wrote
    }
  }

  function make(tag, attributes = {}, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    made.append(...children);
    return made;
  }

  function furnish(card, changed) {
    const id = card.dataset.question;
    const details = card.querySelector("details");
    const field = make("textarea", { id: `recall-${id}`, rows: "3" });
    const label = make("label", { class: "mq-recall", for: field.id }, "Answer from memory first, aloud or here. It stays in this page.");
    details.before(label, field);

    const status = make("p", { class: "mq-card-rated", role: "status" });
    const fieldset = make("fieldset", {}, make("legend", {}, "How well did you know it?"));
    for (const [name, text] of RATINGS) {
      const choice = make("input", { type: "radio", name: `rating-${id}`, value: name });
      choice.addEventListener("change", () => {
        store.set(`mq-card:${id}`, JSON.stringify({ rating: name, at: new Date().toISOString() }));
        show();
        changed();
      });
      fieldset.append(make("label", {}, choice, text));
    }
    fieldset.append(status);
    details.querySelector(".mq-card-body").append(fieldset);

    function show() {
      const found = rated(id);
      for (const choice of fieldset.querySelectorAll("input")) choice.checked = found?.rating === choice.value;
      const text = RATINGS.find(([name]) => name === found?.rating)?.[1];
      status.textContent = found ? `Rated “${text}” on ${found.at.slice(0, 10)}. Kept in this browser.` : "";
      card.dataset.rating = found?.rating ?? "";
    }
    show();
    return { card, id, details, show };
  }

  function bar(cards) {
    const count = make("p", { role: "status" });
    const hide = make("button", { type: "button", "aria-pressed": "false" }, "Hide what I know");
    const close = make("button", { type: "button" }, "Close all answers");
    const forget = make("button", { type: "button" }, "Forget my ratings");
    const level = make("select", {}, make("option", { value: "" }, "all levels"));
    for (const one of ["J", "M", "S", "St"]) {
      const has = cards.find(({ card }) => card.dataset.level === one);
      if (has) level.append(make("option", { value: one }, has.card.querySelector(".mq-level").textContent));
    }
    const show = make("label", {}, "Show ", level);
    const all = make("div", { class: "mq-cards-bar", role: "group", "aria-label": "Your progress on this page" }, count, show, hide, close, forget);
    const topics = new Set(cards.map(({ card }) => card.parentElement.closest("section")));

    function update() {
      const asked = cards.filter(({ card }) => !level.value || card.dataset.level === level.value);
      const ratings = asked.map(({ id }) => rated(id)?.rating).filter(Boolean);
      const known = ratings.filter((rating) => LEARNT.has(rating)).length;
      count.textContent = `${ratings.length} of ${asked.length} rated, ${known} known well.`;
      const hiding = hide.getAttribute("aria-pressed") === "true";
      for (const one of cards) {
        // A card that is open stays: it would vanish under the reader's hands.
        one.card.hidden = !asked.includes(one) || (hiding && LEARNT.has(rated(one.id)?.rating) && !one.details.open);
      }
      for (const topic of topics) {
        // A heading with nothing below it goes as well, but never the page's own section with the bar in it.
        if (!topic.contains(all)) topic.hidden = !topic.querySelector(".mq-card:not([hidden])");
      }
    }
    level.addEventListener("change", () => update());
    hide.addEventListener("click", () => {
      hide.setAttribute("aria-pressed", String(hide.getAttribute("aria-pressed") !== "true"));
      update();
    });
    close.addEventListener("click", () => {
      for (const { details } of cards) details.open = false;
      update();
    });
    const forgotten = new Map(); // until the page is left: one wrong click must not cost weeks
    forget.addEventListener("click", () => {
      if (forgotten.size > 0) {
        for (const [id, text] of forgotten) if (!rated(id)) store.set(`mq-card:${id}`, text);
        forgotten.clear();
      } else {
        for (const { id } of cards) {
          if (rated(id)) forgotten.set(id, store.get(`mq-card:${id}`));
          store.remove(`mq-card:${id}`);
        }
      }
      forget.textContent = forgotten.size > 0 ? "Bring my ratings back" : "Forget my ratings";
      for (const { show } of cards) show();
      update();
    });
    return { all, update };
  }

  function start() {
    const found = [...document.querySelectorAll(".mq-card[data-question]")];
    if (found.length === 0) return;
    let update = () => {};
    const cards = found.map((card) => furnish(card, () => update()));
    if (cards.length > 1) {
      const made = bar(cards);
      update = made.update;
      // Above the heading under which the first card stands.
      const section = found[0].parentElement.closest("section");
      (section.querySelector(":scope > h2") ? section : found[0]).before(made.all);
      update();
    }
  }

  // On paper nothing can be opened: every answer is, and closes again afterwards; code that was folded away stays so.
  // Paper is white: a page in dark mode would be printed in ink that nobody can read.
  let opened = [];
  let mode;
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll(".bd-article details:not([open], .hide)")];
    for (const details of opened) details.open = true;
    mode = document.documentElement.dataset.theme;
    document.documentElement.dataset.theme = "light";
  });
  addEventListener("afterprint", () => {
    for (const details of opened) details.open = false;
    document.documentElement.dataset.theme = mode;
  });

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
