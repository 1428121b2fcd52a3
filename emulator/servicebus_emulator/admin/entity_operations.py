"""The administration's operations on entities: ATOM requests in, ATOM answers out.

Paths: ``/{entity}``, ``/{topic}/subscriptions/{name}``, ``…/rules/{name}``, the lists ``/$Resources/queues``,
``/$Resources/topics``, ``/{topic}/subscriptions``, ``…/rules``, and ``/$namespaceinfo``.
Source: learn.microsoft.com/rest/api/servicebus and recorded replies of the service in the SDK's tests.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from functools import partial
from typing import TypeVar

from servicebus_emulator.admin import access, atom, description_xml, rule_xml
from servicebus_emulator.admin.address import Context, Target, target_of
from servicebus_emulator.admin.atom import BadRequest, Entry, element, timestamp
from servicebus_emulator.admin.description_xml import Runtime, Settable
from servicebus_emulator.admin.host import Host, HostedNamespace
from servicebus_emulator.admin.http import Request, Response
from servicebus_emulator.broker.description import (
    DEFAULT_RULE_NAME,
    FIXED_AFTER_CREATION,
    CorrelationFilter,
    QueueDescription,
    RuleDescription,
    SubscriptionDescription,
    TopicDescription,
)
from servicebus_emulator.broker.errors import BrokerError, EntityNotFound, PreconditionFailed
from servicebus_emulator.broker.queue import Queue
from servicebus_emulator.broker.subscription import Subscription
from servicebus_emulator.broker.topic import Topic

API_VERSIONS = ("2017-04", "2021-05", "2024-05")
OLDEST_ANSWERED = "2013-08"
PAGE_SIZE = 100
_SKU = {"basic": "Basic", "premium": "Premium"}
T = TypeVar("T")
Holder = Queue | Topic


def respond(request: Request, host: Host, hosted: HostedNamespace, now_s: float) -> Response:
    """Carry out one administration request. Every error becomes the service's <Error> answer."""
    try:
        version = _api_version(request)
        return _dispatch(Context(request, host, hosted, now_s, version))
    except BadRequest as error:
        return atom.error_response(400, f"Bad Request. {error}", 40000)
    except access.AccessRefused as error:
        return atom.error_response(error.status, str(error), error.sub_code)
    except BrokerError as error:
        return atom.error_response(error.status, f"{_TITLES.get(error.sub_code, '')}{error}", error.sub_code)


_TITLES = {
    40000: "Bad Request. ",
    40900: "Conflict. You're requesting an operation that isn't allowed in the resource's current state. ",
    41200: "Precondition Failed. ",
}


def _api_version(request: Request) -> str:
    given = request.query.get("api-version", API_VERSIONS[0])
    if given in API_VERSIONS or OLDEST_ANSWERED <= given < API_VERSIONS[0]:
        return given
    raise BadRequest(f"The api-version '{given}' is not known; known are {', '.join(API_VERSIONS)}.")


def _dispatch(context: Context) -> Response:
    segments, method = context.request.segments, context.request.method
    first = segments[0].lower() if segments else ""
    if not segments:
        raise BadRequest("The entity's name is missing from the address.")
    if first == "$namespaceinfo" and method == "GET":
        _authorize(context)
        return _namespace_info(context)
    if first == "$resources" and len(segments) == 2 and method == "GET":
        _authorize(context)
        return _list_resources(context, segments[1].lower())
    if first.startswith("$") and first != "$default":
        raise BadRequest(f"'/{'/'.join(segments)}' names nothing that is known here.")
    target = target_of(segments)
    _authorize(context, target)
    if method not in ("GET", "PUT", "DELETE"):
        return atom.error_response(
            501,
            f"The emulator does not take {method} over HTTP: sending and receiving work over AMQP and AMQP over "
            "WebSocket.",
        )
    if target.rule is not None:
        return _rule(context, target)
    if target.subscription is not None:
        return _subscription(context, target)
    return _entity(context, target)


def _authorize(context: Context, target: Target | None = None) -> None:
    """The token must cover the address as asked for: some clients sign for exactly that, others for the namespace.

    What does not exist is told to everybody whose token is good (live tests of azure-sdk-for-go, LackPermissions).
    """
    path = "/".join(context.request.segments)
    request = context.request
    of_subscription = target is not None and target.subscription is not None
    missing = (
        target is not None
        and not of_subscription
        and request.method == "GET"
        and not _exists(context, target.entity)
    )
    access.require_manage(
        request,
        context.host,
        context.hosted,
        path,
        action=access.ACTIONS.get(request.method, "EntityWrite"),
        operation=_operation(request.method, target) if target is not None and of_subscription else "",
        rights_matter=not missing,
    )


def _operation(method: str, target: Target) -> str:
    """What a refusal calls an operation on a subscription or its rules (live tests of azure-sdk-for-go)."""
    name = target.subscription if target.rule is None else target.rule
    noun = "Subscription" if target.rule is None else "Rule"
    if not name:
        return f"Enumerate{noun}s"
    return {"GET": "Get", "DELETE": "Delete"}.get(method, "CreateOrUpdate") + noun


def _exists(context: Context, name: str) -> bool:
    broker = context.hosted.broker
    return any(_find(partial(get, name)) is not None for get in (broker.queue, broker.topic))


# -- queues and topics


def _entity(context: Context, target: Target) -> Response:
    broker, now_s = context.hosted.broker, context.now_s
    existing = _find(lambda: broker.queue(target.entity)) or _find(lambda: broker.topic(target.entity))
    match context.request.method:
        case "GET":
            if existing is None:
                return _no_entry(context)
            return atom.entry_response(200, _holder_entry(context, existing), context.hosted.name)
        case "DELETE":
            if existing is None:
                raise EntityNotFound(f"Entity '{target.entity}' was not found.")
            _check_etag(context, existing.updated_s)
            if isinstance(existing, Topic):
                broker.delete_topic(target.entity, now_s)
            else:
                broker.delete_queue(target.entity, now_s)
            return Response(200)
    wants_topic = b"TopicDescription" in context.request.body
    kind = "TopicDescription" if wants_topic else "QueueDescription"
    root = atom.read_description(context.request.body, kind)
    blank: Settable = TopicDescription(target.entity) if wants_topic else QueueDescription(target.entity)
    found = description_xml.read(root, blank, context.api_version)
    _authorize_forwarding(context, found)
    updating = bool(context.request.header("if-match"))
    if updating:
        if existing is None or isinstance(existing, Topic) != wants_topic:
            raise EntityNotFound(f"Entity '{target.entity}' was not found.")
        _check_etag(context, existing.updated_s)
        blank = _keeping_fixed(replace(blank, name=existing.description.name), existing.description)
    description = replace(blank, **found)  # type: ignore[arg-type]
    holder: Holder
    if isinstance(description, TopicDescription):
        holder = (broker.update_topic if updating else broker.create_topic)(description, now_s)
    elif isinstance(description, QueueDescription):
        holder = (broker.update_queue if updating else broker.create_queue)(description, now_s)
    else:
        raise AssertionError("only queues and topics have an address of one name")
    return atom.entry_response(200 if updating else 201, _holder_entry(context, holder), context.hosted.name)


def _holder_entry(context: Context, holder: Holder) -> Entry:
    path = holder.path
    content = description_xml.write(
        holder.description,
        runtime_of(holder),
        f"sb://{context.request.host}",
        context.api_version,
        context.hosted.broker.limits.shown_message_kilobytes,
    )
    title = holder.name if isinstance(holder, Subscription) else holder.description.name
    return Entry(context.href(path), title, content, holder.created_s, holder.updated_s)


def runtime_of(holder: Holder) -> Runtime:
    """The live counts and times of an entity."""
    if isinstance(holder, Topic):
        every_rule = [rule for sub in holder.subscriptions.values() for rule in sub.rules()]
        correlations = sum(isinstance(rule.filter, CorrelationFilter) for rule in every_rule)
        return Runtime(
            holder.created_s,
            holder.updated_s,
            holder.accessed_s,
            scheduled=holder.scheduled_count,
            size_bytes=holder.size_bytes,
            subscriptions=len(holder.subscriptions),
            sql_filters=len(every_rule) - correlations,
            correlation_filters=correlations,
        )
    dead = holder.dead_letter_queue.active_count if holder.dead_letter_queue else 0
    transfer_dead = holder.transfer_dead_letter_queue.active_count if holder.transfer_dead_letter_queue else 0
    waiting = holder.active_count + holder.deferred_count + holder.scheduled_count
    return Runtime(
        holder.created_s,
        holder.updated_s,
        holder.accessed_s,
        active=holder.active_count,
        dead_letter=dead,
        scheduled=holder.scheduled_count,
        transfer_dead_letter=transfer_dead,
        total=waiting + dead + transfer_dead,
        size_bytes=holder.size_bytes,
    )


# -- subscriptions and rules


def _subscription(context: Context, target: Target) -> Response:
    broker, now_s, method = context.hosted.broker, context.now_s, context.request.method
    name = target.subscription or ""
    if not name:
        if method != "GET":
            raise BadRequest("The subscription's name is missing from the address.")
        holders = broker.subscriptions(target.entity)
        return _list(context, "Subscriptions", holders, _holder_entry)
    if method == "GET":
        existing = _find(lambda: broker.subscription(target.entity, name))
        if existing is None:
            return _no_entry(context)
        return atom.entry_response(200, _holder_entry(context, existing), context.hosted.name)
    if method == "DELETE":
        _check_etag(context, broker.subscription(target.entity, name).updated_s)
        broker.delete_subscription(target.entity, name, now_s)
        return Response(200)
    root = atom.read_description(context.request.body, "SubscriptionDescription")
    blank = SubscriptionDescription(name)
    found = description_xml.read(root, blank, context.api_version)
    _authorize_forwarding(context, found)
    if context.request.header("if-match"):
        existing = broker.subscription(target.entity, name)
        _check_etag(context, existing.updated_s)
        kept = _keeping_fixed(replace(blank, name=existing.name), existing.description)
        description = replace(kept, **found)  # type: ignore[arg-type]
        holder = broker.update_subscription(target.entity, description, now_s)
        return atom.entry_response(200, _holder_entry(context, holder), context.hosted.name)
    default_rule = root.find(f"{{{atom.CONNECT}}}DefaultRuleDescription")
    first_rules = None if default_rule is None else [_named(rule_xml.read(default_rule, "", now_s))]
    holder = broker.create_subscription(
        target.entity,
        replace(blank, **found),  # type: ignore[arg-type]
        now_s,
        rules=first_rules,
    )
    return atom.entry_response(201, _holder_entry(context, holder), context.hosted.name)


def _named(rule: RuleDescription) -> RuleDescription:
    return rule if rule.name else replace(rule, name=DEFAULT_RULE_NAME)


def _rule(context: Context, target: Target) -> Response:
    now_s, method = context.now_s, context.request.method
    subscription = context.hosted.broker.subscription(target.entity, target.subscription or "")
    name = target.rule or ""
    if not name:
        if method != "GET":
            raise BadRequest("The rule's name is missing from the address.")
        return _list(context, "Rules", subscription.rules(), partial(_rule_entry, subscription))
    if method == "GET":
        return _rule_answer(context, 200, subscription, subscription.rule(name))
    if method == "DELETE":
        subscription.remove_rule(name, now_s)
        return Response(200)
    root = atom.read_description(context.request.body, "RuleDescription")
    rule = rule_xml.read(root, name, now_s)
    if context.request.header("if-match"):
        _check_etag(context, subscription.rule(name).created_s)
        return _rule_answer(context, 200, subscription, subscription.replace_rule(rule, now_s))
    return _rule_answer(context, 201, subscription, subscription.add_rule(rule, now_s))


def _rule_entry(subscription: Subscription, context: Context, rule: RuleDescription) -> Entry:
    href = context.href(f"{subscription.path}/Rules/{rule.name}")
    return Entry(href, rule.name, rule_xml.write(rule), rule.created_s, rule.created_s)


def _rule_answer(
    context: Context, status: int, subscription: Subscription, rule: RuleDescription
) -> Response:
    return atom.entry_response(status, _rule_entry(subscription, context, rule), context.hosted.name)


# -- lists and the namespace


def _list_resources(context: Context, kind: str) -> Response:
    broker = context.hosted.broker
    holders: Sequence[Holder]
    if kind == "queues":
        holders = broker.queues()
    elif kind == "topics":
        holders = broker.topics()
    else:
        raise BadRequest(
            f"'/$Resources/{kind}' is not known; known are /$Resources/queues and /$Resources/topics."
        )
    shown = [holder for holder in holders if not is_hidden(holder.path)]
    return _list(context, kind.capitalize(), shown, _holder_entry)


def is_hidden(path: str) -> bool:
    """Entities of the emulator's own, such as the health probe's queue, are shown to nobody."""
    return path.startswith("$")


def _list(context: Context, title: str, items: Sequence[T], make: Callable[[Context, T], Entry]) -> Response:
    skip, top = _whole(context.request, "$skip", 0), _whole(context.request, "$top", PAGE_SIZE)
    chosen = items[skip : skip + top]
    address = f"https://{context.request.host}/{atom.path_quote('/'.join(context.request.segments))}"

    def page(at: int) -> str:
        return f"{address}?api-version={context.api_version}&$skip={at}&$top={top}"

    more = skip + top < len(items) and top > 0
    entries = [atom.entry_xml(make(context, item), context.hosted.name) for item in chosen]
    return atom.feed_response(
        atom.feed_xml(page(skip), title, entries, context.now_s, page(skip + top) if more else "")
    )


def _no_entry(context: Context) -> Response:
    """The service answers a GET of an entity that does not exist with an empty feed, not with 404."""
    path = "/".join(context.request.segments)
    return atom.feed_response(
        atom.feed_xml(context.href(path), "Publicly Listed Services", (), context.now_s)
    )


def _namespace_info(context: Context) -> Response:
    hosted = context.hosted
    created = timestamp(hosted.created_s)
    sku = _SKU.get(hosted.broker.limits.name, "Standard")
    units = element("MessagingUnits", 1) if sku == "Premium" else ""
    content = (
        f'<NamespaceInfo xmlns="{atom.CONNECT}" xmlns:i="{atom.INSTANCE}">{element("CreatedTime", created)}'
        f"{element('MessagingSKU', sku)}{units}{element('ModifiedTime', created)}"
        f"{element('Name', hosted.name)}<NamespaceType>Messaging</NamespaceType></NamespaceInfo>"
    )
    entry = Entry(context.href("$namespaceinfo"), hosted.name, content, hosted.created_s, hosted.created_s)
    return atom.entry_response(200, entry, hosted.name)


# -- checks


def _find(get: Callable[[], T]) -> T | None:
    try:
        return get()
    except EntityNotFound:
        return None


def _whole(request: Request, name: str, default: int) -> int:
    text = request.query.get(name, str(default))
    if not text.isascii() or not text.isdigit():
        raise BadRequest(f"{name}='{text}' is no whole number of 0 or more.")
    return int(text)


def _check_etag(context: Context, updated_s: float) -> None:
    """Raises PreconditionFailed when If-Match, where it is given, is neither `*` nor the entity's etag."""
    wanted = context.request.header("if-match", "*").strip()
    if wanted != "*" and wanted.strip('"') != atom.etag(updated_s).strip('"'):
        raise PreconditionFailed("The entity was changed since the etag in If-Match was read; get it again.")


def _keeping_fixed(blank: T, existing: object) -> T:
    """What an update leaves out gets its default, except what cannot be changed anyway."""
    names = {item.name for item in fields(blank)}  # type: ignore[arg-type]
    kept = {name: getattr(existing, name) for name in FIXED_AFTER_CREATION if name in names}
    return replace(blank, **kept)  # type: ignore[type-var]


def _authorize_forwarding(context: Context, found: dict[str, object]) -> None:
    for field, header in (
        ("forward_to", access.SUPPLEMENTARY),
        ("forward_dead_lettered_messages_to", access.SUPPLEMENTARY_DEAD),
    ):
        target = found.get(field)
        if target:
            access.require_manage_of_target(
                context.request, context.host, context.hosted, header, str(target)
            )
