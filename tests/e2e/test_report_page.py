"""The page that `plan --format html` writes, in a real browser. Skipped where there is no browser to drive."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from promptsync.output.formats import render
from promptsync.output.layout import Layout
from tests.output import examples
from tests.output.corpus import CORPUS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from promptsync.plan.changes import Plan

PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1200, "height": 900}


@pytest.fixture(params=[("light", DESKTOP), ("dark", DESKTOP), ("light", PHONE)], ids=["light", "dark", "phone"])
def tab(browser: Any, request: pytest.FixtureRequest) -> Iterator[Any]:
    scheme, size = request.param
    context = browser.new_context(color_scheme=scheme, viewport=size)
    context.set_default_timeout(10_000)
    tab = context.new_page()
    tab.loaded = []
    tab.wrong = []
    tab.on("request", lambda sent: tab.loaded.append(sent.url))
    tab.on("pageerror", lambda error: tab.wrong.append(str(error)))
    tab.on("console", lambda said: tab.wrong.append(said.text))
    tab.on("dialog", lambda dialog: tab.wrong.append(dialog.message))
    yield tab
    assert tab.wrong == []
    context.close()


def opened(tab: Any, folder: Path, plan: Plan) -> Any:
    file = folder / "plan.html"
    file.write_text(render(plan, Layout(facts=("Commit 0123abc of acme/shop",)), "html"), encoding="utf-8")
    tab.goto(file.as_uri())
    assert tab.loaded == [file.as_uri()]
    assert tab.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    return tab


def keys(tab: Any) -> list[str]:
    shown: list[str] = tab.locator("details.prompt:visible .key").all_inner_texts()
    return shown


def test_it_is_filtered_searched_and_folded(tab: Any, tmp_path: Path) -> None:
    opened(tab, tmp_path, examples.every_kind())
    assert len(keys(tab)) == 11
    tab.get_by_role("button", name="2 to update").click()
    assert keys(tab) == ["Default/Support/refund", "Default/Vision/invoice"]
    assert tab.locator("#shown").inner_text() == "2 of 11"
    tab.get_by_role("button", name="2 to update").click()
    tab.get_by_role("searchbox").fill("card numbers")
    assert keys(tab) == ["Default/Support/refund"]
    tab.get_by_role("searchbox").fill("nowhere to be found")
    assert (keys(tab), tab.locator("#shown").inner_text()) == ([], "Nothing fits.")
    tab.get_by_role("searchbox").press("Escape")
    assert len(keys(tab)) == 11
    tab.get_by_role("button", name="Open or close all").click()
    assert tab.locator(".inner:visible").count() == 0


def test_it_is_used_by_keyboard(tab: Any, tmp_path: Path) -> None:
    opened(tab, tmp_path, examples.every_kind())
    tab.keyboard.press("j")
    tab.keyboard.press("j")
    assert tab.evaluate("document.activeElement.querySelector('.key').textContent") == "Default/Support/christmas"
    tab.keyboard.press("Enter")
    assert not tab.locator("details.prompt").nth(1).evaluate("one => one.open")
    tab.keyboard.press("k")
    assert tab.evaluate("document.activeElement.querySelector('.key').textContent") == "Default/Billing/dunning"
    tab.keyboard.press("/")
    tab.keyboard.type("refund")
    assert keys(tab) == ["Default/Support/refund"]


def test_old_and_new_stand_side_by_side(tab: Any, tmp_path: Path) -> None:
    opened(tab, tmp_path, examples.plan_of(examples.update()))
    gone, came = tab.locator(".pair .gone").first, tab.locator(".pair .came").first
    assert gone.bounding_box()["y"] < came.bounding_box()["y"]
    if tab.viewport_size == PHONE:
        assert not tab.locator("#side").is_visible()
        return
    tab.get_by_role("button", name="Side by side").click()
    assert gone.bounding_box()["y"] == came.bounding_box()["y"]
    assert gone.bounding_box()["x"] < came.bounding_box()["x"]
    assert tab.locator(".came mark").first.inner_text() == " before the order is checked"


def test_light_and_dark_are_the_reader_s(tab: Any, tmp_path: Path) -> None:
    opened(tab, tmp_path, examples.every_kind())
    ground = tab.evaluate("getComputedStyle(document.body).backgroundColor")
    is_dark = tab.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    assert ground == ("rgb(13, 17, 23)" if is_dark else "rgb(255, 255, 255)")


def test_no_text_runs_loads_links_or_hides_anything(tab: Any, tmp_path: Path) -> None:
    for text in CORPUS.values():
        tab.loaded.clear()
        plan = examples.hostile(text)
        opened(tab, tmp_path, plan)
        assert tab.title().startswith("promptsync: Plan:")
        assert tab.locator("a, img, iframe, form, svg, object, embed").count() == 0
        assert len(keys(tab)) == len(plan.changes)
