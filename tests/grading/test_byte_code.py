"""Byte code that appears while answers run is no change of the course as long as its source gives it."""

import importlib.util
import py_compile
from pathlib import Path

import pytest

from mqcourse.grading import run

SOURCE = '"""Text."""\n\n\ndef check(x):\n    """Text."""\n    assert x\n    return __debug__\n'


@pytest.mark.parametrize("level", [0, 1, 2])
def test_byte_code_is_its_sources_at_the_level_that_its_name_says(tmp_path: Path, level: int) -> None:
    source = tmp_path / "module.py"
    source.write_text(SOURCE, encoding="utf-8")
    made = Path(py_compile.compile(str(source), optimize=level, doraise=True) or "")
    assert run._is_of_its_source(made)
    for other in {0, 1, 2} - {level}:
        optimization = "" if other == 0 else str(other)
        foreign = Path(importlib.util.cache_from_source(str(source), optimization=optimization))
        foreign.write_bytes(made.read_bytes())
        assert not run._is_of_its_source(foreign)
    source.write_text(SOURCE.replace("assert x", "assert not x or x"), encoding="utf-8")
    assert run._is_of_its_source(made) is (level > 0)  # asserts are no part of optimised byte code
    source.write_text(SOURCE.replace("return __debug__", "return 1"), encoding="utf-8")
    assert not run._is_of_its_source(made)
