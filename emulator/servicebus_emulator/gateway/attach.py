"""Deciding an attach: what the client's link is for, whether it may, and how the answer looks."""

from __future__ import annotations

from typing import Any

from servicebus_emulator.amqp.errors import NOT_IMPLEMENTED, AmqpProtocolError
from servicebus_emulator.amqp.link import Link
from servicebus_emulator.amqp.performatives import (
    MIXED_SETTLED,
    RECEIVER,
    Attach,
    Coordinator,
    Source,
    Target,
)
from servicebus_emulator.amqp.types import Symbol, ULong
from servicebus_emulator.broker.errors import NotAllowed
from servicebus_emulator.broker.message import ReceiveMode
from servicebus_emulator.broker.send_checks import max_message_bytes
from servicebus_emulator.broker.session import SessionWait
from servicebus_emulator.gateway import node_address
from servicebus_emulator.gateway.cbs import ClaimsService
from servicebus_emulator.gateway.client import Client
from servicebus_emulator.gateway.coordinator import Coordinator as CoordinatorLink
from servicebus_emulator.gateway.management import ManagementService
from servicebus_emulator.gateway.open_transactions import check_reading, note_use
from servicebus_emulator.gateway.receiver_link import ReceiverLink
from servicebus_emulator.gateway.request_reply import ReplyLink, RequestLink
from servicebus_emulator.gateway.sender_link import SenderLink, refuse_topic_receiver
from servicebus_emulator.gateway.session_attach import SessionAttach, accept_session
from servicebus_emulator.gateway.terminus import (
    AttachRefused,
    coordinator_in_force,
    in_force,
    session_filter,
    source_in_force,
)
from servicebus_emulator.sas import Right

TIMEOUT = "com.microsoft:timeout"
TRANSFER_DESTINATION = "com.microsoft:transfer-destination-address"
RECEIVER_NAME = "com.microsoft:receiver-name"
MAX_BATCH_SIZE = Symbol("com.microsoft:max-message-batch-size")
TRACKING_ID = Symbol("com.microsoft:tracking-id")

DEFAULT_SESSION_TIMEOUT_S = 65.0

MAX_MESSAGE_BYTES = 100 * 1024 * 1024
"""What the cloud's largest tier takes; the limit where no other is set."""
MAX_BATCH_BYTES = 1_048_576
"""A client fills a batch up to this, also where a single message may be larger (as in the cloud)."""
REQUEST_BYTES = 4 * 1024 * 1024


def attach(client: Client, link: Link, frame: Attach) -> None:
    """Answer an attach. Raises AttachRefused, BrokerError or AmqpProtocolError to refuse it."""
    if frame.snd_settle_mode > 2 or frame.rcv_settle_mode > 1:
        raise AttachRefused(
            f"snd-settle-mode {frame.snd_settle_mode} or rcv-settle-mode {frame.rcv_settle_mode} is not one of AMQP's"
        )
    if type(frame.target) is Coordinator:
        if link.role is not RECEIVER:
            raise AttachRefused("a coordinator is the target of a sender")
        coordinator = CoordinatorLink(client, link)
        link.context = coordinator
        target = coordinator_in_force(frame.target)
        link.accept(source=frame.source, target=target, max_message_size=REQUEST_BYTES)
        coordinator.opened()
        return
    if link.role is RECEIVER:
        _attach_client_sender(client, link, frame)
    else:
        _attach_client_receiver(client, link, frame)


def _address_of(terminus: Any, kind: type[Source] | type[Target], what: str) -> node_address.Address:
    if not isinstance(terminus, kind):
        raise AttachRefused(f"the link has no {what}; give it the address of an entity")
    if terminus.dynamic:
        raise AmqpProtocolError("dynamic nodes are not supported; name an entity", NOT_IMPLEMENTED)
    where = node_address.parse(terminus.address)
    if where is None:
        raise AttachRefused(f"the {what} of the link has no address")
    return where


def _attach_client_sender(client: Client, link: Link, frame: Attach) -> None:
    where = _address_of(frame.target, Target, "target")
    target = in_force(frame.target)
    if where.node:
        service = _service(client, link, where)
        requests = RequestLink(client, link, _node_name(where), service)
        link.context = requests
        link.accept(source=frame.source, target=target, max_message_size=REQUEST_BYTES)
        requests.opened()
        return
    broker = client.hosted.broker
    client.secure(link, Right.SEND, where.path)
    entity = broker.resolve(where.path)
    via = None
    properties: dict[Any, Any] = {}
    destination = node_address.parse((frame.properties or {}).get(TRANSFER_DESTINATION))
    if destination is not None:
        client.secure(link, Right.SEND, destination.path)
        via, entity = entity, broker.resolve(destination.path)
        properties[Symbol(TRANSFER_DESTINATION)] = (frame.properties or {})[TRANSFER_DESTINATION]
    note_use(link, via or entity)
    limit = max_message_bytes(entity) or MAX_MESSAGE_BYTES
    if limit > MAX_BATCH_BYTES:
        properties[MAX_BATCH_SIZE] = ULong(MAX_BATCH_BYTES)
    sender_link = SenderLink(client, link, entity, via)
    link.context = sender_link
    link.accept(source=frame.source, target=target, max_message_size=limit, properties=properties or None)
    client.activity.note("attached", role="sender", entity=entity.path)
    sender_link.opened()


def _attach_client_receiver(client: Client, link: Link, frame: Attach) -> None:
    where = _address_of(frame.source, Source, "source")
    source = source_in_force(frame.source)
    broker = client.hosted.broker
    asked = session_filter(link.name, frame.source, non_exclusive=broker.limits.non_exclusive_sessions)
    if where.node:
        if asked is not None:
            raise AttachRefused(f"there are no sessions behind {where.node}: attach without a session filter")
        service = _service(client, link, where)
        reply_address = frame.target.address if type(frame.target) is Target else None
        link.context = ReplyLink(client, link, _node_name(where), service, reply_address)
        link.accept(source=source, target=frame.target)
        return
    client.secure(link, Right.LISTEN, where.path)
    queue = refuse_topic_receiver(broker.resolve(where.path))
    check_reading(link, queue)
    now_s = client.emulator.broker_now_s
    settled = frame.snd_settle_mode == MIXED_SETTLED
    mode = ReceiveMode.RECEIVE_AND_DELETE if settled else ReceiveMode.PEEK_LOCK
    given = frame.properties or {}
    name = str(given.get(RECEIVER_NAME, "") or link.name)
    if asked is None:
        receiver_link = ReceiverLink(client, link, mode)
        receiver_link.receiver = queue.open_receiver(mode, now_s, name=name, link=receiver_link)
        note_use(link, queue)
        link.context = receiver_link
        link.accept(source=source, target=frame.target)
        client.activity.note("attached", role="receiver", entity=queue.path, mode=mode.value)
        return
    waiting = SessionAttach(client, link, mode, asked)
    exclusive = asked.exclusive
    if asked.session_id is not None:
        token = None if asked.lock_token is None else asked.lock_token.bytes_le
        receiver = queue.open_session(
            asked.session_id, mode, now_s, name=name, link=waiting, exclusive=exclusive, take_over=token
        )
        note_use(link, queue)
        accept_session(client, link, mode, asked, receiver)
        return
    timeout_ms = given.get(TIMEOUT)
    timeout_s = timeout_ms / 1000 if isinstance(timeout_ms, int) else DEFAULT_SESSION_TIMEOUT_S
    found = queue.open_next_session(
        mode, now_s, now_s + timeout_s, name=name, link=waiting, exclusive=exclusive
    )
    note_use(link, queue)
    if isinstance(found, SessionWait):
        waiting.wait = found
        link.context = waiting  # the answer is held until a session is free or the time is up
    else:
        accept_session(client, link, mode, asked, found)


def _node_name(where: node_address.Address) -> str:
    return f"{where.path.lower()}/{where.node}"


def _service(client: Client, link: Link, where: node_address.Address) -> ClaimsService | ManagementService:
    if where.node == node_address.CBS:
        _check_only_claims_link(client, link)
        return ClaimsService(client)
    client.secure(link, None, where.path)
    return ManagementService(client, client.hosted.broker.resolve(where.path), link)


def _check_only_claims_link(client: Client, link: Link) -> None:
    """Raise NotAllowed for another link to $cbs than the one each way that a connection may have.

    Source: issue 186 of Azure/azure-event-hubs-node, the changelogs of azservicebus 1.2.1 and @azure/service-bus 1.0.0.
    """
    for other in client.links:
        service = getattr(other.context, "service", None)
        if isinstance(service, ClaimsService) and other.role is link.role:
            raise NotAllowed(
                f"A link to connection '{client.activity.client}' $cbs node has already been opened."
            )
