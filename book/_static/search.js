// The search page: the passages that fit a query best, each with its kind, its page and an excerpt.
//
// Reading a query, ranking and excerpts follow mqcourse/search/query.py and excerpt.py; a test compares both. The index
// (search-index.js) has all that needs floating point, so that the sums here are of whole numbers.
"use strict";

(() => {
  const LONGEST_PHRASE = 4;
  const CUT = 3;
  const SHORTEST = 4;
  const LONGEST_SIGNS = 260;
  const CODE_SIGNS = 60;
  const MOST = 20;
  const KINDS = ["section", "card", "fact", "term"];
  const SHOWN = { section: "Section", card: "Question", fact: "Fact", term: "Term" };
  const WORD = /[a-z0-9]+/g;
  const SENTENCE_END = /(?<=[.!?]) +/;
  const INVITATION = "Type words or a question. The best passages of the book are listed here.";
  const HERE = globalThis.document?.currentScript.src;

  // What a script of the index holds, as it is searched.
  function unpacked(shape) {
    return {
      stop: new Set(shape.stop),
      words: new Map(Object.entries(shape.words)),
      phrases: new Map(Object.entries(shape.phrases)),
      postings: shape.postings,
      passages: shape.passages.map(([kind, page, anchor, title, above, text, code, note]) => (
        { kind: KINDS[kind], page, anchor, title, above, text, code, note }
      )),
    };
  }

  function telling(index, text) {
    return (text.toLowerCase().match(WORD) ?? []).filter((word) => !index.stop.has(word));
  }

  function lookup(index, word) {
    for (let cut = 0; cut <= Math.min(CUT, Math.max(0, word.length - SHORTEST)); cut += 1) {
      const found = index.words.get(word.slice(0, word.length - cut));
      if (found && found.length > 0) return found;
    }
    return [];
  }

  function read(index, text) {
    const ids = [];
    const unknown = [];
    for (const word of telling(index, text)) {
      const found = lookup(index, word);
      ids.push(...found);
      if (found.length === 0) unknown.push(word);
    }
    const words = [...new Set(ids)];
    const phrases = new Set();
    ids.forEach((_, at) => {
      for (let length = 1; length <= Math.min(LONGEST_PHRASE, ids.length - at); length += 1) {
        for (const term of index.phrases.get(ids.slice(at, at + length).join(" ")) ?? []) phrases.add(term);
      }
    });
    return { words, phrases: [...phrases], unknown };
  }

  function rank(index, query, most) {
    const scores = new Array(index.passages.length).fill(0);
    const has = new Array(index.passages.length).fill(0);
    const go = (term, each) => {
      const posting = index.postings[term];
      for (let at = 0, number = 0; at < posting.length; at += 2) {
        number += posting[at];
        each(number, posting[at + 1]);
      }
    };
    for (const term of [...query.words, ...query.phrases]) go(term, (number, impact) => { scores[number] += impact; });
    for (const term of query.words) go(term, (number) => { has[number] += 1; });
    const value = (number) => scores[number] * (query.words.length + has[number]);
    return [...scores.keys()]
      .filter((number) => scores[number] > 0)
      .sort((one, other) => value(other) - value(one) || one - other)
      .slice(0, most);
  }

  function excerpt(index, query, passage) {
    const wanted = new Set(query.words);
    const terms = (text) => new Set(telling(index, text).flatMap((word) => index.words.get(word) ?? []));
    const all = passage.text.split(SENTENCE_END);
    const sentences = passage.title ? all : all.slice(1);
    if (sentences.length === 0) sentences.push("");
    let best = 0;
    let most = 0;
    sentences.forEach((sentence, number) => {
      const found = [...terms(sentence)].filter((term) => wanted.has(term)).length;
      if (found > most) [best, most] = [number, found];
    });
    if (most === 0) {
      const at = first(index, wanted, passage.code);
      if (at >= 0) return cut(passage.code.slice(Math.max(0, at - CODE_SIGNS)));
    }
    let text = sentences[best];
    for (const sentence of sentences.slice(best + 1)) {
      if (text.length + 1 + sentence.length > LONGEST_SIGNS) break;
      text = `${text} ${sentence}`;
    }
    return cut(text);
  }

  function first(index, wanted, code) {
    for (const found of code.toLowerCase().matchAll(WORD)) {
      if ((index.words.get(found[0]) ?? []).some((term) => wanted.has(term))) return found.index;
    }
    return -1;
  }

  function cut(text) {
    if (text.length <= LONGEST_SIGNS) return text;
    const end = text.lastIndexOf(" ", LONGEST_SIGNS - 1);
    return `${text.slice(0, end > 0 ? end : LONGEST_SIGNS)} …`;
  }

  function heading(passage) {
    return passage.title || passage.text.split(SENTENCE_END)[0];
  }

  // ---- the page

  function element(tag, attributes, ...inside) {
    const made = Object.assign(document.createElement(tag), attributes);
    made.append(...inside);
    return made;
  }

  // A text with the query's words marked.
  function marked(index, query, text) {
    const wanted = new Set(query.words);
    const parts = [];
    let end = 0;
    for (const found of text.toLowerCase().matchAll(WORD)) {
      if (!index.stop.has(found[0]) && (index.words.get(found[0]) ?? []).some((term) => wanted.has(term))) {
        parts.push(text.slice(end, found.index));
        end = found.index + found[0].length;
        parts.push(element("mark", { textContent: text.slice(found.index, end) }));
      }
    }
    return [...parts, text.slice(end)];
  }

  function result(index, query, number) {
    const passage = index.passages[number];
    const where = passage.above === passage.title ? SHOWN[passage.kind] : `${SHOWN[passage.kind]} in ${passage.above}`;
    const link = element("a", { href: passage.anchor ? `${passage.page}#${passage.anchor}` : passage.page },
      ...marked(index, query, heading(passage)));
    const quoted = excerpt(index, query, passage);
    const item = element("li", {}, link, element("p", { className: "mq-found-where", textContent: where }));
    if (quoted) {
      item.append(element("p", { className: "context" }, ...marked(index, query, quoted)));
    }
    if (passage.note) item.append(element("p", { className: "mq-found-where", textContent: passage.note }));
    return item;
  }

  function show(index, text, into) {
    const query = read(index, text);
    const found = rank(index, query, MOST);
    const unknown = query.unknown.length > 0 ? ` Not in the book: ${query.unknown.join(", ")}.` : "";
    const summary = !text.trim()
      ? INVITATION
      : found.length === 0
        ? `No passage was found.${unknown}`
        : `${found.length === MOST ? `The ${MOST} best passages` : `${found.length} passages`} found.${unknown}`;
    into.replaceChildren(
      element("p", { className: "search-summary", role: "status", textContent: summary }),
      element("ol", { className: "search" }, ...found.map((number) => result(index, query, number))),
    );
  }

  function say(text, into, className = "search-summary") {
    into.replaceChildren(element("p", { className, role: "status", textContent: text }));
  }

  // A script, and no data that is fetched: a page that was opened from a folder may load it.
  function loadIndex() {
    return new Promise((resolve, reject) => {
      const script = element("script", { src: new URL("search-index.js", HERE) });
      script.addEventListener("load", () => resolve(unpacked(globalThis.mqSearchIndex)));
      script.addEventListener("error", () => reject(new Error("the index cannot be loaded")));
      document.head.append(script);
    });
  }

  function begin() {
    const into = document.querySelector("#search-results");
    const field = document.querySelector(".bd-search-container input[name=q]");
    if (!into || !field) return;
    const asked = new URLSearchParams(location.search).get("q") ?? "";
    for (const one of document.querySelectorAll("input[name=q]")) one.value = asked;
    let loading; // the index is larger than all else of the page, so a reader who asks for none does not wait for it
    const search = async () => {
      if (!loading) say("Loading the index …", into, "mq-found-where");
      loading ??= loadIndex();
      try {
        show(await loading, field.value, into);
      } catch {
        loading = undefined;
        say("The index of the book could not be loaded. Type on to try it again.", into);
      }
    };
    if (asked.trim()) search();
    else say(INVITATION, into);
    field.addEventListener("focus", () => loading ?? search(), { once: true });
    field.addEventListener("input", () => {
      search();
      history.replaceState(null, "", `?${new URLSearchParams({ q: field.value })}`);
    });
    field.form.addEventListener("submit", (event) => event.preventDefault());
  }

  globalThis.mqSearch = { unpacked, read, rank, heading, excerpt };
  if (globalThis.document) begin();
})();
