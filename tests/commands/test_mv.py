"""A key changes and the id stays; what cannot be changes nothing."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from promptsync.apply.journal import Journal
from promptsync.commands.mv import mv, rename_file
from promptsync.commands.state import write_lock
from promptsync.files.target import read_config
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
    ("nothing there", "Default/none", "Default/new", UsageError, "there is no `Default/none` in "),
    ("neither file nor entry", "Default/none", KEY, UsageError, "there is no `Default/none` in "),
    ("a file that is there", KEY, OTHER, UsageError, f"`{OTHER}` is tied to "),
    ("to itself", KEY, KEY, UsageError, f"`{KEY}` is tied to "),
    ("outside", KEY, "../new", UsageError, "`../new` is outside of "),
    ("nothing", KEY, "", UsageError, "`` cannot be a key: it is empty"),
    ("a folder", KEY, "Default/", UsageError, "`Default/` cannot be a key: a part of it is empty"),
    ("passed over", KEY, "_a", UsageError, "`_a` cannot be a key: what begins with `_` is passed over"),
    ("hidden", KEY, ".a", UsageError, "`.a` cannot be a key: what begins with `.` is passed over"),
    ("hidden folder", KEY, "Default/.git/a", UsageError, "`Default/.git/a` cannot be a key: what begins"),
    ("a way out and in", KEY, "a/../b", UsageError, "`a/../b` cannot be a key: `..` leads elsewhere"),
    ("a line break", KEY, "Default/a\nb", UsageError, "`Default/a\nb` cannot be a key: the control character U+000A"),
    ("the configuration", KEY, "promptsync", UsageError, "`promptsync` cannot be a key: it is the configuration"),
    ("under the root", KEY, "top", UsageError, "`top` cannot be a key: a prompt directly under the root"),
    ("a glob", KEY, "Default/**", UsageError, "`Default/**` cannot be a key: a * in the name"),
    ("a long name", KEY, "Default/" + "x" * 251, UsageError, f"`Default/{'x' * 251}` cannot be a key: a name has at"),
    ("another case of a file", KEY, "Default/Other", UsageError, "`Default/Other` and `Default/other` differ only in"),
    ("another case of a folder", KEY, "default/new", UsageError, "`default/new` and `Default/` differ only in"),
    ("below a file", KEY, "Default/other.yaml/new", UsageError, ""),
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


@pytest.mark.parametrize(
    "new",
    ["Default/d", "Default/d.yaml", "Default/d.yml", "prompts/Default/d.yaml", "{root}/Default/d.yaml", "./Default/d"],
)
@pytest.mark.parametrize("old", [KEY, f"{KEY}.yaml", f"prompts/{KEY}.yaml"])
def test_both_keys_are_taken_as_a_person_writes_them(world: Here, old: str, new: str) -> None:
    before = locked(world)[KEY].id
    named = (each.replace("prompts/", f"{world.root.name}/").format(root=world.root) for each in (old, new))
    assert mv(world.target, *named) == f"{KEY} is Default/d from now on, with the id {before}"
    assert (world.root / "Default/d.yaml").exists()


def test_a_key_in_another_form_of_unicode_is_the_same(world: Here) -> None:
    mv(world.target, KEY, unicodedata.normalize("NFD", "Größe/é"))
    mv(world.target, unicodedata.normalize("NFD", "Größe/é.yaml"), "Default/e")
    assert set(locked(world)) == {OTHER, "Default/e"}


def test_a_folder_keeps_its_spelling_on_disk(world: Here) -> None:
    folder = unicodedata.normalize("NFD", "Größe")
    world.write({**TREE, f"{folder}/a": FILE})
    mv(world.target, KEY, "Größe/b")
    assert sorted(path.name for path in (world.root / folder).iterdir()) == ["a.yaml", "b.yaml"]
    mv(world.target, "Größe/a", "Default/a")
    assert not (world.root / folder / "a.yaml").exists()


def test_a_key_under_the_root_is_one_where_the_target_has_a_prefix(world: Here) -> None:
    (world.root / "promptsync.yaml").write_text("targets: {default: {path_prefix: Team}}\n", encoding="utf-8")
    target = replace(world.target, config=read_config(world.root), settings=read_config(world.root).target("default"))
    with pytest.raises(UsageError, match="it is the configuration"):
        mv(target, KEY, "promptsync")
    mv(target, KEY, "top")
    assert (world.root / "top.yaml").exists()


def test_a_place_behind_a_link_is_none(world: Here, tmp_path: Path) -> None:
    (world.root / "Default/inner").mkdir()
    for name, to in [("out", tmp_path), ("in", world.root / "Default/inner")]:
        (world.root / "Default" / name).symlink_to(to)
        before = snapshot(world)
        with pytest.raises(UsageError, match="symbolic link"):
            mv(world.target, KEY, f"Default/{name}/new")
        assert snapshot(world) == before


def test_a_key_of_the_lockfile_alone_moves_no_file(world: Here) -> None:
    outside = world.root.parent / "outside.yaml"
    outside.write_text("not ours", encoding="utf-8")
    entry = unlock(world, KEY)
    write_lock(world.target, world.lock.with_prompts({**world.lock.prompts, "../outside": entry}))
    mv(world.target, "../outside", KEY)
    assert (outside.read_text(encoding="utf-8"), locked(world)[KEY]) == ("not ours", entry)
    outside.unlink()


def test_what_is_near_is_asked_for(world: Here) -> None:
    for typed, meant in [("Default/refnd", KEY), ("refund", KEY), ("default/REFUND", KEY)]:
        with pytest.raises(UsageError) as caught:
            mv(world.target, typed, "Default/new")
        assert caught.value.hint == f"did you mean `{meant}`?"


def test_a_move_beside_a_file_that_is_wrong_changes_nothing(world: Here) -> None:
    (world.root / f"{OTHER}.yaml").write_text("prompt: {temprature: 1}\n", encoding="utf-8")
    before = snapshot(world)
    with pytest.raises(LoadError):
        mv(world.target, KEY, "Default/new")
    assert snapshot(world) == before
    world.write(TREE)
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
