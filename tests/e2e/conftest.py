"""The whole: the command line over real HTTP on the sandbox."""

from __future__ import annotations

import os
import shutil
import sys
from typing import TYPE_CHECKING, Any

import pytest

from promptsync.commands import push
from promptsync.sandbox import Behaviour, Sandbox, serve
from promptsync.service import ratelimit
from tests.e2e.world import KEY, World, current

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test waits for a branch that moved to come to rest, nor long for a service that failed to recover."""
    monkeypatch.setattr(push, "_PAUSE", 0.0)
    monkeypatch.setattr(ratelimit, "BACKOFF", 0.01)


@pytest.fixture
def behaviour() -> Behaviour:
    """How the service behaves; tests parametrise it."""
    return Behaviour()


@pytest.fixture
def world(
    tmp_path: Path,
    behaviour: Behaviour,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[World]:
    """An empty service and an empty folder."""
    monkeypatch.setenv("ORQ_API_KEY", "key-for-tests")
    root = tmp_path / "prompts"
    root.mkdir()
    with Sandbox(behaviour=behaviour) as sandbox, serve(sandbox) as server:
        monkeypatch.setenv("ORQ_BASE_URL", server.url)
        yield World(root, sandbox, server.url, capsys)


@pytest.fixture
def applied(world: World) -> World:
    """One prompt is applied, then edited: there is something to lose and something to do."""
    world.write(KEY, current())
    assert world.apply().code == 0
    world.change(KEY, lambda data: data["prompt"].update(temperature=0.7))
    world.sandbox.requests.clear()
    return world


BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
BROWSER_ON_MAC = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Chrome or Chromium, driven by playwright (the extra `browser`); skipped where either is missing."""
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="playwright is not installed: see the extra `browser`"
    )
    found = next(filter(None, map(shutil.which, BROWSERS)), BROWSER_ON_MAC)
    if not os.path.exists(found):  # noqa: PTH110
        pytest.skip(f"there is no browser: none of {', '.join(BROWSERS)} is on the PATH")
    # A browser that runs as root, as in a container, cannot have its own sandbox.
    alone = ["--no-sandbox"] if sys.platform == "linux" and os.geteuid() == 0 else []
    with playwright.sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=found, args=alone)
        yield started
        started.close()
