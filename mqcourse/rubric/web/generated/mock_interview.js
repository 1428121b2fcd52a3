(() => {
// ---- dom.js
const dom = (() => {
// Elements of the page.

function make(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

function button(text, act, css = "") {
  const made = make("button", { type: "button", class: css }, text);
  made.addEventListener("click", act);
  return made;
}

/** A box to tick with its text; `told` gets whether it is ticked. */
function tick(content, ticked, told) {
  const box = make("input", { type: "checkbox" });
  box.checked = ticked;
  box.addEventListener("change", () => told(box.checked));
  return make("label", { class: "mq-interview-tick" }, box, content);
}

/** A file of this text, to be saved by the browser. */
function save(name, text, type) {
  const address = URL.createObjectURL(new Blob([text], { type }));
  make("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000); // the download has begun by then
}

return { make, button, tick, save };
})();

// ---- cards.js
const cards = (() => {
// What a case shows: the card as its topic's page has it, its texts for the report, and Markdown as HTML. Each is a
// script that is loaded when an interview comes to it, because a page that was opened from a folder may load nothing else.

const { make } = dom;

const HERE = typeof document === "undefined" ? "" : document.currentScript.src;

function script(path, found) {
  if (found()) return Promise.resolve(found());
  return new Promise((done, fail) => {
    const made = make("script", { src: new URL(path, HERE).href });
    made.addEventListener("load", () => done(found()));
    made.addEventListener("error", () => {
      made.remove();
      fail(new Error(path));
    });
    document.head.append(made);
  });
}

/** Markdown-it as the report needs it: HTML that somebody typed stays text. */
const renderer = (markdownit) => markdownit("commonmark", { html: false }).enable("table");

/** The card of an entry: {html, card, right, inline}. Raises an error when it cannot be loaded. */
const load = async ({ id, topic }, version) => {
  const [pages, texts, markdownit] = await Promise.all([
    script(`../review/${topic}.js?v=${version}`, () => globalThis.mqTopics?.[topic]),
    script(`${topic}.js?v=${version}`, () => globalThis.mqInterviewCards?.[topic]),
    script("markdown-it.min.js", () => globalThis.markdownit),
  ]);
  const { right_one: right, ...card } = texts[id];
  const markdown = renderer(markdownit);
  return { html: pages[id], card, right, inline: (text) => markdown.renderInline(text) };
};

return { renderer, load };
})();

// ---- comparison.js
const comparison = (() => {
// Whether the last line of a text is right, where it is a number, letters or a verdict and nothing else: by the rules
// of mqcourse/interview/answer.py, and held to it by a test. Any other text is not read.

const LINES = /\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]/;
const AMOUNT = /^[≈~]?\s*([+-]?[0-9,]*\.?[0-9]+)\s*(.*)$/;
const LETTERS = /^(?:[A-Za-z](?:\s*[, ]\s*[A-Za-z])*|[A-H]+)$/;
const VERDICT = /^(true|false since|false|it depends|depends)(?:(?<=since) [A-Za-z0-9_ .]{1,30})?$/i;

/** The last line that is not empty. */
function lastLine(own) {
  return own.split(LINES).map((line) => line.trim()).filter(Boolean).at(-1) ?? "";
}

/** "right", "wrong", or "" where nothing can be compared; `right` is what the build made of the card. */
function compared(right, own) {
  const last = lastLine(own).replace(/\.+$/, "");
  const verdict = (same) => (same ? "right" : "wrong");
  if (right.kind === "number") {
    const found = AMOUNT.exec(last);
    if (!found || !["", right.unit.toLowerCase()].includes(found[2].toLowerCase())) return "";
    const given = Number(found[1].replaceAll(",", ""));
    return verdict(Math.abs(given - right.value) <= right.tolerance * Math.abs(right.value));
  }
  if (right.kind === "letters") {
    if (!LETTERS.test(last)) return "";
    const given = [...last.toUpperCase()].filter((sign) => /[A-Z]/.test(sign));
    return verdict((right.ordered ? given : given.sort()).join("") === right.letters);
  }
  if (right.kind === "verdict") {
    const found = VERDICT.exec(last);
    if (!found) return "";
    const word = found[1].toLowerCase().replace(/^it /, "");
    return verdict(word === right.verdict || (word === "false" && right.verdict === "false since"));
  }
  return "";
}

/** What is compared, in words, for the kinds where something is. */
function comparable(right) {
  if (right.kind === "number") return `A last line with only a number (in ${right.unit}) is compared with the card's.`;
  if (right.kind === "letters") return "A last line with only letters is compared with the card's.";
  return right.kind === "verdict" ? "A last line with only the verdict is compared with the card's." : "";
}

return { lastLine, compared, comparable };
})();

// ---- generated/levels.js
const generated_levels = (() => {
// Generated from mqcourse/rubric/levels.py by `make derived`; change it there.

// The levels of cards, and those of answers.

/** Short name in the bank, name on the page; in rising order. */
const LEVELS = { J: "Junior", M: "Mid", S: "Senior", St: "Staff" };

/** The levels of answers that a rubric distinguishes, in rising order. */
const RUBRIC = { mid: "Mid", senior: "Senior", staff: "Staff" };

/** The level as it is typed, by its short name. */
const NAMES = { J: "junior", M: "mid", S: "senior", St: "staff" };

return { LEVELS, RUBRIC, NAMES };
})();

// ---- generated/ticks.js
const generated_ticks = (() => {
// Generated from mqcourse/rubric/ticks.py by `make derived`; change it there.

// What follows from the ticks of one case: the follow-ups that are asked, and the rating.

const { LEVELS, RUBRIC } = generated_levels;

/**
 * Which follow-ups are asked: both after a staff point, the second after a senior point, the first after a mid
 * point, and none where no point was said, because an interviewer then changes the subject.
 */
function follow_up_places(card, ticked) {
  const said = ticked.map((place) => card.points[place].level);
  const both = Array.from({ length: card.follow_ups.length }, (_, place) => place);
  if (said.includes("staff")) {
    return both;
  }
  if (said.includes("senior")) {
    return both.slice(1);
  }
  return said.length > 0 ? both.slice(0, 1) : [];
}

/** The places of the points that were not ticked. */
function unsaid(given) {
  const found = [];
  for (let place = 0, place_end = given.card.points.length; place < place_end; place++) {
    if (!given.points.includes(place)) {
      found.push(place);
    }
  }
  return found;
}

/**
 * The rating for the schedule, one of the journal's, by a count.
 *
 * again: no point was said, a wrong answer was ticked, or what was compared is not right. easy: every point and every
 * follow-up. good: every point up to the card's own level. hard: some.
 */
function rating(given) {
  if (given.points.length === 0 || given.wrong.length > 0 || given.compared === "wrong") {
    return "again";
  }
  const missing = unsaid(given);
  if (missing.length === 0 && !given.heard.includes(false)) {
    return "easy";
  }
  const expected =
      Object.keys(RUBRIC).slice().slice(0,
      Math.max(Object.keys(LEVELS).slice().indexOf(given.card.entry.level), 1));
  for (const place of missing) {
    if (expected.includes(given.card.points[place].level)) {
      return "hard";
    }
  }
  return "good";
}

return { follow_up_places, unsaid, rating };
})();

// ---- case_state.js
const case_state = (() => {
// One case as far as it is answered, in plain values: they are kept in this tab, so that a reload loses nothing.

const { follow_up_places } = generated_ticks;
const { compared, lastLine } = comparison;

const fresh = () => ({ own: "", points: [], wrong: [], heard: [], ms: 0, open: false, done: false });

const rising = (places) => [...places].sort((one, other) => one - other);

/** A list of places with one more, or without it. */
const withPlace = (places, place, ticked) => rising(ticked ? [...places, place] : places.filter((one) => one !== place));

/** What the report counts of a case. */
function givenOf(card, right, state, due = "") {
  const own = state.own.trim();
  return {
    card,
    own,
    last_line: lastLine(own),
    compared: compared(right, own),
    points: rising(state.points),
    wrong: rising(state.wrong),
    heard: follow_up_places(card, rising(state.points)).map((place) => state.heard.includes(place)),
    seconds: Math.floor(state.ms / 1000),
    due,
  };
}

const letter = (place) => String.fromCharCode(97 + place);

/** The case as `mq interview --answers` reads it. */
function asJson(given) {
  const ticked = [...given.points.map((place) => String(place + 1)), ...given.wrong.map(letter)].join(" ");
  const heard = given.heard.map((each) => (each ? "y" : "n")).join(" ");
  return { card: given.card.entry.id, own: given.own, ticked, follow_ups: heard, seconds: given.seconds, due: given.due || null };
}

return { fresh, withPlace, givenOf, asJson };
})();

// ---- case_view.js
const case_view = (() => {
// One case on the screen. The candidate sees the prompt and a field for notes; the interviewer also the strong answer,
// the rubric to tick and the follow-ups; who practises alone sees these after the answer.

const { comparable, compared } = comparison;
const { withPlace } = case_state;
const { make, button, tick } = dom;
const { RUBRIC } = generated_levels;
const { follow_up_places } = generated_ticks;

const NOTES = {
  solo: "Answer aloud. Notes, if you like",
  interviewer: "Your notes on the answer",
  candidate: "Your notes. They stay on this screen",
};

function title(text) {
  return make("p", { class: "mq-card-part-title" }, text);
}

/** A text of the bank in Markdown, as an element. */
function inline(loaded, text, before = "") {
  const made = make("span");
  made.innerHTML = loaded.inline(text);
  if (before) made.prepend(make("strong", {}, before), " ");
  return made;
}

function pointsToTick(loaded, state, changed) {
  const group = make("fieldset", {}, make("legend", {}, "What was said"), make("p", {}, "Tick a point when all of it was said."));
  loaded.card.points.forEach((point, place) => {
    const told = (ticked) => {
      state.points = withPlace(state.points, place, ticked);
      changed();
    };
    group.append(tick(inline(loaded, point.text, `${RUBRIC[point.level]}:`), state.points.includes(place), told));
  });
  return group;
}

function wrongToTick(loaded, state, changed) {
  const group = make("fieldset", {}, make("legend", {}, "Often said, and wrong"));
  loaded.card.wrong.forEach((wrong, place) => {
    const told = (ticked) => {
      state.wrong = withPlace(state.wrong, place, ticked);
      changed();
    };
    const text = make("span", {}, "“", inline(loaded, wrong.said), "” ", inline(loaded, wrong.why));
    group.append(tick(text, state.wrong.includes(place), told));
  });
  return group;
}

/** The follow-ups; only those that the ticks lead to are shown. */
function followUps(loaded, state, changed) {
  const news = make("p", { role: "status" });
  const blocks = loaded.card.follow_ups.map((each, place) => {
    const told = (ticked) => {
      state.heard = withPlace(state.heard, place, ticked);
      changed();
    };
    const answer = make("details", {}, make("summary", {}, "The answer to it"), make("p", {}, inline(loaded, each.answer)));
    return make("div", { class: "mq-interview-follow-up" }, make("p", {}, inline(loaded, each.ask)), answer, tick("This was answered", state.heard.includes(place), told));
  });
  function update() {
    const places = follow_up_places(loaded.card, state.points);
    blocks.forEach((block, place) => {
      block.hidden = !places.includes(place);
    });
    const count = `${places.length} follow-up${places.length === 1 ? "" : "s"} by the points that are ticked.`;
    news.textContent = places.length > 0 ? count : "Tick a point, and the question that follows from it is shown here.";
  }
  update();
  return { part: make("div", { class: "mq-card-part" }, title("Then ask"), news, ...blocks), update };
}

/** The parts of the card's answer that are not ticked: the strong answer, what is right, what proves it. */
function strongParts(body) {
  for (const part of [...body.children]) {
    const head = part.querySelector(".mq-card-part-title");
    if (part.matches(".mq-card-wrong, .mq-card-rubric") || head?.textContent.trim() === "Then you are asked") part.remove();
    if (part.matches(".mq-card-sources") && head) head.textContent = "Prove it: facts and sources";
  }
  return [...body.children];
}

/** The prompt one level higher than in a list of cards: nothing is between it and the page's title. */
function heading(prompt) {
  const made = make("h2", { id: prompt.id, class: prompt.className, tabindex: "-1" }, ...prompt.childNodes);
  prompt.replaceWith(made);
  return made;
}

/** The section of a case. `changed` is called after every change of its state. */
function caseView(loaded, state, view, changed) {
  const holder = make("template");
  holder.innerHTML = loaded.html;
  const card = holder.content.firstElementChild;
  card.classList.add("mq-interview-case");
  const details = card.querySelector("details.mq-card-answer");
  const parts = strongParts(details.querySelector(".mq-card-body"));
  const prompt = heading(card.querySelector(".mq-card-prompt"));

  const area = make("textarea", { id: "mq-interview-notes", rows: "4" });
  area.value = state.own;
  const hint = view === "candidate" ? "" : comparable(loaded.right);
  const label = make("label", { class: "mq-recall", for: area.id }, `${NOTES[view]}. ${hint}`.trim());
  const verdict = make("p", { role: "status", class: "mq-interview-compared" });
  area.addEventListener("input", () => {
    state.own = area.value;
    tellVerdict();
    changed();
  });

  function tellVerdict() {
    const found = view === "candidate" || !state.open ? "" : compared(loaded.right, state.own.trim());
    verdict.textContent = found === "" ? "" : `Compared with the card: ${found === "right" ? "right" : "not right"}.`;
  }

  details.replaceWith(label, area);
  if (view === "candidate") return { card, prompt };

  const follow = followUps(loaded, state, changed);
  const ticked = () => {
    follow.update();
    changed();
  };
  const ticks = make("div", { class: "mq-card-part mq-interview-ticks" }, pointsToTick(loaded, state, ticked), wrongToTick(loaded, state, ticked));
  const model = make("div", { class: "mq-interview-model" }, ...parts);
  const answer = make("div", { class: "mq-card-body mq-interview-beside", tabindex: "-1" }, make("div", {}, ticks, follow.part), model);
  const show = button("Show the strong answer, and tick", () => open(true), "mq-interview-show");
  card.append(show, verdict, answer);

  function open(byHand) {
    state.open = true;
    show.hidden = true;
    answer.hidden = false;
    tellVerdict();
    if (!byHand) return;
    answer.focus({ preventScroll: true });
    changed();
  }

  answer.hidden = true;
  if (view === "interviewer" || state.open) open(false);
  return { card, prompt };
}

return { caseView };
})();

// ---- generated/code.js
const generated_code = (() => {
// Generated from mqcourse/rubric/code.py by `make derived`; change it there.

// A plan as a code that two people type: the level, the minutes, the seed, and a letter that shows a mistyped one.

const { LEVELS, NAMES } = generated_levels;

/**
 * The letters that are read for no digit. They are 23, a prime that no weight of a digit has as a factor, so one wrong
 * digit, and two neighbours that changed places, give another letter.
 */
const LETTERS =
    ["a", "b", "c", "d", "e", "f", "g", "h", "j", "k", "m", "n", "p", "q", "r", "s", "t", "u", "v", "w", "x",
    "y", "z"];

/** A code holds a seed below this. */
const SEEDS = 1000000;

const LEAST_MINUTES = 3;

/** An interview has at least and at most these. */
const MOST_MINUTES = 480;

/** The code of a plan without a topic: senior-45-7-q. */
function code_of(level, minutes, seed) {
  const place = Object.keys(LEVELS).slice().indexOf(level);
  const number = (place * 1009 + minutes) * 1000003 + seed;
  const rest = number - Math.trunc(number / 23) * 23;
  return `${NAMES[level]}-${minutes}-${seed}-${LETTERS[rest]}`;
}

return { LETTERS, SEEDS, LEAST_MINUTES, MOST_MINUTES, code_of };
})();

// ---- generated/level.js
const generated_level = (() => {
// Generated from mqcourse/rubric/level.py by `make derived`; change it there.

// The level that an interview reached: shares of the points of each level that were ticked.

const { RUBRIC } = generated_levels;

/** Fewer cases give no level. */
const LEAST_CASES = 3;

const RULE =
    "A level counts as reached when two thirds of its points were ticked, and two thirds of the points of each level below it. Junior is one third of the mid points. Fewer than three cases, or no tick at all, give no level.";

/** How many points of a level were ticked, of how many; the least number that reaches the level, and whether it is. */
class Share {
  constructor(level, said, asked, needed, holds) {
    this.level = level;
    this.said = said;
    this.asked = asked;
    this.needed = needed;
    this.holds = holds;
  }
}

/** The count of each level over all cases that were answered. */
function shares(answers) {
  const found = [];
  for (const level of Object.keys(RUBRIC)) {
    let said = 0;
    let asked = 0;
    for (const given of answers) {
      for (let at = 0; at < given.card.points.length; at++) {
        const point = given.card.points[at];
        if (point.level === level) {
          asked = asked + 1;
          said = said + (given.points.includes(at) ? 1 : 0);
        }
      }
    }
    const needed = Math.trunc((2 * asked + 2) / 3);
    found.push(new Share(level, said, asked, needed, said >= needed));
  }
  return found;
}

/** The least number of mid points that reaches junior. */
function junior_needs(counts) {
  return Math.trunc((counts[0].asked + 2) / 3);
}

/** Why there is no level; empty where one is given. Cases without a tick were perhaps read only, so they are no level. */
function not_given(answers) {
  if (answers.length < LEAST_CASES) {
    return "fewer than three cases";
  }
  for (const given of answers) {
    if (given.points.length > 0) {
      return "";
    }
  }
  return "no point was ticked";
}

/** The level by the rule: "below junior", junior, mid, senior or staff; empty where `not_given` has a reason. */
function reached(answers) {
  if (not_given(answers) !== "") {
    return "";
  }
  const counts = shares(answers);
  let found = counts[0].said >= junior_needs(counts) ? "junior" : "below junior";
  for (const share of counts) {
    if (!share.holds) {
      return found;
    }
    found = share.level;
  }
  return found;
}

return { LEAST_CASES, RULE, Share, shares, junior_needs, not_given, reached };
})();

// ---- generated/report.js
const generated_report = (() => {
// Generated from mqcourse/rubric/report.py by `make derived`; change it there.

// The report of an interview as Markdown: the level by count and why, what is false, each case, what to study.

const { SEEDS, code_of } = generated_code;
const { RULE, junior_needs, not_given, reached, shares } = generated_level;
const { LEVELS, NAMES, RUBRIC } = generated_levels;
const { follow_up_places, rating, unsaid } = generated_ticks;

const COUNTED =
    "This report counts ticks. The program has not judged the answers: it compares a number, letters or a verdict where the card has one, and reads no other text. So the result is as exact as the ticks.";

/** Fewer points of a level than these are called few. */
const FEW = 6;

/** How many pages the report names to study. */
const STUDY = 5;

const RATINGS =
    "The rating is a count. Again: no point, a common wrong answer, or a comparison that is not right. Hard: some points. Good: every point up to the card's own level. Easy: every point and every follow-up.";

/** Where the ratings are, by the name that a record has for it. */
const KEPT =
    { journal: "Each card is in the journal of `mq quiz`.",
    browser: "Each card is in the schedule of the review in this browser.",
    other: "The schedule of this browser is unchanged. The file of ratings adds these cards to the candidate's review.",
    file: "These answers come from a file, so your schedule of `mq quiz` is unchanged." };

/** The report. The same record gives the same text. */
function markdown(record) {
  const parts =
      [..._head(record), ..._level(record), ..._false(record), ..._study(record), ..._scheduled(record),
      ..._cases(record)];
  const whole = parts.join("\n\n");
  return `${whole}\n`;
}

/** What the report is of. */
function title(record) {
  return `Mock interview: ${NAMES[record.level]} level, ${record.minutes} minutes`;
}

/** The command that gives the same cases again. */
function command(record) {
  const topic = record.topic === "" ? "" : ` --topic ${record.topic}`;
  return `mq interview --level ${NAMES[record.level]} --minutes ${record.minutes} --seed ${record.seed}${topic}`;
}

/** The name of the report's files, without a suffix; `at` is the time of its begin in digits, or empty. */
function file_name(record, at) {
  const begun = at === "" ? "" : `${at}-`;
  return `${begun}${NAMES[record.level]}-${record.minutes}-minutes-seed-${record.seed}`;
}

/** Whole minutes as they are told: "under 1" for less than one. */
function minutes_of(seconds) {
  return seconds < 60 ? "under 1" : `${Math.trunc((seconds + 30) / 60)}`;
}

function _head(record) {
  const begun = record.begun === "" ? "" : `${record.begun}. `;
  let seconds = 0;
  for (const given of record.answers) {
    seconds = seconds + given.seconds;
  }
  const minutes = minutes_of(seconds);
  const unit = ["1", "under 1"].includes(minutes) ? "minute" : "minutes";
  const took = seconds > 0 ? ` in ${minutes} ${unit}` : "";
  const found =
      [`# ${title(record)}`,
      `${begun}${record.answers.length} of ${record.cases} cases were answered${took}.`];
  const left = record.cases - record.answers.length;
  if (left > 0) {
    found.push(`**This is a report of a part.** The interview ended with ${_of(left, "case")} left, and only what was answered counts.`);
  }
  found.push(`\`${command(record)}\` gives the same cases again, as long as the bank of cards is the same.`);
  if (record.topic === "" && record.seed < SEEDS) {
    const code = code_of(record.level, record.minutes, record.seed);
    found.push(`So does \`mq interview --code ${code}\`, and the code \`${code}\` in the book's page.`);
  }
  const whose = record.ticked_by === "interviewer" ? " The interviewer ticked what the candidate said." : "";
  found.push(`${COUNTED}${whose}`);
  return found;
}

/** Who ticked and typed, at the begin of a sentence. */
function _who(record) {
  return record.ticked_by === "interviewer" ? "The interviewer" : "You";
}

function _level(record) {
  const level = reached(record.answers);
  const counts = shares(record.answers);
  const found = [];
  if (level === "") {
    found.push("## Level reached: not given");
    found.push(`The reason: ${not_given(record.answers)}. The ticks are counted below.`);
  } else {
    found.push(`## Level reached: ${level}`);
    found.push(_why(level, counts));
  }
  let untrue = 0;
  for (const given of record.answers) {
    untrue = untrue + given.wrong.length + (given.compared === "wrong" ? 1 : 0);
  }
  if (untrue > 0) {
    const verb = untrue === 1 ? "is" : "are";
    found.push(`${_of(untrue, "answer")} ${verb} false: see “Claimed, and false”. The level counts points only.`);
  }
  const rows = ["| Points of level | Ticked | Needed | Enough |", "|---|---|---|---|"];
  for (const share of counts) {
    const holds = share.holds ? "yes" : "no";
    rows.push(`| ${RUBRIC[share.level]} | ${share.said} of ${share.asked} | ${share.needed} | ${holds} |`);
  }
  found.push(rows.join("\n"));
  found.push(`The rule: ${RULE}`);
  found.push(_conditions(record, counts).join(" "));
  return found;
}

/** Why it is this level, and what the next one needs. */
function _why(level, counts) {
  if (level === "below junior") {
    const mid = counts[0];
    const needed = junior_needs(counts);
    return `${mid.said} of ${mid.asked} mid points were ticked, and junior needs ${needed}: ${needed - mid.said} more.`;
  }
  let text = "";
  const above = [];
  for (const share of counts) {
    if (text !== "" && share.holds) {
      above.push(share.level);
    }
    if (text === "" && !share.holds) {
      text =
          `${share.said} of ${share.asked} ${share.level} points were ticked, and ${share.level} needs ${share.needed}: ${share.needed - share.said} more.`;
    }
  }
  if (text === "") {
    return "Two thirds or more of the points of every level were ticked.";
  }
  if (above.length > 0) {
    return `${text} Enough ${above.join(" and ")} points were ticked, but a level needs the levels below it.`;
  }
  return text;
}

/** What the count depends on. */
function _conditions(record, counts) {
  const asked = [];
  for (const short of Object.keys(LEVELS)) {
    const count = record.answers.filter((given) => given.card.entry.level === short).length;
    if (count > 0) {
      asked.push(`${count} ${NAMES[short]}`);
    }
  }
  const found =
      [`The points are those of the cards that were asked, by level of the card: ${asked.join(", ")}.`];
  let fewest = counts[0].asked;
  for (const share of counts) {
    fewest = Math.min(fewest, share.asked);
  }
  if (fewest < FEW) {
    found.push(`${fewest} points of a level are few, so one tick more or less can change the level.`);
  }
  let heard = 0;
  let answered = 0;
  for (const given of record.answers) {
    heard = heard + given.heard.length;
    answered = answered + given.heard.filter((one) => one).length;
  }
  if (heard > 0) {
    found.push(`${answered} of ${_of(heard, "follow-up")} were answered. They do not count for the level.`);
  }
  return found;
}

function _false(record) {
  const rows = [];
  for (const given of record.answers) {
    const where = `  - Asked: ${given.card.title}\n  - Proof: ${given.card.proof}.`;
    for (const place of given.wrong) {
      const wrong = given.card.wrong[place];
      rows.push(`- **“${wrong.said}”** ${wrong.why}\n${where}`);
    }
  }
  for (const given of record.answers) {
    if (given.compared === "wrong") {
      const asked = `  - Asked: ${given.card.title}\n  - Proof: ${given.card.proof}.`;
      rows.push(`- ${_who(record)} typed **${given.last_line}**. ${given.card.right}\n${asked}`);
    }
  }
  const found = ["## Claimed, and false"];
  if (rows.length > 0) {
    found.push(rows.join("\n"));
  } else {
    found.push("The count has no false answer: no common wrong answer was ticked, and no comparison failed.");
  }
  const right = record.answers.filter((given) => given.compared === "right").length;
  if (right > 0) {
    found.push(`${_of(right, "typed answer")} of a number, letters or a verdict agreed with the card.`);
  }
  return found;
}

/** What a case leaves to study. */
function _lacks(given, aimed) {
  const found = [];
  for (const place of unsaid(given)) {
    const point = given.card.points[place];
    if (aimed.includes(point.level)) {
      found.push(`${RUBRIC[point.level]}: ${point.text}`);
    }
  }
  for (const place of given.wrong) {
    found.push(`Claimed, and false: “${given.card.wrong[place].said}”`);
  }
  if (given.compared === "wrong") {
    found.push(`Not right: ${given.card.title}`);
  }
  return found;
}

function _study(record) {
  const aimed =
      Object.keys(RUBRIC).slice().slice(0, Math.max(Object.keys(LEVELS).slice().indexOf(record.level), 1));
  const last = aimed.at(-1);
  const pages = [];
  const missing = [];
  for (const given of record.answers) {
    const lacks = _lacks(given, aimed);
    if (lacks.length > 0) {
      const page = given.card.page;
      if (!pages.includes(page)) {
        pages.push(page);
        missing.push([]);
      }
      for (const one of lacks) missing[pages.indexOf(page)].push(one);
    }
  }
  const found = ["## What to study"];
  if (pages.length === 0) {
    found.push(_nothing_left(record, last));
    return found;
  }
  found.push(`What was not ticked, up to the ${last} points, and what is false, by page. The page with most is first.`);
  const rows = [];
  const shown = new Array(pages.length).fill(false);
  for (let _ = 0, _end = Math.min(STUDY, pages.length); _ < _end; _++) {
    let most = -1;
    for (let at = 0; at < missing.length; at++) {
      const lacking = missing[at];
      if (!shown[at] && (most < 0 || lacking.length > missing[most].length)) {
        most = at;
      }
    }
    shown[most] = true;
    rows.push(`- **${pages[most]}**`);
    for (const lack of missing[most]) {
      rows.push(`  - ${lack}`);
    }
  }
  found.push(rows.join("\n"));
  if (pages.length > STUDY) {
    found.push(`${_of(pages.length - STUDY, "more page")} with fewer: see the cases below.`);
  }
  return found;
}

/** What is next where every point up to the level that was aimed at was ticked. */
function _nothing_left(record, last) {
  let higher = 0;
  for (const share of shares(record.answers)) {
    higher = higher + share.asked - share.said;
  }
  if (higher > 0) {
    return `Every point up to the ${last} points was ticked. ${_of(higher, "point")} above that level: see “not said” in the cases below. Try another seed, or a higher level.`;
  }
  const more = record.level === "St" ? "." : ", or a higher level.";
  return `Every point of every case was ticked. Try another seed${more}`;
}

function _scheduled(record) {
  let dated = false;
  for (const given of record.answers) {
    dated = dated || given.due !== "";
  }
  const rows = dated ? ["| Card | Rating | Shown again |", "|---|---|---|"]
      : ["| Card | Rating |", "|---|---|"];
  for (const given of record.answers) {
    const day = given.due === "" ? "-" : given.due;
    const shown = dated ? ` ${day} |` : "";
    rows.push(`| ${given.card.title} | ${rating(given)} |${shown}`);
  }
  return ["## The ratings of the cards", `${KEPT[record.kept]} ${RATINGS}`, rows.join("\n")];
}

function _cases(record) {
  const found = ["## Case by case"];
  let told;
  for (let at = 0; at < record.answers.length; at++) {
    const given = record.answers[at];
    const card = given.card;
    found.push(`### ${at + 1}. ${card.title}`);
    const took = given.seconds > 0 ? `, ${minutes_of(given.seconds)} of ${card.entry.minutes} minutes` : "";
    found.push(`${LEVELS[card.entry.level]}, ${card.kind}, \`${card.entry.id}\`${took}.`);
    if (card.asked !== card.title) {
      found.push(card.asked);
    }
    if (card.beside !== "") {
      found.push(card.beside);
    }
    const rows = [];
    for (let place = 0; place < card.points.length; place++) {
      const point = card.points[place];
      const said = given.points.includes(place) ? "**said**" : "not said";
      rows.push(`- ${said}, ${point.level}: ${point.text}`);
    }
    for (const place of given.wrong) {
      rows.push(`- **said, and false**: “${card.wrong[place].said}”`);
    }
    found.push(rows.join("\n"));
    const places = follow_up_places(card, given.points);
    const heard = given.heard;
    for (let follow_up_at = 0; follow_up_at < places.length; follow_up_at++) {
      const follow_up = places[follow_up_at];
      const was_heard = heard[follow_up_at];
      const each = card.follow_ups[follow_up];
      told = was_heard ? "**Answered.**" : `Not answered: ${each.answer}`;
      found.push(`Follow-up: ${each.ask} ${told}`);
    }
    if (given.own !== "") {
      const whose = record.ticked_by === "interviewer" ? "The interviewer's" : "Your";
      found.push(`${whose} notes:\n\n${_fenced(given.own)}`);
    }
    if (card.right !== "") {
      const agrees = given.compared === "wrong" ? "does not agree" : "agrees";
      told = given.compared === "" ? "" : ` The last line ${agrees}.`;
      found.push(`${card.right}${told}`);
    }
    const strong = card.strong.map((point) => `- ${point}`).join("\n");
    found.push(`A strong answer:\n\n${strong}`);
    found.push(`Prove it: ${card.proof}.`);
  }
  return found;
}

/** A text that is shown as it was typed, in a fence longer than any in it. */
function _fenced(text) {
  let fence = "```";
  while (text.includes(fence)) {
    fence = `${fence}\``;
  }
  return `${fence}text\n${text}\n${fence}`;
}

function _of(count, what) {
  return count === 1 ? `${count} ${what}` : `${count} ${what}s`;
}

return { COUNTED, FEW, STUDY, RATINGS, KEPT, markdown, title, command, file_name, minutes_of };
})();

// ---- generated/cases.js
const generated_cases = (() => {
// Generated from mqcourse/rubric/cases.py by `make derived`; change it there.

// The cases of an interview in their order, drawn from the cards at and around a level.

const { LEVELS } = generated_levels;

/** A design has 45 minutes on its card. In an interview it has these, so that other cases fit beside it. */
const DESIGN_MINUTES = 25;

/**
 * A case takes at most this share of the minutes, because one case alone is too little to count. A named topic is free of
 * it: some topics have long cases only.
 */
const LARGEST_SHARE = 0.6;

/** The kinds of cards that each place of a cycle draws from. */
const GROUPS =
    { recall: ["recall", "choice", "choices", "order", "spot"], claim: ["claim"],
    estimate: ["estimate", "numeric"], incident: ["incident"], design: ["design"] };

/** The order of an interview at each level, repeated while minutes are left. It begins with a short question. */
const CYCLES =
    { J: ["recall", "claim", "recall", "estimate", "recall"],
    M: ["recall", "incident", "claim", "estimate", "recall"],
    S: ["recall", "design", "claim", "estimate", "incident", "recall"],
    St: ["recall", "design", "incident", "claim", "estimate", "recall"] };

const AT = 1;
const BELOW = 3;

/**
 * Powers of a draw between 0 and 1: a card of the level below has a third of the weight of one at the level, a card of
 * the level above a sixth.
 */
const ABOVE = 6;

/** The minutes planned for a card whose own are `minutes`. */
function minutes_for(kind, minutes) {
  return kind === "design" ? DESIGN_MINUTES : minutes;
}

/** The cards at the level and beside it, in the order of the bank; of one topic unless it is empty. */
function fitting(bank, level, topic) {
  const found = [];
  for (const entry of bank) {
    if (power(entry.level, level) > 0 && ["", entry.topic].includes(topic)) {
      found.push(entry);
    }
  }
  return found;
}

/** The power for a card of a level; 0 where that level is not asked. */
function power(of_card, level) {
  const levels = Object.keys(LEVELS).slice();
  const higher = levels.indexOf(of_card) - levels.indexOf(level);
  if (higher === 0) {
    return AT;
  }
  if (higher === -1) {
    return BELOW;
  }
  return higher === 1 ? ABOVE : 0;
}

/**
 * The cases in order; together they take no more than the minutes.
 *
 * `cards` are those of `fitting`, in the order of their ids, each with a draw from 0 to 1. A card's draw to its power is
 * the key of a weighted draw without replacement (Efraimidis and Spirakis, 2006), the largest first; products alone, so
 * that every machine gives the same bits. Fewer minutes than the shortest case leave it empty; it may end before the
 * minutes do when a topic has no more cards.
 */
function planned(cards, level, minutes, topic, draws) {
  const keys = [];
  for (let entry_at = 0; entry_at < cards.length; entry_at++) {
    const entry = cards[entry_at];
    const draw = draws[entry_at];
    let key = 1.0;
    for (let _ = 0, _end = power(entry.level, level); _ < _end; _++) {
      key = key * draw;
    }
    keys.push(key);
  }
  const cycle = CYCLES[level].slice();
  let longest = Math.max(LARGEST_SHARE * minutes, _shortest(cards));
  if (topic !== "") {
    longest = minutes * 1.0;
    for (const group of Object.keys(GROUPS)) {
      if (!cycle.includes(group)) {
        cycle.push(group);
      }
    }
  }
  const used = new Array(cards.length).fill(false);
  const cases = [];
  let left = minutes;
  let before = -1;
  while (cases.length > before) {
    before = cases.length;
    for (const group of cycle) {
      const place = _first(cards, keys, used, GROUPS[group].slice(), left, longest);
      if (place >= 0) {
        used[place] = true;
        cases.push(cards[place]);
        left = left - cards[place].minutes;
      }
    }
  }
  return cases;
}

/** The minutes of the shortest card; it is asked however few minutes there are. */
function _shortest(cards) {
  let shortest = 1000;
  for (const entry of cards) {
    shortest = Math.min(shortest, entry.minutes);
  }
  return shortest;
}

/** The place of the card with the largest key that is of these kinds and fits; -1 for none. */
function _first(cards, keys, used, kinds, left, longest) {
  let found = -1;
  for (let at = 0; at < cards.length; at++) {
    const entry = cards[at];
    const fits = entry.minutes <= Math.min(left, longest);
    if (!used[at] && kinds.includes(entry.kind) && fits && (found < 0 || keys[at] > keys[found])) {
      found = at;
    }
  }
  return found;
}

return { DESIGN_MINUTES, LARGEST_SHARE, GROUPS, CYCLES, AT, BELOW, ABOVE, minutes_for, fitting, power, planned };
})();

// ---- mersenne.js
const mersenne = (() => {
// The numbers that Python's random.Random(seed).random() draws, for a seed below 2**32: the Mersenne Twister MT19937 with
// its initialisation by an array (Matsumoto and Nishimura, 1998 and 2002), and the 53 bits that CPython takes of it.

const SIZE = 624;
const SHIFT = 397;

function initial(seed) {
  const state = new Uint32Array(SIZE);
  state[0] = 19650218;
  for (let at = 1; at < SIZE; at += 1) state[at] = Math.imul(1812433253, state[at - 1] ^ (state[at - 1] >>> 30)) + at;
  let at = 1;
  const next = () => {
    at += 1;
    if (at < SIZE) return;
    state[0] = state[SIZE - 1];
    at = 1;
  };
  for (let left = SIZE; left > 0; left -= 1) {
    state[at] = (state[at] ^ Math.imul(state[at - 1] ^ (state[at - 1] >>> 30), 1664525)) + seed;
    next();
  }
  for (let left = SIZE - 1; left > 0; left -= 1) {
    state[at] = (state[at] ^ Math.imul(state[at - 1] ^ (state[at - 1] >>> 30), 1566083941)) - at;
    next();
  }
  state[0] = 0x80000000;
  return state;
}

function twist(state) {
  for (let at = 0; at < SIZE; at += 1) {
    const bits = (state[at] & 0x80000000) | (state[(at + 1) % SIZE] & 0x7fffffff);
    state[at] = state[(at + SHIFT) % SIZE] ^ (bits >>> 1) ^ (bits & 1 ? 0x9908b0df : 0);
  }
}

/** That many numbers from 0 to 1. */
function draws(seed, count) {
  const state = initial(seed);
  let at = SIZE;
  const word = () => {
    if (at === SIZE) {
      twist(state);
      at = 0;
    }
    let bits = state[at];
    at += 1;
    bits ^= bits >>> 11;
    bits ^= (bits << 7) & 0x9d2c5680;
    bits ^= (bits << 15) & 0xefc60000;
    return (bits ^ (bits >>> 18)) >>> 0;
  };
  return Array.from({ length: count }, () => {
    const high = word() >>> 5;
    const low = word() >>> 6;
    return (high * 67108864 + low) / 9007199254740992;
  });
}

return { draws };
})();

// ---- plan.js
const plan = (() => {
// A plan is {level, minutes, seed}: what its code holds, and the cases that it gives.

const { fitting, minutes_for, planned } = generated_cases;
const { LEAST_MINUTES, LETTERS, MOST_MINUTES, SEEDS, code_of } = generated_code;
const { NAMES } = generated_levels;
const { draws } = mersenne;

const CODE = /^(junior|mid|senior|staff)-(\d{1,3})-(\d{1,6})-([a-z])$/;

const codeOf = ({ level, minutes, seed }) => code_of(level, minutes, seed);

/** Why these are no plan, or an empty text. */
function refused({ minutes, seed }) {
  if (!Number.isInteger(minutes) || minutes < LEAST_MINUTES || minutes > MOST_MINUTES) {
    return `Minutes are a whole number from ${LEAST_MINUTES} to ${MOST_MINUTES}.`;
  }
  if (!Number.isInteger(seed) || seed < 0 || seed >= SEEDS) return `The seed is a whole number from 0 to ${SEEDS - 1}.`;
  return "";
}

/** The plan of a typed code, or null: its last letter shows most mistyped ones. */
function planOf(code) {
  const found = CODE.exec(code.trim().toLowerCase());
  if (!found) return null;
  const level = Object.keys(NAMES).find((short) => NAMES[short] === found[1]);
  const plan = { level, minutes: Number(found[2]), seed: Number(found[3]) };
  return refused(plan) === "" && codeOf(plan).endsWith(`-${found[4]}`) ? plan : null;
}

/** Three letters from the ids of the cases, as mqcourse/interview/plan_code.py makes them: two screens compare them. */
function markOf(cases) {
  let number = 0;
  for (const sign of cases.map(({ id }) => `${id} `).join("")) number = (number * 131 + sign.charCodeAt(0)) % 12167;
  return LETTERS[Math.floor(number / 529)] + LETTERS[Math.floor(number / 23) % 23] + LETTERS[number % 23];
}

/** The cards that `mq interview` asks for this plan; `bank` has {id, topic, level, kind, minutes}, in any order. */
function casesOf(bank, { level, minutes, seed }) {
  const entries = bank.map((card) => ({ ...card, minutes: minutes_for(card.kind, card.minutes) }));
  entries.sort((one, other) => (one.id < other.id ? -1 : 1)); // ids are ASCII, so this is Python's order too
  const cards = fitting(entries, level, "");
  return planned(cards, level, minutes, "", draws(seed, cards.length));
}

return { codeOf, refused, planOf, markOf, casesOf };
})();

// ---- generated/report_page.js
const generated_report_page = (() => {
// Generated from mqcourse/report_page.py by `make derived`; change it there.

const PAGE = [
  "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>",
  "</title>\n<style>\n:root { color-scheme: light dark; --ink: #1b1f24; --paper: #fff; --line: #8a929b; --soft: #f1f3f5; }\n@media (prefers-color-scheme: dark) {\n  :root { --ink: #e6e9ec; --paper: #16191d; --line: #7d868f; --soft: #23282e; }\n}\nbody { margin: 0; background: var(--paper); color: var(--ink); font: 1rem/1.55 system-ui, sans-serif; }\nmain { max-width: 46rem; margin: 0 auto; padding: 1rem; overflow-wrap: anywhere; }\nh1, h2, h3 { line-height: 1.25; }\nh2 { margin-top: 2.2rem; border-bottom: 1px solid var(--line); padding-bottom: .2rem; }\ntable { border-collapse: collapse; width: 100%; }\nth, td { border: 1px solid var(--line); padding: .35rem .5rem; text-align: left; vertical-align: top; }\ntd:not(:first-child), th:not(:first-child) { white-space: nowrap; }\ncode, pre { background: var(--soft); font-family: ui-monospace, monospace; font-size: .9em; }\ncode { padding: 0 .2em; }\npre { padding: .6rem; white-space: pre-wrap; }\npre code { padding: 0; }\n@media print {\n  :root { --ink: #000; --paper: #fff; --line: #666; --soft: #fff; }\n  main { max-width: 100%; padding: 0; }\n  h2, h3 { break-after: avoid; }\n  table, li, pre { break-inside: avoid; }\n}\n</style>\n</head>\n<body>\n<main>\n",
  "</main>\n</body>\n</html>\n"
];

return { PAGE };
})();

// ---- report_view.js
const report_view = (() => {
// The report on the screen and as files: Markdown, one HTML page, the answers for `mq interview --answers`, and for an
// interviewer the ratings, which the candidate's review adds to its own.

const { asJson } = case_state;
const { renderer } = cards;
const { make, button, save } = dom;
const { NAMES } = generated_levels;
const { file_name, markdown, title } = generated_report;
const { PAGE } = generated_report_page;
const { rating } = generated_ticks;

const CHAPTER = /^book\/([\w/-]+)\.md$/;

/** The report as the page that report_page.py makes of it. Its title is letters and digits, so nothing is escaped. */
function htmlOf(record, markdownit) {
  const body = renderer(markdownit).render(markdown(record)).replaceAll("<th>", '<th scope="col">');
  return [PAGE[0], title(record), PAGE[1], body, PAGE[2]].join("");
}

/** The report inside the page: its headings one level lower, and the files of chapters as links. */
function rendered(record, root) {
  const made = make("div", { class: "mq-interview-report" });
  made.innerHTML = renderer(globalThis.markdownit).render(markdown(record)).replaceAll("<th>", '<th scope="col">');
  for (const heading of made.querySelectorAll("h1, h2, h3")) {
    heading.replaceWith(make(`h${Number(heading.tagName[1]) + 1}`, {}, ...heading.childNodes));
  }
  for (const code of made.querySelectorAll("code")) {
    const found = CHAPTER.exec(code.textContent);
    if (!found) continue;
    const link = make("a", { href: `${root}book/${found[1]}.html` });
    code.replaceWith(link);
    link.append(code);
  }
  return made;
}

/** The ratings as lines of the journal of cards. */
const ratingLines = (record, at) =>
  record.answers.map((given) => `${JSON.stringify({ card: given.card.entry.id, at, rating: rating(given) })}\n`).join("");

const answersJson = (record, begunIso) =>
  `${JSON.stringify({ level: NAMES[record.level], minutes: record.minutes, seed: record.seed, topic: null, begun: begunIso, ticked_by: record.ticked_by, answers: record.answers.map(asJson) }, null, 2)}\n`;

/** The report with its buttons; `again` begins anew. */
function reportView(record, begunAt, again) {
  const begunIso = `${begunAt.toISOString().slice(0, 19)}+00:00`;
  const digits = begunAt.toISOString().slice(0, 16).replace("T", "-").replace(":", "");
  const name = file_name(record, digits);
  const buttons = [
    button("Save as Markdown", () => save(`${name}.md`, markdown(record), "text/markdown")),
    button("Save as HTML", () => save(`${name}.html`, htmlOf(record, globalThis.markdownit), "text/html")),
    button("Save the answers", () => save(`${name}.json`, answersJson(record, begunIso), "application/json")),
  ];
  if (record.kept === "other" || globalThis.mqJournal.forgets) {
    const whose = record.kept === "other" ? "Save the ratings for the candidate" : "Save the ratings, which this browser refuses to keep";
    buttons.push(button(whose, () => save("cards.jsonl", ratingLines(record, new Date().toISOString()), "application/x-ndjson")));
  }
  buttons.push(button("Another interview", again));
  const bar = make("div", { class: "mq-cards-bar", role: "group", "aria-label": "The report" }, ...buttons);
  return make("div", {}, bar, rendered(record, document.documentElement.dataset.content_root ?? ""));
}

return { htmlOf, ratingLines, answersJson, reportView };
})();

// ---- start_view.js
const start_view = (() => {
// The start: the plan by its fields or by a code, and the three ways to begin.

const { make, button } = dom;
const { LEAST_MINUTES, MOST_MINUTES, SEEDS } = generated_code;
const { LEVELS } = generated_levels;
const { codeOf, markOf, planOf, refused } = plan;

const FOUND = { level: "S", minutes: 45 };
const VIEWS = [
  ["solo", "Begin alone"],
  ["interviewer", "Begin as the interviewer"],
  ["candidate", "Begin as the candidate"],
];

const randomPlan = () => ({ ...FOUND, seed: Math.floor(Math.random() * SEEDS) });

/** The link that opens this page with a plan and a view. */
const linkTo = (plan, view) => `${location.href.split("#")[0]}#code=${codeOf(plan)}&view=${view}`;

function number(label, value, least, most) {
  const field = make("input", { type: "number", min: String(least), max: String(most), step: "1", inputmode: "numeric" });
  field.value = String(value);
  return { field, label: make("label", {}, `${label} `, field) };
}

/** `cases` gives the cases of a plan; `begin` gets the plan and the view; `asked` is the view that a link names. */
function startView(plan, asked, cases, begin) {
  const level = make("select", {}, ...Object.entries(LEVELS).map(([short, name]) => make("option", { value: short }, name)));
  level.value = plan.level;
  const minutes = number("Minutes", plan.minutes, LEAST_MINUTES, MOST_MINUTES);
  const seed = number("Seed", plan.seed, 0, SEEDS - 1);
  const code = make("input", { type: "text", autocomplete: "off", autocapitalize: "none", spellcheck: "false", size: "24" });
  const news = make("p", { role: "status", class: "mq-interview-news" });
  const copied = make("p", { role: "status", class: "mq-interview-news" });
  const begins = VIEWS.map(([view, text]) => button(text, () => begin(read(), view), view === asked ? "mq-interview-asked" : ""));
  const another = button("Another seed", () => {
    seed.field.value = String(randomPlan().seed);
    show();
  });
  const copy = button("Copy the candidate's link", async () => {
    try {
      await navigator.clipboard.writeText(linkTo(read(), "candidate"));
      copied.textContent = "The link is copied.";
    } catch {
      copied.textContent = `The link could not be copied. The candidate can type the code: ${codeOf(read())}`;
    }
  });

  const read = () => ({ level: level.value, minutes: Number(minutes.field.value || NaN), seed: Number(seed.field.value || NaN) });

  function allow(text) {
    for (const one of [...begins, copy]) one.disabled = text !== "";
  }

  function show() {
    const found = read();
    const why = refused(found);
    allow(why);
    copied.textContent = "";
    if (why) {
      news.textContent = why;
      return;
    }
    code.value = codeOf(found);
    const asks = cases(found);
    const planned = asks.reduce((sum, one) => sum + one.minutes, 0);
    news.textContent = `${asks.length} case${asks.length === 1 ? "" : "s"}, ${planned} minutes planned. The letters of these cases: ${markOf(asks)}.`;
  }

  function take() {
    const found = planOf(code.value);
    if (!found) {
      const why = "This is no code. A code looks like senior-45-7-q; check its digits and its last letter.";
      allow(why);
      news.textContent = why;
      return;
    }
    level.value = found.level;
    minutes.field.value = String(found.minutes);
    seed.field.value = String(found.seed);
    show();
  }

  for (const field of [level, minutes.field, seed.field]) field.addEventListener("input", show);
  code.addEventListener("input", take);
  show();
  return make(
    "div",
    { class: "mq-cards-bar mq-interview-start", role: "group", "aria-label": "A mock interview" },
    make("label", {}, "Level ", level),
    minutes.label,
    seed.label,
    another,
    make("label", { class: "mq-interview-code" }, "Code, the same on both screens ", code),
    news,
    make("div", { class: "mq-interview-begin" }, ...begins),
    copy,
    copied,
  );
}

return { randomPlan, linkTo, startView };
})();

// ---- time_line.js
const time_line = (() => {
// The time of an interview, told each second and never enforced.

const { make } = dom;

const SECOND_MS = 1000;

function shown(ms) {
  const seconds = Math.max(0, Math.floor(ms / SECOND_MS));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

/** A line that tells both times until it is removed from the page; `read` gives {whole, ofCase} in milliseconds. */
function timeLine(minutes, minutesOfCase, read) {
  const line = make("p", { class: "mq-interview-clock", role: "timer", "aria-label": "Time" });
  const over = (ms, planned) => (ms >= planned * 60 * SECOND_MS ? ", over" : "");
  function tell() {
    const { whole, ofCase } = read();
    line.textContent =
      `Interview ${shown(whole)} of ${minutes}:00${over(whole, minutes)} · ` +
      `this case ${shown(ofCase)} of ${minutesOfCase}:00${over(ofCase, minutesOfCase)}`;
  }
  tell();
  const ticking = setInterval(() => (line.isConnected ? tell() : clearInterval(ticking)), SECOND_MS);
  return line;
}

return { shown, timeLine };
})();

// ---- mock_interview.js
const mock_interview = (() => {
// A mock interview in the page, alone or for two screens with one code. The plan, the follow-ups, the rating, the level
// and the report are Python's, translated; only the drawing and the clock are written here.

const { load, renderer } = cards;
const { caseView } = case_view;
const { asJson, fresh, givenOf } = case_state;
const { compared, lastLine } = comparison;
const { make, button, save } = dom;
const { code_of } = generated_code;
const { markdown } = generated_report;
const { rating } = generated_ticks;
const { casesOf, codeOf, markOf, planOf } = plan;
const { answersJson, htmlOf, reportView } = report_view;
const { randomPlan, startView } = start_view;
const { timeLine } = time_line;

const KEPT = "mq-interview";
const VIEWS = ["solo", "interviewer", "candidate"];
const WORDS = {
  interviewer: "Your screen, the interviewer's. Ticks and notes stay here. The candidate's screen has the same cases if it shows the same three letters; both go on by hand.",
  candidate: "Your screen, the candidate's. The interviewer's screen has the same cases if it shows the same three letters; both go on by hand.",
};

// What a browser refuses to keep is lost with a reload, and with nothing else.
function remember(state) {
  try {
    if (state) sessionStorage.setItem(KEPT, JSON.stringify(state));
    else sessionStorage.removeItem(KEPT);
  } catch {} // private windows, a full disk
}

function remembered() {
  try {
    const found = JSON.parse(sessionStorage.getItem(KEPT) ?? "null");
    return found && planOf(found.code) && VIEWS.includes(found.view) && Array.isArray(found.states) ? found : null;
  } catch {
    return null;
  }
}

/** The plan and the view that the address names; the plan is null where it names none. */
function linked() {
  const words = new URLSearchParams(location.hash.slice(1));
  const plan = planOf(words.get("code") ?? "");
  return { plan, view: VIEWS.includes(words.get("view")) ? words.get("view") : plan ? "candidate" : "solo" };
}

class MockInterview {
  constructor(root) {
    this.root = root;
    this.bank = globalThis.mqBank.cards;
    this.state = null; // {code, view, begun, ended, at, states} while an interview is on: plain values
    this.since = 0; // when the case on the screen was last counted
    this.starting = false; // the start is on the screen
    const found = remembered();
    const { plan } = linked();
    const same = found && (!plan || codeOf(plan) === found.code);
    if (same && casesOf(this.bank, planOf(found.code)).length === found.states.length) this.resume(found);
    else this.start();
    addEventListener("hashchange", () => this.starting && linked().plan && this.start()); // another code, and no heading
    addEventListener("pagehide", () => this.count());
  }

  // ---- the start ----

  start() {
    this.state = null;
    remember(null);
    this.focused(false);
    this.starting = true;
    const { plan, view } = linked();
    const cases = (one) => casesOf(this.bank, one);
    this.root.replaceChildren(startView(plan ?? randomPlan(), view, cases, (chosen, as) => this.begin(chosen, as)));
  }

  begin(plan, view) {
    const cases = casesOf(this.bank, plan);
    this.resume({ code: codeOf(plan), view, begun: Date.now(), at: 0, states: cases.map(fresh) });
    if (view !== "solo") history.replaceState(null, "", `#code=${codeOf(plan)}&view=${view}`);
  }

  resume(state) {
    this.state = state;
    this.starting = false;
    this.plan = planOf(state.code);
    this.cases = casesOf(this.bank, this.plan);
    if (state.over) {
      this.close();
      return;
    }
    this.focused(true);
    this.show();
  }

  // The rest of the page is hidden while an interview is on.
  focused(on) {
    document.documentElement.classList.toggle("mq-in-interview", on);
  }

  /** Add the time since the last count to the case on the screen. */
  count() {
    if (!this.state || !this.since) return;
    const now = Date.now();
    this.state.states[this.state.at].ms += now - this.since;
    this.since = now;
    remember(this.state);
  }

  // ---- a case ----

  async show() {
    const { state } = this;
    const { at } = state;
    this.since = 0;
    remember(state);
    let loaded;
    try {
      loaded = await load(this.cases[at], globalThis.mqBank.version);
      if (this.cases[at + 1]) load(this.cases[at + 1], globalThis.mqBank.version).catch(() => {}); // the next one without a wait
    } catch {
      loaded = null;
    }
    if (this.state !== state || state.at !== at) return;
    if (!loaded?.html) {
      this.trouble(() => this.show());
      return;
    }
    this.since = Date.now();
    const one = state.states[at];
    const { card, prompt } = caseView(loaded, one, state.view, () => this.count());
    const times = () => ({ whole: Date.now() - state.begun, ofCase: one.ms + Date.now() - this.since });
    const head = make(
      "div",
      { class: "mq-cards-bar mq-interview-bar", role: "group", "aria-label": "This interview" },
      make("p", {}, `Case ${at + 1} of ${this.cases.length}, ${this.cases[at].minutes} minutes planned.`),
      timeLine(this.plan.minutes, this.cases[at].minutes, times),
      button("End the interview", () => this.end()),
      ...(state.view === "solo" ? [] : [make("p", { class: "mq-interview-news" }, `Code ${state.code}, letters ${markOf(this.cases)}. ${WORDS[state.view]}`)]),
    );
    const last = at + 1 === this.cases.length;
    const finish = state.view === "candidate" ? "Finish" : "Finish, and show the report";
    const foot = make("div", { class: "mq-interview-foot" });
    if (at > 0) foot.append(button("Previous case", () => this.go(-1)));
    foot.append(button(last ? finish : "Next case", () => this.go(1), "mq-interview-next"));
    this.root.replaceChildren(head, card, foot);
    prompt.focus({ preventScroll: true });
    scrollTo(0, 0);
  }

  trouble(again) {
    const text = "A file of the cards could not be loaded. Try again when the network is there; what was answered is kept in this tab.";
    const message = make("p", { role: "alert", class: "mq-interview-news" }, text);
    const retry = button("Try again", again);
    this.root.replaceChildren(make("div", { class: "mq-cards-bar" }, message, retry));
    retry.focus();
  }

  go(step) {
    this.count();
    const { state } = this;
    if (step > 0) state.states[state.at].done = true;
    if (state.at + step >= this.cases.length) {
      this.close();
      return;
    }
    state.at += step;
    this.show();
  }

  end() {
    const left = this.state.states.filter(({ done }) => !done).length;
    if (confirm(`${left} of ${this.cases.length} cases are not finished. End the interview now?`)) {
      this.count();
      this.close();
    }
  }

  // ---- the end ----

  async close() {
    const { state } = this;
    this.since = 0;
    const entries = this.cases.map((entry, place) => ({ entry, one: state.states[place] })).filter(({ one }) => one.done);
    const heading = make("h2", { tabindex: "-1" }, "The interview is over");
    const begunAt = new Date(state.begun);
    let body;
    if (state.view === "candidate") body = this.notes(begunAt);
    else if (entries.length === 0) body = make("div", {}, make("p", {}, "No case was finished, so there is nothing to count."), button("Another interview", () => this.start()));
    else {
      const loaded = await Promise.all(entries.map(({ entry }) => load(entry, globalThis.mqBank.version))).catch(() => null);
      if (!loaded) {
        this.trouble(() => this.close());
        return;
      }
      const answers = entries.map(({ one }, place) => givenOf(loaded[place].card, loaded[place].right, one));
      body = reportView(this.record(answers, begunAt), begunAt, () => this.start());
    }
    remember({ ...state, over: true }); // until another interview begins
    this.state = null;
    this.focused(false);
    this.root.replaceChildren(heading, body);
    heading.focus({ preventScroll: true });
    this.root.scrollIntoView();
  }

  /** What the report is made from. Alone, the ratings are kept in the schedule of this browser's review. */
  record(answers, begunAt) {
    const solo = this.state.view === "solo";
    for (const given of solo && !this.state.rated ? answers : []) {
      const more = { ...(given.own && { answer: given.own }), ...(given.points.length > 0 && { points: given.points }) };
      mqJournal.keep(given.card.entry.id, rating(given), more);
    }
    this.state.rated = true; // a reload shows the report again, and rates nothing twice
    const memories = solo ? mqSchedule.replay(mqJournal.lines()) : new Map();
    for (const given of answers) {
      const due = memories.get(given.card.entry.id)?.due;
      given.due = due ? new Date(due).toLocaleDateString("sv") : ""; // a day here as 2026-11-28
    }
    const begun = `${begunAt.toISOString().slice(0, 16).replace("T", " ")} UTC`;
    return { ...this.plan, topic: "", cases: this.cases.length, begun, kept: solo ? "browser" : "other", ticked_by: solo ? "you" : "interviewer", answers };
  }

  /** What a candidate takes along: the own notes, and no answer. */
  notes(begunAt) {
    const texts = this.state.states.map(({ own }, place) => (own.trim() ? `## Case ${place + 1}\n\n${own.trim()}\n` : "")).filter(Boolean);
    const file = `# Notes of a mock interview, ${this.state.code}, ${begunAt.toISOString().slice(0, 10)}\n\n${texts.join("\n")}`;
    const words = texts.length > 0 ? "The report is on the interviewer's screen. Your notes are kept only in this tab, until you leave it." : "The report is on the interviewer's screen.";
    const buttons = [button("Another interview", () => this.start())];
    if (texts.length > 0) buttons.unshift(button("Save my notes", () => save("interview-notes.md", file, "text/markdown")));
    return make("div", { class: "mq-cards-bar" }, make("p", {}, words), ...buttons);
  }
}

if (typeof document !== "undefined") {
  // The bank of cards is a script behind this one.
  addEventListener("DOMContentLoaded", () => {
    for (const root of document.querySelectorAll(".mq-interview")) new MockInterview(root);
  });
}
globalThis.mqMockInterview = { answersJson, asJson, casesOf, code_of, compared, givenOf, htmlOf, lastLine, markOf, markdown, planOf, rating, renderer };

return {  };
})();
})();
