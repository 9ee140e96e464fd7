"""What of a restore no one sees over HTTP: a prompt that is gone, and a lockfile that is left alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from promptsync.commands import plan as planning
from promptsync.commands import pull as pulling
from promptsync.commands import restore as restoring
from promptsync.model.errors import PromptsyncError
from promptsync.plan.changes import PlanOptions
from tests.embedded import Here, applied

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY = "Default/refund"
FILE = {"prompt": {"temperature": 0.2, "messages": [{"role": "user", "content": "One.\nTwo.\nThree.\n"}]}}


@pytest.fixture
def world() -> Iterator[Here]:
    with applied({KEY: FILE}) as made:
        yield made


def test_restoring_a_prompt_that_is_gone_says_so(world: Here) -> None:
    version = world.lock.prompts[KEY].version or ""
    world.sandbox.ui_delete(world.lock.prompts[KEY].id)
    with pytest.raises(PromptsyncError, match="is not on the service any more"):
        restoring.restore(world.target, KEY, version)


def test_restore_leaves_the_lock_alone(world: Here) -> None:
    version = world.lock.prompts[KEY].version or ""
    world.sandbox.ui_edit(world.lock.prompts[KEY].id, {"prompt": {"temperature": 0.9}})
    pulling.pull(world.target)
    before = world.target.lock_path.read_bytes()
    assert restoring.restore(world.target, KEY, version).edits
    assert world.target.lock_path.read_bytes() == before
    made = planning.plan(world.target, PlanOptions()).plan
    assert [change.action for change in made.changes] == ["update"]
