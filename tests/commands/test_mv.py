"""A key changes and the id stays; what cannot be changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from promptsync.apply.journal import Journal
from promptsync.commands.mv import mv, rename_file
from promptsync.model.errors import LoadError, PromptsyncError, UsageError
from tests.commands.locked import FILE, KEY, OTHER, TREE, locked, record, unlock

if TYPE_CHECKING:
    from pathlib import Path

    from tests.embedded import Here


def test_a_move_keeps_the_entry_and_its_place_among_the_others(world: Here) -> None:
    before = locked(world)
    said = mv(world.target, KEY, "New/Deep/refund")
    assert said == f"{KEY} is New/Deep/refund from now on, with the id {before[KEY].id}"
    assert locked(world) == {OTHER: before[OTHER], "New/Deep/refund": before[KEY]}
    assert not (world.root / f"{KEY}.yaml").exists()
    assert [(action, key) for action, key, _ in world.pending()] == [("update", "New/Deep/refund")]


def test_a_file_that_was_renamed_already_is_moved_in_the_lockfile_alone(world: Here) -> None:
    before = locked(world)[KEY]
    (world.root / f"{KEY}.yaml").rename(world.root / "Default/new.yaml")
    mv(world.target, KEY, "Default/new")
    assert locked(world)["Default/new"] == before
    assert set(locked(world)) == {OTHER, "Default/new"}


def test_what_was_never_applied_is_renamed_alone(world: Here) -> None:
    world.write({**TREE, "Default/draft": FILE})
    before = world.target.lock_path.read_bytes()
    assert mv(world.target, "Default/draft", "Default/final") == (
        "Default/draft is Default/final now; it was never applied"
    )
    assert (world.root / "Default/final.yaml").exists()
    assert world.target.lock_path.read_bytes() == before


def test_what_an_interrupted_run_recorded_is_moved(world: Here) -> None:
    entry = unlock(world, KEY)
    record(world, KEY, entry)
    mv(world.target, KEY, "Default/new")
    assert locked(world)["Default/new"] == entry
    assert Journal(world.target.journal_path).recover().onto(world.lock) == world.lock


MISPLACED: list[tuple[str, str, str, type[PromptsyncError], str]] = [
    ("nothing there", "Default/none", "Default/new", UsageError, "there is no prompt file `Default/new`"),
    ("neither file nor entry", "Default/none", KEY, UsageError, "there is no `Default/none` in "),
    ("a file that is there", KEY, OTHER, UsageError, f"`{OTHER}` is tied to "),
    ("to itself", KEY, KEY, UsageError, f"`{KEY}` is tied to "),
    ("outside", KEY, "../new", UsageError, "`../new` is outside of "),
]


@pytest.mark.parametrize(
    ("old", "new", "kind", "words"),
    [each[1:] for each in MISPLACED],
    ids=[each[0].replace(" ", "-") for each in MISPLACED],
)
def test_a_move_that_cannot_be_changes_nothing(
    world: Here, old: str, new: str, kind: type[PromptsyncError], words: str
) -> None:
    before = snapshot(world)
    with pytest.raises(kind) as caught:
        mv(world.target, old, new)
    assert caught.value.message.startswith(words)
    assert snapshot(world) == before


def test_a_move_beside_a_file_that_is_wrong_ties_nothing(world: Here) -> None:
    (world.root / f"{OTHER}.yaml").write_text("prompt: {temprature: 1}\n", encoding="utf-8")
    before = world.target.lock_path.read_bytes()
    with pytest.raises(LoadError):
        mv(world.target, KEY, "Default/new")
    assert world.target.lock_path.read_bytes() == before
    # The file has its new name; once the other is right, the same command ends what it began.
    world.write({"Default/new": FILE, OTHER: FILE})
    assert "Default/new from now on" in mv(world.target, KEY, "Default/new")


def snapshot(world: Here) -> dict[str, bytes]:
    return {
        str(path.relative_to(world.root)): path.read_bytes() for path in world.root.glob("**/[!.]*.*") if path.is_file()
    }


def test_renaming_a_file(tmp_path: Path) -> None:
    (tmp_path / "Default").mkdir()
    (tmp_path / "Default/refund.yaml").write_text("prompt", encoding="utf-8")
    assert rename_file(tmp_path, "Default/refund", "Other/Deep/repay") is True
    assert (tmp_path / "Other/Deep/repay.yaml").read_text() == "prompt"
    assert rename_file(tmp_path, "Default/refund", "Other/x") is False
    (tmp_path / "Other/x.yaml").write_text("x", encoding="utf-8")
    assert rename_file(tmp_path, "Other/Deep/repay", "Other/x") is False
    assert (tmp_path / "Other/x.yaml").read_text() == "x"
    with pytest.raises(UsageError, match="outside of"):
        rename_file(tmp_path, "Other/Deep/repay", "../out")
