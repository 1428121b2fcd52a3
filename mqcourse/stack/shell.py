"""`mq env`: the stack's addresses as shell exports, and RabbitMQ's own tools aimed at its node."""

import os
import shlex
import shutil
import sys
from pathlib import Path

from mqcourse.disk import make_folder, unwritable
from mqcourse.home import CHECKOUT, shown, state_folder
from mqcourse.small_file import text_of
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


def write_activation(state: Path) -> None:
    """Write `activate` (for a POSIX shell) and `activate.fish`, and the `mq` that they put on PATH.

    That `mq` hands Python none of the user's PYTHON* variables, and finds no module in the current folder.
    """
    folder = make_folder(state / "bin")
    python = shlex.quote(str(Path(sys.executable)))
    mq = f"""#!/bin/sh
# mq of this checkout. Variables for other Python programs would change what it does.
unset PYTHONHOME PYTHONPATH PYTHONSTARTUP PYTHONOPTIMIZE PYTHONINSPECT PYTHONVERBOSE PYTHONPLATLIBDIR
exec {python} -P -m mqcourse.cli "$@"
"""
    quoted = shlex.quote(str(folder))
    # Only where it is not the checkout's own: a variable would follow the user into another checkout.
    elsewhere = state != CHECKOUT / ".mq"
    home = shlex.quote(str(state))
    posix = f"""# For sh, bash, zsh: type   . {shlex.quote(shown(state / "activate"))}   and `mq` works in this terminal.
{f"export MQ_HOME={home}" if elsewhere else ""}
case ":$PATH:" in
  *:{quoted}:*) ;;
  *) PATH={quoted}:"$PATH"; export PATH ;;
esac
"""
    fish = f"""# For fish: type   source {shlex.quote(shown(state / "activate.fish"))}
{f"set -gx MQ_HOME {home}" if elsewhere else ""}
contains {quoted} $PATH; or set -gx PATH {quoted} $PATH
"""
    try:
        for path, text, mode in (
            (folder / "mq", mq, 0o755),
            (state / "activate", posix, 0o644),
            (state / "activate.fish", fish, 0o644),
        ):
            if text_of(path) == text:
                continue
            part = path.with_name(f".{path.name}.{os.getpid()}")
            part.write_text(text, encoding="utf-8")
            part.chmod(mode)
            part.replace(path)
    except OSError as error:
        raise unwritable(state, error) from error


def is_typeable(state: Path) -> bool:
    """Whether `mq`, typed in the terminal that runs us, is the one of this checkout."""
    ours = (state / "bin" / "mq", CHECKOUT / ".venv" / "bin" / "mq", Path(sys.executable).parent / "mq")
    found = shutil.which("mq")
    return found is not None and Path(found) in ours


def how_to_type(state: Path) -> str:
    """What to type first, so that `mq` can be typed."""
    return f". {shlex.quote(shown(state / 'activate'))}"


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
