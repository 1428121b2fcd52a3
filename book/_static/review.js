// The review of a page's cards: one at a time, those that are due first. Space shows the answer, 1 to 4 rate it.
// The ratings are those of cards.js, in the same journal; schedule.js finds from them when a card is due again.
"use strict";

(() => {
  const page = globalThis.mqCards;
  if (!page) return; // no card here
  const { cards, ratings, journal, rate, make } = page;
  const MINUTE_MS = 60_000;
  const DAY_MS = 1440 * MINUTE_MS;
  const all = cards.map(({ id, card }) => ({ id, level: card.dataset.level }));
  let running = null; // {withNew, rated} while a review is on
  let current = null;

  const plan = (withNew) => mqSchedule.plan(all, mqSchedule.replay(journal()), Date.now(), withNew);

  const count = make("p", { class: "mq-review-count" });
  const due = make("button", { type: "button" });
  const fresh = make("button", { type: "button" });
  const end = make("button", { type: "button", hidden: "" }, "End the review");
  const news = make("p", { role: "status", class: "mq-review-news" });
  const bar = make("div", { class: "mq-cards-bar mq-review-bar", role: "group", "aria-label": "Review" }, count, due, fresh, end, news);

  // A wait in the unit in which a reader plans: minutes, hours or days.
  function wait(ms) {
    const [size, unit] = ms < 60 * MINUTE_MS ? [MINUTE_MS, "minute"] : ms < DAY_MS ? [60 * MINUTE_MS, "hour"] : [DAY_MS, "day"];
    const number = Math.max(1, Math.round(ms / size));
    return `${number} ${unit}${number === 1 ? "" : "s"}`;
  }

  function counts() {
    const { due: waiting, fresh: unseen } = plan(false);
    count.textContent = `${waiting.length} due, ${unseen.length} new on this page.`;
    due.textContent = `Review what is due (${waiting.length})`;
    fresh.textContent = "Review with new cards";
    due.disabled = waiting.length === 0;
    fresh.disabled = waiting.length + unseen.length === 0;
    due.hidden = fresh.hidden = running !== null;
    end.hidden = running === null;
  }

  function ratingButtons(one) {
    const group = make("div", { class: "mq-review-rate", role: "group", "aria-label": "How well did you know it?" });
    ratings.forEach(([name, text], place) => {
      const key = String(place + 1);
      const button = make("button", { type: "button", "aria-keyshortcuts": key }, `${key} ${text}`);
      button.addEventListener("click", () => give(one, name));
      group.append(button);
    });
    return group;
  }

  function show(one) {
    current = one;
    page.only = one.id;
    one.details.open = false;
    one.card.querySelector("textarea").value = "";
    if (!one.card.querySelector(".mq-review-rate")) one.card.querySelector(".mq-card-body").append(ratingButtons(one));
    one.card.classList.add("mq-review-current");
    page.update();
    const prompt = one.card.querySelector(".mq-card-prompt");
    prompt.tabIndex = -1;
    prompt.focus();
  }

  function leave() {
    current?.card.classList.remove("mq-review-current");
    current = null;
  }

  function next() {
    leave();
    const [first] = plan(running.withNew).queue;
    counts();
    if (first) show(cards.find(({ id }) => id === first.id));
    else stop(`Done: ${running.rated} rated. ${upcoming()}`);
  }

  function upcoming() {
    const here = new Set(all.map(({ id }) => id));
    const times = [...mqSchedule.replay(journal())].filter(([id]) => here.has(id)).map(([, memory]) => memory.due);
    return times.length > 0 ? `The next card is due in ${wait(Math.max(0, Math.min(...times) - Date.now()))}.` : "No card has been rated yet.";
  }

  function give(one, rating) {
    rate(one.id, rating);
    running.rated += 1;
    const [, text] = ratings.find(([name]) => name === rating);
    const memory = mqSchedule.replay(journal()).get(one.id);
    news.textContent = `“${text}”: due again in ${wait(memory.due - Date.now())}.`;
    next();
  }

  function begin(withNew) {
    running = { withNew, rated: 0 };
    news.textContent = "Space shows the answer, 1 to 4 rate it, Escape ends the review.";
    next();
  }

  function stop(text) {
    leave();
    running = null;
    page.only = null;
    page.update();
    counts();
    news.textContent = `${news.textContent} ${text}`.trim();
    (due.disabled ? fresh : due).focus();
  }

  due.addEventListener("click", () => begin(false));
  fresh.addEventListener("click", () => begin(true));
  end.addEventListener("click", () => stop(`Ended: ${running.rated} rated.`));
  page.changed = counts;

  // Keys act on the card alone: what is typed into a field stays there, and a button or link keeps its own keys.
  addEventListener("keydown", (event) => {
    if (!current || event.ctrlKey || event.altKey || event.metaKey || event.isComposing || event.repeat) return;
    const target = event.target;
    if (target !== document.body && !current.card.contains(target) && !bar.contains(target)) return;
    if (event.key === "Escape") {
      stop(`Ended: ${running.rated} rated.`);
      return;
    }
    if (target.matches("input, textarea, select")) return;
    const { details } = current;
    if (event.key === " " && !details.open && !target.closest("button, a, summary")) {
      event.preventDefault();
      details.open = true;
      details.querySelector("summary").focus();
    } else if (details.open && /^[1-4]$/.test(event.key)) {
      event.preventDefault();
      give(current, ratings[Number(event.key) - 1][0]);
    }
  });

  page.bar.after(bar);
  counts();
})();
