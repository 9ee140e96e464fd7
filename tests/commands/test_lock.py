"""The lockfile by itself: what is written into it and what stays, what an interrupted run had recorded, and no network.

Whole commands, and merges by real git, are in the end-to-end tests.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from promptsync.apply.journal import Journal
from promptsync.commands import lock as locking
from promptsync.commands import plan as planning
from promptsync.commands.connect import connect
from promptsync.commands.lock import lock_forget, lock_merge, lock_unprotect, lock_verify
from promptsync.commands.mv import mv
from promptsync.commands.state import write_lock
from promptsync.files.run_lock import alone
from promptsync.model.canonical import remote_hash
from promptsync.model.errors import ConfigError, LockfileError, PromptsyncError, UsageError
from promptsync.model.lockfile import LockEntry, Lockfile, dump, parse
from promptsync.model.prompt import CURRENT
from promptsync.plan.changes import PlanOptions
from promptsync.sandbox import Behaviour
from tests.commands.locked import FILE, KEY, OTHER, change_lock, locked, record, unlock

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from promptsync.files.target import Target
    from tests.embedded import Here


def test_where_all_fits_nothing_is_told_or_written(world: Here) -> None:
    before = world.target.lock_path.read_bytes()
    assert lock_verify(world.target) == []
    assert world.target.lock_path.read_bytes() == before


def test_a_rename_that_made_no_version_is_told(world: Here) -> None:
    world.sandbox.behaviour = Behaviour(version_on="block")
    with connect(world.target) as client:
        client.update(locked(world)[KEY].id, {"display_name": "Repay"})
    assert lock_verify(world.target) == [f"{KEY}: renamed on the service to “Repay”"]


def test_what_is_told_is_sorted_by_what_it_is(world: Here) -> None:
    ids = {key: entry.id for key, entry in locked(world).items()}
    world.sandbox.ui_delete(ids[OTHER])
    world.write({"Default/b": FILE, "Default/a": FILE})
    assert lock_verify(world.target) == [
        f"{OTHER}: locked, and its file is gone",
        f"{KEY}: locked, and its file is gone",
        "Default/a: a file that was never applied",
        "Default/b: a file that was never applied",
        f"{OTHER}: {ids[OTHER]} is not on the service",
    ]


@pytest.mark.parametrize("version", [None, "old"])
def test_a_version_that_is_not_the_services_is_told(world: Here, version: str | None) -> None:
    now = locked(world)[KEY].version
    change_lock(world, refund=lambda entry: replace(entry, version=version))
    assert lock_verify(world.target) == [f"{KEY}: locked at version {version}, the service is at {now}"]


def test_more_told_of_the_same_version_fits(world: Here) -> None:
    change_lock(world, refund=lambda entry: replace(entry, remote="sha256:other"))
    assert lock_verify(world.target) == []


def test_a_lock_that_says_that_all_fits_is_not_believed(world: Here) -> None:
    world.sandbox.ui_edit(locked(world)[KEY].id, {"prompt": {"temperature": 0.9}})
    with connect(world.target) as client:
        now = client.get(locked(world)[KEY].id)
    forged = {"version": now.version(), "remote": remote_hash(now, CURRENT)}
    change_lock(world, refund=lambda entry: replace(entry, **forged))
    word = f"{KEY}: by the lockfile file and service agree, and they differ in prompt.temperature"
    assert lock_verify(world.target) == [word]


def test_what_an_interrupted_run_recorded_is_verified_and_left_where_it_is(world: Here) -> None:
    record(world, KEY, unlock(world, KEY))
    before = world.target.lock_path.read_bytes()
    assert lock_verify(world.target) == []
    assert world.target.lock_path.read_bytes() == before
    assert list(Journal(world.target.journal_path).recover().onto(Lockfile()).prompts) == [KEY]


def test_another_workspace_is_not_verified(world: Here) -> None:
    world.sandbox.behaviour = Behaviour(owner="another")
    with pytest.raises(LockfileError, match="another"):
        lock_verify(world.target)


def test_what_is_forgotten_is_told_in_the_order_it_was_named(world: Here) -> None:
    before = locked(world)
    held = world.held()
    assert lock_forget(world.target, [KEY, OTHER]) == {KEY: before[KEY], OTHER: before[OTHER]}
    assert (locked(world), len(world.sandbox.prompts())) == ({}, len(held))
    assert world.lock.owner is not None


def test_of_many_that_are_to_be_forgotten_one_that_is_not_locked_keeps_all(world: Here) -> None:
    before = world.target.lock_path.read_bytes()
    with pytest.raises(UsageError) as caught:
        lock_forget(world.target, [KEY, "Default/othr"])
    assert caught.value.message == f"there is no `Default/othr` in {world.target.lock_path}"
    assert caught.value.hint == f"did you mean `{OTHER}`?"
    assert world.target.lock_path.read_bytes() == before


def test_to_forget_nothing_or_one_twice_is_no_error(world: Here) -> None:
    before = locked(world)
    assert lock_forget(world.target, []) == {}
    assert lock_forget(world.target, [KEY, f"{KEY}.yaml"]) == {KEY: before[KEY]}
    assert locked(world) == {OTHER: before[OTHER]}


def test_what_an_interrupted_run_recorded_is_forgotten_for_good(world: Here) -> None:
    """Else the next run would find it in the journal again."""
    entry = unlock(world, KEY)
    record(world, KEY, entry)
    assert lock_forget(world.target, [KEY]) == {KEY: entry}
    assert list(locked(world)) == [OTHER]
    assert Journal(world.target.journal_path).recover().onto(world.lock) == world.lock


def test_what_it_recorded_of_others_is_kept(world: Here) -> None:
    entry = unlock(world, OTHER)
    record(world, OTHER, entry)
    lock_forget(world.target, [KEY])
    assert locked(world) == {OTHER: entry}


def test_the_protection_of_a_prompt_whose_file_is_gone_can_be_taken_away(world: Here) -> None:
    world.write({KEY: {**FILE, "protected": True}, OTHER: FILE})
    assert world.apply() == 0
    id_ = locked(world)[KEY].id
    world.write({OTHER: FILE})
    assert world.apply(prune=True) == 0
    assert locked(world)[KEY].protected
    (found,) = planning.plan(world.target, PlanOptions(prune=True)).plan.changes
    assert f"`promptsync lock unprotect {KEY}`" in found.warnings[0]
    lock_unprotect(world.target, [KEY])
    assert locked(world)[KEY].id == id_
    assert world.apply(prune=True) == 0
    assert (list(locked(world)), len(world.sandbox.prompts())) == ([OTHER], 1)


def test_that_of_one_whose_file_is_there_is_taken_out_where_it_is_reviewed(world: Here) -> None:
    before = world.target.lock_path.read_bytes()
    with pytest.raises(UsageError) as caught:
        lock_unprotect(world.target, [KEY])
    assert caught.value.hint == "take `protected: true` out of it, and apply: a plan shows it"
    with pytest.raises(UsageError, match=r"there is no `Default/othr`"):
        lock_unprotect(world.target, ["Default/othr"])
    assert world.target.lock_path.read_bytes() == before


def test_of_a_root_without_files_too(world: Here) -> None:
    """The last prompts are given up like any."""
    change_lock(world, refund=lambda one: replace(one, protected=True))
    world.write({})
    with pytest.raises(ConfigError) as caught:
        world.apply(prune=True)
    assert "delete them in orq.ai and run `promptsync lock forget KEY`" in (caught.value.hint or "")
    lock_unprotect(world.target, [KEY])
    assert not locked(world)[KEY].protected


def test_while_another_run_is_at_work_nothing_is_forgotten_or_moved(world: Here) -> None:
    before = world.target.lock_path.read_bytes()
    with alone(world.target):
        for change in (lambda: lock_forget(world.target, [KEY]), lambda: mv(world.target, KEY, "Default/new")):
            with pytest.raises(PromptsyncError, match="is at work on the target “default”"):
                change()
        assert lock_verify(world.target) == []
    assert world.target.lock_path.read_bytes() == before
    assert (world.root / f"{KEY}.yaml").exists()


def plain(id_: str, **changes: Any) -> LockEntry:
    return replace(LockEntry(id_, "v1", "Default", "name", CURRENT, "sha256:s", "sha256:r"), **changes)


BASE = Lockfile({"a": plain("1")}, "acme")
OURS = Lockfile({"a": plain("1"), "b": plain("2")}, "acme")
THEIRS = Lockfile({"a": plain("1", version="v2", remote="sha256:new"), "c": plain("3")}, "acme")
ONE_MORE = Lockfile({"c": plain("3")}, "acme")
ALL = Lockfile({**OURS.prompts, **ONE_MORE.prompts}, "acme")
JOINED = Lockfile({"a": THEIRS.prompts["a"], "b": plain("2"), "c": plain("3")}, "acme")


@pytest.fixture
def sides(tmp_path: Path) -> Callable[..., tuple[Path, Path, Path]]:
    def write(*locks: Lockfile | bytes | None) -> tuple[Path, Path, Path]:
        base, ours, theirs = (tmp_path / name for name in ("base.json", "promptsync.lock.json", "theirs.json"))
        for path, lock in zip((base, ours, theirs), locks, strict=True):
            if lock is not None:
                path.write_bytes(dump(lock) if isinstance(lock, Lockfile) else lock)
        return base, ours, theirs

    return write


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "joined"),
    [
        pytest.param(BASE, OURS, THEIRS, JOINED, id="all-three"),
        pytest.param(BASE, OURS, OURS, OURS, id="both-the-same"),
        pytest.param(BASE, BASE, THEIRS, THEIRS, id="ours-as-it-was"),
        pytest.param(b"", OURS, ONE_MORE, ALL, id="no-base-in-git"),
        pytest.param(None, OURS, ONE_MORE, ALL, id="no-base-yet"),
        pytest.param(BASE, None, THEIRS, THEIRS, id="none-of-ours-yet"),
        pytest.param(BASE, OURS, Lockfile(owner="acme"), Lockfile({"b": plain("2")}, "acme"), id="one-less"),
    ],
)
def test_two_sides_are_joined_into_ours(
    sides: Any, base: Lockfile | bytes | None, ours: Lockfile | None, theirs: Lockfile, joined: Lockfile
) -> None:
    paths = sides(base, ours, theirs)
    assert lock_merge(*paths).conflicts == []
    assert parse(paths[1].read_bytes(), "merged") == joined
    assert paths[1].read_bytes() == dump(joined)
    assert paths[2].read_bytes() == dump(theirs)


def test_a_conflict_of_one_prompt_writes_nothing_and_names_it(sides: Any) -> None:
    ours = Lockfile({"a": plain("1", version="v3", remote="sha256:x", source="sha256:x"), "b": plain("2")}, "acme")
    theirs = Lockfile({"a": plain("1", version="v2", remote="sha256:y", source="sha256:y"), "c": plain("3")}, "acme")
    paths = sides(BASE, ours, theirs)
    assert lock_merge(*paths).conflicts == ["a: both sides changed the prompt 1"]
    assert paths[1].read_bytes() == dump(ours)


@pytest.mark.parametrize(("side", "id_"), [("ours", "2"), ("theirs", "3")])
def test_a_key_that_is_two_prompts_can_be_decided_and_the_other_id_is_named(sides: Any, side: Any, id_: str) -> None:
    """Two branches made a prompt of one file, each of which is live."""
    ours = Lockfile({**BASE.prompts, "b": plain("2"), "x": plain("7")}, "acme")
    theirs = Lockfile({**BASE.prompts, "b": plain("3"), "y": plain("8")}, "acme")
    paths = sides(BASE, ours, theirs)
    merged = lock_merge(*paths, side=side)
    assert merged.conflicts == []
    other = {"2": "3", "3": "2"}[id_]
    assert merged.decided == [
        f"b: `b` is one prompt on our side and another on theirs: `2` and `3`; decided for {side}",
        f"the prompt {other} wanted `b` too, and no lockfile holds it now: delete it in orq.ai, "
        f"or tie it to a file of another key with `promptsync adopt KEY {other}`",
    ]
    ids = {key: entry.id for key, entry in parse(paths[1].read_bytes(), "merged").prompts.items()}
    assert ids == {"a": "1", "b": id_, "x": "7", "y": "8"}


@pytest.mark.parametrize(("side", "version"), [("ours", "v3"), ("theirs", "v2")])
def test_a_prompt_that_both_changed_can_be_decided(sides: Any, side: Any, version: str) -> None:
    ours = Lockfile({"a": plain("1", version="v3", remote="sha256:x", source="sha256:x")}, "acme")
    theirs = Lockfile({"a": plain("1", version="v2", remote="sha256:y", source="sha256:y")}, "acme")
    paths = sides(BASE, ours, theirs)
    assert lock_merge(*paths, side=side).decided == [f"a: both sides changed the prompt 1; decided for {side}"]
    assert parse(paths[1].read_bytes(), "merged").prompts["a"].version == version


def test_what_no_one_disagrees_about_is_not_decided(sides: Any) -> None:
    paths = sides(BASE, OURS, THEIRS)
    assert lock_merge(*paths, side="theirs").decided == []
    assert parse(paths[1].read_bytes(), "merged") == JOINED


@pytest.mark.parametrize(("broken", "side"), [(0, "base"), (1, "ours"), (2, "theirs")], ids=["base", "ours", "theirs"])
@pytest.mark.parametrize("data", [b"{", b"[]", b"\xff", b"<<<<<<< HEAD\n"])
def test_a_side_that_is_no_lockfile_is_named_and_nothing_is_written(
    sides: Any, broken: int, side: str, data: bytes
) -> None:
    locks: list[Lockfile | bytes] = [BASE, OURS, THEIRS]
    locks[broken] = data
    paths = sides(*locks)
    before = [path.read_bytes() for path in paths]
    with pytest.raises(LockfileError) as caught:
        lock_merge(*paths)
    assert caught.value.message.startswith(f"{paths[1]} ({side}) ")
    assert [path.read_bytes() for path in paths] == before


def test_of_theirs_nothing_is_no_lockfile(sides: Any) -> None:
    base, ours, theirs = sides(BASE, OURS, None)
    with pytest.raises(LockfileError, match="theirs"):
        lock_merge(base, ours, theirs)
    assert ours.read_bytes() == dump(OURS)


def marked(ours: Lockfile, theirs: Lockfile) -> bytes:
    return b"<<<<<<< HEAD\n" + dump(ours) + b"=======\n" + dump(theirs) + b">>>>>>> other\n"


def test_markers_are_mended_by_what_stands_between_them(sides: Any) -> None:
    _, ours, _ = sides(None, marked(OURS, replace(OURS, prompts={"a": plain("1"), "c": plain("3")})), None)
    assert lock_merge(None, ours, None).conflicts == []
    assert parse(ours.read_bytes(), "merged").prompts.keys() == {"a", "b", "c"}


def test_what_git_holds_of_an_open_merge_goes_before_the_markers(sides: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file may have been edited since; and only git knows the base."""
    _, ours, _ = sides(None, b"<<<<<<< half a marker\n", None)
    monkeypatch.setattr(locking, "merge_stages", lambda path: (dump(BASE), dump(OURS), dump(THEIRS)))
    assert lock_merge(None, ours, None).conflicts == []
    assert parse(ours.read_bytes(), "merged") == JOINED


def test_no_lockfile_at_all_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"there is no lockfile .*none\.json"):
        lock_merge(None, tmp_path / "none.json", None)


@pytest.mark.parametrize(
    "change",
    [lambda target: lock_forget(target, [OTHER]), lambda target: mv(target, OTHER, "Default/new")],
    ids=["forget", "move"],
)
def test_entries_of_older_rules_are_not_said_to_be_of_todays(world: Here, change: Callable[[Target], object]) -> None:
    """Else every prompt whose hash is another one today would be drift."""
    lock = world.lock
    write_lock(
        world.target,
        Lockfile(
            {key: replace(entry, source="old", remote="old") for key, entry in lock.prompts.items()}, lock.owner, 0
        ),
    )
    assert world.pending() == []
    change(world.target)
    assert world.lock.canonical == 0
    assert KEY not in {key for _, key, _ in world.pending()}
