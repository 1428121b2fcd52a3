"""Kafka's AOT cache: classes loaded and linked once, so that every later start halves.

The first start goes without. Afterwards a training run makes the cache in the background, when the processors
are idle (SCHED_IDLE): a separate broker on free ports, which produces and fetches like the readiness probe does.
Other checkouts take it from the folder of downloads that they share. Java ignores a cache that does not fit without a word, so its use is verified once it is made, and by
`mq doctor` at any time: `-XX:AOTMode=on` makes Java end with an error instead. The broker itself starts without
that, since a slow start is better than none. The cache's name holds the fingerprint of jars and Java: it is
rebuilt when they change.
"""

import argparse
import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from mqcourse.errors import CourseError
from mqcourse.home import cache_folder
from mqcourse.install.download import keep, link
from mqcourse.install.file_lock import only_one
from mqcourse.progress import Progress
from mqcourse.small_file import text_of
from mqcourse.stack import ports, process
from mqcourse.stack.services.handshakes import answers_kafka
from mqcourse.stack.services.kafka_node import (
    Node,
    Program,
    environment,
    format_data,
    produce_and_fetch,
    program,
)
from mqcourse.variables import Kind, environment_of

TRAINING_LIMIT_S = 1800.0
"""Far above any that succeeds: it may have to wait for a machine that is never idle."""
SERVICE = "aot"
"""The mark of the processes that make the cache."""


def cache_file(kafka: Program, folder: Path) -> Path:
    """The path of the cache for these jars and this Java."""
    return folder / f"{kafka.fingerprint}.aot"


def usable(kafka: Program, folder: Path) -> Path | None:
    """The verified cache, or None."""
    file = cache_file(kafka, folder)
    mark = file.with_suffix(".verified")
    return file if file.is_file() and text_of(mark) == kafka.class_path else None


def use(file: Path) -> tuple[str, ...]:
    """The option that uses a cache where Java can."""
    return (f"-XX:AOTCache={file}",)


def discard(kafka: Program, folder: Path) -> None:
    """Forget a cache that Java refused."""
    for stale in folder.glob("*.aot"):
        stale.unlink(missing_ok=True)
        stale.with_suffix(".verified").unlink(missing_ok=True)


def take(kafka: Program, folder: Path) -> bool:
    """Take the cache that another checkout made for the same jars and Java, if Java accepts it here; whether it did."""
    if usable(kafka, folder):
        return True
    file = cache_file(kafka, folder)
    there = cache_folder() / "aot" / file.name
    if not kafka.java.has_aot_cache or not there.is_file():
        return False
    discard(kafka, folder)
    try:
        link(there, file)
        if why_unusable(kafka, file) is None:
            file.with_suffix(".verified").write_text(kafka.class_path)
            return True
        file.unlink(missing_ok=True)
    except OSError:
        pass  # it is made here then
    return False


def make_later(kafka: Program, folder: Path, state: Path) -> None:
    """Have a process of this stack make the cache when the machine has nothing else to do; `mq stop` ends it."""
    if usable(kafka, folder) or not kafka.java.has_aot_cache or process.owned(state, SERVICE):
        return
    process.spawn(
        (sys.executable, "-m", "mqcourse.stack.services.kafka_startup_cache", str(folder)),
        env=environment_of(Kind.PYTHON),
        cwd=folder,
        log=state / "logs" / f"{SERVICE}.log",
        state=state,
        service=SERVICE,
    )


def main() -> int:
    """Make the cache of a software folder on idle time alone, and let other checkouts take it."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("folder", type=Path)
    folder: Path = arguments.parse_args().folder
    if hasattr(os, "SCHED_IDLE"):
        with contextlib.suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    os.nice(19)
    progress = Progress()
    kafka = program(folder.parent)
    with only_one(folder / "aot.lock", say=progress.say, waiting_for="another training run"):
        if not usable(kafka, folder) and not make(kafka, folder, progress):
            return 1
    keep([cache_file(kafka, folder)], cache_folder() / "aot")
    return 0


def make(kafka: Program, folder: Path, progress: Progress) -> bool:
    """Make and verify the cache unless it exists; whether one can be used now.

    A Java without it, or a cache that Java refuses, costs only time: the broker then starts without.
    """
    if usable(kafka, folder):
        return True
    if not kafka.java.has_aot_cache:
        return False
    discard(kafka, folder)
    for left in folder.glob("training-*"):
        shutil.rmtree(left, ignore_errors=True)  # of a set-up that was killed
    file = cache_file(kafka, folder)
    try:
        with progress.step("Kafka's AOT cache (once, halves every later start)"):
            _train(kafka, folder, file)
            reason = why_unusable(kafka, file)
    except CourseError as error:
        reason = str(error)
    if reason is not None:
        file.unlink(missing_ok=True)
        progress.say(f"Kafka starts without an AOT cache, which takes about twice as long: {reason}")
        return False
    file.with_suffix(".verified").write_text(kafka.class_path)
    return True


def why_unusable(kafka: Program, file: Path) -> str | None:
    """Why Java will not use the cache with this class path, or None when it does."""
    command = [
        str(kafka.java.path),
        "-Xmx512m",
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        *use(file),
        "-XX:AOTMode=on",
        "-cp",
        kafka.class_path,
        "kafka.tools.StorageTool",
        "random-uuid",
    ]
    done = subprocess.run(
        command, capture_output=True, text=True, env=environment(), stdin=subprocess.DEVNULL, check=False
    )
    if done.returncode == 0:
        return None
    said = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
    # a JVM's note that it read options from a variable is no reason
    return next((line for line in said if not line.startswith(("Picked up", "NOTE:"))), "no reason given")


def _train(kafka: Program, folder: Path, file: Path) -> None:
    scratch = Path(tempfile.mkdtemp(prefix="training-", dir=folder))
    try:
        with ports.kept() as broker, ports.kept() as controller:
            _train_at(kafka, Node(scratch, broker, controller, 0), file)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _train_at(kafka: Program, node: Node, file: Path) -> None:
    node.write()
    format_data(kafka, node)
    log = node.folder / "training.log"
    with log.open("wb") as out:
        child = subprocess.Popen(
            kafka.broker(node, extra=(f"-XX:AOTCacheOutput={file}",)),
            env=environment(),
            cwd=node.folder,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    try:
        _use_once(node, child, log)
        child.terminate()
        child.wait(timeout=TRAINING_LIMIT_S)
    except subprocess.TimeoutExpired:
        raise CourseError("the training run did not end") from None
    finally:
        if child.poll() is None:
            child.kill()
            child.wait()
    if not file.is_file():
        raise CourseError("the training run left no cache")


def _use_once(node: Node, child: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + TRAINING_LIMIT_S
    while not answers_kafka(node.broker, 0.5):
        if child.poll() is not None:
            tail = log.read_text(errors="replace").strip().splitlines()[-1:]
            raise CourseError(f"the training run ended early: {' '.join(tail)}")
        if time.monotonic() > deadline:
            raise CourseError("the training run did not come up")
        time.sleep(0.05)
    produce_and_fetch(f"127.0.0.1:{node.broker}")


if __name__ == "__main__":
    sys.exit(main())
