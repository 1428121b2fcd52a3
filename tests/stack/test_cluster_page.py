"""What a cluster's state is made of, without a cluster: names, ports, groups of nodes, words."""

import subprocess
import sys
from dataclasses import replace

import pytest

from mqcourse.errors import CourseError
from mqcourse.exits import Exit
from mqcourse.progress import Progress
from mqcourse.stack import chaos, cluster_page, endpoints, process, record
from mqcourse.stack.cluster import ClusterSeen, NodeSeen, Replicated, joined, together
from mqcourse.stack.layout import StackLayout
from mqcourse.stack.links import Links
from mqcourse.stack.ports import Ports
from mqcourse.stack.record import Record
from mqcourse.stack.services.kafka_cluster import KafkaNode
from mqcourse.stack.services.rabbitmq_cluster import RabbitMQNode
from mqcourse.stack.services.registry import SERVICES, has_majority, named, whole
from tests.loaded_mq import mq


@pytest.mark.parametrize(
    ("seen", "largest"),
    [
        ({}, 0),
        ({1: (1, 2, 3), 2: (1, 2, 3), 3: (1, 2, 3)}, 3),
        ({1: (1, 2), 2: (1, 2), 3: (3,)}, 2),
        ({1: (1,), 2: (2,), 3: (3,)}, 1),
        ({1: (1, 2, 3), 2: (2,), 3: (3,)}, 1),  # node 1 has not heard yet that it is cut off
        ({1: (1, 2, 3)}, 1),  # the others do not answer
        ({1: (1, 2, 3), 2: (1, 2), 3: (1, 3)}, 2),  # one link is cut
    ],
)
def test_a_group_is_of_nodes_that_see_each_other(seen, largest):
    assert together(seen) == largest
    assert has_majority(largest, 3) == (largest >= 2)


def kafka(majority: bool, states: tuple[str, ...], **more: object) -> ClusterSeen:
    nodes = tuple(NodeSeen(f"kafka-{number}", number, state) for number, state in enumerate(states, 1))
    return ClusterSeen("kafka-cluster", nodes, majority, **more)  # type: ignore[arg-type]


def test_a_page_names_leaders_replicas_and_members():
    partitions = (
        Replicated("orders-0", 2, (1, 2, 3), (2,), (1, 3)),
        Replicated("orders-1", None, (1, 2, 3), ()),
    )
    page = cluster_page.page(
        [
            kafka(
                True,
                ("running", "running", "paused"),
                quorum_leader=1,
                quorum_members=(1, 2, 3),
                replicated=partitions,
            )
        ]
    )
    assert "2 of 3 nodes answer, they have a majority." in page
    assert "`mq chaos resume kafka-3`" in page
    assert "Node 1 leads the quorum of controllers; its members are 1, 2, 3." in page
    assert "orders-0  leader 2; replicas 1, 2, 3; in sync 2; eligible besides 1, 3" in page
    assert "orders-1  NO LEADER; replicas 1, 2, 3; in sync none" in page


def test_a_page_says_that_there_is_no_majority_and_how_a_node_is_brought_back():
    page = cluster_page.page([kafka(False, ("running", "killed", "killed"), unknown="nobody leads")])
    assert "1 of 3 nodes answers, THERE IS NO MAJORITY." in page
    assert "`mq chaos heal kafka-2` starts it again on its data" in page
    assert "Leaders are not known: nobody leads." in page


def test_a_cut_off_node_is_shown_with_what_it_sees():
    nodes = (NodeSeen("rabbitmq-1", 1, "running", (1,)), NodeSeen("rabbitmq-2", 2, "running", (1, 2, 3)))
    page = cluster_page.page([ClusterSeen("rabbitmq-cluster", nodes, True)])
    assert "node 1  running, sees 1 running" in page
    assert "There is no quorum queue yet." in page


def test_links_that_are_cut_or_slow_are_shown_with_who_has_the_majority():
    nodes = (
        NodeSeen("kafka-1", 1, "running", cut_from=(3,)),
        NodeSeen("kafka-2", 2, "running", cut_from=(3,), delay_ms=200),
        NodeSeen("kafka-3", 3, "running", cut_from=(1, 2)),
    )
    page = cluster_page.page([ClusterSeen("kafka-cluster", nodes, True)])
    assert "3 of 3 nodes answer, 1, 2 have a majority." in page
    assert "node 1  running; its links with 3 are cut\n" in page
    assert "each byte to and from it takes 200 ms longer" in page
    assert "its links with 1, 2 are cut (`mq chaos heal kafka-3` joins them)" in page
    page = cluster_page.page([ClusterSeen("kafka-cluster", nodes, False, linked=False)])
    assert "THERE IS NO MAJORITY" in page
    assert "does not run: `mq chaos heal` starts it" in page


@pytest.mark.parametrize(
    ("states", "isolated", "numbers"),
    [
        (("running", "running", "running"), set(), [1, 2, 3]),
        (("running", "running", "running"), {1}, [2, 3]),
        (("running", "paused", "running"), {1}, [1]),
        (("running", "killed", "running"), set(), [1, 3]),
        (("running", "running", "running"), {1, 3}, [1]),
        (("paused", "killed", "killed"), set(), []),
    ],
)
def test_the_largest_group_is_of_nodes_that_answer_over_whole_links(states, isolated, numbers):
    now = Links(frozenset(isolated))
    nodes = [
        NodeSeen(f"kafka-{number}", number, state, cut_from=now.cut_from(number, (1, 2, 3)))
        for number, state in enumerate(states, 1)
    ]
    assert [one.number for one in joined(nodes)] == numbers


def test_a_clusters_name_means_its_nodes_and_a_node_alone_stands_for_all_where_they_are_formed():
    three = ["kafka-1", "kafka-2", "kafka-3"]
    assert [each.name for each in named(["kafka-cluster"], ())] == three
    assert [each.name for each in named(["kafka-2"], ())] == ["kafka-2"]
    assert [each.name for each in whole([SERVICES["kafka"], SERVICES["kafka-2"]])] == ["kafka", *three]
    with pytest.raises(CourseError, match="kafka-cluster"):
        named(["nosuch"], ())


def test_nodes_have_ports_and_folders_of_their_own_and_share_their_cookie(tmp_path):
    layout = StackLayout(tmp_path, tmp_path, Ports(20000))
    every = [SERVICES[f"{broker}-{number}"] for broker in ("rabbitmq", "kafka") for number in (1, 2, 3)]
    taken = [layout.ports.of(purpose) for node in every for purpose in node.ports]
    assert len(taken) == len(set(taken)) == 18
    assert len({node.data_dir(layout) for node in every}) == 6
    assert len({node.home(layout) for node in every if isinstance(node, RabbitMQNode)}) == 1


def test_nodes_of_kafka_agree_on_their_quorum_and_another_stack_has_another(tmp_path):
    def quorum(base: int) -> set[tuple[object, ...]]:
        layout = StackLayout(tmp_path, tmp_path, Ports(base))
        return {(node.cluster_id, node.voters) for node in (KafkaNode(n).node(layout) for n in (1, 2, 3))}

    ((cluster_id, voters),) = quorum(20000)
    assert quorum(20000) == {(cluster_id, voters)}
    assert quorum(20050) != {(cluster_id, voters)}
    words = [cluster_id, *(each.directory_id for each in voters)]
    assert len(set(words)) == 4
    assert all(len(word) == 22 and word[0] != "-" for word in words)


def test_data_of_other_ports_is_refused_with_what_to_do(tmp_path):
    layout = StackLayout(tmp_path, tmp_path, Ports(20000))
    node = KafkaNode(1)
    node.node(layout).data.mkdir(parents=True)
    (node.node(layout).data / "meta.properties").touch()
    with pytest.raises(CourseError, match="mq reset kafka-cluster"):
        node.prepare(layout)


def test_addresses_are_those_of_the_environment_or_an_error_that_says_how_to_start(tmp_path):
    known = endpoints(tmp_path, {"MQ_KAFKA_NODES": "a:1,b:2,c:3"})
    assert known.kafka_nodes == ["a:1", "b:2", "c:3"]
    with pytest.raises(CourseError, match="mq start --nodes 3 rabbitmq"):
        _ = known.rabbitmq_nodes


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("start --nodes 3 postgres", "cannot be started with 3 nodes"),
        ("start --nodes 2 kafka", "--nodes"),
        ("cluster status kafak", "Did you mean kafka?"),
        ("chaos kill kafka4", "Did you mean kafka-"),
        ("chaos slow kafka-1 --ms 0", "no whole number from 1 to 60000"),
        ("chaos kill servicebus", "Choose from: rabbitmq-1"),
    ],
)
def test_a_wrong_word_is_answered_in_one_line(tmp_path, words, said):
    done = mq(tmp_path, *words.split())
    assert done.returncode == Exit.USAGE
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


def test_nothing_to_heal_is_said(tmp_path):
    done = mq(tmp_path, "chaos", "heal")
    assert done.returncode == Exit.DONE
    assert done.stdout == "no node is killed, paused, cut off or slow\n"


def test_a_node_that_would_be_alone_is_not_started(tmp_path):
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        child = process.child_of(ended.pid)
    for number in (1, 2, 3):
        known = Record(
            f"kafka-{number}", "native", "4", 20000, "", None, None, child.pid, child.born_s, 0.0, 1.0
        )
        record.write(tmp_path, known)
    with pytest.raises(CourseError, match="cannot start alone") as refused:
        chaos.heal([SERVICES["kafka-2"]], tmp_path, Progress(quiet=True))
    assert refused.value.exit_code == Exit.UNREACHABLE
    assert [node.name for node in chaos.failed_nodes(tmp_path)] == ["kafka-1", "kafka-2", "kafka-3"]
    with pytest.raises(CourseError, match="mq start --nodes 3 rabbitmq"):
        chaos.kill(SERVICES["rabbitmq-1"], tmp_path)


def test_a_process_is_paused_continued_and_killed_by_pid_and_birth(tmp_path):
    program = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    try:
        child = process.child_of(program.pid)
        known = Record("kafka-1", "native", "4", 20000, "", None, None, child.pid, child.born_s, 0.0, 1.0)
        record.write(tmp_path, known)
        node = SERVICES["kafka-1"]
        assert chaos.resume(node, tmp_path) == "Kafka node 1 was not paused"
        chaos.pause(node, tmp_path)
        assert process.is_paused(child)
        chaos.resume(node, tmp_path)
        assert not process.is_paused(child)
        record.write(tmp_path, replace(known, born_s=child.born_s - 60))  # the pid is another's now
        with pytest.raises(CourseError, match="does not run"):
            chaos.kill(node, tmp_path)
        assert process.is_alive(child)
        record.write(tmp_path, known)
        chaos.kill(node, tmp_path)
        assert not process.is_alive(child)
    finally:
        program.kill()
        program.wait()
