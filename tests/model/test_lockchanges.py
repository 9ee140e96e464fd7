from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from promptsync.model.lockchanges import lock_changes
from promptsync.model.lockfile import Lockfile
from tests.factories import entry, file, held

if TYPE_CHECKING:
    from promptsync.model.lockfile import LockEntry


def one(id: str, version: str = "v1", path: str | None = "Default") -> LockEntry:
    asked = file(f"Default/{id}")
    return replace(entry(asked, held(asked, id, version=version)), path=path)


def told(before: Lockfile | list[Lockfile], now: Lockfile) -> list[tuple[str, str, str]]:
    lists = before if isinstance(before, list) else [before]
    return [(change.key, change.became, change.id) for change in lock_changes(lists, now)]


BEFORE = Lockfile({"a": one("1"), "b": one("2"), "c": one("3")})


def test_what_comes_changes_moves_and_goes() -> None:
    now = Lockfile({"a": one("1", "v2"), "new/b": one("2", "v2"), "d": one("4"), "e": one("5", path=None)})
    assert told(BEFORE, now) == [
        ("a", "updated", "1"),
        ("c", "deleted", "3"),
        ("d", "created", "4"),
        ("e", "adopted", "5"),
        ("new/b", "moved", "2"),
    ]
    moved = lock_changes([BEFORE], now)[-1]
    assert (moved.before, moved.now) == (("b", "2", "v1"), ("new/b", "2", "v2"))


def test_a_key_with_a_new_prompt_is_recreated_where_the_old_one_is_gone() -> None:
    assert told(BEFORE, Lockfile({"a": one("9"), "b": one("2"), "c": one("3")})) == [("a", "recreated", "9")]
    swapped = Lockfile({"a": one("2"), "b": one("1"), "c": one("3")})
    assert told(BEFORE, swapped) == [("a", "moved", "2"), ("b", "moved", "1")]
    assert told(BEFORE, Lockfile({"a": one("9"), "x": one("1"), "b": one("2"), "c": one("3")})) == [
        ("a", "created", "9"),
        ("x", "moved", "1"),
    ]


def test_what_is_written_anew_and_says_the_same_is_recorded() -> None:
    anew = {key: replace(entry, added=("prompt.seed",)) for key, entry in BEFORE.prompts.items()}
    assert {became for _, became, _ in told(BEFORE, Lockfile(anew))} == {"recorded"}
    hashed = Lockfile({"a": replace(one("1"), remote="sha256:" + "1" * 64), "b": one("2"), "c": one("3")})
    assert told(BEFORE, hashed) == [("a", "updated", "1")]
    assert told(replace(BEFORE, canonical=1), hashed) == [("a", "recorded", "1")]


def test_a_protection_is_an_update() -> None:
    kept = Lockfile({**BEFORE.prompts, "a": replace(one("1"), protected=True)})
    assert told(BEFORE, kept) == [("a", "updated", "1")]


def test_of_a_merge_only_what_neither_side_said() -> None:
    ours = Lockfile({**BEFORE.prompts, "a": one("1", "v2")})
    theirs = Lockfile({**BEFORE.prompts, "b": one("2", "v2")})
    merged = Lockfile({"a": one("1", "v2"), "b": one("2", "v2"), "c": one("3")})
    assert told([ours, theirs], merged) == []
    assert told([ours, theirs], Lockfile({**merged.prompts, "c": one("3", "v3")})) == [("c", "updated", "3")]


def test_nothing_changed() -> None:
    assert told(BEFORE, BEFORE) == []
    assert told(Lockfile(), Lockfile()) == []
