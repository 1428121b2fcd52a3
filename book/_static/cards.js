// Recall-then-reveal cards. The page works without this file: it adds a field to answer in before the reveal, a rating
// of oneself after it, and a count. Ratings stay in this browser and are sent nowhere: the last one of each card in
// localStorage "mq-card:ID", and all of them, a line each, in "mq-card-journal", in the format that `mq quiz` keeps.
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

  // Every rating as a line {card, at, rating}; what is no such line is passed over, as `mq quiz` does.
  const JOURNAL = "mq-card-journal";
  function reviews(text) {
    const found = [];
    for (const line of text.split("\n")) {
      try {
        const { card, at, rating } = JSON.parse(line);
        const known = typeof card === "string" && RATINGS.some(([name]) => name === rating);
        const moment = typeof at === "string" && /(Z|[+-]\d\d:?\d\d)$/.test(at) && !Number.isNaN(Date.parse(at));
        if (known && moment) found.push({ card, at, rating });
      } catch {} // torn, or not ours
    }
    return found;
  }
  const journal = () => reviews(store.get(JOURNAL) ?? "");
  const written = (lines) => lines.map((line) => `${JSON.stringify(line)}\n`).join("");
  const keepAll = (lines) => store.set(JOURNAL, written(lines));

  // The union of the journal and a file's ratings, each once, in the order of time.
  function merge(theirs) {
    const ours = journal();
    const each = new Map([...ours, ...theirs].map((line) => [JSON.stringify([line.card, line.at, line.rating]), line]));
    const all = [...each.values()].sort((one, other) => Date.parse(one.at) - Date.parse(other.at));
    keepAll(all);
    for (const { card, at, rating } of all) {
      const last = rated(card);
      if (!last || Date.parse(last.at) <= Date.parse(at)) store.set(`mq-card:${card}`, JSON.stringify({ rating, at }));
    }
    return all.length - ours.length;
  }

  function rated(id) {
    try {
      const found = JSON.parse(store.get(`mq-card:${id}`) ?? "null");
      const known = found && typeof found.at === "string" && RATINGS.some(([name]) => name === found.rating);
      return known ? found : null;
    } catch {
      return null; // what another version wrote
    }
  }

  // Keep a rating of now, in the place of an earlier one when its time is given; gives its time.
  function keep(id, rating, instead = null) {
    const at = new Date().toISOString();
    store.set(`mq-card:${id}`, JSON.stringify({ rating, at }));
    keepAll([...journal().filter((line) => !(line.card === id && line.at === instead)), { card: id, at, rating }]);
    return at;
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
    // Arrow keys pass the ratings between: until the answer is closed, a later choice replaces the one before.
    let chosen = null;
    details.addEventListener("toggle", () => {
      if (!details.open) chosen = null;
    });
    for (const [name, text] of RATINGS) {
      const choice = make("input", { type: "radio", name: `rating-${id}`, value: name });
      choice.addEventListener("change", () => {
        chosen = keep(id, name, chosen);
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

  function bar(cards, review) {
    const count = make("p", { role: "status" });
    const hide = make("button", { type: "button", "aria-pressed": "false" }, "Hide what I know");
    const close = make("button", { type: "button" }, "Close all answers");
    const forget = make("button", { type: "button" }, "Forget my ratings");
    const save = make("button", { type: "button" }, "Save my ratings as a file");
    const file = make("input", { type: "file", accept: ".jsonl", hidden: "", "aria-label": "A file of ratings" });
    const read = make("button", { type: "button" }, "Add ratings from a file");
    read.addEventListener("click", () => file.click());
    const news = make("p", { role: "status", class: "mq-cards-news" });
    const level = make("select", {}, make("option", { value: "" }, "all levels"));
    for (const one of ["J", "M", "S", "St"]) {
      const has = cards.find(({ card }) => card.dataset.level === one);
      if (has) level.append(make("option", { value: one }, has.card.querySelector(".mq-level").textContent));
    }
    const show = make("label", {}, "Show ", level);
    const all = make("div", { class: "mq-cards-bar", role: "group", "aria-label": "Your progress on this page" }, count, show, hide, close, forget, save, read, file, news);
    const topics = new Set(cards.map(({ card }) => card.parentElement.closest("section")));

    function update() {
      const asked = cards.filter(({ card }) => !level.value || card.dataset.level === level.value);
      const ratings = asked.map(({ id }) => rated(id)?.rating).filter(Boolean);
      const known = ratings.filter((rating) => LEARNT.has(rating)).length;
      count.textContent = `${ratings.length} of ${asked.length} rated, ${known} known well.`;
      const hiding = hide.getAttribute("aria-pressed") === "true";
      for (const one of cards) {
        // A card that is open stays: it would vanish under the reader's hands.
        one.card.hidden = review.only !== null ? one.id !== review.only : !asked.includes(one) || (hiding && LEARNT.has(rated(one.id)?.rating) && !one.details.open);
      }
      for (const topic of topics) {
        // A heading with nothing below it goes as well, but never the page's own section with the bar in it.
        if (!topic.contains(all)) topic.hidden = !topic.querySelector(".mq-card:not([hidden])");
      }
      review.changed();
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
    let forgottenLines = [];
    const forgotten = new Map(); // until the page is left: one wrong click must not cost weeks
    forget.addEventListener("click", () => {
      if (forgotten.size > 0) {
        for (const [id, text] of forgotten) if (!rated(id)) store.set(`mq-card:${id}`, text);
        merge(forgottenLines);
        forgotten.clear();
      } else {
        const here = new Set(cards.map(({ id }) => id));
        forgottenLines = journal().filter(({ card }) => here.has(card));
        keepAll(journal().filter(({ card }) => !here.has(card)));
        for (const { id } of cards) {
          if (rated(id)) forgotten.set(id, store.get(`mq-card:${id}`));
          store.remove(`mq-card:${id}`);
        }
      }
      forget.textContent = forgotten.size > 0 ? "Bring my ratings back" : "Forget my ratings";
      for (const { show } of cards) show();
      update();
    });
    save.addEventListener("click", () => {
      const address = URL.createObjectURL(new Blob([written(journal())], { type: "application/x-ndjson" }));
      make("a", { href: address, download: "cards.jsonl" }).click();
      setTimeout(() => URL.revokeObjectURL(address), 60_000); // the download has begun by then
      news.textContent = `${journal().length} ratings of all topics are in cards.jsonl. In the terminal: mq quiz merge cards.jsonl`;
    });
    file.addEventListener("change", async () => {
      const theirs = reviews(await file.files[0].text());
      const added = merge(theirs);
      news.textContent = theirs.length === 0 ? "The file has no rating of a card. Choose the file that this page or mq quiz wrote." : `${added} ratings were added.`;
      file.value = "";
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
    // A rating of the time before there was a journal becomes a line of it.
    const have = new Set(journal().map(({ card }) => card));
    const old = cards.filter(({ id }) => rated(id) && !have.has(id));
    if (old.length > 0) merge(old.map(({ id }) => ({ card: id, at: rated(id).at, rating: rated(id).rating })));
    if (cards.length > 1) {
      // What review.js needs: while `only` names a card, no other is shown.
      const review = {
        cards, journal, make, ratings: RATINGS, bar: null, only: null, changed() {}, update: () => update(),
        rate(id, rating) {
          keep(id, rating);
          cards.find((one) => one.id === id).show();
        },
      };
      globalThis.mqCards = review;
      const made = bar(cards, review);
      review.bar = made.all;
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
