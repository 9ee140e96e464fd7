"""Nothing is told of a prompt on the list's word alone: it may show for some seconds what was before an update."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from promptsync.apply.journal import Journal
from promptsync.commands import adopt as adopting
from promptsync.commands import drift as drifting
from promptsync.commands import lock as locking
from promptsync.commands import plan as planning
from promptsync.commands import pull as pulling
from promptsync.commands.gather import look_again
from promptsync.files.tree import load_tree
from promptsync.model.errors import ExitCode, NotFoundError
from promptsync.plan.changes import Begun, PlanOptions
from promptsync.sandbox import Behaviour
from tests.commands.locked import unlock
from tests.embedded import Here, here
from tests.factories import remote

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

KEY = "Default/7"
TREE: dict[str, dict[str, Any]] = {
    f"Default/{number}": {"prompt": {"temperature": 0.5, "messages": [{"role": "user", "content": f"Text {number}."}]}}
    for number in range(30)
}
"""So many that they are read from the list."""


def tree(text: str) -> dict[str, dict[str, Any]]:
    return TREE | {KEY: {"prompt": {"temperature": 0.5, "messages": [{"role": "user", "content": text}]}}}


@pytest.fixture
def world() -> Iterator[Here]:
    """A folder of which one prompt was updated just now; the list does not show that yet."""
    with here(Behaviour(update_lag=600)) as made:
        made.write(TREE)
        assert made.apply() == ExitCode.DONE
        made.write(tree("Better."))
        assert made.apply() == ExitCode.DONE
        yield made


def actions(world: Here, **options: Any) -> list[tuple[str, str]]:
    return [(change.action, change.key) for change in planning.plan(world.target, PlanOptions(**options)).plan.changes]


def read_by_id(world: Here) -> list[str]:
    """The ids of prompts that were asked for since this was asked last."""
    paths = [one.path.removeprefix("/v2/prompts").strip("/") for one in world.sandbox.requests]
    world.sandbox.requests.clear()
    return [path for path in paths if path]


def test_our_own_update_is_no_drift(world: Here) -> None:
    path = world.root / f"{KEY}.yaml"
    before, lock = path.read_bytes(), world.lock
    assert actions(world) == []
    assert drifting.drift(world.target).plan.changes == ()
    assert locking.lock_verify(world.target) == []
    assert pulling.pull(world.target) == []
    assert world.apply() == ExitCode.DONE
    assert (path.read_bytes(), world.lock) == (before, lock)


def test_a_colleagues_edit_still_is(world: Here) -> None:
    world.sandbox.ui_edit(world.lock.prompts[KEY].id, {"prompt": {"temperature": 0.9}})
    (drift,) = drifting.drift(world.target).plan.changes
    assert (drift.action, drift.key) == ("drift", KEY)
    assert [(item.field, item.before, item.after) for item in drift.diff] == [("prompt.temperature", 0.9, 0.5)]
    (pulled,) = pulling.pull(world.target)
    assert [item.field for item in pulled.fields] == ["prompt.temperature"]
    assert b"0.9" in (world.root / f"{KEY}.yaml").read_bytes()
    assert actions(world) == []


@pytest.mark.parametrize("options", [{}, {"overwrite": ("**",)}])
def test_the_next_edit_of_the_file_is_an_update(world: Here, options: dict[str, Any]) -> None:
    world.write(tree("Best."))
    assert actions(world, **options) == [("update", KEY)]
    assert world.apply(**options) == ExitCode.DONE
    assert world.held() == world.asked()


def test_a_file_that_is_renamed_keeps_its_id(world: Here) -> None:
    id = world.lock.prompts[KEY].id
    data = tree("Better.")
    data["Default/new"] = data.pop(KEY)
    world.write(data)
    assert actions(world) == [("move", "Default/new")]
    assert actions(world, only=("Default/new",)) == [("move", "Default/new")]
    assert world.apply() == ExitCode.DONE
    assert world.lock.prompts["Default/new"].id == id


def test_a_file_that_goes_is_an_orphan_and_can_be_pruned(world: Here) -> None:
    world.write({key: data for key, data in tree("Better.").items() if key != KEY})
    assert actions(world) == [("orphan", KEY)]
    assert world.apply(prune=True) == ExitCode.DONE
    assert KEY not in world.lock.prompts


def test_an_update_whose_answer_was_lost_is_known_again(world: Here) -> None:
    entry = world.lock.prompts[KEY]
    world.write(tree("Best."))
    asked = load_tree(world.target).files[KEY].prompt
    journal = Journal(world.target.journal_path)
    journal.begin_write(Begun("update", KEY, entry.id, time.time(), path="Default", asked=asked))
    journal.close()
    world.sandbox.update(entry.id, {"prompt": {**asked.block}})
    planned = planning.plan(world.target, PlanOptions())
    assert planned.plan.changes == ()
    assert planned.notes == (f"update of {KEY} ({entry.id}): it was carried out, and is recorded now",)


def test_a_prompt_that_is_tied_by_name_is_recorded_as_it_is(world: Here) -> None:
    entry = unlock(world, KEY)
    assert [pair.fields for pair in adopting.adopt_by_name(world.target, lambda pairs: True)] == [()]
    assert world.lock.prompts[KEY].version == entry.version
    assert actions(world) == []


def test_only_what_differs_is_read_again() -> None:
    with here(Behaviour()) as world:
        world.write(TREE)
        world.apply()
        world.sandbox.requests.clear()
        assert actions(world) == []
        usual = read_by_id(world)
        world.write(tree("Better."))
        assert actions(world) == [("update", KEY)]
        assert read_by_id(world) == usual, "the service holds what was agreed"
        id = world.lock.prompts["Default/5"].id
        world.sandbox.ui_edit(id, {"prompt": {"temperature": 0.9}})
        assert actions(world) == [("drift", "Default/5"), ("update", KEY)]
        assert [one for one in read_by_id(world) if one not in usual and "/versions" not in one] == [id]


class Api:
    """A service that holds these prompts."""

    def __init__(self, held: Sequence[Any]) -> None:
        self.held = {one.id: one for one in held}

    def get(self, id: str) -> Any:
        if id not in self.held:
            raise NotFoundError("gone", status=404)
        return self.held[id]


def test_looking_again_changes_what_was_shown() -> None:
    old = [remote(id, raw={"_id": id}) for id in ("01A", "01B", "01C")]
    now = replace(old[1], display_name="new", raw={"_id": "01B", "display_name": "new"})
    api: Any = Api([old[0], now])
    service = {one.id: one for one in old}
    assert not look_again(api, service, [])
    assert not look_again(api, service, ["01A", "01X"])
    assert service == {one.id: one for one in old}
    assert look_again(api, service, ["01A", "01B"])
    assert look_again(api, service, ["01C"])
    assert service == {"01A": old[0], "01B": now}
