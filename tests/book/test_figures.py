"""Figures: legible on both backgrounds, and fit to stand beside others in one page."""

import re
from collections.abc import Iterator
from itertools import combinations

import matplotlib as mpl
import pytest

mpl.use("svg")

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from mqcourse.book import figures


def luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.2."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.fixture
def figure() -> Iterator[Figure]:
    made, axes = plt.subplots()
    axes.plot([1, 2, 3], [2, 1, 3], label="a line")
    axes.set_ylabel("messages")
    axes.set_xlabel("second")
    axes.set_title("Depth")
    yield made
    plt.close(made)


@pytest.mark.parametrize("surface", figures.SURFACES)
def test_every_colour_has_three_to_one_on_light_and_dark(surface: str) -> None:
    for colour in figures.COLOURS:
        assert contrast(colour, surface) >= 3


def test_no_two_colours_are_alike() -> None:
    assert all(one != other for one, other in combinations(figures.COLOURS, 2))


def test_ink_is_the_colour_of_the_pages_text(figure: Figure) -> None:
    svg = figures.inline_svg(figure, "a line")
    assert "currentColor" in svg
    assert figures.INK not in svg
    assert "#000000" not in svg
    assert "<style" not in svg


def test_the_words_are_the_images_name_and_are_escaped(figure: Figure) -> None:
    svg = figures.inline_svg(figure, 'rises & "falls"')
    assert svg.startswith("<svg")
    assert 'role="img"' in svg
    assert 'aria-label="rises &amp; &quot;falls&quot;"' in svg


def test_two_figures_share_no_id_and_every_reference_has_its_target(figure: Figure) -> None:
    other, axes = plt.subplots()
    axes.plot([1, 2], [3, 4])
    first, second = figures.inline_svg(figure, "one"), figures.inline_svg(other, "two")
    plt.close(other)
    ids = [re.findall(r'\bid="([^"]+)"', svg) for svg in (first, second)]
    assert not set(ids[0]) & set(ids[1])
    for svg, own in zip((first, second), ids, strict=True):
        assert len(own) == len(set(own))
        assert set(re.findall(r'(?:href="#|url\(#)([^")]+)', svg)) <= set(own)


def test_the_same_figure_is_drawn_the_same_twice(figure: Figure) -> None:
    assert figures.inline_svg(figure, "x") == figures.inline_svg(figure, "x")


def test_a_figure_without_words_is_refused(figure: Figure) -> None:
    with pytest.raises(ValueError, match="say in words"):
        figures.figure_of(figure, " ")


def test_a_figure_nobody_described_says_its_title_and_axes(figure: Figure) -> None:
    assert figures.words_of(figure) == "Figure: Depth; messages against second"
