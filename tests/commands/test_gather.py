"""Both sides are read at once in a large tree, and what is wrong with the files is told first."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

import promptsync.commands.gather as room
from promptsync.commands import plan as planning
from promptsync.commands.gather import survey
from promptsync.commands.project import Project
from promptsync.model.errors import ConfigError, LoadError, LockfileError, UnavailableError
from promptsync.plan.changes import PlanOptions
from promptsync.sandbox import Behaviour
from promptsync.service.pagination import Page
from tests.e2e.test_properties import Here, here

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FILE = {"prompt": {"model": "openai/gpt-4o", "messages": [{"role": "user", "content": "{{question}}"}]}}
TREE = {f"Default/{number}": FILE for number in range(5)}
LONG = 20.0
"""Seconds after which a test has failed, that no test waits for."""


@pytest.fixture(params=["one after the other", "at once"])
def world(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Here]:
    if request.param == "at once":
        monkeypatch.setattr(room, "AHEAD", 1)
    with here(Behaviour()) as made:
        made.write(TREE)
        assert made.apply() == 0
        yield made


def test_both_ways_find_the_same(world: Here) -> None:
    with survey(world.project, read_only=True) as found:
        assert list(found.loaded.files) == list(TREE)
        assert found.lock == found.on_disk == world.project.read_lock()
        assert found.service.keys() == found.lock.ids()
        assert found.client.requests > 0
    world.write({**TREE, "Default/new": FILE})
    world.sandbox.ui_edit(world.project.read_lock().prompts["Default/1"].id, {"prompt": {"temperature": 0.9}})
    made = planning.plan(world.project, PlanOptions()).plan
    assert [(change.action, change.key) for change in made.changes] == [
        ("drift", "Default/1"),
        ("create", "Default/new"),
    ]


def test_what_is_wrong_with_the_files_comes_first(world: Here) -> None:
    broken = world.root / "Default" / "broken.yaml"
    broken.write_text("prompt: 1\n", encoding="utf-8")
    lockfile = world.project.lock_path
    lockfile.write_bytes(b"no lockfile")
    world.sandbox.requests.clear()
    with pytest.raises(LoadError), survey(world.project):
        pass
    assert [request.method for request in world.sandbox.requests if request.method != "GET"] == []
    broken.unlink()
    with pytest.raises(LockfileError), survey(world.project):
        pass


def test_no_files_mean_no_request(world: Here) -> None:
    world.write({})
    world.sandbox.requests.clear()
    with pytest.raises(ConfigError), survey(world.project):
        pass
    assert list(world.sandbox.requests) == []


class Slow(Project):
    """A project whose service does not answer before it is told to, or until no one wants its answer."""

    @contextmanager
    def connect(self, **_: Any) -> Iterator[Any]:
        yield SERVICE


class SlowService:
    skew = 0.0

    def __init__(self) -> None:
        self.asked = threading.Event()
        self.answers = threading.Event()
        self.hurried = threading.Event()

    def page(self, **_: Any) -> Page[Any]:
        self.asked.set()
        if not self.answers.wait(LONG):
            raise UnavailableError("the service gave no answer")
        return Page([], has_more=False, limit=200)

    def hurry(self) -> None:
        self.hurried.set()
        self.answers.set()


SERVICE = SlowService()


@pytest.fixture
def slow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Slow:
    monkeypatch.setattr(room, "AHEAD", 1)
    monkeypatch.setattr("tests.commands.test_gather.SERVICE", SlowService())
    (tmp_path / "Default").mkdir()
    (tmp_path / "Default" / "refund.yaml").write_text("prompt: {messages: [{role: user, content: x}]}\n", "utf-8")
    project = Slow.open(tmp_path, "default", environ={})
    assert isinstance(project, Slow)
    return project


def test_the_service_is_asked_while_files_are_read(slow: Slow, monkeypatch: pytest.MonkeyPatch) -> None:
    real = Project.load

    def load(project: Project, *sources: Any) -> Any:
        assert SERVICE.asked.wait(LONG), "the service was not asked before the files were read"
        loaded = real(project, *sources)
        SERVICE.answers.set()
        return loaded

    monkeypatch.setattr(Project, "load", load)
    with survey(slow) as found:
        assert (list(found.loaded.files), found.service) == (["Default/refund"], {})


def test_no_one_waits_for_the_service_where_a_file_is_bad(slow: Slow, monkeypatch: pytest.MonkeyPatch) -> None:
    real = Project.load

    def load(project: Project, *sources: Any) -> Any:
        assert SERVICE.asked.wait(LONG)
        return real(project, *sources)

    monkeypatch.setattr(Project, "load", load)
    (slow.root / "Default" / "refund.yaml").write_text("prompt: 1\n", encoding="utf-8")
    with pytest.raises(LoadError), survey(slow):
        pass
    assert SERVICE.hurried.is_set()
