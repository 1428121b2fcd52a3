"""The mock interview in a page: where its files are."""

from pathlib import Path

WEB = Path(__file__).parent / "web"
GENERATED = WEB / "generated"
BUNDLE = GENERATED / "mock_interview.js"
"""The one script that the page loads; tools/rubric_javascript.py makes it."""
STYLE = WEB / "mock_interview.css"
