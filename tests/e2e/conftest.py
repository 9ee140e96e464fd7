"""The whole: the command line over real HTTP on the sandbox."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from promptsync.sandbox import Behaviour, Sandbox, serve
from tests.e2e.world import World

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
