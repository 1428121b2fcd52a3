// Generated from mqcourse/whatif/shelf.py by `make derived`; change it there.

// Where a broker keeps messages, as the page draws it.

/** A message in its place. `look`: waits, held, again, done or dead; `note`: the same in words. */
export class Token {
  constructor(number, look, note) {
    this.number = number;
    this.look = look;
    this.note = note;
  }
}

/** A place with the messages in it, in their order. `note`: numbers that belong to it. */
export class Shelf {
  constructor(title, tokens, note) {
    this.title = title;
    this.tokens = tokens;
    this.note = note;
  }
}
