"""What the chapters on backpressure owe their reader, read from their source: no broker is needed."""

import itertools
import re
from pathlib import Path

import pytest

from mqcourse.backpressure.model.presets import PRESETS
from mqcourse.grading import manifest
from mqcourse.home import CHECKOUT

NAMES = ("what-backpressure-is", "scale", "throttle", "drop", "critical")
CELL = re.compile(r"```\{code-cell\} ipython3\n(.*?)```", re.DOTALL)
EXPLORER = re.compile(r"```\{backpressure\} (\S+)")
LONGEST_LINE = 100


@pytest.fixture(params=NAMES)
def chapter(request: pytest.FixtureRequest) -> str:
    return (CHECKOUT / "book" / "interview" / f"{request.param}.md").read_text(encoding="utf-8")


def test_they_are_in_the_book_after_the_opening_chapter() -> None:
    toc = (CHECKOUT / "_toc.yml").read_text(encoding="utf-8")
    places = [toc.index(f"book/interview/{name}\n") for name in ("backpressure", *NAMES)]
    assert places == sorted(places)


def test_each_predicts_drags_measures_and_asks(chapter: str) -> None:
    cells = CELL.findall(chapter)
    assert "```{chapter-head}" in chapter
    assert chapter.count("```{predict}") >= 1
    assert EXPLORER.findall(chapter)
    assert "{fact}`" in chapter
    assert sum("assert " in cell for cell in cells) >= 3
    assert any("simulate(" in cell for cell in cells)
    assert any("measure(" in cell or "basic_publish" in cell for cell in cells), (
        "nothing of it ran on a broker"
    )
    questions, points = chapter.find("## Check yourself"), chapter.find("```{key-points}")
    assert 0 < questions < points
    assert 3 <= chapter.count(":::{dropdown}", questions) <= 5


def test_a_measurement_prints_its_error_and_what_is_beyond_15_percent_is_explained(chapter: str) -> None:
    if "measure(" in chapter:
        assert "15%" in chapter


def test_pictures_have_words_for_those_who_do_not_see_them(chapter: str) -> None:
    for cell in CELL.findall(chapter):
        assert ("plt.subplots" in cell) == ("figure_of(\n" in cell)


def test_names_on_the_broker_are_new_in_each_run(chapter: str) -> None:
    cells = CELL.findall(chapter)
    assert "RUN = uuid.uuid4()" in cells[0]
    for declared in re.findall(r"queue_declare\(\s*(\w+)", "".join(cells)):
        assert re.search(rf"\b{declared}\b.*RUN", "".join(cells)) or declared in ("queue",)
    assert cells[-1].startswith(":tags: [remove-cell]\n")


def test_every_sleep_says_what_it_stands_for(chapter: str) -> None:
    for cell in CELL.findall(chapter):
        for above, line in itertools.pairwise(["", *cell.splitlines()]):
            if "time.sleep(" in line:
                assert "#" in line or "#" in above, line


def test_code_fits_the_page(chapter: str) -> None:
    for cell in CELL.findall(chapter):
        for line in cell.splitlines():
            assert len(line) <= LONGEST_LINE or line.strip().startswith('"'), line


def test_every_answer_of_the_lesson_and_every_failure_can_be_dragged() -> None:
    used = {
        name
        for chapter in NAMES
        for name in EXPLORER.findall(
            (CHECKOUT / "book" / "interview" / f"{chapter}.md").read_text(encoding="utf-8")
        )
    }
    wanted = {"overload", "scale", "throttle", "drop", "retry-storm", "priority-shedding"}
    assert wanted | {"autoscaling-lags", "hot-key", "prefetch-too-high"} <= used
    assert used <= {preset.name for preset in PRESETS}


@pytest.mark.parametrize("name", ["backpressure_sizing", "backpressure_shedding"])
def test_a_lab_has_four_exercises_or_more(name: str) -> None:
    assert len(manifest.find(name).exercises) >= 4


def test_a_lab_cell_of_ten_lines_is_an_explorer() -> None:
    text = (CHECKOUT / "solutions" / "backpressure_sizing" / "master.md").read_text(encoding="utf-8")
    cell = next(cell for cell in CELL.findall(text) if "ipywidgets.interact" in cell)
    lines = [line for line in cell.splitlines() if line.strip() and not line.startswith((":", "import"))]
    assert len(lines) <= 10


def test_the_decision_table_says_who_decides() -> None:
    text = (Path(CHECKOUT) / "book" / "interview" / "critical.md").read_text(encoding="utf-8")
    assert "Who decides what may be lost" in text
