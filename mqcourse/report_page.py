"""The report as one HTML file with all it needs: light and dark by the reader's setting, and fit for print."""

from html import escape

STYLE = """
:root { color-scheme: light dark; --ink: #1b1f24; --paper: #fff; --line: #8a929b; --soft: #f1f3f5; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e9ec; --paper: #16191d; --line: #7d868f; --soft: #23282e; }
}
body { margin: 0; background: var(--paper); color: var(--ink); font: 1rem/1.55 system-ui, sans-serif; }
main { max-width: 46rem; margin: 0 auto; padding: 1rem; overflow-wrap: anywhere; }
h1, h2, h3 { line-height: 1.25; }
h2 { margin-top: 2.2rem; border-bottom: 1px solid var(--line); padding-bottom: .2rem; }
table { border-collapse: collapse; width: 100%; }
th, td { border: 1px solid var(--line); padding: .35rem .5rem; text-align: left; vertical-align: top; }
td:not(:first-child), th:not(:first-child) { white-space: nowrap; }
code, pre { background: var(--soft); font-family: ui-monospace, monospace; font-size: .9em; }
code { padding: 0 .2em; }
pre { padding: .6rem; white-space: pre-wrap; }
pre code { padding: 0; }
@media print {
  :root { --ink: #000; --paper: #fff; --line: #666; --soft: #fff; }
  main { max-width: 100%; padding: 0; }
  h2, h3 { break-after: avoid; }
  table, li, pre { break-inside: avoid; }
}
"""


def html(title: str, report: str) -> str:
    """The page of a report in Markdown. What a person typed is text in it, whatever it looks like."""
    from markdown_it import MarkdownIt  # here: only a report needs it

    body = MarkdownIt("commonmark", {"html": False}).enable("table").render(report)
    return frame(escape(title), body.replace("<th>", '<th scope="col">'))


def frame(title: str, body: str) -> str:
    """The page around what is HTML already."""
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n<style>{STYLE}</style>\n</head>\n"
        f"<body>\n<main>\n{body}</main>\n</body>\n</html>\n"
    )
