"""A service that fails, over HTTP, and a clock that makes waiting cost nothing."""

from __future__ import annotations

import threading
import time
from functools import partial
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from promptsync.apply.applier import Applier
from promptsync.commands import apply as applying
from promptsync.commands import connect as connecting
from promptsync.commands import gather as gathering
from promptsync.sandbox import Behaviour, Sandbox, serve
from promptsync.service.client import Client
from tests.e2e.world import World
from tests.faults.matrix import CANARY, copy_of, prepare

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


class Clock:
    """Time passes by sleeping."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.now = time.monotonic()
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.now += seconds
            self.slept.append(seconds)

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock by which clients and appliers wait."""
    clock = Clock()
    patched: Any = partial(Client, sleep=clock.sleep, clock=clock, timeout=0.15)
    monkeypatch.setattr(connecting, "Client", patched)
    monkeypatch.setattr(applying, "Applier", partial(Applier, sleep=clock.sleep))
    for room in (gathering, applying):
        monkeypatch.setattr(room, "time", SimpleNamespace(time=time.time, sleep=clock.sleep))
    return clock


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Folders with what `world_of` copies, filled when they are first needed."""
    return {}


@pytest.fixture
def world_of(
    prepared: dict[str, Path],
    clock: Clock,
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Callable[[str], World]]:
    """A function from a dialect to a world with three changes of each kind ahead."""
    monkeypatch.setenv("ORQ_API_KEY", CANARY)
    running: list[Any] = []

    def opened(folder: Path, dialect: str) -> World:
        behaviour = Behaviour(dialect="classic" if dialect == "classic" else "current")
        sandbox = Sandbox(folder / "service.sqlite", behaviour=behaviour).__enter__()
        server = serve(sandbox).__enter__()
        running.extend((server, sandbox))
        monkeypatch.setenv("ORQ_BASE_URL", server.url)
        (folder / "prompts").mkdir(exist_ok=True)
        return World(folder / "prompts", sandbox, server.url, capsys)

    def close() -> None:
        for each in running:
            each.close()
        running.clear()

    def make(dialect: str) -> World:
        if dialect not in prepared:
            folder = tmp_path_factory.mktemp(dialect)
            prepare(opened(folder, dialect), dialect)
            close()
            prepared[dialect] = folder
        return opened(copy_of(prepared[dialect], tmp_path / "copy"), dialect)

    yield make
    close()
