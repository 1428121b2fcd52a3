"""The calculator in a page: where its files are, and the worked example that a page has without scripts."""

from html import escape
from pathlib import Path

from mqcourse.capacity.plan import plan
from mqcourse.capacity.presets import Preset
from mqcourse.capacity.prices import Prices
from mqcourse.capacity.rates import Rates

WEB = Path(__file__).parent / "web"
GENERATED = WEB / "generated"
BUNDLE = GENERATED / "capacity.js"
"""The one script that the page loads; tools/capacity_javascript.py makes it."""
STYLE = WEB / "capacity.css"

LABELS = {
    "messages": "Messages",
    "per": "In each",
    "size_bytes": "Size of a message",
    "compression": "Compression",
    "batch": "Batch",
    "peak_factor": "Peak",
    "groups": "Consumer groups",
    "copies": "Copies",
    "retention_days": "Retention",
    "processing_ms": "Time for a message",
    "at_once": "At once",
    "zones": "Zones",
    "fetch": "Consumers read from",
    "partition_mb_per_s": "One partition",
    "network_gbit_per_s": "Network of a broker",
    "disk_mb_per_s": "Disk writes of a broker",
    "disk_tb": "Disk of a broker",
    "replicas_per_broker": "Replicas on a broker",
    "utilisation": "Utilisation",
    "free_disk": "Free disk",
    "lost_brokers": "Brokers that may be lost",
    "broker_hour": "Broker",
    "disk_gb_month": "Disk",
    "cross_zone_gb": "Traffic between zones",
}
"""What the form calls each field, beside its unit."""


def example(preset: Preset) -> str:
    """The table of a preset's plan with default rates and prices, as HTML; the script writes into its cells."""
    rows = "".join(
        f'<tr data-figure="{one.name}"><th scope="row">{escape(one.title)}</th><td>{escape(one.shown)}</td>'
        f"<td><span>{escape(one.formula)}</span><small>{escape(one.source)}</small></td></tr>"
        for one in plan(preset.workload, Rates(), Prices())
    )
    return (
        '<table class="mq-capacity-table"><caption>The plan: each result, its value, and its formula with the '
        'numbers and the source. Prices are examples until you type yours.</caption><thead><tr><th scope="col">'
        'Result</th><th scope="col">Value</th><th scope="col">Formula and source</th></tr></thead>'
        f"<tbody>{rows}</tbody></table>"
    )
