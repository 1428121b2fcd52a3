"""The page "Your client and the emulator" shows what was run."""

from __future__ import annotations

import snippets


def test_every_snippet_of_the_page_is_a_piece_of_a_program_that_is_run() -> None:
    page = snippets.PAGE.read_text(encoding="utf-8")
    assert snippets.filled(page) == page


def test_no_block_of_code_stands_on_the_page_without_its_source() -> None:
    page = snippets.PAGE.read_text(encoding="utf-8")
    blocks = [line for line in page.splitlines() if line.startswith("```") and line not in ("```", "```sh")]
    assert len(blocks) == len(snippets.names(page))


def test_every_piece_of_the_programs_is_on_the_page() -> None:
    page = snippets.PAGE.read_text(encoding="utf-8")
    sources = [
        path
        for path in snippets.HERE.rglob("*")
        if path.suffix in {".cs", ".java", ".go", ".rs", ".mjs", ".py"}
        and path.name not in ("snippets.py", "test_snippets.py")
    ]
    found = {
        (path.relative_to(snippets.HERE).as_posix(), line.partition("snippet: ")[2].strip())
        for path in sources
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.lstrip().startswith(("// snippet: ", "# snippet: "))
    }
    assert found == set(snippets.names(page))
