"""The explorable's JavaScript that is made: the three machines, the events, the presets, and the page's one file.

All of it is in mqcourse/whatif/web/generated.
"""

from pathlib import Path

from mqcourse.whatif.page import BUNDLE, GENERATED, WEB
from tools.course_module import course_module, page_script
from tools.to_javascript import translate

PACKAGE = "mqcourse.whatif"
TRANSLATED = (
    "event",
    "kafka_partition",
    "message_names",
    "preset",
    "rabbitmq_queue",
    "servicebus_queue",
    "shelf",
    "side_by_side",
    "told",
)
"""The modules that the page's engine is made from."""
ENTRY = "same_events.js"


def machines_js() -> dict[Path, str]:
    """The modules. Raises CannotTranslate, with file and line, for Python that the translator does not know."""
    texts = translate([course_module(f"{PACKAGE}.{name}", f"./{name}.js") for name in TRANSLATED], [])
    return {GENERATED / f"{name}.js": texts[f"{PACKAGE}.{name}"] for name in TRANSLATED}


def derived() -> dict[Path, str]:
    """Every derived file and what it has to hold."""
    made = machines_js()
    return {**made, BUNDLE: page_script(WEB, ENTRY, made)}
