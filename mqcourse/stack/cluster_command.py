"""`mq cluster` and `mq chaos`: a cluster's state, and failures of its nodes."""

import argparse
import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mqcourse.command_line import actions_of, add, answer, out, whole, wrapped
from mqcourse.errors import CourseError
from mqcourse.exits import Exit

if TYPE_CHECKING:
    from mqcourse.stack.services.service import Service

NODES = "rabbitmq-1 to rabbitmq-3, kafka-1 to kafka-3"
MAX_DELAY_MS = 60_000
CODES = """exit codes: 0 every cluster has a majority, 3 one has none,
4 no cluster was started"""


def register(subcommands: Any) -> None:
    """Add `mq cluster` and `mq chaos`."""
    cluster = add(
        subcommands,
        "cluster",
        None,
        "the clusters of three nodes that `mq start --nodes 3` starts",
        example="mq cluster status",
    )
    status = add(
        actions_of(cluster, required=True),
        "status",
        _status,
        "who leads, which replicas are in sync, and whether there is a majority",
        example="mq cluster status\nmq cluster status kafka",
        more=CODES,
    )
    status.add_argument("names", metavar="BROKER", nargs="*", help="rabbitmq, kafka (default: both)")
    chaos = add(
        subcommands,
        "chaos",
        None,
        "make a node of a cluster fail, and bring it back",
        example="mq chaos kill kafka-2\nmq chaos heal",
    )
    actions = actions_of(chaos, required=True)
    for name, run, text in (
        ("kill", _kill, "kill nodes at once (SIGKILL); their data stays"),
        ("pause", _pause, "stop nodes where they are (SIGSTOP); their connections stay open"),
        ("resume", _resume, "let paused nodes continue (SIGCONT)"),
        (
            "partition",
            _partition,
            "cut nodes off from all others (their links lose every packet); clients still reach them",
        ),
        ("slow", _slow, "delay every byte between nodes and all others; clients are not delayed"),
        (
            "heal",
            _heal,
            "join cut or slow links again, let paused nodes continue, start killed ones on their data",
        ),
    ):
        example = f"mq chaos {name} kafka-2" + (" --ms 300" if name == "slow" else "")
        parser = add(actions, name, run, text, example=example)
        if name == "slow":
            parser.add_argument(
                "--ms",
                type=whole(f"whole number from 1 to {MAX_DELAY_MS}", 1, MAX_DELAY_MS),
                default=200,
                metavar="N",
                help=f"the delay in each direction, 1 to {MAX_DELAY_MS} (default: 200)",
            )
        help_text = f"{NODES} (default: all that failed)" if name == "heal" else NODES
        parser.add_argument("names", metavar="NODE", nargs="*" if name == "heal" else "+", help=help_text)


def _status(arguments: argparse.Namespace) -> int:
    from mqcourse.home import state_folder
    from mqcourse.nearest import did_you_mean
    from mqcourse.stack import cluster, cluster_page
    from mqcourse.stack.services.registry import CLUSTERS

    brokers = {name.removesuffix("-cluster"): name for name in CLUSTERS}
    for name in arguments.names:
        if name not in brokers and name not in CLUSTERS:
            raise CourseError(
                f"there is no cluster {name!r}",
                do=did_you_mean(name, brokers, f"Choose from: {', '.join(brokers)}"),
                code=Exit.USAGE,
            )
    found = cluster.look(state_folder(), [brokers.get(name, name) for name in arguments.names])
    if not found:
        raise CourseError("no cluster was started", do="Run `mq start --nodes 3`", code=Exit.UNREACHABLE)
    if arguments.json:
        out(json.dumps([asdict(each) for each in found], indent=2))
    else:
        out(wrapped(cluster_page.page(found)))
    return Exit.DONE if all(each.majority for each in found) else Exit.SAID_NO


def _nodes(names: list[str]) -> "list[Service]":
    """The nodes of these names. Raises CourseError for a name that is no node's."""
    from mqcourse.nearest import did_you_mean
    from mqcourse.stack.services.registry import SERVICES

    nodes = {name: service for name, service in SERVICES.items() if service.cluster}
    for name in names:
        if name not in nodes:
            raise CourseError(
                f"there is no node {name!r}",
                do=did_you_mean(name, nodes, f"Choose from: {', '.join(nodes)}"),
                code=Exit.USAGE,
            )
    return [nodes[name] for name in dict.fromkeys(names)]


def _each(arguments: argparse.Namespace, act: "Callable[[Service, Path], str]") -> int:
    from mqcourse.home import state_folder

    done = [act(node, state_folder()) for node in _nodes(arguments.names)]
    answer(arguments, {"done": done}, wrapped("\n".join(done)))
    return Exit.DONE


def _kill(arguments: argparse.Namespace) -> int:
    from mqcourse.stack import chaos

    return _each(arguments, chaos.kill)


def _pause(arguments: argparse.Namespace) -> int:
    from mqcourse.stack import chaos

    return _each(arguments, chaos.pause)


def _resume(arguments: argparse.Namespace) -> int:
    from mqcourse.stack import chaos

    return _each(arguments, chaos.resume)


def _partition(arguments: argparse.Namespace) -> int:
    from mqcourse.stack import chaos

    return _each(arguments, chaos.partition)


def _slow(arguments: argparse.Namespace) -> int:
    from mqcourse.stack import chaos

    return _each(arguments, lambda node, state: chaos.slow(node, state, arguments.ms))


def _heal(arguments: argparse.Namespace) -> int:
    from mqcourse.home import state_folder
    from mqcourse.progress import Progress
    from mqcourse.stack import chaos

    nodes = _nodes(arguments.names) or chaos.failed_nodes(state_folder())
    done = chaos.heal(nodes, state_folder(), Progress(quiet=arguments.quiet))
    answer(
        arguments, {"done": done}, wrapped("\n".join(done) or "no node is killed, paused, cut off or slow")
    )
    return Exit.DONE
