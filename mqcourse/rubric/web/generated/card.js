// Generated from mqcourse/rubric/card.py by `make derived`; change it there.

// A card as the count needs it, and what a person did with it.

/** A card as the plan needs it: `level` by its short name, `minutes` as planned for an interview. */
export class Entry {
  constructor(id, topic, level, kind, minutes) {
    this.id = id;
    this.topic = topic;
    this.level = level;
    this.kind = kind;
    this.minutes = minutes;
  }
}

/** A point of a card's rubric, and the level whose answer has it (mid, senior or staff). */
export class Point {
  constructor(level, text) {
    this.level = level;
    this.text = text;
  }
}

/** A common wrong answer, and why it is wrong. */
export class Wrong {
  constructor(said, why) {
    this.said = said;
    this.why = why;
  }
}

/** What is asked next, and the answer to it. */
export class Next {
  constructor(ask, answer) {
    this.ask = ask;
    this.answer = answer;
  }
}

/**
 * What a report needs of a card; every text is Markdown.
 *
 * `asked` is what was asked in one line, `title` the same cut for a heading; `beside` is what was shown with it, such
 * as options or log lines, or empty; `right` is what the card has where a number, letters or a verdict is compared; `proof` is where it is proved, and `page` where to read.
 */
export class Card {
  constructor(entry, kind, asked, title, beside, points, wrong, follow_ups, strong, right, proof, page) {
    this.entry = entry;
    this.kind = kind;
    this.asked = asked;
    this.title = title;
    this.beside = beside;
    this.points = points;
    this.wrong = wrong;
    this.follow_ups = follow_ups;
    this.strong = strong;
    this.right = right;
    this.proof = proof;
    this.page = page;
  }
}

/**
 * One case as it was answered.
 *
 * `points` and `wrong` are the places that were ticked, from 0, rising; `heard` is, for each follow-up that was asked,
 * whether it was answered; `compared` is right, wrong, or empty where the last line is free text; `last_line` is that
 * line; `due` the day on which the card is shown again, or empty.
 */
export class Given {
  constructor(card, own, last_line, compared, points, wrong, heard, seconds, due) {
    this.card = card;
    this.own = own;
    this.last_line = last_line;
    this.compared = compared;
    this.points = points;
    this.wrong = wrong;
    this.heard = heard;
    this.seconds = seconds;
    this.due = due;
  }
}

/**
 * A whole interview. `begun` is a time to show, or empty; `kept` names where the ratings are (see report.py);
 * `ticked_by` is you or interviewer: whose ticks and notes these are.
 */
export class Record {
  constructor(level, minutes, seed, topic, cases, begun, kept, ticked_by, answers) {
    this.level = level;
    this.minutes = minutes;
    this.seed = seed;
    this.topic = topic;
    this.cases = cases;
    this.begun = begun;
    this.kept = kept;
    this.ticked_by = ticked_by;
    this.answers = answers;
  }
}
