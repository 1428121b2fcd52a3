"""The child process that runs Sphinx: progress as JSON lines on standard output, warnings into a file.

A separate process, because Sphinx patches docutils and the logging of whoever imports it. Started by
mqcourse.book.build; `python -m mqcourse.book.sphinx_run SOURCE OUT DOCTREES TOC STATUS-LOG WARNINGS`.
"""

import json
import sys
import traceback
from pathlib import Path
from typing import Any, TextIO

from mqcourse.book.entry_pages import not_found, redirect
from mqcourse.book.lean_pages import make_lean
from mqcourse.quick_imports import without_unneeded


def main(source: Path, out: Path, doctrees: Path, toc: Path, status_log: Path, warnings_log: Path) -> int:
    """Build; exit code 0 without any warning, 1 with warnings, 2 when the build could not go on."""
    events = sys.stdout
    sys.stdout = sys.stderr  # whatever prints must not get between the JSON lines

    def say(**event: Any) -> None:
        events.write(json.dumps(event) + "\n")
        events.flush()

    with (
        status_log.open("w", encoding="utf-8") as status,
        warnings_log.open("w", encoding="utf-8") as warnings,
    ):
        return build(source, out, doctrees, toc, status, warnings, say)


def build(
    source: Path, out: Path, doctrees: Path, toc: Path, status: TextIO, warnings: TextIO, say: Any
) -> int:
    """Run Sphinx with the settings of `_config.yml`, as `jupyter-book build` does."""
    with without_unneeded():
        from jupyter_book.config import get_final_config
    from sphinx.application import Sphinx
    from sphinx.util.docutils import docutils_namespace, patch_docutils

    settings, _ = get_final_config(
        user_yaml=source / "_config.yml",
        cli_config={"external_toc_path": str(toc), "latex_individualpages": False},
        sourcedir=source,
    )
    if toc != source / "_toc.yml":
        settings["exclude_patterns"] += left_out(source, toc)
    try:
        with patch_docutils(None), docutils_namespace():
            app = Sphinx(
                srcdir=source,
                confdir=None,
                outdir=out,
                doctreedir=doctrees,
                buildername="html",
                confoverrides=settings,
                status=status,
                warning=warnings,
            )
            report_chapters(app, say)
            app.build(False, [])
            if app.statuscode == 0:
                finish(app, out)
            found: int = app._warncount
    except Exception as error:
        traceback.print_exc(file=warnings)
        cause = error.__cause__
        say(event="broken", message=str(cause or error) or type(cause or error).__name__)
        return 2
    return 1 if found or app.statuscode else 0


def left_out(source: Path, toc: Path) -> list[str]:
    """The chapters that a draft's table of contents does not name."""
    import yaml

    book = yaml.safe_load(toc.read_text(encoding="utf-8"))
    named = {book["root"], *(entry["file"] for entry in book["chapters"])}
    found = (path.relative_to(source) for path in (source / "book").rglob("*.md"))
    return [path.as_posix() for path in found if path.with_suffix("").as_posix() not in named]


def report_chapters(app: Any, say: Any) -> None:
    """Say how many pages are read."""
    app.connect("env-before-read-docs", lambda _app, _env, names: say(event="read", of=len(names)))


def finish(app: Any, out: Path) -> None:
    """Take away the pages of chapters that are gone, write the two pages that are no pages of the book, and make all lean."""
    kept = {out / f"{name}.html" for name in app.env.found_docs}
    kept |= {out / f"{name}.html" for name in ("search", "index", "404")}
    for page in out.rglob("*.html"):
        if page not in kept and "_static" not in page.parts:
            page.unlink()
    first, title = f"{app.config.root_doc}.html", str(app.config.html_title)
    (out / "index.html").write_text(redirect(title, first), encoding="utf-8")
    (out / "404.html").write_text(not_found(title, first), encoding="utf-8")
    make_lean(out)


if __name__ == "__main__":
    sys.exit(main(*(Path(argument) for argument in sys.argv[1:7])))
