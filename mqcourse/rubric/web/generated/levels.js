// Generated from mqcourse/rubric/levels.py by `make derived`; change it there.

// The levels of cards, and those of answers.

/** Short name in the bank, name on the page; in rising order. */
export const LEVELS = { J: "Junior", M: "Mid", S: "Senior", St: "Staff" };

/** The levels of answers that a rubric distinguishes, in rising order. */
export const RUBRIC = { mid: "Mid", senior: "Senior", staff: "Staff" };

/** The level as it is typed, by its short name. */
export const NAMES = { J: "junior", M: "mid", S: "senior", St: "staff" };
