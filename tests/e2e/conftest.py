"""The whole: the command line over real HTTP on the sandbox."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from promptsync.sandbox import Behaviour, Sandbox, serve
from tests.e2e.world import KEY, World, current

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


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
