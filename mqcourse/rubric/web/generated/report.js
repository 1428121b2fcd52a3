// Generated from mqcourse/rubric/report.py by `make derived`; change it there.

// The report of an interview as Markdown: the level by count and why, what is false, each case, what to study.

import { SEEDS, code_of } from "./code.js";
import { RULE, junior_needs, not_given, reached, shares } from "./level.js";
import { LEVELS, NAMES, RUBRIC } from "./levels.js";
import { follow_up_places, rating, unsaid } from "./ticks.js";

export const COUNTED =
    "This report counts ticks. The program has not judged the answers: it compares a number, letters or a verdict where the card has one, and reads no other text. So the result is as exact as the ticks.";

/** Fewer points of a level than these are called few. */
export const FEW = 6;

/** How many pages the report names to study. */
export const STUDY = 5;

export const RATINGS =
    "The rating is a count. Again: no point, a common wrong answer, or a comparison that is not right. Hard: some points. Good: every point up to the card's own level. Easy: every point and every follow-up.";

/** Where the ratings are, by the name that a record has for it. */
export const KEPT =
    { journal: "Each card is in the journal of `mq quiz`.",
    browser: "Each card is in the schedule of the review in this browser.",
    other: "The schedule of this browser is unchanged. The file of ratings adds these cards to the candidate's review.",
    file: "These answers come from a file, so your schedule of `mq quiz` is unchanged." };

/** The report. The same record gives the same text. */
export function markdown(record) {
  const parts =
      [..._head(record), ..._level(record), ..._false(record), ..._study(record), ..._scheduled(record),
      ..._cases(record)];
  const whole = parts.join("\n\n");
  return `${whole}\n`;
}

/** What the report is of. */
export function title(record) {
  return `Mock interview: ${NAMES[record.level]} level, ${record.minutes} minutes`;
}

/** The command that gives the same cases again. */
export function command(record) {
  const topic = record.topic === "" ? "" : ` --topic ${record.topic}`;
  return `mq interview --level ${NAMES[record.level]} --minutes ${record.minutes} --seed ${record.seed}${topic}`;
}

/** The name of the report's files, without a suffix; `at` is the time of its begin in digits, or empty. */
export function file_name(record, at) {
  const begun = at === "" ? "" : `${at}-`;
  return `${begun}${NAMES[record.level]}-${record.minutes}-minutes-seed-${record.seed}`;
}

/** Whole minutes as they are told: "under 1" for less than one. */
export function minutes_of(seconds) {
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
