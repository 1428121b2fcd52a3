"""Whether a binding of RabbitMQ lets a message through, by the type of its exchange."""

import re


def fits(kind: str, rule: str, key: str) -> bool:
    """Whether a binding of an exchange of that type fits a routing key."""
    if kind == "fanout":
        return True
    if kind != "topic":
        return rule == key
    pattern = "".join(
        r"(?:\.[^.]+)*" if word == "#" else r"\.[^.]+" if word == "*" else re.escape("." + word)
        for word in rule.split(".")
    )
    return re.fullmatch(pattern, "." + key) is not None
