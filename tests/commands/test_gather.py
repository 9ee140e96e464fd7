"""What is wrong with the files is told before anything is asked of the service, and what is read is all there is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from promptsync.commands import plan as planning
from promptsync.commands.connect import connect
from promptsync.commands.gather import read_prompts
from promptsync.commands.state import read_state
from promptsync.files.tree import load_tree
from promptsync.model.errors import ConfigError, LoadError, LockfileError
from promptsync.plan.changes import PlanOptions
from tests.embedded import Here, applied

if TYPE_CHECKING:
    from collections.abc import Iterator

FILE = {"prompt": {"model": "openai/gpt-4o", "messages": [{"role": "user", "content": "{{question}}"}]}}
TREE = {f"Default/{number}": FILE for number in range(5)}


@pytest.fixture
def world() -> Iterator[Here]:
    with applied(TREE) as made:
        yield made


def test_what_is_locked_is_read_and_what_changed_is_seen(world: Here) -> None:
    state = read_state(world.target)
    with connect(world.target, read_only=True) as api:
        service = read_prompts(api, world.target, state, load_tree(world.target).files)
        assert api.requests > 0
    assert state.lock == state.on_disk == world.lock
    assert service.keys() == state.lock.ids()
    world.write({**TREE, "Default/new": FILE})
    world.sandbox.ui_edit(world.lock.prompts["Default/1"].id, {"prompt": {"temperature": 0.9}})
    made = planning.plan(world.target, PlanOptions()).plan
    assert [(change.action, change.key) for change in made.changes] == [
        ("drift", "Default/1"),
        ("create", "Default/new"),
    ]


def test_what_is_wrong_with_the_files_comes_first(world: Here) -> None:
    broken = world.root / "Default" / "broken.yaml"
    broken.write_text("prompt: 1\n", encoding="utf-8")
    world.target.lock_path.write_bytes(b"no lockfile")
    world.sandbox.requests.clear()
    with pytest.raises(LoadError):
        planning.plan(world.target, PlanOptions())
    assert list(world.sandbox.requests) == []
    broken.unlink()
    with pytest.raises(LockfileError):
        planning.plan(world.target, PlanOptions())
    assert list(world.sandbox.requests) == []


def test_no_files_mean_no_request(world: Here) -> None:
    world.write({})
    world.sandbox.requests.clear()
    with pytest.raises(ConfigError):
        planning.plan(world.target, PlanOptions())
    assert list(world.sandbox.requests) == []
