"""The report of an interview as Markdown: the level by count and why, what is false, each case, what to study."""

from mqcourse.rubric.card import Given, Record
from mqcourse.rubric.code import SEEDS, code_of
from mqcourse.rubric.level import RULE, Share, junior_needs, not_given, reached, shares
from mqcourse.rubric.levels import LEVELS, NAMES, RUBRIC
from mqcourse.rubric.ticks import follow_up_places, rating, unsaid

COUNTED = (
    "This report counts ticks. The program has not judged the answers: "
    "it compares a number, letters or a verdict where the card has one, and reads no other text. "
    "So the result is as exact as the ticks."
)
FEW = 6
"""Fewer points of a level than these are called few."""
STUDY = 5
"""How many pages the report names to study."""
RATINGS = (
    "The rating is a count. Again: no point, a common wrong answer, or a comparison that is not right. Hard: some points. "
    "Good: every point up to the card's own level. Easy: every point and every follow-up."
)
KEPT = {
    "journal": "Each card is in the journal of `mq quiz`.",
    "browser": "Each card is in the schedule of the review in this browser.",
    "other": "The schedule of this browser is unchanged. The file of ratings adds these cards to the candidate's review.",
    "file": "These answers come from a file, so your schedule of `mq quiz` is unchanged.",
}
"""Where the ratings are, by the name that a record has for it."""


def markdown(record: Record) -> str:
    """The report. The same record gives the same text."""
    parts = [
        *_head(record),
        *_level(record),
        *_false(record),
        *_study(record),
        *_scheduled(record),
        *_cases(record),
    ]
    whole = "\n\n".join(parts)
    return f"{whole}\n"


def title(record: Record) -> str:
    """What the report is of."""
    return f"Mock interview: {NAMES[record.level]} level, {record.minutes} minutes"


def command(record: Record) -> str:
    """The command that gives the same cases again."""
    topic = "" if record.topic == "" else f" --topic {record.topic}"
    return (
        f"mq interview --level {NAMES[record.level]} --minutes {record.minutes} --seed {record.seed}{topic}"
    )


def file_name(record: Record, at: str) -> str:
    """The name of the report's files, without a suffix; `at` is the time of its begin in digits, or empty."""
    begun = "" if at == "" else f"{at}-"
    return f"{begun}{NAMES[record.level]}-{record.minutes}-minutes-seed-{record.seed}"


def minutes_of(seconds: int) -> str:
    """Whole minutes as they are told: "under 1" for less than one."""
    return "under 1" if seconds < 60 else f"{int((seconds + 30) / 60)}"


def _head(record: Record) -> list[str]:
    begun = "" if record.begun == "" else f"{record.begun}. "
    seconds = 0
    for given in record.answers:
        seconds = seconds + given.seconds
    minutes = minutes_of(seconds)
    unit = "minute" if minutes in ("1", "under 1") else "minutes"
    took = f" in {minutes} {unit}" if seconds > 0 else ""
    found = [
        f"# {title(record)}",
        f"{begun}{len(record.answers)} of {record.cases} cases were answered{took}.",
    ]
    left = record.cases - len(record.answers)
    if left > 0:
        found.append(
            f"**This is a report of a part.** The interview ended with {_of(left, 'case')} left, and only what was answered counts."
        )
    found.append(f"`{command(record)}` gives the same cases again, as long as the bank of cards is the same.")
    if record.topic == "" and record.seed < SEEDS:
        code = code_of(record.level, record.minutes, record.seed)
        found.append(f"So does `mq interview --code {code}`, and the code `{code}` in the book's page.")
    whose = " The interviewer ticked what the candidate said." if record.ticked_by == "interviewer" else ""
    found.append(f"{COUNTED}{whose}")
    return found


def _who(record: Record) -> str:
    """Who ticked and typed, at the begin of a sentence."""
    return "The interviewer" if record.ticked_by == "interviewer" else "You"


def _level(record: Record) -> list[str]:
    level = reached(record.answers)
    counts = shares(record.answers)
    found: list[str] = []
    if level == "":
        found.append("## Level reached: not given")
        found.append(f"The reason: {not_given(record.answers)}. The ticks are counted below.")
    else:
        found.append(f"## Level reached: {level}")
        found.append(_why(level, counts))
    untrue = 0
    for given in record.answers:
        untrue = untrue + len(given.wrong) + (1 if given.compared == "wrong" else 0)
    if untrue > 0:
        verb = "is" if untrue == 1 else "are"
        found.append(
            f"{_of(untrue, 'answer')} {verb} false: see “Claimed, and false”. The level counts points only."
        )
    rows = ["| Points of level | Ticked | Needed | Enough |", "|---|---|---|---|"]
    for share in counts:
        holds = "yes" if share.holds else "no"
        rows.append(f"| {RUBRIC[share.level]} | {share.said} of {share.asked} | {share.needed} | {holds} |")
    found.append("\n".join(rows))
    found.append(f"The rule: {RULE}")
    found.append(" ".join(_conditions(record, counts)))
    return found


def _why(level: str, counts: list[Share]) -> str:
    """Why it is this level, and what the next one needs."""
    if level == "below junior":
        mid = counts[0]
        needed = junior_needs(counts)
        return f"{mid.said} of {mid.asked} mid points were ticked, and junior needs {needed}: {needed - mid.said} more."
    text = ""
    above: list[str] = []
    for share in counts:
        if text != "" and share.holds:
            above.append(share.level)
        if text == "" and not share.holds:
            text = f"{share.said} of {share.asked} {share.level} points were ticked, and {share.level} needs {share.needed}: {share.needed - share.said} more."
    if text == "":
        return "Two thirds or more of the points of every level were ticked."
    if len(above) > 0:
        return (
            f"{text} Enough {' and '.join(above)} points were ticked, but a level needs the levels below it."
        )
    return text


def _conditions(record: Record, counts: list[Share]) -> list[str]:
    """What the count depends on."""
    asked: list[str] = []
    for short in LEVELS:
        count = len([given for given in record.answers if given.card.entry.level == short])
        if count > 0:
            asked.append(f"{count} {NAMES[short]}")
    found = [
        f"The points are those of the cards that were asked, by level of the card: {', '.join(asked)}.",
    ]
    fewest = counts[0].asked
    for share in counts:
        fewest = min(fewest, share.asked)
    if fewest < FEW:
        found.append(f"{fewest} points of a level are few, so one tick more or less can change the level.")
    heard = 0
    answered = 0
    for given in record.answers:
        heard = heard + len(given.heard)
        answered = answered + len([one for one in given.heard if one])
    if heard > 0:
        found.append(
            f"{answered} of {_of(heard, 'follow-up')} were answered. They do not count for the level."
        )
    return found


def _false(record: Record) -> list[str]:
    rows: list[str] = []
    for given in record.answers:
        where = f"  - Asked: {given.card.title}\n  - Proof: {given.card.proof}."
        for place in given.wrong:
            wrong = given.card.wrong[place]
            rows.append(f"- **“{wrong.said}”** {wrong.why}\n{where}")
    for given in record.answers:
        if given.compared == "wrong":
            asked = f"  - Asked: {given.card.title}\n  - Proof: {given.card.proof}."
            rows.append(f"- {_who(record)} typed **{given.last_line}**. {given.card.right}\n{asked}")
    found = ["## Claimed, and false"]
    if len(rows) > 0:
        found.append("\n".join(rows))
    else:
        found.append(
            "The count has no false answer: no common wrong answer was ticked, and no comparison failed."
        )
    right = len([given for given in record.answers if given.compared == "right"])
    if right > 0:
        found.append(f"{_of(right, 'typed answer')} of a number, letters or a verdict agreed with the card.")
    return found


def _lacks(given: Given, aimed: list[str]) -> list[str]:
    """What a case leaves to study."""
    found: list[str] = []
    for place in unsaid(given):
        point = given.card.points[place]
        if point.level in aimed:
            found.append(f"{RUBRIC[point.level]}: {point.text}")
    for place in given.wrong:
        found.append(f"Claimed, and false: “{given.card.wrong[place].said}”")
    if given.compared == "wrong":
        found.append(f"Not right: {given.card.title}")
    return found


def _study(record: Record) -> list[str]:
    aimed = list(RUBRIC)[: max(list(LEVELS).index(record.level), 1)]
    last = aimed[-1]
    pages: list[str] = []
    missing: list[list[str]] = []
    for given in record.answers:
        lacks = _lacks(given, aimed)
        if len(lacks) > 0:
            page = given.card.page
            if page not in pages:
                pages.append(page)
                missing.append([])
            missing[pages.index(page)].extend(lacks)
    found = ["## What to study"]
    if len(pages) == 0:
        found.append(_nothing_left(record, last))
        return found
    found.append(
        f"What was not ticked, up to the {last} points, and what is false, by page. The page with most is first."
    )
    rows: list[str] = []
    shown = [False] * len(pages)
    for _ in range(min(STUDY, len(pages))):
        most = -1
        for at, lacking in enumerate(missing):
            if not shown[at] and (most < 0 or len(lacking) > len(missing[most])):
                most = at
        shown[most] = True
        rows.append(f"- **{pages[most]}**")
        for lack in missing[most]:
            rows.append(f"  - {lack}")
    found.append("\n".join(rows))
    if len(pages) > STUDY:
        found.append(f"{_of(len(pages) - STUDY, 'more page')} with fewer: see the cases below.")
    return found


def _nothing_left(record: Record, last: str) -> str:
    """What is next where every point up to the level that was aimed at was ticked."""
    higher = 0
    for share in shares(record.answers):
        higher = higher + share.asked - share.said
    if higher > 0:
        return f"Every point up to the {last} points was ticked. {_of(higher, 'point')} above that level: see “not said” in the cases below. Try another seed, or a higher level."
    more = "." if record.level == "St" else ", or a higher level."
    return f"Every point of every case was ticked. Try another seed{more}"


def _scheduled(record: Record) -> list[str]:
    dated = False
    for given in record.answers:
        dated = dated or given.due != ""
    rows = (
        ["| Card | Rating | Shown again |", "|---|---|---|"] if dated else ["| Card | Rating |", "|---|---|"]
    )
    for given in record.answers:
        day = "-" if given.due == "" else given.due
        shown = f" {day} |" if dated else ""
        rows.append(f"| {given.card.title} | {rating(given)} |{shown}")
    return ["## The ratings of the cards", f"{KEPT[record.kept]} {RATINGS}", "\n".join(rows)]


def _cases(record: Record) -> list[str]:
    found = ["## Case by case"]
    for at, given in enumerate(record.answers):
        card = given.card
        found.append(f"### {at + 1}. {card.title}")
        took = f", {minutes_of(given.seconds)} of {card.entry.minutes} minutes" if given.seconds > 0 else ""
        found.append(f"{LEVELS[card.entry.level]}, {card.kind}, `{card.entry.id}`{took}.")
        if card.asked != card.title:
            found.append(card.asked)
        if card.beside != "":
            found.append(card.beside)
        rows: list[str] = []
        for place, point in enumerate(card.points):
            said = "**said**" if place in given.points else "not said"
            rows.append(f"- {said}, {point.level}: {point.text}")
        for place in given.wrong:
            rows.append(f"- **said, and false**: “{card.wrong[place].said}”")
        found.append("\n".join(rows))
        places = follow_up_places(card, given.points)
        heard = given.heard
        for follow_up, was_heard in zip(places, heard, strict=True):
            each = card.follow_ups[follow_up]
            told = "**Answered.**" if was_heard else f"Not answered: {each.answer}"
            found.append(f"Follow-up: {each.ask} {told}")
        if given.own != "":
            whose = "The interviewer's" if record.ticked_by == "interviewer" else "Your"
            found.append(f"{whose} notes:\n\n{_fenced(given.own)}")
        if card.right != "":
            agrees = "does not agree" if given.compared == "wrong" else "agrees"
            told = "" if given.compared == "" else f" The last line {agrees}."
            found.append(f"{card.right}{told}")
        strong = "\n".join([f"- {point}" for point in card.strong])
        found.append(f"A strong answer:\n\n{strong}")
        found.append(f"Prove it: {card.proof}.")
    return found


def _fenced(text: str) -> str:
    """A text that is shown as it was typed, in a fence longer than any in it."""
    fence = "```"
    while fence in text:
        fence = f"{fence}`"
    return f"{fence}text\n{text}\n{fence}"


def _of(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
