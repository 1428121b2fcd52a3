"""The mock interview in the page: by keys, by touch, and on two screens that one code joins."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mqcourse import json_lines, report_page
from mqcourse.interview.agenda import Case, Plan, agenda
from mqcourse.interview.answers_file import from_json
from mqcourse.interview.level import reached
from mqcourse.interview.plan_code import shown_code
from mqcourse.interview.report import record_of, title
from mqcourse.rubric.report import markdown
from tests.interview.candidates import BANK

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.timeout(1200)]
PAGE = "book/questions/mock"
PLAN = Plan("M", 13, 7)
CASES = agenda(BANK, PLAN)
CODE = shown_code(PLAN)
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "reduced_motion": "reduce"}
WATCH = (
    "globalThis.shifts = 0; new PerformanceObserver((list) => { for (const one of list.getEntries()) "
    "if (!one.hadRecentInput) shifts += one.value; }).observe({ type: 'layout-shift', buffered: true });"
)


class Screen:
    """A page that was opened, and what it complained of."""

    def __init__(self, browser: Any, address: str, **options: Any) -> None:
        self.context = browser.new_context(**options)
        self.context.set_default_timeout(120_000)
        self.page = self.context.new_page()
        self.wrong: list[str] = []
        self.page.on(
            "console", lambda m: self.wrong.append(m.text) if m.type in ("error", "warning") else None
        )
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on("dialog", lambda dialog: dialog.accept())
        self.page.add_init_script(WATCH)
        self.page.goto(address)
        self.page.get_by_role("button", name="Begin alone").wait_for()

    def case(self, case: Case) -> Any:
        found = self.page.locator(f".mq-interview-case[data-question={case.question.id}]")
        found.wait_for()
        return found

    def journal(self) -> list[dict[str, Any]]:
        return list(json_lines.objects(self.page.evaluate("localStorage.getItem('mq-card-journal') ?? ''")))

    def saved(self, button: str, folder: Path) -> Path:
        with self.page.expect_download() as download:
            self.page.get_by_role("button", name=button, exact=True).press("Enter")
        path = folder / download.value.suggested_filename
        download.value.save_as(path)
        return path

    def tab_to(self, css: str) -> None:
        self.page.keyboard.press("Tab")
        while not self.page.evaluate("css => document.activeElement.matches(css)", css):
            self.page.keyboard.press("Tab")


@pytest.fixture
def screen(browser: Any) -> Iterator[Any]:
    opened: list[Screen] = []

    def on(address: str, **options: Any) -> Screen:
        opened.append(Screen(browser, address, **options))
        return opened[-1]

    yield on
    for each in opened:
        each.context.close()
        assert each.wrong == []


def barriers(page: Any, axe: str) -> list[str]:
    page.evaluate(axe)
    # without preload: axe would ask for the style sheets again, which the page's policy refuses and the console reports
    return [found["id"] for found in page.evaluate("axe.run('.bd-article', {preload: false})")["violations"]]


def test_by_keys_alone_an_interview_gives_the_report_of_the_terminal_and_plans_its_cards(
    built: Any, screen: Any, axe: str, tmp_path: Path
) -> None:
    on = screen(f"{built.address(PAGE)}#code={CODE}&view=solo")
    page = on.page
    assert page.get_by_label("Code, the same on both screens").input_value() == CODE
    assert f"{len(CASES)} cases" in page.locator(".mq-interview-news").first.inner_text()
    assert page.evaluate("shifts") < 0.05
    on.tab_to("button.mq-interview-asked")
    page.keyboard.press("Enter")
    for place, case in enumerate(CASES):
        on.case(case)
        assert page.evaluate("document.activeElement.className") == "mq-card-prompt"
        on.tab_to("textarea")
        page.keyboard.type(f"case {place}")
        on.tab_to(".mq-interview-show")
        page.keyboard.press("Enter")
        on.tab_to(".mq-interview-ticks input")
        page.keyboard.press("Space")  # the first point, which is one of mid
        if place == 0:
            assert barriers(page, axe) == []
        follow_up = page.locator(".mq-interview-follow-up:visible")
        assert case.question.follow_ups[0].ask.split("`")[0] in follow_up.inner_text()
        on.tab_to(".mq-interview-follow-up summary")
        page.keyboard.press("Enter")
        on.tab_to(".mq-interview-follow-up input")
        page.keyboard.press("Space")
        on.tab_to(".mq-interview-next")
        page.keyboard.press("Enter")
    page.get_by_role("heading", name="The interview is over").wait_for()
    assert page.evaluate("document.activeElement.textContent") == "The interview is over"
    assert barriers(page, axe) == []

    whole = from_json(json.loads(on.saved("Save the answers", tmp_path).read_text("utf-8")), BANK)
    assert [answer.own for answer in whole.answers] == [f"case {place}" for place in range(len(CASES))]
    assert {answer.follow_ups for answer in whole.answers} == {(True,)}
    assert all(answer.due for answer in whole.answers)
    record = replace(record_of(whole), kept="browser")
    text = on.saved("Save as Markdown", tmp_path).read_text("utf-8")
    assert text == markdown(record)
    assert "in the schedule of the review in this browser" in text
    assert on.saved("Save as HTML", tmp_path).read_text("utf-8") == report_page.html(title(whole), text)
    assert page.get_by_role("heading", name=f"Level reached: {reached(whole.answers)}").is_visible()
    rated = [line["card"] for line in on.journal()]
    assert rated == [case.question.id for case in CASES]
    page.reload()
    page.get_by_role("heading", name="The interview is over").wait_for()
    assert on.saved("Save as Markdown", tmp_path).read_text("utf-8") == text
    assert [line["card"] for line in on.journal()] == rated, "a reload rates no card again"
    page.get_by_role("button", name="Another interview").press("Enter")
    page.get_by_role("button", name="Begin alone").wait_for()


def test_by_touch_an_interviewer_loses_nothing_with_a_reload_and_rates_the_candidate_and_no_own_card(
    built: Any, screen: Any, axe: str, tmp_path: Path
) -> None:
    on = screen(f"{built.address(PAGE)}#code={CODE}&view=interviewer", **PHONE)
    page = on.page
    page.get_by_role("button", name="Begin as the interviewer").tap()
    shown = on.case(CASES[0])
    assert shown.get_by_text("A strong answer", exact=True).is_visible()
    assert shown.get_by_text("Then you are asked").count() == 0, "the follow-ups are told by the ticks alone"
    assert shown.get_by_text("Tick a point, and the question").is_visible()
    shown.locator(".mq-interview-ticks input").nth(0).tap()
    page.get_by_role("button", name="Next case").tap()
    shown = on.case(CASES[1])
    wrong = CASES[1].question.wrong[0]
    shown.locator(".mq-interview-ticks fieldset").nth(1).locator("input").first.tap()
    shown.locator("textarea").fill("a note")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert barriers(page, axe) == []
    page.reload()
    shown = on.case(CASES[1])
    assert shown.locator("textarea").input_value() == "a note"
    page.get_by_role("button", name="Previous case").tap()
    assert on.case(CASES[0]).locator(".mq-interview-ticks input").nth(0).is_checked()
    page.get_by_role("button", name="Next case").tap()
    on.case(CASES[1])
    page.get_by_role("button", name="Next case").tap()
    on.case(CASES[2])
    page.get_by_role("button", name="End the interview").tap()
    page.get_by_role("heading", name="Level reached: not given").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    report = page.locator(".mq-interview-report").inner_text()
    assert f"2 of {len(CASES)} cases were answered" in report
    assert wrong.said.split("`")[0] in report
    assert "The interviewer ticked what the candidate said." in report
    assert on.journal() == []
    ratings = list(
        json_lines.objects(on.saved("Save the ratings for the candidate", tmp_path).read_text("utf-8"))
    )
    assert [line["card"] for line in ratings] == [case.question.id for case in CASES[:2]]
    assert ratings[1]["rating"] == "again"
    page.goto(built.address("book/questions/review"))
    page.locator("input[type=file]").set_input_files(tmp_path / "cards.jsonl")
    page.get_by_text("2 ratings added.").wait_for()


def test_one_code_shows_both_screens_the_same_cases_and_the_candidate_no_answer(
    built: Any, screen: Any
) -> None:
    first = screen(built.address(PAGE))
    first.page.get_by_label("Level").select_option(label="Mid")
    first.page.get_by_label("Minutes").fill(str(PLAN.minutes))
    first.page.get_by_label("Seed", exact=True).fill(str(PLAN.seed))
    code = first.page.get_by_label("Code, the same on both screens").input_value()
    assert code == CODE
    second = screen((built.folder / f"{PAGE}.html").as_uri(), offline=True)  # typed, and from a folder
    field = second.page.get_by_label("Code, the same on both screens")
    field.fill(f"{code[:-1]}i")
    assert second.page.get_by_text("This is no code").is_visible()
    assert second.page.get_by_role("button", name="Begin as the candidate").is_disabled()
    field.fill(code.upper())
    third = screen(f"{built.address(PAGE)}#code={code}&view=candidate")
    first.page.get_by_role("button", name="Begin as the interviewer").press("Enter")
    for candidate in (second, third):
        candidate.page.get_by_role("button", name="Begin as the candidate").press("Enter")
    for place, case in enumerate(CASES):
        for each in (first, second, third):
            shown = each.case(case)
            assert f"Case {place + 1} of {len(CASES)}" in each.page.locator(".mq-interview-bar").inner_text()
            ticks = shown.locator("input[type=checkbox]").count()
            strong = shown.locator(
                ".mq-card-strong, .mq-card-rubric, .mq-card-wrong, .mq-card-sources"
            ).count()
            assert bool(ticks) == bool(strong) == (each is first)
        for each in (first, second, third):
            each.page.locator(".mq-interview-next").press("Enter")
    assert "The report is on the interviewer's screen" in third.page.locator(".mq-interview").inner_text()
    assert second.journal() == third.journal() == []
