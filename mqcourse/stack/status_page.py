"""The one page that `mq start` and `mq status` print: every address, version and state, and what to do next."""

import io
import shutil
from collections.abc import Mapping, Sequence

from mqcourse.home import state_folder
from mqcourse.stack import shell
from mqcourse.stack.services.jupyter import with_token
from mqcourse.stack.services.registry import SERVICES
from mqcourse.stack.stack import Status

RUNS = ("running", "external")
NEXT = {
    "killed": "it exited unexpectedly: `mq start {name}` starts it again on its data",
    "unresponsive": "it lives but does not answer: `mq logs {name}`, then `mq stop {name}` and `mq start {name}`",
    "starting": "another command is starting it, or was killed meanwhile: `mq start {name}` waits for it",
    "unreachable": "its address does not accept connections: check the variable that names it",
}


TABLE_WIDTH = 79
"""At most; less where the terminal is narrower. Addresses are printed below, where a long one may wrap without harm."""


def table(rows: Sequence[Status]) -> str:
    """The services, a line each, and below them their addresses, whole."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    grid = Table(box=box.SIMPLE, pad_edge=False, show_edge=False)
    for column in ("service", "state", "version", "memory", "ready after"):
        # an image's name may be long: it wraps, and every state stays whole
        grid.add_column(column, no_wrap=column != "version", overflow="fold")
    for row in rows:
        grid.add_row(
            SERVICES[row.name].title,
            row.state,
            row.version or "",
            f"{row.rss_mb:.0f} MB" if row.rss_mb else "",
            f"{row.ready_s:.1f} s" if row.ready_s and row.state in RUNS else "",
        )
    out = io.StringIO()
    width = min(TABLE_WIDTH, shutil.get_terminal_size().columns - 1)
    Console(file=out, width=width, color_system=None).print(grid)
    lines = [line.rstrip() for line in out.getvalue().splitlines()]
    return "\n".join([*lines, "", *(line for row in rows for line in addresses(row))])


def addresses(row: Status) -> list[str]:
    """Where to find a service that runs, a line for each of its addresses."""
    if row.state == "stopped":
        return []
    found = [address for address in (row.endpoint, row.management, row.streams) if address]
    title = SERVICES[row.name].title.removesuffix(" emulator")
    return [
        f"{title if first else '':<18} {_short(address)}"
        for first, address in zip((True, False, False), found, strict=False)
    ]


def _short(address: str) -> str:
    """A connection string's address without the rest of it, which `mq env` and `mq status --json` give in full."""
    return address.removeprefix("Endpoint=").split(";")[0]


def advice(rows: Sequence[Status]) -> list[str]:
    """What to do about those that neither run nor rest."""
    return [
        f"{SERVICES[row.name].title}: {NEXT[row.state].format(name=row.name)}"
        for row in rows
        if row.state in NEXT
    ]


def whole(rows: Sequence[Status], failed: Mapping[str, BaseException] | None = None) -> str:
    """The page of `mq start`: what runs, what did not come up and why, and what to type next."""
    by_name = {row.name: row for row in rows}
    lines = ["", table(rows), ""]
    lines += advice(rows)
    if by_name["book"].state == "running":
        lines.append(f"Read    {by_name['book'].endpoint}")
    if by_name["jupyter"].state == "running":
        lines.append(f"Labs    {with_token(by_name['jupyter'].endpoint or '', state_folder())}")
    if by_name["rabbitmq"].management and by_name["rabbitmq"].state == "running":
        lines.append(f"Watch   {by_name['rabbitmq'].management}   (user guest, password guest)")
    for name, error in (failed or {}).items():
        lines.append(f"FAILED  {SERVICES[name].title}: {error or type(error).__name__}")
    if failed:
        lines += [
            "",
            "The others can be used. `make start` tries again what failed, and leaves the others alone.",
        ]
    else:
        lines += [
            "",
            "Next: open the book and begin with its first chapter; each lab names its chapter.",
        ]
    lines.append(
        "All of it runs on in the background. `make stop` ends it, `make status` shows this table again."
    )
    if not shell.is_typeable(state_folder()):
        lines += [
            "",
            "For `mq` in this terminal, as book and labs have it (JupyterLab's terminals know it), type:",
            "",
            f"    {shell.how_to_type(state_folder())}",
        ]
    return "\n".join(lines)
