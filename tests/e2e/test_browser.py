"""The web page in a real browser, by what a person sees and does. Skipped where there is no browser to drive.

It wants `pip install -e '.[browser]'`, and Chrome or Chromium on the machine (none is downloaded).
"""

from __future__ import annotations

import os
import shutil
import sys
from typing import TYPE_CHECKING, Any

import pytest

from promptsync.sandbox import Sandbox, serve

if TYPE_CHECKING:
    from collections.abc import Iterator

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: see the extra `browser`")

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
ON_MAC = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
DESKTOP = {"width": 1200, "height": 900}
PHONE = {"width": 390, "height": 844}
NASTY = "<img src=x onerror=\"document.title='owned'\"></textarea><script>document.title='owned'</script>"
TEXT = "Be kind.\n\n  - to all\n  - always\n"
BLOCK: dict[str, Any] = {
    "model": "openai/gpt-4o",
    "temperature": 0.5,
    "messages": [
        {"role": "system", "content": TEXT},
        {"role": "user", "content": [{"type": "text", "text": NASTY}, {"type": "file", "file": {"uri": "x" * 300}}]},
    ],
}


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    found = next(filter(None, map(shutil.which, NAMES)), ON_MAC)
    if not os.path.exists(found):  # noqa: PTH110
        pytest.skip(f"there is no browser: none of {', '.join(NAMES)} is on the PATH")
    # A browser that runs as root, as in a container, cannot have its own sandbox.
    alone = ["--no-sandbox"] if sys.platform == "linux" and os.geteuid() == 0 else []
    with playwright.sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=found, args=alone)
        yield started
        started.close()


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        sandbox.ui_create({"display_name": "Refund", "path": "Default/Support", "prompt": BLOCK})
        yield sandbox


@pytest.fixture(params=[DESKTOP, PHONE], ids=["desktop", "phone"])
def tab(browser: Any, sandbox: Sandbox, request: pytest.FixtureRequest) -> Iterator[Any]:
    """The page of the sandbox in a window of its own; nothing of it may be wider than the window, or a script's."""
    with serve(sandbox) as server:
        context = browser.new_context(base_url=server.url, viewport=request.param)
        context.set_default_timeout(10_000)
        tab = context.new_page()
        tab.goto("/")
        yield tab
        context.close()


def check_looks(tab: Any) -> None:
    assert tab.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert tab.title() != "owned"


def version_shown(tab: Any) -> str:
    told: str = tab.locator("dd code").nth(1).inner_text()
    return told


def test_a_text_is_edited_as_text_and_saved_as_a_new_version(tab: Any, sandbox: Sandbox) -> None:
    check_looks(tab)
    tab.get_by_role("link", name="Refund").click()
    check_looks(tab)
    before = version_shown(tab)
    text = tab.get_by_label("Text of message 1")
    assert text.input_value() == TEXT
    text.fill(TEXT.replace("kind", "brief"))
    tab.get_by_role("button", name="Save as a new version").click()

    assert tab.get_by_role("status").inner_text() == f"Saved as version {version_shown(tab)}."
    assert version_shown(tab) != before
    assert tab.locator(".versions li").count() == 2
    check_looks(tab)
    (entity,) = sandbox.prompts()
    changed = {"role": "system", "content": TEXT.replace("kind", "brief")}
    assert entity["prompt"] == {**BLOCK, "messages": [changed, BLOCK["messages"][1]], "version": version_shown(tab)}


def test_a_broken_edit_says_where_and_keeps_what_was_typed(tab: Any, sandbox: Sandbox) -> None:
    tab.get_by_role("link", name="Refund").click()
    tab.get_by_label("Text of message 1").fill("Mine")
    tab.get_by_label("Model and parameters").fill('{"model": "openai/gpt-4o",\n "seed": }')
    tab.get_by_role("button", name="Save as a new version").click()

    told = "Model and parameters: line 2, column 10: Expecting value"
    assert tab.get_by_role("alert").inner_text() == told
    assert tab.evaluate("document.activeElement.name") == "settings"
    assert tab.get_by_label("Text of message 1").input_value() == "Mine"
    check_looks(tab)
    tab.get_by_label("Model and parameters").fill('{"seed": 7}')
    tab.get_by_role("button", name="Save as a new version").click()
    assert tab.get_by_role("status").is_visible()
    assert sandbox.prompts()[0]["prompt"]["seed"] == 7


def test_a_prompt_is_deleted_after_a_question(tab: Any, sandbox: Sandbox) -> None:
    (entity,) = sandbox.prompts()
    tab.get_by_role("link", name="Refund").click()
    tab.get_by_role("link", name="Delete").click()
    check_looks(tab)
    tab.get_by_role("button", name="Delete").click()
    assert tab.get_by_role("status").inner_text() == f"Deleted {entity['_id']}."
    assert sandbox.prompts() == []
    assert tab.get_by_text("There are no prompts yet.").is_visible()


def test_a_new_prompt_is_made(tab: Any, sandbox: Sandbox) -> None:
    tab.get_by_role("link", name="New prompt").click()
    check_looks(tab)
    tab.get_by_label("Name").fill("Greeting")
    tab.get_by_label("Path").fill("Default/Greetings")
    tab.get_by_label("Text").fill("Say hello\nin {{language}}.")
    tab.get_by_role("button", name="Make the prompt").click()
    assert tab.get_by_role("status").inner_text() == f"Saved as version {version_shown(tab)}."
    made = sandbox.prompts()[0]
    assert made["prompt"]["messages"] == [{"role": "system", "content": "Say hello\nin {{language}}."}]
    assert sandbox.path_of(made["_id"]) == "Default/Greetings"


def test_a_search_without_a_hit_says_so(tab: Any) -> None:
    tab.get_by_role("searchbox").fill(NASTY)
    tab.get_by_role("searchbox").press("Enter")
    assert tab.get_by_text(f"No prompt has “{NASTY}” in its name.").is_visible()
    check_looks(tab)
    tab.get_by_role("link", name="All prompts").click()
    assert tab.get_by_role("link", name="Refund").is_visible()


def test_times_are_for_people(tab: Any) -> None:
    shown = tab.get_by_role("time").first.inner_text()
    assert shown.endswith(" UTC")
    assert "T" not in shown.removesuffix("UTC")


def test_another_site_cannot_send_the_form(browser: Any, sandbox: Sandbox) -> None:
    (entity,) = sandbox.prompts()
    with serve(sandbox) as server:
        other = browser.new_context()
        elsewhere = other.new_page()
        elsewhere.set_content(
            f'<form method="post" action="{server.url}/prompts/{entity["_id"]}/delete"><button>Win</button></form>'
        )
        elsewhere.get_by_role("button").click()
        assert elsewhere.get_by_role("alert").inner_text() == "The sandbox takes no requests from other sites"
        other.close()
    assert len(sandbox.prompts()) == 1
