"""Addresses of entities: from whatever a client sends to the key the namespace looks up."""

from __future__ import annotations

DEAD_LETTER_SUFFIX = "/$DeadLetterQueue"
TRANSFER_DEAD_LETTER_SUFFIX = "/$Transfer/$DeadLetterQueue"


def entity_key(address: str) -> str:
    """Lower-case path of an entity: scheme, host and outer slashes removed.

    `sb://host:port/Orders`, `/Orders` and `orders` are the same entity (addresses are case-insensitive).
    """
    scheme_end = address.find("://")
    if scheme_end >= 0:
        _, _, address = address[scheme_end + 3 :].partition("/")
    return address.strip("/").lower()


def subscription_path(topic: str, subscription: str) -> str:
    return f"{topic}/Subscriptions/{subscription}"
