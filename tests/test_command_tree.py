"""Every command of the tree, in one table: help, JSON, exit codes, Ctrl-C, an output that takes nothing, any terminal."""

import fcntl
import json
import os
import pty
import re
import shlex
import signal
import struct
import subprocess
import sys
import termios
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from mqcourse import cli, foreign, topics
from mqcourse.exits import Exit
from mqcourse.home import CHECKOUT
from mqcourse.settings import OURS, SETTINGS
from tests import in_turn
from tests.loaded_mq import mq
from tools import golden_texts

TESTS = Path(__file__).parent
CASES: dict[str, tuple[str, set[Exit]]] = {
    "": ("", {Exit.DONE}),
    "start": ("nosuch", {Exit.USAGE}),
    "stop": ("", {Exit.DONE}),
    "up": ("kafak", {Exit.USAGE}),
    "down": ("kafka", {Exit.DONE}),
    "status": ("--check", {Exit.UNREACHABLE}),
    "reset": ("--dry-run", {Exit.DONE}),
    "cluster status": ("", {Exit.UNREACHABLE}),
    "chaos kill": ("kafka-2", {Exit.UNREACHABLE}),
    "chaos pause": ("kafka", {Exit.USAGE}),
    "chaos resume": ("rabbitmq-1", {Exit.UNREACHABLE}),
    "chaos partition": ("kafka-2", {Exit.UNREACHABLE}),
    "chaos slow": ("rabbitmq-3 --ms 50", {Exit.UNREACHABLE}),
    "chaos heal": ("", {Exit.DONE}),
    "doctor": ("", {Exit.DONE, Exit.ENVIRONMENT}),  # what this machine is like is no matter of this test
    "logs": ("kafka", {Exit.UNREACHABLE}),
    "open": ("jupyter", {Exit.UNREACHABLE}),
    "env": ("", {Exit.DONE}),
    "lock-jars": ("nosuch", {Exit.USAGE}),  # else it would fetch, and renew the lock
    "labs": ("", {Exit.DONE}),
    "labs list": ("", {Exit.DONE}),
    "labs reset": ("nosuch", {Exit.USAGE}),
    "labs new": ("Outbox --broker kafka", {Exit.USAGE}),
    "labs build": ("", {Exit.DONE}),
    "labs check": ("--no-run", {Exit.DONE}),
    "labs table": ("nosuch", {Exit.USAGE}),
    "labs solutions": ("{folder}/solutions", {Exit.DONE}),
    "labs source": ("{folder}/course", {Exit.DONE}),
    "grade": ("kafka_lok", {Exit.USAGE}),
    "hint": ("kafka_log", {Exit.DONE}),
    "simulate": ("--list", {Exit.DONE}),
    "measure": ("drop --on nowhere", {Exit.USAGE}),
    "capacity": ("--messages 1e6 --per day", {Exit.DONE}),
    "book build": ("nosuch.md", {Exit.USAGE}),
    "book run": ("nosuch", {Exit.USAGE}),
    "book publish": ("--url host/path", {Exit.USAGE}),
    "book open": ("nosuch", {Exit.USAGE}),
    "book check": ("--no-build", {Exit.DONE}),
    "chapters new": ("nosuch/chapter", {Exit.USAGE}),
    "ask": ("lock lost", {Exit.UNREACHABLE}),  # no book is built in the state folder of this test
    "chapters coverage": ("", {Exit.DONE}),
    "questions new": ("Topic", {Exit.USAGE}),
    "questions check": ("", {Exit.DONE}),
    "questions coverage": ("", {Exit.DONE}),
    "questions export": ("csv {folder}/cards.csv", {Exit.DONE}),
    "quiz": ("--minutes 5", {Exit.DONE}),
    "quiz stats": ("", {Exit.DONE}),
    "quiz merge": ("{folder}/nosuch.jsonl", {Exit.USAGE}),
    "interview": ("--minutes 5 --seed 1", {Exit.DONE}),
    "bench": ("nosuch", {Exit.USAGE}),
    "help": ("exit-codes", {Exit.DONE}),
    "completion": ("bash", {Exit.DONE}),
}
"""Each command with words that need no broker, and the codes it may then end with."""
WIDER = {
    # a shell reads it, so it stands as it is
    *("completion", "env"),
    # paths, which are copied
    *("labs solutions", "labs source", "questions export"),
}
"""Commands with lines that are not fitted to the terminal."""
WAYS = ("file", "json", "full", "closed", "interrupted", "terminal")


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], dict[str, Any]]:
    """What each command did in each way; one process loads the course once for all of them."""
    folder = tmp_path_factory.mktemp("tree")
    cases = {}
    for name, (words, _) in CASES.items():
        typed = [*name.split(), *(word.format(folder=folder) for word in words.split())]
        for way in WAYS:
            words_now = ["lock-jars"] if (name, way) == ("lock-jars", "interrupted") else typed
            cases[name, way] = {
                "words": [*words_now, "--json"] if way == "json" else words_now,
                "stdout": way if way in ("full", "closed", "terminal") else "file",
                "interrupted": way == "interrupted",
            }
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MQ_")}
    done = subprocess.run(
        [sys.executable, str(TESTS / "in_turn.py")],
        input="".join(f"{json.dumps(case)}\n" for case in cases.values()),
        cwd=CHECKOUT,
        env={
            **environment,
            "MQ_HOME": str(folder / "home"),
            "MQ_CACHE": str(folder / "cache"),
            "PYTHONUTF8": "1",
        },
        capture_output=True,
        text=True,
        check=True,
    )
    return dict(zip(cases, map(json.loads, done.stdout.splitlines()), strict=True))


@cache
def whole() -> Any:
    return cli.parser()


@cache
def commands() -> dict[str, Any]:
    return {" ".join(words): parser for words, parser in golden_texts.leaves(whole())}


def test_the_table_has_every_command_of_the_tree() -> None:
    assert {name for name, parser in commands().items() if parser.get_default("run")} == set(CASES) - {""}


@pytest.mark.lengthy
@pytest.mark.parametrize("name", CASES)
def test_it_ends_with_the_code_that_its_table_says(name: str, outcomes: Any) -> None:
    done = outcomes[name, "file"]
    assert done["code"] in CASES[name][1], done
    assert "Traceback" not in done["said"]
    if done["code"] not in (Exit.DONE, Exit.UNREACHABLE, Exit.ENVIRONMENT):
        assert done["said"].splitlines()[-1].startswith(f"mq {name.split()[0]}: "), done
        assert done["out"] == ""


@pytest.mark.lengthy
@pytest.mark.parametrize("name", CASES)
def test_its_json_is_json(name: str, outcomes: Any) -> None:
    done = outcomes[name, "json"]
    assert done["code"] in CASES[name][1], done
    found = json.loads(done["out"])
    if done["code"] in (Exit.USAGE, Exit.NETWORK):
        assert done["said"].endswith(f"{found['error']}\n")


@pytest.mark.lengthy
@pytest.mark.parametrize("name", CASES)
def test_ctrl_c_is_one_line_and_130(name: str, outcomes: Any) -> None:
    done = outcomes[name, "interrupted"]
    assert done["code"] == Exit.INTERRUPTED
    called = f"mq {name.split()[0]}" if name else "mq"
    assert done["said"] == f"{called}: interrupted; run it again to go on\n"


@pytest.mark.lengthy
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("name", CASES)
def test_a_full_output_is_one_line_and_its_own_code(name: str, outcomes: Any) -> None:
    usual, done = outcomes[name, "file"], outcomes[name, "full"]
    assert "Traceback" not in done["said"]
    if usual["out"]:
        assert done["code"] == Exit.ENVIRONMENT
        assert "what it prints cannot be written" in done["said"].splitlines()[-1]
    else:
        assert done["code"] == usual["code"]


@pytest.mark.lengthy
@pytest.mark.parametrize("name", CASES)
def test_a_reader_that_has_seen_enough_is_no_error(name: str, outcomes: Any) -> None:
    usual, done = outcomes[name, "file"], outcomes[name, "closed"]
    assert done["code"] in (Exit.DONE, usual["code"])
    assert "Traceback" not in done["said"]
    assert "Broken pipe" not in done["said"]


@pytest.mark.lengthy
@pytest.mark.parametrize("name", CASES)
def test_a_dumb_terminal_of_60_columns_gets_plain_lines(name: str, outcomes: Any) -> None:
    done = outcomes[name, "terminal"]
    assert done["code"] in CASES[name][1], done
    assert foreign.CONTROL.findall(done["out"].replace("\r\n", "\n")) == []
    assert "\x1b" not in done["said"]
    if name not in WIDER:
        wide = [line for line in done["out"].splitlines() if len(line) > in_turn.COLUMNS]
        assert [line for line in wide if " " in line.strip()] == []  # one word, such as a path, is not broken


@cache
def texts() -> dict[str, str]:
    return golden_texts.texts()


@pytest.mark.parametrize("name", texts())
def test_the_texts_are_as_they_were_looked_at(name: str) -> None:
    kept = golden_texts.FOLDER / f"{name}.txt"
    assert kept.is_file(), "python -m tools.golden_texts"
    assert texts()[name] == kept.read_text(encoding="utf-8"), "python -m tools.golden_texts"


def test_no_kept_text_is_of_a_command_that_there_is_not() -> None:
    assert {path.stem for path in golden_texts.FOLDER.glob("*.txt")} == set(texts())


@pytest.mark.parametrize("name", commands())
def test_its_help_has_an_example_that_can_be_typed(name: str) -> None:
    text = commands()[name].format_help()
    examples = text.split("example:\n" if "example:\n" in text else "examples:\n")[1].split("\n\n")[0]
    found = [re.sub(r'^eval "\$\((.*)\)"', r"\1", line.strip()) for line in examples.splitlines()]
    for line in found:
        words = shlex.split(line.split("  #")[0].split(" > ")[0], comments=True)
        assert words[0] == "mq"
        assert whole().parse_args(words[1:]).command == name.split()[0]


@pytest.mark.parametrize("width", [60, 80])
def test_no_help_is_wider_than_the_terminal(width: int) -> None:
    for name, text in golden_texts.helps(width).items():
        head = re.split(r"^examples?:$", text, flags=re.MULTILINE)[0]  # an example is typed as it stands
        assert max(map(len, head.splitlines())) <= width, name
        assert max(map(len, text.splitlines())) <= 80, name


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("staus", "status"),
        ("stat", "status"),
        ("labs rest kafka_log", "reset"),
        ("status --chek", "--check"),
        ("start rabitmq", "rabbitmq"),
        ("hint kafka_lok", "kafka_log"),
        ("hint kafka_log comit", "commit"),
        ("grade kafka_lgo", "kafka_log"),
        ("simulate dorp", "drop"),
        ("help exit-code", "exit-codes"),
        ("bench simulater", "simulator"),
        ("completion bsh", "bash"),
        ("quiz stat", "stats"),
        ("quiz --topic delivry", "delivery"),
        ("quiz --level senoir", "senior"),
        ("interview --topic delivry", "delivery"),
    ],
)
def test_a_wrong_word_is_answered_with_the_right_one(tmp_path: Path, words: str, meant: str) -> None:
    done = mq(tmp_path, *words.split())
    assert done.returncode == Exit.USAGE
    assert f"Did you mean {meant}?" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_hidden_name_is_proposed_by_none_and_works(tmp_path: Path) -> None:
    assert "up" not in re.findall(r"^  (\S+)", cli.parser().format_help(), re.MULTILINE)
    assert mq(tmp_path, "down").returncode == Exit.DONE
    assert "Did you mean up?" not in mq(tmp_path, "upp").stderr


def test_wrong_usage_is_json_where_json_was_asked_for(tmp_path: Path) -> None:
    done = mq(tmp_path, "--json", "logs")
    assert done.returncode == Exit.USAGE
    assert done.stderr == f"mq logs: {json.loads(done.stdout)['error']}\n"


def test_the_module_is_the_command(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mqcourse", "--version"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=True,
    )
    assert re.fullmatch(r"mq \d+\.\d+\.\d+\n", done.stdout)


def test_a_typo_in_a_variable_is_refused_and_a_strangers_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MQ_INSTALLATION_PATH", "/opt/mqm")  # IBM's
    assert mq(tmp_path, "env").returncode == Exit.DONE
    monkeypatch.setenv("MQ_PROVIDR", "docker")
    done = mq(tmp_path, "env")
    assert done.returncode == Exit.USAGE
    assert "Did you mean MQ_PROVIDER?" in done.stderr
    assert mq(tmp_path, "help", "environment").returncode == Exit.DONE


def test_every_variable_that_is_read_is_in_the_table() -> None:
    names: set[str] = set()
    for path in [*(CHECKOUT / "mqcourse").rglob("*.py"), CHECKOUT / "tests" / "run_stack.py"]:
        names |= set(re.findall(r"\bMQ_[A-Z_]*[A-Z]\b", path.read_text(encoding="utf-8")))
    assert names - set(OURS) - set(SETTINGS) == {
        "MQ_PORT_NAME"
    }  # of the text that says what compose.yaml gets
    assert set(SETTINGS) <= names | {"MQ_CSHARP"}
    assert all(name in topics.environment() for name in SETTINGS)


def test_bash_completes_commands_and_options(tmp_path: Path) -> None:
    script = tmp_path / "mq.bash"
    script.write_text(mq(tmp_path, "completion", "bash").stdout)
    asked = """
        source "$1"; shift
        COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}
        $(complete -p mq | sed 's/.*-F \\([^ ]*\\).*/\\1/') mq "${COMP_WORDS[COMP_CWORD]}"
        printf '%s\\n' "${COMPREPLY[@]}"
    """

    def completed(*words: str) -> set[str]:
        done = subprocess.run(
            ["bash", "--norc", "-c", asked, "bash", str(script), *words],
            capture_output=True,
            text=True,
            check=True,
        )
        return set(done.stdout.split())

    assert {"start", "stop", "status"} <= completed("mq", "st")
    assert "up" not in completed("mq", "")
    assert "reset" in completed("mq", "labs", "re")
    assert "--follow" in completed("mq", "logs", "--f")


@pytest.mark.parametrize("shell", topics.SHELLS)
def test_there_is_a_script_for_each_shell(tmp_path: Path, shell: str) -> None:
    script = mq(tmp_path, "completion", shell).stdout
    assert "simulate" in script
    assert "lock-jars" in script


def on_a_terminal(home: Path, words: list[str], columns: int, **environment: str) -> tuple[int, bytes]:
    """Run mq on a terminal of that width: how it ended, and all it wrote."""
    child, terminal = pty.fork()
    if not child:
        os.chdir(CHECKOUT)
        os.environ.update({"MQ_HOME": str(home), **environment})
        os.environ.pop("COLUMNS", None)
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        os.execv(sys.executable, [sys.executable, "-m", "mqcourse", *words])  # noqa: S606
    said = b""
    while True:
        try:
            came = os.read(terminal, 65536)
        except OSError:  # the other end is gone, on Linux
            break
        if not came:
            break
        said += came
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), said


@pytest.mark.lengthy
@pytest.mark.parametrize("words", [[], ["status"], ["--help"], ["labs"], ["simulate", "--list"]])
@pytest.mark.parametrize("columns", [60, 100])
def test_a_dumb_and_narrow_terminal_gets_plain_lines(tmp_path: Path, words: list[str], columns: int) -> None:
    code, said = on_a_terminal(tmp_path, words, columns, TERM="dumb", LC_ALL="C.UTF-8")
    assert code == Exit.DONE, said
    assert b"\x1b" not in said
    lines = said.decode().splitlines()
    assert max(map(len, lines)) <= columns, lines


def test_a_latin_1_terminal_gets_signs_that_it_has(tmp_path: Path) -> None:
    code, said = on_a_terminal(tmp_path, [], 80, TERM="dumb", PYTHONIOENCODING="latin-1")
    assert code == Exit.DONE, said
    assert "a laten..." in said.decode("latin-1")


def test_reset_asks_and_takes_no_for_an_answer(tmp_path: Path) -> None:
    done = mq(tmp_path, "reset", "kafka")
    assert done.returncode == Exit.USAGE  # nobody can be asked
    assert "--yes" in done.stderr
    child, terminal = pty.fork()
    if not child:
        os.chdir(CHECKOUT)
        os.environ["MQ_HOME"] = str(tmp_path)
        os.execv(sys.executable, [sys.executable, "-m", "mqcourse", "reset", "kafka"])  # noqa: S606
    said = b""
    while b"[y/N]" not in said:
        said += os.read(terminal, 1024)
    os.write(terminal, b"\n")
    while b"nothing was changed" not in said:
        said += os.read(terminal, 1024)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == Exit.SAID_NO
    os.close(terminal)


def test_a_log_is_followed_until_ctrl_c(tmp_path: Path) -> None:
    log = tmp_path / "logs" / "kafka.log"
    log.parent.mkdir()
    log.write_text("one\n")
    with subprocess.Popen(
        [sys.executable, "-m", "mqcourse", "logs", "-f", "kafka"],
        cwd=CHECKOUT,
        env={**os.environ, "MQ_HOME": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as followed:
        assert followed.stdout is not None
        assert followed.stdout.readline() == "one\n"
        with log.open("a") as file:
            file.write("two \x1b[2J\n")
        assert followed.stdout.readline() == "two \\x1b[2J\n"
        log.write_text("new\n")  # begun anew
        assert followed.stdout.readline() == "new\n"
        followed.send_signal(signal.SIGINT)
        assert followed.wait(60) == Exit.INTERRUPTED
