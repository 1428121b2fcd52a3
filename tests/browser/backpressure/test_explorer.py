"""What the explorer is beside its controls: predicted, compared, shared, taken away, read aloud, seen in any light."""

import gzip
import json
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from mqcourse.backpressure.model.presets import preset
from mqcourse.backpressure.model.scenario import Scenario
from mqcourse.backpressure.model.simulation import simulate

from .explorer import Explorer

pytestmark = [pytest.mark.browser]

VIEWS = {
    "light": {"color_scheme": "light", "viewport": {"width": 1280, "height": 900}},
    "dark": {"color_scheme": "dark", "viewport": {"width": 1280, "height": 900}},
    "phone": {"color_scheme": "light", "viewport": {"width": 390, "height": 844}, "has_touch": True},
}


def test_a_figure_is_there_without_any_script(browser: Any, site: str) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(site)
        first = page.locator("#explorer-overload")
        assert "How deep is the queue after a minute?" in first.inner_text()
        assert first.get_by_role("img").first.is_visible()
        first.locator("summary").click()
        chart = first.get_by_role("img").nth(1)
        assert chart.is_visible()
        assert "messages wait" in chart.get_attribute("aria-label")


def test_the_figure_without_a_script_scrolls_in_its_box_on_a_phone(browser: Any, site: str) -> None:
    """Until the script has come the page would be wider than the phone, and without one for good."""
    with browser.new_context(java_script_enabled=False, **VIEWS["phone"]) as context:
        page = context.new_page()
        page.goto(site)
        drawing = page.locator("#explorer-overload").get_by_role("img").first.bounding_box()
        assert drawing["width"] > 400
        page.mouse.wheel(300, 0)
        assert page.locator("body").bounding_box()["x"] == 0
        assert page.locator("body").bounding_box()["width"] == 390
        # Playwright may ask the page even where the page may not run scripts of its own
        assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_an_image_has_a_name_before_the_first_run_is_over(browser: Any, site: str) -> None:
    """A worker that has not answered yet: what the reader meets while a large scenario runs."""
    with browser.new_context() as context:
        context.add_init_script("window.Worker = class { postMessage() {} terminate() {} };")
        page = context.new_page()
        page.goto(site)
        explorer = Explorer(page, "two")
        images = explorer.element.locator("canvas[role=img]")
        images.first.wait_for(state="attached")
        names = [image.get_attribute("aria-label") for image in images.all()]
        assert len(names) == 8
        assert all(name and name.endswith("Not run yet.") for name in names), names


def test_much_work_for_few_messages_does_not_stop_the_page(page: Any) -> None:
    """Every handling fails and comes back at once, 100,000 times a second: this belongs to the worker."""
    explorer = Explorer(page).unasked()
    page.evaluate("location.hash = 'explorer-overload?error_share=1&service_mean_s=0.00001&duration_s=20'")
    page.wait_for_function(
        "document.getElementById('explorer-overload').view.sides[0].error_share === 1", timeout=5000
    )
    assert explorer.element.get_attribute("data-state") == "busy"


HUGE = "rate_per_s=800000&service_mean_s=0.000001&queue_limit=1000"  # 48 million messages: a minute


@pytest.mark.parametrize("beside", [False, True])
def test_a_new_value_is_answered_soon_while_a_huge_run_is_under_way(page: Any, beside: bool) -> None:
    """A worker cannot be interrupted: it is ended, and what others had asked it is asked again."""
    explorer = Explorer(page).unasked()
    hash = f"{explorer.name}?{HUGE}" + (f";{HUGE}" if beside else "")
    explorer.view("location.hash = argument", hash)
    page.wait_for_function(
        "one => document.getElementById(one).view.sides[0].rate_per_s === 800000", arg=explorer.name
    )
    for side in reversed(range(2 if beside else 1)):
        if beside:
            explorer.element.get_by_label("AB"[side], exact=True).check()
        assert explorer.element.get_attribute("data-state") == "busy"
        rate = explorer.control("rate_per_s.exact")
        rate.fill("95")
        rate.press("Enter")
        page.wait_for_function(
            "([one, side]) => document.getElementById(one).view.results[side]?.scenario.rate_per_s === 95",
            arg=[explorer.name, side],
            timeout=5000,
        )
    explorer.calm()
    assert explorer.element.locator(".error").is_hidden()
    explorer.agrees_with_python()


def test_with_reduced_motion_the_picture_is_that_of_the_deepest_queue(page: Any) -> None:
    explorer = Explorer(page).calm()
    explorer.control("preset").select_option("burst")
    explorer.unasked()
    series = explorer.view("view.results[0].series")
    deepest = max(series["waiting"])
    assert deepest > 0
    assert explorer.view("view.flows[0].replay.depth") == deepest
    caption = explorer.element.get_by_text("You see the moment when most messages wait.")
    assert caption.is_visible()
    assert f"{deepest:,.0f} in the queue" in explorer.element.locator("canvas.flow").first.get_attribute(
        "aria-label"
    )
    explorer.control("rate_per_s").focus()
    page.keyboard.press("PageUp")  # another scenario has another deepest moment
    explorer.calm()
    assert (
        explorer.view("view.flows[0].replay.depth")
        == max(explorer.view("view.results[0].series.waiting"))
        != deepest
    )
    explorer.control("moment").focus()
    page.keyboard.press("Home")
    assert caption.is_hidden()
    assert explorer.view("view.player.moment") == 0
    explorer.control("rate_per_s").focus()
    page.keyboard.press("PageDown")
    explorer.calm()
    assert explorer.view("view.player.moment") == 0  # the reader's own choice stays


def test_a_run_longer_than_its_journal_says_how_far_the_picture_goes(page: Any) -> None:
    explorer = Explorer(page).unasked()
    explorer.set_scenario("rate_per_s=10000&service_mean_s=0.00001")
    assert explorer.element.get_by_text("The picture holds the first").is_visible()
    explorer.control("moment").focus()
    page.keyboard.press("End")
    moment = explorer.view("view.player.moment")
    assert 0 < moment < 60
    assert moment == explorer.view("view.flows[0].replay.journal.times.at(-1)")


def test_only_pages_with_an_explorer_load_it(browser: Any, site: str) -> None:
    """In a context of its own: a page with explorers may still ask for its worker when the next one is opened."""
    with browser.new_context() as context:
        page = context.new_page()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(site.replace("index", "plain"))
        page.wait_for_load_state("networkidle")
        assert asked
        assert not [url for url in asked if "backpressure/" in url]


def test_at_most_a_megabyte_before_python_is_asked_for(browser: Any, site: str) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        answers: list[Any] = []
        page.on("response", lambda answer: answers.append(answer) if answer.ok else None)
        page.goto(site)
        page.wait_for_load_state("networkidle")
        Explorer(page).calm()
        bodies = {answer.url: answer.body() for answer in answers}
        packed = {url: min(len(body), len(gzip.compress(body))) for url, body in bodies.items()}
        assert any("explorer.js" in url for url in packed)
        assert sum(packed.values()) <= 1_000_000  # on the line, packed as static hosts do
        assert sum(size for url, size in packed.items() if "/backpressure/" in url) <= 60_000


def test_predicting_and_running_by_keyboard_alone(page: Any) -> None:
    explorer = Explorer(page).calm()
    explorer.element.get_by_label("About 20", exact=True).focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    explorer.calm()
    assert "You predicted it" in explorer.element.locator(".said").inner_text()
    explorer.control("rate_per_s").focus()
    before = explorer.values["rate_per_s"]
    page.keyboard.press("ArrowRight")
    explorer.calm()
    assert explorer.values["rate_per_s"] > before
    explorer.control("moment").focus()
    page.keyboard.press("End")
    assert explorer.view("view.player.moment") == 60
    assert "after 60 s" in explorer.element.locator("canvas.flow").first.get_attribute("aria-label")


def test_a_curve_can_be_drawn_before_the_run(page: Any) -> None:
    explorer = Explorer(page).calm()
    chart = explorer.element.locator("canvas[data-chart=waiting]")
    chart.scroll_into_view_if_needed()
    box = chart.bounding_box()
    page.mouse.move(box["x"] + 60, box["y"] + box["height"] - 30)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 20, box["y"] + 60, steps=8)
    page.mouse.up()
    curve = explorer.view("view.charts[0].drawn")
    assert len(curve) >= 5
    assert curve[0][1] < curve[-1][1]
    explorer.element.get_by_role("button", name="Run it").click()
    explorer.calm()
    assert "Your curve is the dotted one" in explorer.element.locator(".said").inner_text()


def test_the_flow_shows_the_messages_where_the_model_has_them(page: Any) -> None:
    explorer = Explorer(page).unasked()
    series = explorer.view("view.results[0].series")
    for point in (3, 40, 120, 200):
        explorer.view("view.player.jump(argument)", series["time_s"][point])
        assert explorer.view("view.flows[0].replay.depth") == series["waiting"][point]
        assert explorer.view("view.flows[0].replay.with.size") == series["in_flight"][point]
        assert explorer.view("view.flows[0].replay.counts.done") == series["completed"][point]


@pytest.mark.parametrize("name", ["priority-shedding", "retry-storm", "poison", "block", "throttle"])
def test_the_flow_keeps_the_books_in_harder_scenarios(page: Any, name: str) -> None:
    explorer = Explorer(page).unasked()
    explorer.control("preset").select_option(name)
    explorer.unasked()
    series = explorer.view("view.results[0].series")
    point = 60
    explorer.view("view.player.jump(argument)", series["time_s"][point])
    assert explorer.view("view.flows[0].replay.depth") == series["waiting"][point]
    assert explorer.view("view.flows[0].replay.counts.done") == series["completed"][point]
    assert explorer.view("view.flows[0].replay.held.size") == series["held"][point]


def test_messages_move_and_respect_reduced_motion(browser: Any, site: str) -> None:
    for motion in ("no-preference", "reduce"):
        with browser.new_context(reduced_motion=motion) as context:
            page = context.new_page()
            page.goto(site)
            explorer = Explorer(page).calm()
            explorer.element.get_by_role("button", name="Run it").click()
            explorer.calm()
            if motion == "no-preference":
                page.wait_for_function(
                    "document.getElementById('explorer-overload').view.flows[0].flying.length > 2"
                )
                explorer.element.get_by_role("button", name="Pause").click()
            else:
                assert (
                    explorer.element.get_by_role("button", name="Play").count() == 1
                )  # it does not start by itself
                explorer.element.get_by_role("button", name="Play").click()
                page.wait_for_function(
                    "document.getElementById('explorer-overload').view.player.moment > 0.05"
                )
                assert explorer.view("view.flows[0].flying.length") == 0


def test_two_side_by_side(page: Any) -> None:
    explorer = Explorer(page, "two").calm()
    first, second = explorer.view("view.sides")
    assert (first["on_full"], second["on_full"]) == ("reject", "drop-oldest")
    assert first["queue_limit"] == second["queue_limit"] == 200
    explorer.agrees_with_python()
    assert explorer.element.locator("canvas.flow:visible").count() == 2
    explorer.element.get_by_label("A", exact=True).check()
    explorer.control("on_full").select_option("block")
    explorer.calm()
    assert [side["on_full"] for side in explorer.view("view.sides")] == ["block", "drop-oldest"]
    explorer.agrees_with_python()
    explorer.control("beside").uncheck()
    explorer.calm()
    assert explorer.element.locator("canvas.flow:visible").count() == 1


def test_the_chapter_s_controls_stay_in_sight(page: Any) -> None:
    """Beside another scenario, and by a link: only another preset brings controls of its own."""
    explorer = Explorer(page, "two").unasked()
    chosen = explorer.control("on_full")  # the preset's own controls do not have it
    assert chosen.is_visible()
    two = explorer.element.get_by_label("Two side by side")
    two.uncheck()
    explorer.calm()
    assert chosen.is_visible()
    two.check()
    explorer.calm()
    assert chosen.is_visible()
    explorer.set_scenario("rate_per_s=90&queue_limit=20")
    assert chosen.is_visible()
    explorer.control("preset").select_option("hot-key")
    explorer.calm()
    assert chosen.is_hidden()


def test_a_link_brings_both_scenarios_back(page: Any, browser: Any) -> None:
    explorer = Explorer(page, "two").calm()
    explorer.control("rate_per_s.exact").fill("133.7")
    explorer.control("rate_per_s.exact").press("Enter")
    explorer.calm()
    explorer.element.get_by_role("button", name="Copy link").click()
    explorer.element.get_by_text("link to this scenario").wait_for()
    sides = explorer.view("view.sides")
    with browser.new_context() as context:
        other = context.new_page()
        other.goto(page.url)
        again = Explorer(other, "two").calm()
        assert again.view("view.sides") == sides
        again.agrees_with_python()


def test_an_address_with_a_scenario_follows_the_controls(page: Any) -> None:
    """Else a page that is loaded again, or sent on by its address, shows an older scenario than its reader saw."""
    explorer = Explorer(page, "two").calm()
    before = page.url
    explorer.control("rate_per_s.exact").fill("90")
    explorer.control("rate_per_s.exact").press("Enter")
    explorer.calm()
    assert page.url == before  # nobody asked for a link
    explorer.element.get_by_role("button", name="Copy link").click()
    explorer.control("rate_per_s.exact").fill("133.7")
    explorer.control("rate_per_s.exact").press("Enter")
    page.wait_for_function("location.hash.includes('rate_per_s=133.7')")
    sides = explorer.view("view.sides")
    page.reload()
    assert Explorer(page, "two").calm().view("view.sides") == sides


def test_on_paper_the_run_and_its_answer_stand_and_the_question_is_asked_again(page: Any) -> None:
    explorer = Explorer(page).calm()
    said = explorer.element.locator(".said")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert "The answer is" in said.inner_text()
    assert explorer.element.locator("canvas.chart:visible").count() == 6
    assert explorer.element.locator("canvas.flow:visible").count() == 0  # nothing plays on paper
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert said.inner_text() == ""
    assert explorer.element.locator("canvas:visible").count() == 1
    explorer.element.get_by_role("button", name="Run without predicting").click()
    explorer.calm()
    assert explorer.element.locator("canvas.chart:visible").count() == 6


def test_a_bad_link_says_what_is_wrong(browser: Any, site: str) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(f"{site}#two?rate_per_s=-1")
        alert = page.locator("#two").get_by_role("alert")
        alert.wait_for()
        assert "“Messages offered” is -1" in alert.inner_text()
        assert "messages/s" in alert.inner_text()


def test_what_can_be_taken_away(page: Any, tmp_path: Path) -> None:
    explorer = Explorer(page, "two").calm()

    def take(name: str) -> Path:
        with page.expect_download() as download:
            explorer.element.get_by_role("button", name=name, exact=True).click()
        path = tmp_path / download.value.suggested_filename
        download.value.save_as(path)
        return path

    assert take("PNG").read_bytes().startswith(b"\x89PNG\r\n")
    rows = [line.split(",") for line in take("CSV").read_text(encoding="utf-8").splitlines()]
    sides = [simulate(Scenario.from_dict(values)) for values in explorer.view("view.sides")]
    assert [row[0] for row in rows[1:]] == ["A"] * 240 + ["B"] * 240
    column = rows[0].index("waiting")
    assert [float(row[column]) for row in rows[1:]] == [
        *sides[0].series["waiting"],
        *sides[1].series["waiting"],
    ]
    program = take("Python")
    answer = subprocess.run(
        [sys.executable, str(program)], capture_output=True, text=True, check=True, stdin=subprocess.DEVNULL
    )
    assert answer.stdout.splitlines() == [str(side.summary) for side in sides]


@pytest.mark.parametrize("view", VIEWS)
def test_it_is_accessible_and_fits(browser: Any, site: str, axe: str, view: str) -> None:
    with browser.new_context(reduced_motion="reduce", **VIEWS[view]) as context:
        page = context.new_page()
        page.goto(site)
        explorer = Explorer(page).calm()
        two = Explorer(page, "two").calm()
        for state in ("asked", "run"):
            if state == "run":
                explorer.unasked()
                explorer.open_all()
                two.open_all()
            page.evaluate(axe)
            result = page.evaluate("axe.run('article', {resultTypes: ['violations']})")
            assert [
                f"{one['id']}: {[' '.join(map(str, node['target'])) for node in one['nodes'][:3]]}"
                for one in result["violations"]
            ] == []
            wide, seen = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
            assert wide <= seen
        label = explorer.element.locator("canvas[data-chart=waiting]").get_attribute("aria-label")
        assert "messages wait" in label
        assert explorer.control("rate_per_s").get_attribute("aria-valuetext") == "120 messages/s"


def test_the_ink_follows_the_mode(page: Any) -> None:
    explorer = Explorer(page).unasked()
    inks = []
    for mode in ("light", "dark"):
        page.evaluate("mode => { document.documentElement.dataset.theme = mode; }", mode)
        page.locator(f"#explorer-overload[data-mode={mode}]").wait_for()
        inks.append(explorer.view("view.look.ink"))
    assert inks[0] != inks[1]


def test_the_real_python_runs_in_the_page_and_agrees(page: Any, site: str) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    explorer = Explorer(page).unasked()
    assert not [url for url in asked if "pyodide" in url]
    explorer.element.get_by_role("button", name="Run the real Python").click()
    said = explorer.element.locator(".python-state")
    said.filter(has_text="agrees with the JavaScript model to the last digit").wait_for(timeout=120000)
    explorer.control("rate_per_s.exact").fill("95")
    explorer.control("rate_per_s.exact").press("Enter")
    explorer.calm()
    assert "agrees" in said.inner_text()
    explorer.agrees_with_python()
    assert {urlsplit(url).netloc for url in asked if not url.startswith(("blob:", "data:"))} <= {
        urlsplit(site).netloc
    }

    # the same words for a bad scenario, from Python itself
    error = explorer.view("view.python.run({consumers: 0}).catch((error) => error.message)")
    assert error == "scenario: consumers is 0 consumers. Allowed: whole numbers from 1 to 10000 consumers"

    # the source is the repository's own; a change of it changes the figures
    source = explorer.element.get_by_label("Source")
    explorer.element.get_by_text("Read and change the model's source").click()
    text = source.input_value()
    assert "class Consumers" in text
    source.fill(text.replace("yield env.timeout(message.work_s)", "yield env.timeout(2 * message.work_s)"))
    explorer.element.get_by_role("button", name="Run my version").click()
    said.filter(has_text="your version of the source").wait_for()
    explorer.calm()
    slow = explorer.view("view.results[0].summary.completed")
    assert slow < 0.6 * simulate(preset("overload").scenario.but(rate_per_s=95.0)).summary["completed"]
    source.fill("def broken(:")
    explorer.element.get_by_role("button", name="Run my version").click()
    explorer.element.get_by_text("It does not load: SyntaxError").wait_for()
    explorer.element.get_by_role("button", name="Put the original back").click()
    explorer.element.get_by_text("The original runs").wait_for()
    explorer.calm()
    explorer.agrees_with_python()
    said.filter(has_text="agrees with the JavaScript model to the last digit").wait_for()
    explorer.element.get_by_role("button", name="Back to JavaScript").click()
    explorer.calm()
    assert "at rest" in said.inner_text()


def test_a_source_that_never_ends_can_be_stopped(page: Any) -> None:
    """By the button, or by moving on; JavaScript answers then, the text stays, and Python can be started again."""
    explorer = Explorer(page).unasked()
    run = explorer.element.get_by_role("button", name="Run the real Python")
    said = explorer.element.locator(".python-state")
    agrees = said.filter(has_text="agrees with the JavaScript model to the last digit")
    run.click()
    agrees.wait_for(timeout=120000)
    explorer.element.get_by_text("Read and change the model's source").click()
    source = explorer.element.get_by_label("Source")
    endless = source.input_value().replace(
        "generation = consumer.generation", "generation = consumer.generation\n        while True: pass"
    )

    source.fill(endless)
    explorer.element.get_by_role("button", name="Run my version").click()
    explorer.element.get_by_text("Your version runs").wait_for()
    explorer.element.get_by_role("button", name="Stop Python").click()
    said.filter(has_text="Python does not run: you stopped it").wait_for()
    explorer.calm()
    assert explorer.element.locator(".error").is_hidden()
    explorer.agrees_with_python()
    assert source.input_value() == endless
    explorer.element.get_by_role("button", name="Run my version").click()
    explorer.element.get_by_text("press “Run the real Python” first").wait_for()

    run.click()
    agrees.wait_for(timeout=120000)  # the original again
    source.fill("while True: pass")  # does not even load
    explorer.element.get_by_role("button", name="Run my version").click()
    explorer.control("rate_per_s.exact").fill("95")
    explorer.control("rate_per_s.exact").press("Enter")
    said.filter(has_text="gave no answer for 5 s while a newer scenario waited").wait_for()
    explorer.calm()
    assert explorer.values["rate_per_s"] == 95
    explorer.agrees_with_python()


def test_python_s_source_in_the_page_is_the_repositorys(page: Any, site: str) -> None:
    from mqcourse.home import CHECKOUT

    answer = page.request.get(site.replace("index.html", "_static/backpressure/python.json"))
    sources = json.loads(answer.body())
    assert "mqcourse/backpressure/model/simulation.py" in sources
    for path, text in sources.items():
        assert (CHECKOUT / path).read_text(encoding="utf-8") == text
