"""The Content-Security-Policy of the book's pages: only files of the site are loaded, and no script or style in a page runs.

Each page has it as a `<meta>`, so that every static host has it, and the course's own server sends it too. Source of the
rules: Content Security Policy Level 3, https://www.w3.org/TR/CSP3/.
"""

from base64 import b64encode
from hashlib import sha256

OWN = "'self' file:"
"""`file:` is for a page that was opened from a folder, where a browser may take `'self'` for another origin. To a page
over HTTP, browsers refuse `file:` under any policy."""
SOURCES = {
    "default-src": "'none'",
    "script-src": f"{OWN} 'wasm-unsafe-eval'",  # WebAssembly: the explorer's Python
    "style-src": OWN,
    "img-src": f"{OWN} data:",  # the theme's style sheet has its small pictures as data
    "font-src": OWN,
    "connect-src": "'self'",
    "worker-src": "'self'",
    "manifest-src": "'self'",
    "form-action": OWN,  # the search
    "base-uri": "'none'",
}
POLICY = "; ".join(f"{name} {sources}" for name, sources in SOURCES.items())
"""For a page."""
HEADER = f"{POLICY}; frame-ancestors 'self'"
"""For an answer over HTTP: the last rule has an effect only there."""


def meta(policy: str = POLICY) -> str:
    """The tag for a page's head, before whatever it rules."""
    return f'<meta http-equiv="Content-Security-Policy" content="{policy}">'


def only(**texts: str) -> str:
    """The policy of a page that loads no file: `only(style=…, script=…)` allows these texts in the page."""
    rules = [f"{name}-src '{hash_of(text)}'" for name, text in texts.items() if text]
    return "; ".join(["default-src 'none'", *rules, "base-uri 'none'"])


def hash_of(text: str) -> str:
    """How a policy names a script or style by its content, between quotes."""
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"
