// The journal of the cards: a line {card, at, rating} for each rating, in the format that `mq quiz` keeps, and perhaps
// more: `sure` (percent, said before the answer was shown), `answer` (own words), `points` (of the rubric, from 0).
// Everything stays in this browser. What it refuses to store is held until the page is left.
"use strict";

(() => {
  const RATINGS = ["again", "hard", "good", "easy"];
  const KEY = "mq-card-journal";

  // ---- lines, without a browser ----

  function isRating(line) {
    const { card, at, rating } = line ?? {};
    if (typeof card !== "string" || !RATINGS.includes(rating)) return false;
    return typeof at === "string" && /(Z|[+-]\d\d:?\d\d)$/.test(at) && !Number.isNaN(Date.parse(at));
  }

  // The ratings of a text; what is torn or something else is passed over, as `mq quiz` does.
  function read(text) {
    const found = [];
    for (const line of text.split("\n")) {
      try {
        const object = JSON.parse(line);
        if (isRating(object)) found.push(object);
      } catch {} // torn, or not ours
    }
    return found;
  }

  const written = (lines) => lines.map((line) => `${JSON.stringify(line)}\n`).join("");
  const compare = (one, other) => (one < other ? -1 : Number(one > other));
  // What makes two lines the same line, whatever the order of their fields.
  const identity = (line) => JSON.stringify(Object.entries(line).sort(([one], [other]) => compare(one, other)));

  // Every line once, in the order of time; lines of one moment in an order that depends on nothing but them.
  function merge(...journals) {
    const each = new Map(journals.flat().map((line) => [identity(line), line]));
    return [...each]
      .sort(([one, first], [other, second]) => Date.parse(first.at) - Date.parse(second.at) || compare(one, other))
      .map(([, line]) => line);
  }

  // Every rating once, in the order of time: what the schedule and the statistics count. Where two lines of one rating
  // differ in how sure the reader was, the less sure counts.
  function history(lines) {
    const each = new Map();
    const doubt = ({ sure }) => (Number.isFinite(sure) ? sure : Infinity);
    for (const line of merge(lines)) {
      const at = Date.parse(line.at);
      const name = JSON.stringify([at, line.card, line.rating]);
      if (!each.has(name) || doubt(line) < doubt(each.get(name))) each.set(name, { ...line, at });
    }
    return [...each.values()].sort(
      (one, other) => one.at - other.at || compare(one.card, other.card) || compare(one.rating, other.rating),
    );
  }

  // ---- this browser ----

  // A browser may refuse storage (private windows, blocked sites, a full disk): what it refused is held here.
  const refused = new Map();
  const store = {
    get(key) {
      if (refused.has(key)) return refused.get(key);
      try {
        return localStorage.getItem(key);
      } catch {
        return null;
      }
    },
    set(key, value) {
      try {
        if (value === null) localStorage.removeItem(key);
        else localStorage.setItem(key, value);
        refused.delete(key);
      } catch {
        refused.set(key, value);
      }
    },
  };

  let parsed = { text: "", lines: [] };
  function lines() {
    const text = store.get(KEY) ?? "";
    if (text !== parsed.text) parsed = { text, lines: read(text) };
    return parsed.lines;
  }
  const keepAll = (all) => store.set(KEY, written(all));

  const given = new Map(); // the lines of this tab

  // Keep a rating of now, in the place of an earlier one where its line is given; gives the line.
  function keep(card, rating, more = {}, instead = null) {
    const line = { card, at: new Date().toISOString(), rating, ...more };
    if (instead) remove([instead]);
    given.set(identity(line), line);
    keepAll([...lines(), line]);
    return line;
  }

  // A tab sees what another one stored a moment later. One that rates in this moment stores without the other's line,
  // which is then added again: lines are missing, and one was added, which no tab does that forgets or takes back.
  function restore(oldText, newText) {
    const before = new Set(read(oldText ?? "").map(identity));
    const now = new Set(read(newText ?? "").map(identity));
    const lost = [...given].filter(([name]) => !now.has(name)).map(([, line]) => line);
    if (lost.length > 0 && [...now].some((name) => !before.has(name))) add(lost);
  }

  // Add what is missing; gives the number of new lines.
  function add(theirs) {
    const ours = lines();
    const all = merge(ours, theirs);
    const before = merge(ours).length;
    if (all.length > before) keepAll(all);
    return all.length - before;
  }

  function remove(gone) {
    const names = new Set(gone.map(identity));
    for (const name of names) given.delete(name);
    keepAll(lines().filter((line) => !names.has(identity(line))));
  }

  // The newest line of a card that has what is asked for, or null.
  function last(card, has = () => true) {
    return lines().reduce((found, line) => {
      const newer = line.card === card && has(line) && (!found || Date.parse(line.at) >= Date.parse(found.at));
      return newer ? line : found;
    }, null);
  }

  // Before there was a journal, the last rating of each card was stored alone: it becomes a line.
  function adopt(cards) {
    for (const card of cards) {
      const name = `mq-card:${card}`;
      const text = store.get(name);
      if (text === null) continue;
      try {
        const { at, rating } = JSON.parse(text);
        const line = { card, at, rating };
        if (isRating(line) && !last(card)) add([line]);
      } catch {} // what another version wrote
      store.set(name, null);
    }
  }

  // An answer that is being written.
  const draft = {
    of: (card) => store.get(`mq-card-draft:${card}`) ?? "",
    keep(card, text) {
      store.set(`mq-card-draft:${card}`, text === "" ? null : text);
    },
  };

  // Another tab of this book has changed a key; null when everything was deleted.
  function onChange(changed) {
    addEventListener("storage", ({ key }) => {
      if (key === null || key.startsWith("mq-card")) changed(key);
    });
  }
  globalThis.addEventListener?.("storage", ({ key, oldValue, newValue }) => {
    if (key === KEY) restore(oldValue, newValue);
  });

  // The file that `mq quiz merge` reads. Gives the number of its ratings.
  function save(make) {
    const address = URL.createObjectURL(new Blob([written(lines())], { type: "application/x-ndjson" }));
    make("a", { href: address, download: "cards.jsonl" }).click();
    setTimeout(() => URL.revokeObjectURL(address), 60_000); // the download has begun by then
    return lines().length;
  }

  globalThis.mqJournal = {
    RATINGS, read, written, merge, history, lines, keep, add, remove, last, adopt, draft, onChange, save,
    get forgets() {
      return refused.size > 0;
    },
  };
})();
