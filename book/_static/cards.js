// Recall-then-reveal cards. The page works without this file: it adds a field to answer in before the reveal, a rating
// of oneself after it, and a count. journal.js keeps the ratings and what was typed.
"use strict";

(() => {
  const RATINGS = [
    ["again", "Not yet"],
    ["hard", "With gaps"],
    ["good", "Good"],
    ["easy", "Easily"],
  ];
  const LEARNT = new Set(["good", "easy"]);
  const FEW = 3; // so many cards at a chapter's end need no bar above them: they are rated where they stand
  const journal = globalThis.mqJournal; // on pages with cards

  const rated = (id) => journal.last(id);
  const refusal = () => (journal.forgets ? "This browser refuses to keep it: save your ratings as a file before you leave the page." : "");

  function make(tag, attributes = {}, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    made.append(...children);
    return made;
  }

  // The field in which a card is answered; what is typed is there again after a reload, until it is deleted.
  function field(id) {
    const area = make("textarea", { id: `recall-${id}`, rows: "1" });
    area.value = journal.draft.of(id);
    area.addEventListener("input", () => journal.draft.keep(id, area.value));
    const label = make("label", { class: "mq-recall", for: area.id }, "Answer from memory first, aloud or here. It is kept in this browser.");
    return { area, label };
  }

  function furnish(card, changed) {
    const id = card.dataset.question;
    const details = card.querySelector("details");
    const { area, label } = field(id);
    details.before(label, area);

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
        const answer = area.value.trim();
        chosen = journal.keep(id, name, answer ? { answer } : {}, chosen);
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
      status.textContent = found ? `Rated “${text}” on ${found.at.slice(0, 10)}. ${refusal() || "Kept in this browser."}` : "";
      card.dataset.rating = found?.rating ?? "";
      if (document.activeElement !== area) area.value = journal.draft.of(id);
    }
    show();
    return { card, id, details, show };
  }

  // The buttons that save and add ratings. `changed` is called after ratings were added.
  function exchange(changed) {
    const save = make("button", { type: "button" }, "Save my ratings as a file");
    const file = make("input", { type: "file", accept: ".jsonl", hidden: "", "aria-label": "A file of ratings" });
    const read = make("button", { type: "button" }, "Add ratings from a file");
    const news = make("p", { role: "status", class: "mq-cards-news" });
    const ratings = (count) => `${count} rating${count === 1 ? "" : "s"}`;
    save.addEventListener("click", () => {
      const count = journal.save(make);
      news.textContent = `${ratings(count)} of all topics in cards.jsonl, with your answers. In the terminal: mq quiz merge cards.jsonl`;
    });
    read.addEventListener("click", () => file.click());
    file.addEventListener("change", async () => {
      const [chosen] = file.files;
      if (!chosen) return;
      try {
        const theirs = journal.read(await chosen.text());
        const added = journal.add(theirs);
        news.textContent =
          theirs.length === 0
            ? `${chosen.name} has no rating of a card. Choose the file that this page or mq quiz wrote.`
            : `${ratings(added)} added. ${refusal()}`.trim();
      } catch {
        news.textContent = `${chosen.name} cannot be read. Choose the file that this page or mq quiz wrote.`;
      }
      file.value = "";
      changed();
    });
    return { controls: [save, read, file], news };
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
    const review = make("a", { class: "mq-button" });
    const nothing = make("p", { hidden: "" }, "You know every card of this page. “Hide what I know” hides them all.");
    const showAll = () => {
      for (const { show } of cards) show();
      update();
    };
    const { controls, news } = exchange(showAll);
    const all = make("div", { class: "mq-cards-bar", role: "group", "aria-label": "Your progress on this page" }, count, review, show, hide, close, forget, ...controls, news, nothing);
    const sections = new Set(cards.map(({ card }) => card.parentElement.closest("section")));
    const topics = new Set(cards.map(({ card }) => card.dataset.topic));
    const planned = cards.map(({ id, card }) => ({ id, level: card.dataset.level, topic: card.dataset.topic, minutes: 0 }));

    function update() {
      const asked = cards.filter(({ card }) => !level.value || card.dataset.level === level.value);
      const ratings = asked.map(({ id }) => rated(id)?.rating).filter(Boolean);
      const known = ratings.filter((rating) => LEARNT.has(rating)).length;
      count.textContent = `${ratings.length} of ${asked.length} rated, ${known} known well.`;
      const { due, fresh } = mqSchedule.plan(planned, mqSchedule.replay(journal.lines()), Date.now());
      review.textContent = `Review one at a time: ${due.length} due, ${fresh.length} new`;
      review.href = `${document.documentElement.dataset.content_root}book/questions/review.html${topics.size === 1 ? `?topic=${[...topics][0]}` : ""}`;
      const hiding = hide.getAttribute("aria-pressed") === "true";
      for (const { card, id, details } of cards) {
        // A card that is open stays: it would vanish under the reader's hands.
        card.hidden = !asked.some((one) => one.card === card) || (hiding && LEARNT.has(rated(id)?.rating) && !details.open);
      }
      for (const section of sections) {
        // A heading with nothing below it goes as well, but never the page's own section with the bar in it.
        if (!section.contains(all)) section.hidden = !section.querySelector(".mq-card:not([hidden])");
      }
      nothing.hidden = cards.some(({ card }) => !card.hidden);
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
    let forgotten = []; // until the page is left: one wrong click must not cost weeks
    forget.addEventListener("click", () => {
      if (forgotten.length > 0) {
        journal.add(forgotten);
        forgotten = [];
      } else {
        const here = new Set(cards.map(({ id }) => id));
        forgotten = journal.lines().filter(({ card }) => here.has(card));
        journal.remove(forgotten);
      }
      forget.textContent = forgotten.length > 0 ? "Bring my ratings back" : "Forget my ratings";
      showAll();
    });
    journal.onChange(showAll);
    return { all, update };
  }

  function start() {
    const found = [...document.querySelectorAll(".mq-card[data-question]")];
    if (found.length === 0) return;
    journal.adopt(found.map((card) => card.dataset.question));
    let update = () => {};
    const cards = found.map((card) => furnish(card, () => update()));
    if (cards.length > FEW) {
      const made = bar(cards);
      update = made.update;
      // Above the heading under which the first card stands.
      const section = found[0].parentElement.closest("section");
      (section.querySelector(":scope > h2") ? section : found[0]).before(made.all);
      update();
    } else {
      journal.onChange(() => cards.forEach(({ show }) => show()));
    }
  }

  globalThis.mqCards = { RATINGS, make, field, exchange, refusal };

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
