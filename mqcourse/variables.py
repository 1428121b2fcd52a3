"""Which variables of the user's environment reach what the course starts, and why.

Every place that starts a process calls `environment_of(kind)`; every command calls `settle` first. Standard library
only, since the very first command, before anything is installed, calls it too.

| variables | who gets them | why |
|---|---|---|
| HTTP_PROXY, HTTPS_PROXY, ALL_PROXY, FTP_PROXY | what fetches, and our Python (a broker in the cloud) | NO_PROXY always names the loopback, in both spellings: what is local is reached without a proxy. Brokers fetch nothing |
| PYTHON* | nobody | another module path, mode or encoding than the one that was tested; PYTHONUTF8=1 is set instead |
| PIP_*, UV_* | pip and uv, and only those that say from where to fetch | the others say where to install, or what not to |
| npm_config_* | npm, but not those that say where to install, or what not to | likewise |
| NODE_OPTIONS, NODE_PATH | nobody | other code in npm's process |
| JDK_JAVA_OPTIONS, _JAVA_OPTIONS, JAVA_TOOL_OPTIONS, CLASSPATH, KAFKA_* … | nobody | a second collector, an agent or a heap that another program needs |
| RABBITMQ_*, ERL_*, ELIXIR_* | nobody | another node's name, ports, cookie, flags |
| JUPYTER*, IPYTHON*, MPLBACKEND, MATPLOTLIBRC | nobody | another installation's configuration |
| PYTEST_*, DOCUTILSCONFIG, COVERAGE_* | nobody | options for someone else's tests and pages |
| LD_* | our Python, npm, Docker | a Python may need it to start; brokers come with the libraries they need |
| MAKEFLAGS, MFLAGS, MAKEOVERRIDES, MAKELEVEL, BASH_ENV, ENV, CDPATH … | nobody | orders to a make or shell above us |
| all others (PATH, HOME, TMPDIR, LANG, MQ_*, XDG_* …) | everybody but an answer | |
| PATH, HOME, TMPDIR, LANG, LC_*, TZ, certificates, proxies, MQ_* | an answer under judgement, and only these | it needs no passwords or keys for other programs; MQ_* are the brokers' addresses |
"""

import codecs
import os
import sys
from collections.abc import Mapping, MutableMapping
from enum import Enum
from typing import Any, TextIO

GRADING_RUN = "MQ_GRADING_RUN"
"""Carried by every process of a grading, so that all can be found and ended; not by a broker that a check starts again."""


class Kind(Enum):
    ANSWER = "an answer under judgement, and what starts it"
    PYTHON = "our own Python: emulator, servers, kernels, checks, workers, the book's chapters"
    JAVA = "Kafka and its tools"
    ERLANG = "RabbitMQ and its tools"
    FETCH = "pip and uv"
    NPM = "npm and Node"
    SYSTEM = "programs of this machine: apt, dpkg, a browser, Docker"


PROXIES = ("http_proxy", "https_proxy", "all_proxy", "ftp_proxy")
LOOPBACK = ("localhost", "127.0.0.1", "::1")
FROM_WHERE = {
    f"{prefix}{name}"
    for prefix, names in {
        "PIP_": "INDEX_URL EXTRA_INDEX_URL FIND_LINKS NO_INDEX TRUSTED_HOST CERT CLIENT_CERT PROXY TIMEOUT "
        "DEFAULT_TIMEOUT RETRIES CONFIG_FILE KEYRING_PROVIDER",
        "UV_": "DEFAULT_INDEX INDEX INDEX_URL EXTRA_INDEX_URL FIND_LINKS INSECURE_HOST NATIVE_TLS SYSTEM_CERTS "
        "HTTP_TIMEOUT KEYRING_PROVIDER",
    }.items()
    for name in names.split()
}
"""The settings of pip and uv that pass."""
NPM_ELSEWHERE = {
    f"npm_config_{name}"
    for name in [
        "prefix",
        "global",
        "location",
        "dry_run",
        "production",
        "omit",
        "only",
        "include",
        "offline",
        "prefer_offline",
        "workspace",
        "workspaces",
        "package_lock",
        "json",
        "loglevel",
        "cache",
        "before",
        "save",
        "ignore_scripts",
        "node_options",
        "script_shell",
        "shell",
    ]
}
FOR_ANSWERS = frozenset(
    [
        "PATH",
        "HOME",
        "TMPDIR",
        "TMP",
        "TEMP",
        "LANG",
        "LANGUAGE",
        "TZ",
        "TERM",
        "USER",
        "LOGNAME",
        "SHELL",
        "LD_LIBRARY_PATH",
        "VIRTUAL_ENV",
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
        "REQUESTS_CA_BUNDLE",
        "CURL_CA_BUNDLE",
    ]
)
"""All that an answer gets, beside LC_*, MQ_* and the addresses of a broker in the cloud."""
NOBODY = (
    "PYTHON",
    "JAVA_TOOL_OPTIONS",
    "JDK_JAVA_OPTIONS",
    "_JAVA_OPTIONS",
    "JAVA_OPTS",
    "IBM_JAVA_OPTIONS",
    "OPENJ9_JAVA_OPTIONS",
    "CLASSPATH",
    "KAFKA_",
    "RABBITMQ_",
    "ERL_",
    "ELIXIR_",
    "NOTIFY_SOCKET",
    "JUPYTER",
    "IPYTHON",
    "MPLBACKEND",
    "MATPLOTLIBRC",
    "PYTEST_",
    "DOCUTILSCONFIG",
    "COVERAGE_",
    "NODE_OPTIONS",
    "NODE_PATH",
    "MAKEFLAGS",
    "MFLAGS",
    "MAKEOVERRIDES",
    "MAKELEVEL",
    "GNUMAKEFLAGS",
    "BASH_ENV",
    "BASH_FUNC_",
    "SHELLOPTS",
    "BASHOPTS",
    "CDPATH",
    "POSIXLY_CORRECT",
)
"""Beginnings of names that no child gets; a name without an underscore at its end stands for itself and what begins
with it."""


def passes(name: str, kind: Kind) -> bool:
    """Whether a variable of the user reaches this kind of child."""
    if name == "ENV" or name.startswith(NOBODY):
        return False
    if name.startswith(("PIP_", "UV_")):
        return kind is Kind.FETCH and name in FROM_WHERE
    low = name.lower()
    if kind is Kind.ANSWER:
        return name in FOR_ANSWERS or name.startswith(("LC_", "MQ_")) or low in (*PROXIES, "no_proxy")
    if low.startswith("npm_config_"):
        return kind is Kind.NPM and low not in NPM_ELSEWHERE
    broker = kind in (Kind.JAVA, Kind.ERLANG)
    if low in (*PROXIES, "no_proxy") or name.startswith("LD_"):
        return not broker
    return True


def environment_of(kind: Kind, user: Mapping[str, str] | None = None, **settings: str) -> dict[str, str]:
    """The whole environment of a child: what passes of the user's (default: this process's), then `settings`."""
    user = os.environ if user is None else user
    found = {name: value for name, value in user.items() if passes(name, kind)}
    if any(name.lower() in PROXIES for name in found):
        reach_loopback_directly(found)
    if kind in (Kind.PYTHON, Kind.ANSWER):
        found["PYTHONUTF8"] = "1"
        found["PYTHONNOUSERSITE"] = "1"
    return found | settings


def reach_loopback_directly(environment: MutableMapping[str, str] | None = None) -> None:
    """Have every client of this process (or of `environment`) reach this machine without a proxy.

    Both spellings are set, to the union of what they said: programs differ in which one they read.
    """
    environment = os.environ if environment is None else environment
    if not any(environment.get(spelling) for name in PROXIES for spelling in (name, name.upper())):
        return
    said = [
        host.strip()
        for spelling in ("no_proxy", "NO_PROXY")
        for host in environment.get(spelling, "").split(",")
    ]
    hosts = ",".join(dict.fromkeys([*(host for host in said if host and host != "*"), *LOOPBACK]))
    # an asterisk means everything only where it stands alone
    value = "*" if "*" in said else hosts
    environment["no_proxy"] = environment["NO_PROXY"] = value


def settle(argv: list[str] | None = None) -> None:
    """What every command does first: local addresses without a proxy, output that any terminal takes, own files
    that we may read.

    With `argv` a Python that was started with harmful PYTHON* variables is replaced by one without them.
    """
    harmful = [
        name for name in os.environ if name.startswith("PYTHON") and name not in ("PYTHONUTF8", *HARMLESS)
    ]
    if argv is not None and harmful:
        kept = {name: value for name, value in os.environ.items() if name not in harmful}
        os.execve(sys.executable, [sys.executable, "-m", *argv], kept)  # noqa: S606
    for name in [name for name in os.environ if name.startswith(NOBODY) and name not in HARMLESS]:
        del os.environ[name]
    reach_loopback_directly()
    os.umask(os.umask(0o077) & 0o077)  # whatever is hidden from others, never from ourselves
    for stream in (sys.stdout, sys.stderr):
        make_printable(stream)


HARMLESS = (
    "PYTHONDONTWRITEBYTECODE",
    "PYTHONUNBUFFERED",
    "PYTHONIOENCODING",
    "PYTHONHASHSEED",
    "PYTHONFAULTHANDLER",
    "PYTHONNOUSERSITE",
    "PYTHONPYCACHEPREFIX",
    "PYTHONUTF8",
    "PYTHONWARNINGS",
    "PYTEST_CURRENT_TEST",
    "PYTEST_XDIST_WORKER",
    "PYTEST_VERSION",
)
"""What a running command may keep, though it hands none of it on."""

PLAIN = "mqcourse.plain"
"""The error handler that writes what an encoding lacks in the signs that every encoding has."""
SIGNS = str.maketrans(
    {
        "…": "...",
        "–": "-",
        "—": "-",
        "−": "-",
        "‑": "-",
        "·": "-",
        "•": "*",
        "×": "x",
        "→": "->",
        "←": "<-",
        "≤": "<=",
        "≥": ">=",
        "≠": "!=",
        "≈": "~",
        "±": "+-",
        "“": '"',
        "”": '"',
        "„": '"',
        "‘": "'",
        "’": "'",
        "µ": "u",
        "μ": "u",
        "✓": "ok",
        "✗": "x",
        "\u00a0": " ",
        "\u202f": " ",
        "\u2009": " ",
    }
    | dict.fromkeys("─━═╌╍┄┅", "-")
    | dict.fromkeys("│┃║", "|")
    | dict.fromkeys("┌┐└┘├┤┬┴┼╭╮╯╰╷╵╶╴╸╹╺╻", "+")
)


def _plainly(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end].translate(SIGNS)
    try:
        text.encode(error.encoding)
    except UnicodeEncodeError:
        text = text.encode("ascii", "replace").decode("ascii")
    return text, error.end


codecs.register_error(PLAIN, _plainly)


def make_printable(stream: TextIO | Any) -> None:
    """Let a stream of any encoding take any text: signs it has not are written in others, never an error."""
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors=PLAIN)
