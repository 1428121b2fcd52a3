"""The two pages of a site that are no pages of the book: the one that leads into it, and the one for a wrong address."""

from html import escape

from mqcourse.content_policy import meta, only

MISSING_STYLE = "body { font: 1.1rem/1.6 sans-serif; max-width: 36rem; margin: 15vh auto; padding: 0 1rem }"


def redirect(title: str, first: str, canonical: str = "") -> str:
    """index.html, which opens the book's first page. `canonical` is that page's whole address, where it is known."""
    known = f'<link rel="canonical" href="{escape(canonical)}">' if canonical else ""
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'{meta(only())}<title>{escape(title)}</title>{known}<meta http-equiv="refresh" content="0; url={first}"></head>'
        f'<body><main><h1>{escape(title)}</h1><p><a href="{first}">Open the book</a></p></main></body></html>\n'
    )


def not_found(title: str, first: str, path: str | None = None) -> str:
    """404.html, which a server of static pages shows for an address that is not there.

    It is served at any depth, so it loads no file. `path` is that of the site's folder, with a slash at its end. Without
    one, a script finds the folder by `/book/`, the folder that all chapters are in.
    """
    finding = (
        ""
        if path is not None
        else (
            "const at = location.pathname.lastIndexOf('/book/');"
            f"if (at > 0) document.querySelector('a').href = location.pathname.slice(0, at) + '/{first}'"
        )
    )
    script = f"<script>{finding}</script>" if finding else ""
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f"{meta(only(style=MISSING_STYLE, script=finding))}"
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">'
        f'<meta name="robots" content="noindex"><title>No such page: {escape(title)}</title>'
        f"<style>{MISSING_STYLE}</style></head>"
        "<body><main><h1>There is no such page in the book</h1>"
        "<p>Its name may have changed, or the link has a typing error.</p>"
        f'<p><a href="{escape(path or "/")}{first}">Open the book at its first page</a></p></main>'
        f"{script}</body></html>\n"
    )
