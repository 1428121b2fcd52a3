"""The texts of the command line as they must be. `python -m tools.golden_texts` writes them; look at what changed."""

import os
import sys
from collections.abc import Iterator
from itertools import takewhile
from unittest import mock

from mqcourse import cli, here, topics
from mqcourse.grading import manifest
from mqcourse.home import CHECKOUT
from mqcourse.stack.services.registry import SERVICES
from mqcourse.stack.stack import Status

FOLDER = CHECKOUT / "tests" / "golden"
WIDTHS = (80, 60)
NAMES = tuple(name for name, service in SERVICES.items() if service.cluster is None)


def leaves(parser: object, words: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], object]]:
    """Every command with its words, including those that only hold others."""
    for name, each in getattr(parser, "words", {}).items():
        yield (*words, name), each
        yield from leaves(each, (*words, name))


def rows(**states: str) -> list[Status]:
    """The services, stopped unless another state is given."""
    return [
        Status(
            name,
            states.get(name, "stopped"),
            "native",
            endpoint=f"http://127.0.0.1:{27130 + number}/" if states.get(name) == "running" else None,
        )
        for number, name in enumerate(NAMES)
    ]


def pages() -> dict[str, str]:
    """The page of bare `mq` in the situations that a learner is in."""
    labs = manifest.load()
    everything = {lab.name: {exercise.id: exercise.points for exercise in lab.exercises} for lab in labs}
    first = {labs[0].name: everything[labs[0].name]}
    running = rows(**dict.fromkeys(NAMES, "running"))
    before_cluster = {
        lab.name: everything[lab.name] for lab in takewhile(lambda lab: not lab.lets_nodes_fail, labs)
    }
    situations = {
        "fresh": (rows(), {}, set()),
        "running": (running, {}, set()),
        "begun": (running, {}, {labs[0].name}),
        "one-passed": (running, first, set()),
        "broker-missing": (rows(rabbitmq="running", book="running", jupyter="running"), first, set()),
        "killed": (rows(rabbitmq="running", kafka="killed"), first, set()),
        "cluster-missing": (running, before_cluster, set()),
        "all-points": (running, everything, set()),
    }
    found = {}
    for name, (states, best, begun) in situations.items():
        step = here.next_step(states, labs, best, begun)
        for width in WIDTHS:
            found[f"page-{name}-{width}"] = here.page(states, labs, best, step, width)
    return found


def helps(width: int = 80) -> dict[str, str]:
    """The help of every command, and of `mq` itself."""
    with mock.patch.dict(os.environ, COLUMNS=str(width)):
        parser = cli.parser()
        found = {"help-mq": parser.format_help()}
        for words, each in leaves(parser):
            found[f"help-{'-'.join(words)}"] = each.format_help()  # type: ignore[attr-defined]
    return found


def texts() -> dict[str, str]:
    """Every text by the name of its file."""
    own = {"topic-environment": topics.environment(), "topic-exit-codes": topics.exit_codes()}
    return {name: f"{text.rstrip()}\n" for name, text in {**helps(), **pages(), **own}.items()}


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for old in FOLDER.glob("*.txt"):
        old.unlink()
    for name, text in texts().items():
        (FOLDER / f"{name}.txt").write_text(text, encoding="utf-8")
    sys.stdout.write(f"{len(list(FOLDER.glob('*.txt')))} texts in {FOLDER}\n")


if __name__ == "__main__":
    main()
