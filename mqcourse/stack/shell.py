"""`mq env`: the stack's addresses as shell exports, and RabbitMQ's own tools aimed at its node."""

import os
import shlex
from pathlib import Path

from mqcourse.home import CHECKOUT, state_folder
from mqcourse.stack.endpoints import ENVIRONMENT, endpoints
from mqcourse.stack.process import SERVICE_VARIABLE, STATE_VARIABLE

TOOLS = ("rabbitmqctl", "rabbitmq-diagnostics", "rabbitmq-queues", "rabbitmq-streams", "rabbitmq-plugins")


def variables() -> dict[str, str]:
    """Every variable that another program needs to find this stack's brokers.

    PATH gets the course's programs in front, and the folder of RabbitMQ's tools where its node is ours.
    """
    state = state_folder()
    known = endpoints(state)
    found = {variable: known.known[name] for name, variable in ENVIRONMENT.items() if name in known.known}
    folders = [str(state / "bin"), str(CHECKOUT / ".venv" / "bin")]
    path = [one for one in os.environ.get("PATH", os.defpath).split(os.pathsep) if one not in folders]
    return {"MQ_HOME": str(state), **found, "PATH": os.pathsep.join([*folders, *path])}


def exports(found: dict[str, str]) -> str:
    """Lines for a POSIX shell."""
    return "\n".join(f"export {name}={shlex.quote(value)}" for name, value in found.items())


def write_tools(folder: Path, sbin: Path, environment: dict[str, str]) -> None:
    """Small scripts that run RabbitMQ's tools with the environment that finds this node and its cookie."""
    folder.mkdir(parents=True, exist_ok=True)
    wanted = ("HOME", "ERL_", "RABBITMQ_", STATE_VARIABLE, SERVICE_VARIABLE)
    lines = [
        f"export {name}={shlex.quote(value)}"
        for name, value in sorted(environment.items())
        if name.startswith(wanted) and not name.startswith("RABBITMQ_SERVER")
    ]
    first = environment["PATH"].split(os.pathsep)[0]
    for tool in TOOLS:
        if (sbin / tool).is_file():
            script = folder / tool
            script.write_text(
                "#!/bin/sh\n"
                f"# {tool} for this checkout's node: its cookie, its ports, its Erlang.\n"
                + "\n".join(lines)
                + f'\nPATH={shlex.quote(first)}:"$PATH" exec {shlex.quote(str(sbin / tool))} "$@"\n',
                encoding="utf-8",
            )
            script.chmod(0o755)
