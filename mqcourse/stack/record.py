"""What is known of a started service: written when it starts, read by every later command."""

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import get_type_hints

from mqcourse.disk import make_folder, unwritable, write_private
from mqcourse.small_file import object_of
from mqcourse.stack.process import Child


@dataclass(frozen=True)
class Record:
    """One started service. `ready_s` is None until its probe has succeeded once.

    `streams` is the address of RabbitMQ's stream protocol.
    """

    name: str
    provider: str
    version: str
    base: int
    endpoint: str
    management: str | None
    data_dir: str | None
    pid: int | None
    born_s: float
    started_s: float
    ready_s: float | None = None
    streams: str | None = None

    @property
    def child(self) -> Child | None:
        """Its process, where it is one of ours."""
        return Child(self.pid, self.born_s) if self.pid is not None else None


KINDS = {each.name: get_type_hints(Record)[each.name] for each in fields(Record)}
"""What each field of a record holds."""


def path(state: Path, name: str) -> Path:
    """The path of the record of a service."""
    return state / "run" / f"{name}.json"


def read(state: Path, name: str) -> Record | None:
    """The record of a service, or None when it was never started or was stopped."""
    file = path(state, name)
    found = object_of(file)
    if set(found) <= set(KINDS) and all(
        isinstance(found.get(field), kind) and not isinstance(found.get(field), bool)
        for field, kind in KINDS.items()
    ):
        return Record(**found)
    return None  # an older course's record, a damaged one, or none: its process is still found by its marks


def write(state: Path, record: Record) -> None:
    """Keep a record; replaced at once, so that no reader sees half of one."""
    file = path(state, record.name)
    make_folder(file.parent)
    try:
        write_private(file, json.dumps(asdict(record), indent=2))
    except OSError as error:
        raise unwritable(file, error) from error


def forget(state: Path, name: str) -> None:
    """The service is stopped."""
    path(state, name).unlink(missing_ok=True)
