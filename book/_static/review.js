// Sessions over the cards of all topics, one card at a time. Space shows the answer; 1 to 4 rate it, and before that say
// how sure the reader is. mqBank (written by the build) names the cards; their texts are a script for each topic, loaded
// when a session comes to it: a page that was opened from a folder may load scripts, and nothing else.
"use strict";

(() => {
  const root = document.querySelector(".mq-review");
  if (!root) return;
  const { RATINGS, make, exchange, refusal } = mqCards;
  const journal = mqJournal;
  const MINUTE_MS = 60_000;
  const HOUR_MS = 60 * MINUTE_MS;
  const DAY_MS = 24 * HOUR_MS;
  const FOLDER = new URL("review/", document.currentScript.src);
  const bank = mqBank.cards;
  const titles = new Map(mqBank.topics);
  const labels = new Map(RATINGS);
  const wish = { topic: new URLSearchParams(location.search).get("topic") ?? "", level: "", minutes: 20 };
  if (!titles.has(wish.topic)) wish.topic = "";
  let session = null; // {queue, began, given: [{card, line, prompt}], current, view} while one is on
  let refresh = () => {}; // after another tab has rated

  // ---- words ----

  const many = (count, noun) => `${count} ${noun}${count === 1 ? "" : "s"}`;

  // A wait in the unit in which a reader plans: minutes, hours or days.
  function wait(ms) {
    const [size, unit] = ms < HOUR_MS ? [MINUTE_MS, "minute"] : ms < DAY_MS ? [HOUR_MS, "hour"] : [DAY_MS, "day"];
    return many(Math.max(1, Math.round(ms / size)), unit);
  }

  function upcoming() {
    const memories = mqSchedule.replay(journal.lines());
    const times = bank.filter(({ id }) => memories.has(id)).map(({ id }) => memories.get(id).due);
    if (times.length === 0) return "No card has been rated yet, so none is due.";
    const ms = Math.min(...times) - Date.now();
    return ms > 0 ? `The next card is due in ${wait(ms)}.` : `${many(times.filter((due) => due <= Date.now()).length, "card")} due now.`;
  }

  // ---- the start ----

  function button(text, click, css = "") {
    const made = make("button", { type: "button", class: css }, text);
    made.addEventListener("click", click);
    return made;
  }

  function select(name, label, options) {
    const made = make("select", {}, ...options.map(([value, text]) => make("option", { value }, text)));
    made.value = String(wish[name]);
    made.addEventListener("change", () => {
      wish[name] = name === "minutes" ? Number(made.value) : made.value;
      refresh();
    });
    return make("label", {}, `${label} `, made);
  }

  const planned = (dueOnly) => mqSchedule.plan(bank, mqSchedule.replay(journal.lines()), Date.now(), { ...wish, dueOnly });

  // The rest of the page is hidden while a session is on.
  const focused = (on) => document.documentElement.classList.toggle("mq-in-session", on);

  function start() {
    session = null;
    const count = make("p", { role: "status", class: "mq-review-count" });
    const due = button("", () => begin(true));
    const fresh = button("", () => begin(false));
    const choice = make(
      "div",
      { class: "mq-cards-bar", role: "group", "aria-label": "A session" },
      count,
      select("topic", "Topic", [["", "all topics"], ...mqBank.topics]),
      select("level", "Level", [["", "all levels"], ...mqBank.levels]),
      select("minutes", "Time", [["10", "10 minutes"], ["20", "20 minutes"], ["30", "30 minutes"], ["60", "an hour"], ["0", "no limit"]]),
      make("div", { class: "mq-review-begin" }, due, fresh),
      make("p", { class: "mq-review-keyboard" }, "Keys: Space shows the answer, 1 to 4 rate it, U takes the last rating back, Escape ends the session."),
    );
    const progress = make("section", { class: "mq-review-progress", "aria-labelledby": "mq-review-progress" });
    const { controls, news } = exchange(() => refresh());
    const file = make("div", { class: "mq-cards-bar", role: "group", "aria-label": "Your ratings as a file" }, ...controls, news);

    refresh = () => {
      const statistics = mqStatistics.of(bank, journal.lines(), Date.now());
      const offers = [
        [due, "Review what is due", planned(true)],
        [fresh, "Review with new cards", planned(false)],
      ];
      for (const [offer, text, { queue }] of offers) {
        const minutes = queue.reduce((sum, card) => sum + card.minutes, 0);
        offer.textContent = queue.length > 0 ? `${text}: ${many(queue.length, "card")}, about ${many(minutes, "minute")}` : `${text}: none`;
        offer.disabled = queue.length === 0;
      }
      const { due: waiting, fresh: unseen } = offers[1][2];
      count.textContent = `${waiting.length} due, ${unseen.length} new. ${waiting.length === 0 ? upcoming() : ""} ${refusal()}`.trim();
      progress.replaceChildren(...progressOf(statistics));
    };
    refresh();
    root.replaceChildren(choice, progress, file);
  }

  function table(head, rows) {
    const made = make("table", { class: "table" });
    made.append(make("thead", {}, make("tr", {}, ...head.map((text) => make("th", { scope: "col" }, text)))));
    made.append(make("tbody", {}, ...rows.map((row) => make("tr", {}, ...row.map((cell) => make("td", {}, cell))))));
    return make("div", { class: "pst-scrollable-table-container" }, made);
  }

  const percent = (share) => `${Math.round(100 * share)}%`;

  function progressOf(statistics) {
    const found = [make("h2", { id: "mq-review-progress" }, "Your progress")];
    if (statistics.reviews === 0) {
      found.push(make("p", {}, "Nothing has been rated in this browser yet. Begin with new cards, or add the file of another browser or of mq quiz below."));
      return found;
    }
    found.push(
      make(
        "p",
        {},
        `${statistics.seen} of ${statistics.cards} cards seen, in ${many(statistics.reviews, "rating")}. `,
        `${statistics.due} due now, ${statistics.dueInAWeek} more within a week. `,
        `${many(statistics.daysInARow, "day")} in a row.`,
      ),
    );
    if (statistics.weakest.length > 0) {
      found.push(make("p", {}, "Weakest topics: ", ...statistics.weakest.flatMap((topic, place) => [place > 0 ? ", " : "", page(topic)]), "."));
    }
    if (statistics.calibration.length > 0) {
      const said = new Map(mqReviewCard.SURE);
      found.push(
        make("h3", {}, "How sure you were, and how often you knew it"),
        table(
          ["You felt", "Answers", "Known (Good or Easily)"],
          statistics.calibration.map(({ sure, answers, known }) => [`${said.get(sure)} (about ${sure}%)`, String(answers), percent(known / answers)]),
        ),
      );
    }
    found.push(
      make("h3", {}, "By topic"),
      table(
        ["Topic", "Seen", "Likely known now"],
        statistics.topics.map(({ topic, cards, seen, known }) => [page(topic), `${seen} of ${cards}`, seen > 0 ? percent(known) : ""]),
      ),
    );
    return found;
  }

  const page = (topic, anchor = "", text = titles.get(topic)) => make("a", { href: `${topic}.html${anchor}` }, text);

  // ---- a session ----

  function load(topic) {
    if (globalThis.mqTopics?.[topic]) return Promise.resolve(globalThis.mqTopics[topic]);
    return new Promise((done, fail) => {
      const script = make("script", { src: new URL(`${topic}.js?v=${mqBank.version}`, FOLDER) });
      script.addEventListener("load", () => done(globalThis.mqTopics[topic]));
      script.addEventListener("error", () => {
        script.remove();
        fail(new Error(topic));
      });
      document.head.append(script);
    });
  }

  function begin(dueOnly) {
    refresh = () => {};
    session = { queue: planned(dueOnly).queue, began: Date.now(), given: [], current: null, view: null };
    root.replaceChildren();
    focused(true);
    next("");
  }

  // The next card: one of this session that is due again, else the next of the queue that no other tab has rated.
  function choose() {
    const memories = mqSchedule.replay(journal.lines());
    const again = session.given.map(({ card }) => card).filter(({ id }) => memories.get(id)?.due <= Date.now());
    if (again.length > 0) return again[0];
    while (session.queue.length > 0) {
      const card = session.queue.shift();
      const memory = memories.get(card.id);
      if (!memory || memory.last < session.began || memory.due <= Date.now()) return card;
    }
    return null;
  }

  function next(news) {
    const card = choose();
    if (card) show(card, news);
    else end(true);
  }

  async function show(card, news) {
    const ours = session;
    session.current = card;
    session.view = null;
    let texts;
    try {
      texts = await load(card.topic);
      load(session.queue[0]?.topic ?? card.topic).catch(() => {}); // the next one without a wait
    } catch {
      texts = null;
    }
    if (session !== ours || session.current !== card) return;
    if (!texts?.[card.id]) {
      trouble(card);
      return;
    }
    const now = Date.now();
    const memory = mqSchedule.replay(journal.lines()).get(card.id) ?? null;
    const waits = RATINGS.map(([rating]) => wait(mqSchedule.after(memory, { at: now, rating }).due - now));
    const before = journal.last(card.id, ({ answer }) => typeof answer === "string" && answer !== "");
    const view = mqReviewCard.of(texts[card.id], card.id, before, waits, give);
    session.view = view;
    const minutes = [card, ...session.queue].reduce((sum, one) => sum + one.minutes, 0);
    const number = session.given.length + 1;
    const head = make(
      "div",
      { class: "mq-cards-bar mq-review-bar", role: "group", "aria-label": "This session" },
      make("p", {}, `Card ${number} of ${number + session.queue.length}, about ${many(minutes, "minute")} left.`),
      button("End the session", () => end(false)),
      ...(session.given.length > 0 ? [button("Take the last rating back", back)] : []),
      make("p", { role: "status", class: "mq-review-news" }, news),
    );
    root.replaceChildren(head, view.card);
    view.reach();
    view.prompt.focus({ preventScroll: true });
    scrollTo(0, 0);
  }

  function trouble(card) {
    const text = `The cards of “${titles.get(card.topic)}” could not be loaded. Load this page again when the network is there.`;
    const message = make("p", { role: "alert", class: "mq-review-news" }, text);
    const retry = button("Try again", () => show(card, ""));
    root.replaceChildren(make("div", { class: "mq-cards-bar mq-review-bar" }, message, retry, button("End the session", () => end(false))));
    retry.focus();
  }

  function give(rating, more) {
    if (!session?.view) return; // the next card is being loaded
    const card = session.current;
    const prompt = session.view.prompt.textContent.trim();
    const line = journal.keep(card.id, rating, more);
    journal.draft.keep(card.id, "");
    session.given.push({ card, line, prompt });
    const memory = mqSchedule.replay(journal.lines()).get(card.id);
    next(`“${labels.get(rating)}”: due again in ${wait(memory.due - Date.now())}. ${refusal()}`.trim());
  }

  // A key that was pressed by mistake must not cost a card its schedule.
  function back() {
    const { card, line } = session.given.pop();
    journal.remove([line]);
    journal.draft.keep(card.id, line.answer ?? "");
    if (session.current && session.current !== card) session.queue.unshift(session.current);
    show(card, "The last rating was taken back.");
  }

  function end(finished) {
    const { given } = session;
    session = null;
    focused(false);
    const heading = make("h2", { tabindex: "-1" }, finished ? "The session is finished" : "The session was ended");
    const counted = RATINGS.map(([name, text]) => [text, given.filter(({ line }) => line.rating === name).length]);
    const ratings = counted.filter(([, count]) => count > 0).map(([text, count]) => `${count} “${text}”`);
    const said = given.length > 0 ? `${many(given.length, "rating")}: ${ratings.join(", ")}.` : "Nothing was rated.";
    const weak = new Map(given.filter(({ line }) => line.rating === "again" || line.rating === "hard").map((one) => [one.card.id, one]));
    const links = [...weak.values()].map(({ card, prompt }) => make("li", {}, page(card.topic, `#question-${card.id}`, prompt)));
    const other = button("Choose another session", () => {
      start();
      root.querySelector("select").focus();
    });
    root.replaceChildren(
      heading,
      make("p", {}, `${said} ${upcoming()} ${refusal()}`.trim()),
      ...(links.length > 0 ? [make("p", {}, "Not known, or known with gaps:"), make("ul", {}, ...links)] : []),
      other,
    );
    heading.focus({ preventScroll: true });
    root.scrollIntoView();
  }

  // Keys act on the card alone: what is typed into a field stays there, and a button or link keeps its own keys.
  addEventListener("keydown", (event) => {
    const view = session?.view;
    if (!view || event.ctrlKey || event.altKey || event.metaKey || event.isComposing || event.repeat) return;
    const target = event.target;
    if (target !== document.body && !root.contains(target)) return;
    if (target.matches("textarea")) {
      if (event.key === "Escape") view.prompt.focus();
      return;
    }
    if (event.key === "Escape") end(false);
    else if (event.key === " " && !view.open && !target.closest("button, a, summary, input")) view.reveal();
    else if (/^[1-4]$/.test(event.key)) view.press(Number(event.key) - 1);
    else if (event.key === "u" && session.given.length > 0) back();
    else return;
    event.preventDefault();
  });

  journal.adopt(bank.map(({ id }) => id));
  journal.onChange(() => refresh());
  start();
})();
