"""solutions/NAME/lab.toml: a lab's place in the course, the points and the hints of each exercise."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mqcourse.errors import CourseError
from mqcourse.exits import Exit
from mqcourse.home import CHECKOUT
from mqcourse.nearest import did_you_mean
from mqcourse.products import BROKERS, OF_LABS

"""Names of the stack's services that a lab may need."""
HINTS = 3
"""How many each exercise has."""
FOLDER = CHECKOUT / "solutions"
"""A folder for each lab, named after it."""


@dataclass(frozen=True)
class Style:
    """Another good way to solve an exercise, and what it costs."""

    name: str
    price: str


@dataclass(frozen=True)
class Exercise:
    """One exercise of a lab, with `points`, all or nothing."""

    id: str
    points: int
    title: str
    guarantee: str
    hints: tuple[str, ...]
    """HINTS of them, from a nudge to nearly the answer; one is shown at a time, and only when it is asked for."""
    sentences: Mapping[str, str] = field(default_factory=dict)
    """What the exercise requires, sentence by sentence: a short name, and the words of the master."""
    unchecked: tuple[str, ...] = ()
    """What a right answer is not checked for."""
    styles: tuple[Style, ...] = ()
    """Other good answers; shown after the exercise is passed."""
    optional: bool = False
    """Whether it is beyond the lab's level."""


@dataclass(frozen=True)
class Lab:
    """One lab: a folder in solutions/ and a notebook of the same name in labs/. It may need no broker."""

    name: str
    """That of its folder."""
    title: str
    minutes: int
    brokers: tuple[str, ...]
    exercises: tuple[Exercise, ...]
    place: int = 0
    """Its place in the course: the labs are done in the order of this number."""
    chapters: tuple[str, ...] = ()
    """The chapters after which it is done: "kafka/log"."""
    root: Path = FOLDER
    """What holds its folder."""

    @property
    def points(self) -> int:
        return sum(exercise.points for exercise in self.exercises)

    @property
    def lets_nodes_fail(self) -> bool:
        """Whether its checks kill and pause the nodes of a cluster, which no single broker can replace."""
        return not {*self.brokers} <= {*BROKERS}

    def exercise(self, id_: str) -> Exercise:
        """The exercise of that id; CourseError when the lab has none."""
        for exercise in self.exercises:
            if exercise.id == id_:
                return exercise
        raise CourseError(
            f"lab {self.name} has no exercise {id_!r}",
            do=did_you_mean(
                id_, names := [each.id for each in self.exercises], f"Choose one of: {', '.join(names)}"
            ),
            code=Exit.USAGE,
        )

    @property
    def folder(self) -> Path:
        """Everything that an author writes: manifest, master, checks, known answers."""
        return self.root / self.name

    @property
    def master(self) -> Path:
        """The source of the notebook."""
        return self.folder / "master.md"

    @property
    def notebook(self) -> Path:
        """What the learner opens."""
        return CHECKOUT / "labs" / f"{self.name}.ipynb"


def load(folder: Path = FOLDER) -> tuple[Lab, ...]:
    """All labs in the order of the course; CourseError names file and field when a lab.toml is wrong."""
    return tuple(
        sorted((read(path) for path in folder.glob("*/lab.toml")), key=lambda lab: (lab.place, lab.name))
    )


def read(path: Path) -> Lab:
    """The lab of one lab.toml; its folder's name is the lab's. CourseError as in `load`."""
    where = f"solutions/{path.parent.name}/{path.name}"
    try:
        return _lab(tomllib.loads(path.read_text(encoding="utf-8")), path.parent, where)
    except (OSError, ValueError) as error:
        raise CourseError(
            f"{where} cannot be read: {error}",
            do="Repair it or take it from git again",
            code=Exit.ENVIRONMENT,
        ) from error


def find(name: str) -> Lab:
    """The lab of that name; CourseError lists the names there are."""
    labs = load()
    for lab in labs:
        if lab.name == name:
            return lab
    raise CourseError(
        f"there is no lab {name!r}",
        do=did_you_mean(
            name, [lab.name for lab in labs], f"The labs are: {', '.join(lab.name for lab in labs)}"
        ),
        code=Exit.USAGE,
    )


def _lab(entry: Mapping[str, Any], folder: Path, where: str) -> Lab:
    brokers = tuple(_of(entry, "brokers", list, where) if entry.get("brokers") != [] else ())
    for broker in brokers:
        if broker not in OF_LABS:
            raise CourseError(
                f"{where}: broker {broker!r} is unknown",
                do=f"Use one of: {', '.join(OF_LABS)}",
                code=Exit.SAID_NO,
            )
    exercises = tuple(
        _exercise(each, f"{where}: exercise {number}")
        for number, each in enumerate(_of(entry, "exercise", list, where), 1)
    )
    _unique([exercise.id for exercise in exercises], where, "exercise")
    return Lab(
        folder.name,
        _of(entry, "title", str, where),
        _positive(entry, "minutes", where),
        brokers,
        exercises,
        _positive(entry, "place", where),
        _texts(entry, "chapters", where),
        folder.parent,
    )


def _exercise(entry: Mapping[str, Any], where: str) -> Exercise:
    return Exercise(
        id=_of(entry, "id", str, where),
        points=_positive(entry, "points", where),
        title=_of(entry, "title", str, where),
        guarantee=_of(entry, "guarantee", str, where),
        hints=_hints(entry, where),
        sentences={
            name: " ".join(text.split())
            for name, text in _optional(entry, "sentences", dict, {}, where).items()
        },
        unchecked=_texts(entry, "unchecked", where),
        styles=tuple(
            Style(_of(each, "name", str, where), _of(each, "price", str, where))
            for each in _optional(entry, "styles", list, [], where)
        ),
        optional=_optional(entry, "optional", bool, False, where),
    )


def _hints(entry: Mapping[str, Any], where: str) -> tuple[str, ...]:
    hints = _texts(entry, "hints", where)
    if len(hints) != HINTS:
        raise CourseError(
            f"{where}: hints has {len(hints)} entries",
            do=f"Write {HINTS}, from a nudge to nearly the answer",
            code=Exit.SAID_NO,
        )
    return hints


def _texts(entry: Mapping[str, Any], name: str, where: str) -> tuple[str, ...]:
    texts = _optional(entry, name, list, [], where)
    if not all(isinstance(text, str) and text.strip() for text in texts):
        raise CourseError(
            f"{where}: {name} has an entry that is no text", do="Give a list of texts", code=Exit.SAID_NO
        )
    return tuple(" ".join(text.split()) for text in texts)


def _optional(entry: Mapping[str, Any], name: str, kind: type, default: Any, where: str) -> Any:
    value = entry.get(name, default)
    if not isinstance(value, kind):
        raise CourseError(f"{where}: {name} is {value!r}", do=f"Give it a {kind.__name__}", code=Exit.SAID_NO)
    return value


def _of(entry: Mapping[str, Any], name: str, kind: type, where: str) -> Any:
    value = entry.get(name)
    if not isinstance(value, kind) or not value or (isinstance(value, str) and not value.strip()):
        raise CourseError(
            f"{where}: {name} is missing or empty",
            do=f"Give it a {kind.__name__} with content",
            code=Exit.SAID_NO,
        )
    return value


def _positive(entry: Mapping[str, Any], name: str, where: str) -> int:
    value = entry.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise CourseError(f"{where}: {name} is {value!r}", do="Give a whole number from 1", code=Exit.SAID_NO)
    return value


def _unique(names: list[str], where: str, what: str) -> None:
    for name in names:
        if names.count(name) > 1:
            raise CourseError(
                f"{where}: {what} {name!r} appears twice", do="Rename one of them", code=Exit.SAID_NO
            )
