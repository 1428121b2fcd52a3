"""Debian packages without root: apt with a separate state, the machine's mirrors and keys, unpacked into a prefix.

Two uses:

- `Apt.own(work)`: the machine's own suite and its real dpkg status; `fetch_missing` brings a program and only
  what the machine lacks of its dependencies (a browser for the tests). `fetch_of_own_suite` does both, one caller at a time.
- `Apt.at(work, suite)`: another suite of the same mirror with an empty dpkg status; `fetch_exactly` brings the
  named packages, which `needed` lists (RabbitMQ 4 on a release that carries only 3.x).

Signatures are always checked by apt. The keys are those the machine's sources name. Where they do not know a
newer suite, its keyring package is fetched from the machine's own suite, which the machine's keys do verify:
the chain of trust has one link more, and `progress` reports it. Unsigned packages are never taken.
"""

import os
import platform
import re
import shutil
import subprocess
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from mqcourse.disk import make_folder, unwritable
from mqcourse.errors import CourseError
from mqcourse.exits import Exit
from mqcourse.home import software_folder
from mqcourse.install import sources
from mqcourse.install.file_lock import only_one
from mqcourse.progress import Progress, Step
from mqcourse.variables import Kind, environment_of

KEYRING_PACKAGES: Mapping[str, tuple[str, str]] = {
    "debian": ("debian-archive-keyring", "usr/share/keyrings/debian-archive-keyring.gpg"),
    "ubuntu": ("ubuntu-keyring", "usr/share/keyrings/ubuntu-archive-keyring.gpg"),
}
"""Per distribution: the package that carries the archive's keys, and the keyring in it."""
UNKNOWN_KEY = re.compile(r"NO_PUBKEY|[Mm]issing key|no public key|public key is not available|not signed")


@dataclass(frozen=True)
class Release:
    """From os-release: the distribution (debian, ubuntu) and this release's codename."""

    distribution: str
    codename: str
    name: str


def this_release() -> Release:
    """The machine's release; derivatives count as what they are like (ID_LIKE).

    Raises CourseError on a system without apt: it names the ways that remain.
    """
    try:
        facts = platform.freedesktop_os_release()
    except OSError:
        facts = {"PRETTY_NAME": platform.system()}
    kinds = [facts.get("ID", ""), *facts.get("ID_LIKE", "").split()]
    # a derivative of Ubuntu calls itself like debian too: ask for ubuntu first
    distribution = next((kind for kind in ("ubuntu", "debian") if kind in kinds), "")
    codename = facts.get(f"{distribution.upper()}_CODENAME") or facts.get("VERSION_CODENAME", "")
    name = facts.get("PRETTY_NAME", "this system")
    if not distribution or not codename or not shutil.which("apt-get") or not shutil.which("dpkg"):
        raise unsupported(name)
    return Release(distribution, codename, name)


def unsupported(name: str) -> CourseError:
    """The one-line error for a system whose packages the course cannot fetch."""
    return CourseError(
        f"{name} is not a system whose packages the course can fetch (Debian 12 or newer, Ubuntu 24.04 or newer)",
        do="Use an installed RabbitMQ 4 or newer (on PATH or by MQ_RABBITMQ_HOME), the Docker way "
        "(MQ_PROVIDER=docker), or a broker you run elsewhere (MQ_RABBITMQ_URL)",
        code=Exit.ENVIRONMENT,
    )


@dataclass(frozen=True)
class Apt:
    """A separate apt: `work` holds its lists, cache and sources, and the machine's apt stays unchanged."""

    work: Path
    release: Release
    suite: str
    empty_status: bool
    progress: Progress

    @classmethod
    def own(cls, work: Path, progress: Progress, *, release: Release | None = None) -> "Apt":
        """At the machine's own suite, with the machine's real dpkg status."""
        release = release or this_release()
        return cls(work, release, release.codename, False, progress)

    @classmethod
    def at(cls, work: Path, suite: str, progress: Progress, *, release: Release | None = None) -> "Apt":
        """At another suite of the machine's mirror, as if nothing were installed."""
        return cls(work, release or this_release(), suite, True, progress)

    def update(self, etc: Path = Path("/etc/apt")) -> None:
        """Fetch the package lists, signatures checked.

        Raises CourseError: no source of the distribution's own archive, no network, no such suite, or a
        signature that neither the machine's keys nor its suite's keyring package can verify.
        """
        own = sources.archive(sources.read(etc), self.release.codename)
        if not own:
            raise CourseError(
                f"the machine's package sources name no archive of {self.release.codename} ({etc})",
                do="Restore its sources, or use an installed RabbitMQ (MQ_RABBITMQ_HOME) or MQ_PROVIDER=docker",
                code=Exit.ENVIRONMENT,
            )
        entries = sources.at_suite(own, self.release.codename, self.suite)
        self._write(entries)
        said = self._update()
        if said is None:
            return
        if UNKNOWN_KEY.search(said) and self.suite != self.release.codename:
            keyring = self._newer_keyring(etc)
            self._write([replace(entry, signed_by=str(keyring)) for entry in entries])
            said = self._update()
            if said is None:
                return
        raise _apt_error(f"cannot read the package lists of {self.suite}", said)

    def versions(self, name: str) -> list[str]:
        """The versions of a package in this suite, newest first; empty when it has none."""
        lines = self._run("apt-cache", "madison", name, check=False).splitlines()
        return [line.split("|")[1].strip() for line in lines if line.count("|") >= 2]

    def needed(self, names: Sequence[str], wanted: Callable[[str], bool]) -> list[str]:
        """The names and everything they depend on, directly or not, as far as `wanted` accepts them.

        Of alternatives (a | b) the first one that this suite has is taken.
        """
        known: list[str] = []
        ahead = list(names)
        while ahead:
            known += ahead
            # a level at a time: one apt-cache for all of it
            shown = self._run("apt-cache", "show", "--no-all-versions", *ahead)
            choices = [[other for other in group if wanted(other)] for group in depends_of(shown)]
            missing = [choice[0] for choice in choices if choice and not set(choice) & set(known)]
            ahead = list(dict.fromkeys(missing))
        return known

    def fetch_exactly(self, names: Sequence[str], prefix: Path, title: str) -> list[Path]:
        """Download the named packages, verified, and unpack each into `prefix`; the package files are returned.

        Complete files are not fetched again.
        """
        folder = make_folder(self.work / "packages")
        wanted = self._uris("download", names)
        self._download(["apt-get", "download", *names], folder, folder, wanted, title)
        files = [folder / file for file, _ in wanted]
        unpack(files, prefix, title, self.progress)
        return files

    def fetch_missing(self, names: Sequence[str], prefix: Path, title: str) -> list[Path]:
        """Download what the machine lacks of the named packages and their dependencies; unpack into `prefix`."""
        install = ["install", "--no-install-recommends", "-y", "--download-only"]
        wanted = self._uris(" ".join(install), names)
        archives = make_folder(self.work / "cache" / "archives")
        make_folder(archives / "partial")
        self._download(["apt-get", *install, *names], self.work, archives, wanted, title)
        files = [archives / file for file, _ in wanted]
        unpack(files, prefix, title, self.progress)
        return files

    # -- the shell around apt

    def _options(self) -> dict[str, str]:
        options = {
            "Dir::State::Lists": str(self.work / "lists"),
            "Dir::Etc::SourceList": str(self.work / "course.sources"),
            "Dir::Etc::SourceParts": str(self.work / "no-parts"),
            "Dir::Etc::PreferencesParts": str(self.work / "no-parts"),
            "Dir::Etc::Preferences": str(self.work / "no-preferences"),
            "Dir::Cache": str(self.work / "cache"),
            # container images switch these two off, and every apt-cache would parse all lists anew
            "Dir::Cache::pkgcache": "pkgcache.bin",
            "Dir::Cache::srcpkgcache": "srcpkgcache.bin",
            "Dir::State::extended_states": str(self.work / "extended_states"),
            "Dir::Log": str(self.work / "log"),
            "Debug::NoLocking": "1",
            "APT::Sandbox::User": "",
            "Acquire::Languages": "none",
            "APT::Update::Post-Invoke": "",
            "APT::Update::Post-Invoke-Success": "",
            "DPkg::Post-Invoke": "",
            # only package lists: a desktop's metadata would be half of the download
            "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled": "false",
            "Acquire::IndexTargets::deb::CNF::DefaultEnabled": "false",
            "Acquire::Retries": "2",
        }
        if self.empty_status:
            options["Dir::State::status"] = str(self.work / "status")
        return options

    def _config(self) -> Path:
        """An apt.conf: paths with spaces are safe there, which they are not in every apt's -o handling."""
        file = self.work / "apt.conf"
        lines = "".join(f'{name} "{value}";\n' for name, value in self._options().items())
        _write(file, "#clear APT::Update::Post-Invoke;\n#clear APT::Update::Post-Invoke-Success;\n" + lines)
        return file

    def _write(self, entries: Iterable[sources.Source]) -> None:
        for folder in ("lists/partial", "cache/archives/partial", "no-parts", "log", "packages"):
            make_folder(self.work / folder)
        _write(self.work / "course.sources", "\n".join(entry.as_deb822() for entry in entries))
        _write(self.work / "status", "")

    def _command(self, words: Sequence[str]) -> list[str]:
        return [words[0], "-c", str(self._config()), *words[1:]]

    def _run(self, *words: str, check: bool = True) -> str:
        answer = subprocess.run(
            self._command(words), capture_output=True, text=True, env=_environment(), check=False
        )
        if check and answer.returncode:
            raise _apt_error(f"`{' '.join(words[:2])}` failed", answer.stderr)
        return answer.stdout

    def _update(self) -> str | None:
        """None when the lists were fetched and verified, else apt's message."""
        with self.progress.step(f"package lists of {self.suite}") as step:
            said = _watched(
                self._command(["apt-get", "update", "-q", "--error-on=any"]),
                self.work,
                step,
                lambda: _bytes_in(self.work / "lists"),
            )
        return said

    def _uris(self, command: str, names: Sequence[str]) -> list[tuple[str, int]]:
        """(file name, size in bytes) of each package that a command needs, also of those that are here already."""
        # apt leaves out what it finds in its archives, so it is shown others
        elsewhere = ("-o", "Dir::Cache::Archives=no-archives")
        printed = self._run("apt-get", *elsewhere, "--print-uris", "-q", *command.split(), *names)
        found = re.findall(r"^'[^']+' (\S+) (\d+) ", printed, flags=re.MULTILINE)
        return [(file, int(size)) for file, size in found]

    def _download(
        self, words: Sequence[str], cwd: Path, folder: Path, wanted: Sequence[tuple[str, int]], title: str
    ) -> None:
        total_bytes = sum(size for _, size in wanted)
        if not total_bytes:
            return
        names = {name for name, _ in wanted}
        with self.progress.step(f"{title}, packages", total_bytes) as step:
            said = _watched(self._command([*words, "-q"]), cwd, step, lambda: _bytes_in(folder, names))
        if said is not None:
            raise _apt_error(f"cannot fetch the packages of {title}", said)

    def _newer_keyring(self, etc: Path) -> Path:
        """The keyring that the machine's own suite carries, fetched from it under the machine's own keys."""
        package, path = KEYRING_PACKAGES[self.release.distribution]
        own = Apt(self.work / "keyring", self.release, self.release.codename, True, self.progress)
        own.update(etc)
        self.progress.say(
            f"the machine's keys do not know {self.suite}: its signature is checked with {package} of "
            f"{self.release.codename}, which the machine's own keys verify"
        )
        own.fetch_exactly([package], self.work / "keyring" / "prefix", package)
        return self.work / "keyring" / "prefix" / path


def fetch_of_own_suite(
    names: Sequence[str], prefix: Path, title: str, progress: Progress, etc: Path = Path("/etc/apt")
) -> None:
    """Unpack into `prefix` what the machine lacks of these packages of its suite and of their dependencies.

    All callers share the package lists, and two updates at once would each remove what the other has just fetched:
    one waits for the other. Raises CourseError as `Apt.update` does.
    """
    lock = software_folder() / "apt.lock"
    with only_one(lock, say=progress.say, waiting_for="another installation of packages"):
        apt = Apt.own(software_folder() / "apt" / "own", progress)
        apt.update(etc)
        apt.fetch_missing(names, prefix, title)


def unpack(files: Sequence[Path], prefix: Path, title: str, progress: Progress) -> None:
    """Unpack package files into `prefix`, side by side. Raises CourseError naming one that cannot be."""
    make_folder(prefix)
    total = sum(file.stat().st_size for file in files)
    with (
        progress.step(f"{title}, unpacking", total) as step,
        ThreadPoolExecutor(max_workers=os.cpu_count()) as pool,
    ):
        unpacked = pool.map(lambda file: _dpkg_x(file, prefix), files)
        for file, error in zip(files, unpacked, strict=True):
            if error:
                raise _apt_error(f"cannot unpack {file.name}", error)
            step.advance(file.stat().st_size)


def depends_of(shown: str) -> list[list[str]]:
    """The Depends and Pre-Depends of an `apt-cache show`: a list of alternatives each, without versions."""
    found = re.findall(r"^(?:Pre-)?Depends: (.+)$", shown, flags=re.MULTILINE)
    return [
        [re.sub(r"[\s:(\[].*", "", other.strip()) for other in group.split("|")]
        for line in found
        for group in line.split(",")
    ]


def _dpkg_x(file: Path, prefix: Path) -> str:
    """Unpack one package; what dpkg said when it failed, else nothing."""
    answer = subprocess.run(
        ["dpkg", "-x", str(file), str(prefix)],
        capture_output=True,
        text=True,
        env=_environment(),
        check=False,
    )
    return (answer.stderr.strip() or f"dpkg ended with {answer.returncode}") if answer.returncode else ""


def _environment() -> dict[str, str]:
    return environment_of(Kind.SYSTEM, LC_ALL="C", DEBIAN_FRONTEND="noninteractive")


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise unwritable(file, error) from error


def _bytes_in(folder: Path, names: Collection[str] | None = None) -> int:
    """The size of the files below a folder, or of those of them that have one of the names."""
    total = 0
    for file in folder.rglob("*"):
        if names is not None and file.name not in names:
            continue
        try:
            total += file.stat().st_size if file.is_file() else 0
        except FileNotFoundError:  # apt has just renamed it
            continue
    return total


def _watched(command: Sequence[str], cwd: Path, step: Step, size: Callable[[], int]) -> str | None:
    """Run a command, reporting the bytes that `size` sees; None when it succeeded, else what it said."""
    log = cwd / "apt.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            command, cwd=cwd, stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=_environment()
        )
        try:
            while True:
                try:
                    process.wait(timeout=0.2)
                    break
                except subprocess.TimeoutExpired:
                    step.at(size())
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait()
    step.at(size())
    return log.read_text(encoding="utf-8", errors="replace") if process.returncode else None


def _apt_error(what: str, said: str) -> CourseError:
    """One line out of apt's many: its first error, and what to do about it."""
    lines = said.strip().splitlines() or ["no reason given"]
    # in this order: only its E: lines give the reason beside the address
    kinds = (("E:",), ("dpkg",), ("W:",), ("Err:",), ("",))
    first = next(line for kind in kinds for line in lines if line.startswith(kind))
    low = said.lower()
    code = Exit.ENVIRONMENT
    if "no space left" in low or "not have enough free space" in low or "don't have enough" in low:
        do = "Free some space and run it again; it goes on where it stopped"
    elif UNKNOWN_KEY.search(said) or "signature" in low:
        do = (
            "Its signature could not be verified, so nothing was taken. Update the machine's archive keyring, "
            "or use MQ_RABBITMQ_HOME or MQ_PROVIDER=docker"
        )
    elif any(sign in low for sign in ("resolv", "connect", "timed out", "unreachable", "proxy")):
        do = "Check the network and run it again; what was fetched is kept"
        code = Exit.NETWORK
    else:
        do = "Run it again; if it stays so, use MQ_RABBITMQ_HOME or MQ_PROVIDER=docker"
    return CourseError(f"{what}: {first.strip()}", do=do, code=code)


__all__ = ["Apt", "Release", "depends_of", "this_release", "unpack", "unsupported"]
