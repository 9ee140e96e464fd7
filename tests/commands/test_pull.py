"""What of a pull no one sees over HTTP: which prompts are read, what a second run finds, what is left on the disk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from promptsync.apply.journal import Journal
from promptsync.commands import pull as pulling
from promptsync.commands import rewrite
from promptsync.files.yaml.editor import Edited
from promptsync.model.errors import LockfileError, PlanError, UsageError
from promptsync.model.lockfile import parse
from promptsync.sandbox import Behaviour
from tests.embedded import Here, applied, here

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY = "Default/refund"
FILE = {"prompt": {"temperature": 0.2, "messages": [{"role": "user", "content": "One.\nTwo.\nThree.\n"}]}}


@pytest.fixture
def world() -> Iterator[Here]:
    with applied({KEY: FILE, "Default/other": FILE, "Default/third": FILE}) as made:
        yield made


def id_of(world: Here, key: str = KEY) -> str:
    return world.lock.prompts[key].id


def edit(world: Here, key: str = KEY, **fields: object) -> None:
    world.sandbox.ui_edit(id_of(world, key), {"prompt": fields})


def test_nothing_there_to_pull_is_an_empty_list(world: Here) -> None:
    assert pulling.pull(world.target) == []


def test_each_file_tells_its_edits_and_is_closed(world: Here) -> None:
    edit(world, temperature=0.9)
    (pulled,) = pulling.pull(world.target)
    assert (pulled.key, pulled.is_open) == (KEY, False)
    assert [(item.field, item.before, item.after) for item in pulled.fields] == [("prompt.temperature", 0.2, 0.9)]
    assert pulling.pull(world.target) == []


def test_an_open_conflict_leaves_the_entry_of_the_lock(world: Here) -> None:
    before = world.target.lock_path.read_bytes()
    edit(world, temperature=0.9)
    world.write({KEY: {"prompt": {**FILE["prompt"], "temperature": 0.7}}, "Default/other": FILE, "Default/third": FILE})
    (pulled,) = pulling.pull(world.target)
    assert [(item.field, item.base, item.ours, item.theirs) for item in pulled.conflicts] == [
        ("prompt.temperature", 0.2, 0.7, 0.9)
    ]
    assert (pulled.is_open, world.target.lock_path.read_bytes()) == (True, before)


def test_a_key_that_is_no_file_is_a_usage_error(world: Here) -> None:
    with pytest.raises(UsageError, match="there is no prompt file"):
        pulling.pull(world.target, ["Default/none"])


def test_the_wrong_place_is_no_change(world: Here) -> None:
    for key in (KEY, "Default/other"):
        world.sandbox.ui_delete(id_of(world, key))
    with pytest.raises(PlanError, match="wrong key or the wrong workspace"):
        pulling.pull(world.target)


def test_another_workspace_is_refused(world: Here) -> None:
    world.sandbox.behaviour = Behaviour(owner="another")
    with pytest.raises(LockfileError, match="another"):
        pulling.pull(world.target)


def test_what_an_interrupted_apply_recorded_is_the_base(world: Here) -> None:
    """The journal tells the entry that the lockfile does not hold yet."""
    entry = world.lock.prompts[KEY]
    world.target.lock_path.unlink()
    journal = Journal(world.target.journal_path)
    journal.end_with(0, KEY, entry)
    journal.close()
    world.sandbox.ui_edit(entry.id, {"prompt": {"temperature": 0.9}})
    (pulled,) = pulling.pull(world.target)
    assert pulled.key == KEY
    assert id_of(world) == entry.id


def test_a_pull_decides_nothing_about_the_protection(world: Here) -> None:
    """That is a change for a plan, where it is seen."""
    world.write({KEY: {**FILE, "protected": True}, "Default/other": FILE, "Default/third": FILE})
    edit(world, temperature=0.9)
    pulling.pull(world.target)
    assert not world.lock.prompts[KEY].protected
    assert world.pending() == [("update", KEY, [("protected", "replace", False, True)])]


def test_what_the_files_block_has_no_place_for_is_told_and_the_file_stays() -> None:
    """Someone set in the other block what the file cannot say; what was there all along is no news."""

    def with_more(entity: dict[str, Any]) -> dict[str, Any]:
        more = {"stream": True, **({"integration_id": "i-1"} if entity["prompt"].get("temperature") == 0.9 else {})}
        return {**entity, "prompt_config": {**entity["prompt_config"], **more}}

    with here(Behaviour(rewriter=with_more)) as world:
        world.write({KEY: FILE})
        assert world.apply() == 0
        before = (world.root / f"{KEY}.yaml").read_bytes()
        edit(world, temperature=0.9)
        (pulled,) = pulling.pull(world.target)
        assert pulled.problem == "`prompt` has no place for prompt_config.integration_id, which the service holds"
        assert (pulled.is_open, (world.root / f"{KEY}.yaml").read_bytes()) == (True, before)
        edit(world, temperature=0.8)
        assert [pulled.is_open for pulled in pulling.pull(world.target)] == [False]


@pytest.mark.parametrize("wrong", ["0.8", '0.9, "top_p": 0.5'])
def test_a_file_that_would_say_something_else_is_not_written(
    world: Here, monkeypatch: pytest.MonkeyPatch, wrong: str
) -> None:
    path = world.root / f"{KEY}.yaml"
    before = path.read_bytes()
    edit(world, temperature=0.9)
    edited = Edited(before.decode().replace("0.2", wrong), {})
    monkeypatch.setattr(rewrite, "edit", lambda *_, **__: edited)
    (pulled,) = pulling.pull(world.target)
    assert (pulled.problem or "").startswith("read again, it would not say what the service holds: prompt.t")
    assert (path.read_bytes(), pulled.edits) == (before, ())


def test_what_is_proposed_is_not_written(world: Here) -> None:
    edit(world, temperature=0.9)
    before = {path: path.read_bytes() for path in world.target.root.rglob("*.*") if path.is_file()}
    made = pulling.dry_run(world.target, [KEY])
    assert [pulled.key for pulled in made.pulled] == [KEY]
    assert list(made.after) == [f"{KEY}.yaml"]
    assert b'"temperature": 0.9' in made.after[f"{KEY}.yaml"]
    assert made.before[f"{KEY}.yaml"] == (world.target.root / f"{KEY}.yaml").read_bytes()
    assert {path: path.read_bytes() for path in before} == before
    assert [item.key for item in pulling.pull(world.target)] == [KEY]


def test_the_lockfile_is_proposed_where_both_sides_changed_alone(world: Here) -> None:
    edit(world, temperature=0.9)
    edit(world, "Default/other", temperature=0.9)
    mine = {"prompt": {**FILE["prompt"], "top_p": 0.5}}
    world.write({KEY: FILE, "Default/other": mine, "Default/third": FILE})
    made = pulling.dry_run(world.target, [KEY, "Default/other"])
    assert sorted(made.after) == ["Default/other.yaml", f"{KEY}.yaml", "promptsync.lock.json"]
    was, now = world.lock.prompts, parse(made.after["promptsync.lock.json"], "proposed").prompts
    assert [key for key in was if was[key] != now[key]] == ["Default/other"]


def test_only_the_keys_that_are_meant_are_proposed_and_without_any_nothing_is_read(world: Here) -> None:
    edit(world, temperature=0.9)
    edit(world, "Default/other", temperature=0.9)
    assert list(pulling.dry_run(world.target, ["Default/other"]).after) == ["Default/other.yaml"]
    world.sandbox.requests.clear()
    assert pulling.dry_run(world.target, []).after == {}
    assert list(world.sandbox.requests) == []
