"""`python -m servicebus_emulator`: read the arguments, start, print one line, serve until SIGTERM or Ctrl-C."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import ipaddress
import logging
import os
import secrets
import signal
import ssl
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from servicebus_emulator import __version__, streams
from servicebus_emulator.admin.host import HostedNamespace
from servicebus_emulator.admin.reach import Reach, normal_origin
from servicebus_emulator.broker.journal import Journal
from servicebus_emulator.broker.limits import TIERS
from servicebus_emulator.broker.namespace import Namespace
from servicebus_emulator.config.apply import ConfiguredNamespace, apply
from servicebus_emulator.emulator import Emulator
from servicebus_emulator.exits import Exit, as_text
from servicebus_emulator.gateway.activity_log import JsonLines
from servicebus_emulator.net.server import Server, SocketSelector
from servicebus_emulator.sas import DEFAULT_KEY, DEFAULT_RULE, DEFAULT_RULE_NAME, KeyRing

DEFAULT_NAMESPACE = "sbemulatorns"
DEFAULT_PORT = 5672
"""Where the SDKs look for an emulator whose address names no port."""
RABBITMQ_TOO = " (RabbitMQ has the same default port)"
MAX_PORT = 65_535


class StartError(Exception):
    """The emulator cannot start; one line with the reason and what to do, and the code it ends with."""

    def __init__(self, line: str, exit_code: Exit = Exit.ENVIRONMENT) -> None:
        super().__init__(line)
        self.exit_code = exit_code


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until stopped; returns the exit code."""
    if arguments is None:
        streams.settle()
    options = _parser().parse_args(arguments)
    os.umask(0o077)  # messages, keys: what it writes is for nobody else on this machine
    _log_to_stderr(options.log)
    try:
        selector = SocketSelector()
        with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(selector)) as runner:
            return runner.run(_serve(options, selector))
    except StartError as error:
        sys.stderr.write(f"servicebus-emulator: {error}\n")
        return error.exit_code
    except KeyboardInterrupt:
        return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="servicebus-emulator",
        description="An Azure Service Bus emulator that the real SDKs talk to. "
        "A single port serves AMQP, AMQP over WebSocket, HTTP and TLS.",
        epilog=as_text(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"servicebus-emulator {__version__}")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument(
        "--port", type=_port, default=DEFAULT_PORT, help="port, 0 for any free one (default: %(default)s)"
    )
    parser.add_argument("--config", type=Path, help="Microsoft's config.json: entities to start with")
    parser.add_argument("--data", type=Path, help="directory to keep everything in; without it memory only")
    parser.add_argument(
        "--tier", choices=sorted(TIERS), default="none", help="limits to hold to (default: %(default)s)"
    )
    parser.add_argument(
        "--allow-host",
        action="append",
        default=[],
        metavar="NAME",
        help="another name by which HTTP and WebSocket clients may ask for this emulator; may be repeated",
    )
    parser.add_argument(
        "--allow-origin",
        action="append",
        default=[],
        type=_origin,
        metavar="ORIGIN",
        help="a web page that may use this emulator, such as http://localhost:3000; may be repeated",
    )
    parser.add_argument("--no-auth", action="store_true", help="take any token and any key")
    parser.add_argument("--tls-cert", type=Path, help="certificate (PEM) for TLS on the same port")
    parser.add_argument("--tls-key", type=Path, help="its private key (PEM)")
    parser.add_argument(
        "--tls", action="store_true", help="TLS with a certificate made for this machine, kept in --data"
    )
    parser.add_argument(
        "--log",
        choices=("quiet", "info", "messages"),
        default="quiet",
        help="info: connections and refusals; messages: also what happened to every message (JSON lines on stderr)",
    )
    return parser


def _origin(text: str) -> str:
    origin = normal_origin(text)
    if not origin:
        raise argparse.ArgumentTypeError(f"'{text}' is no origin; give one such as http://localhost:3000")
    return origin


def _port(text: str) -> int:
    # the system would take a larger number and listen on its lower 16 bits
    if not text.isascii() or not text.isdigit() or int(text) > MAX_PORT:
        raise argparse.ArgumentTypeError(f"'{text}' is no port; give 0 (any free one) to {MAX_PORT}")
    return int(text)


def _log_to_stderr(level: str) -> None:
    logger = logging.getLogger("servicebus_emulator")
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logger.addHandler(handler)
    logger.propagate = False
    logger.setLevel({"quiet": logging.WARNING, "info": logging.INFO, "messages": logging.DEBUG}[level])


async def _serve(options: argparse.Namespace, selector: SocketSelector) -> int:
    begun_s = time.monotonic()
    now_s = time.time()
    configured = _configured(options)
    namespaces: dict[str, HostedNamespace] = {}
    journals: list[Journal] = []
    for each in configured:
        broker, journal = _open(options, each.name, now_s)
        if journal is not None:
            journals.append(journal)
        problems = apply(each, broker, now_s)
        if problems:
            raise StartError("the configuration was refused: " + "; ".join(problems), Exit.SAID_NO)
        keys = KeyRing(each.access_rules or (DEFAULT_RULE,))
        namespaces[each.name.lower()] = HostedNamespace(each.name, broker, keys, now_s)
    emulator = Emulator(
        namespaces,
        journals=journals,
        authorize=not options.no_auth,
        reach=_reach(options, configured),
        now_s=now_s,
    )
    emulator.commit()
    emulator.on_reset(lambda name: _refill(configured, namespaces[name], emulator))
    server = Server(emulator, selector, tls=_tls(options))
    try:
        port = await server.start(options.host, options.port)
    except OSError as error:
        raise StartError(
            f"cannot listen on {options.host}:{options.port} ({error.strerror}); choose another --port or stop what "
            f"holds it{RABBITMQ_TOO if options.port == DEFAULT_PORT else ''}"
        ) from None
    gc.collect()
    gc.freeze()  # what is loaded stays: no collection needs to look at it again
    gc.set_threshold(
        20_000, 20, 50
    )  # messages hold no cycles: looking for some after each 700 objects is waste
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        with contextlib.suppress(NotImplementedError):  # Windows has no such handlers
            loop.add_signal_handler(name, stopping.set)
    page = f"http://{_in_address(dialled(options.host))}:{port}/"
    token = emulator.reach.page_token
    sys.stdout.write(
        f"Service Bus emulator ready on {_in_address(options.host)}:{port} in {time.monotonic() - begun_s:.3f} s "
        f"(pid {os.getpid()}): {_connection_string(options.host, port, configured[0])}\n"
        + (f"Its page: {page}#token={token}\n" if token else "")
    )
    sys.stdout.flush()
    sys.stderr.write(open_door(options.host, port, no_auth=options.no_auth))
    stop = asyncio.ensure_future(stopping.wait())
    failed = server.failed
    assert failed is not None  # noqa: S101 - set by start
    waited: set[asyncio.Future[Any]] = {stop, failed}
    await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
    code = Exit.DONE
    if failed.done():
        sys.stderr.write(
            f"servicebus-emulator: the store cannot be written ({failed.exception()}); nothing unconfirmed was lost. "
            "Free some space or repair the disk, and start again.\n"
        )
        code = Exit.ENVIRONMENT
        stop.cancel()
        os._exit(code)  # what is in memory but not on disk must reach nobody
    else:
        failed.cancel()
    await server.stop()
    for journal in journals:
        close = getattr(journal, "close", None)
        if close is not None:
            close()
    return code


def _connection_string(host: str, port: int, namespace: ConfiguredNamespace) -> str:
    """What a client on this machine is to use. A key that was configured is not printed."""
    rules = namespace.access_rules
    name, key = (rules[0].name, "<its PrimaryKey>") if rules else (DEFAULT_RULE_NAME, DEFAULT_KEY)
    reached = dialled(host)
    return (
        f"Endpoint=sb://{_in_address(reached)}:{port};SharedAccessKeyName={name};SharedAccessKey={key};"
        "UseDevelopmentEmulator=true;"
    )


def _reach(options: argparse.Namespace, configured: Sequence[ConfiguredNamespace]) -> Reach:
    """Who may ask. Where keys are configured the page has a token, kept in --data so that it stays the same."""
    hosts = frozenset(name.lower() for name in (options.host, *options.allow_host))
    token = ""
    if any(each.access_rules for each in configured) and not options.no_auth:
        token = secrets.token_urlsafe(24)
        if options.data is not None:
            file = options.data / "page-token"
            try:
                if file.exists():
                    token = file.read_text(encoding="ascii").strip() or token
                file.unlink(missing_ok=True)
                file.write_text(token, encoding="ascii")
            except (OSError, UnicodeDecodeError) as error:
                raise StartError(f"cannot keep the page's token in {file}: {error}") from None
    return Reach(hosts, frozenset(options.allow_origin), token)


def open_door(host: str, port: int, *, no_auth: bool) -> str:
    """The warning for an emulator that lets in everybody who reaches it from another machine; "" for any other."""
    if not no_auth or _is_loopback(host):
        return ""
    return (
        f"warning: with --no-auth everybody who reaches {_in_address(host)}:{port} may read, send and "
        "delete; leave out --no-auth, or listen on 127.0.0.1\n"
    )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def dialled(host: str) -> str:
    """The address by which this machine reaches `host`: a client cannot dial "every address"."""
    with contextlib.suppress(ValueError):
        address = ipaddress.ip_address(host)
        if address.is_unspecified:
            return "127.0.0.1" if address.version == 4 else "::1"
    return host


def _in_address(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _configured(options: argparse.Namespace) -> tuple[ConfiguredNamespace, ...]:
    if options.config is None:
        return (ConfiguredNamespace(DEFAULT_NAMESPACE),)
    from servicebus_emulator.config.reader import ConfigError, read

    try:
        text = options.config.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise StartError(f"cannot read {options.config}: {error}") from None
    try:
        return read(text, TIERS[options.tier])
    except ConfigError as error:
        raise StartError(f"{options.config}: {error}", Exit.SAID_NO) from None


def _refill(configured: Sequence[ConfiguredNamespace], hosted: HostedNamespace, emulator: Emulator) -> None:
    """Put a namespace back to what it was at start: the configured entities, without messages."""
    broker, now_s = hosted.broker, emulator.broker_now_s
    for queue in list(broker.queues()):
        broker.delete_queue(queue.path, now_s)
    for topic in list(broker.topics()):
        broker.delete_topic(topic.path, now_s)
    for each in configured:
        if each.name.lower() == hosted.name.lower():
            apply(each, broker, now_s)


def _open(options: argparse.Namespace, name: str, now_s: float) -> tuple[Namespace, Journal | None]:
    limits = TIERS[options.tier]
    seed = int.from_bytes(os.urandom(8), "big")
    if options.data is None:
        return Namespace(name, limits=limits, seed=seed), None
    from servicebus_emulator.amqp.message import EncodedMessage
    from servicebus_emulator.store.errors import StoreError
    from servicebus_emulator.store.recovery import open_namespace

    try:
        options.data.mkdir(parents=True, exist_ok=True)
        return open_namespace(options.data, name, EncodedMessage, now_s, limits=limits, seed=seed)
    except (OSError, StoreError) as error:
        raise StartError(f"cannot keep data in {options.data}: {error}") from None


def _tls(options: argparse.Namespace) -> ssl.SSLContext | None:
    certificate, key = options.tls_cert, options.tls_key
    if certificate is None and key is not None:
        raise StartError("--tls-key needs --tls-cert, the certificate that it belongs to", Exit.USAGE)
    if certificate is None and not options.tls:
        return None
    if certificate is None:
        import datetime

        from servicebus_emulator.net.certificate import CertificateError, ensure, older_than_tested

        if options.data is None:
            raise StartError(
                "--tls keeps its certificate in --data; give that, or --tls-cert and --tls-key", Exit.USAGE
            )
        kept = options.data / "tls" / "certificate.pem"
        try:
            before = kept.read_bytes() if kept.exists() else None
            made = ensure(options.data / "tls", datetime.datetime.now(datetime.UTC))
            renewed = before is not None and made.certificate.read_bytes() != before
        except (CertificateError, OSError) as error:
            raise StartError(str(error)) from None
        certificate, key = made.certificate, made.key
        if renewed:
            sys.stderr.write(
                f"warning: {certificate} was made again, because the old one expired or lacked a name: clients that "
                "trusted the old one must trust this one\n"
            )
        warning = older_than_tested()
        if warning:
            sys.stderr.write(f"warning: {warning}\n")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(certificate, key)
    except ssl.SSLError as error:
        raise StartError(
            f"cannot use the certificate {certificate}: it and --tls-key must be PEM files that belong together "
            f"({error})"
        ) from None
    except OSError as error:
        raise StartError(f"cannot use the certificate {certificate}: {error}") from None
    return context


if __name__ == "__main__":
    sys.exit(main())
