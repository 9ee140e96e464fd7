"""Renames that are likely: told with the commands, and nothing is told of what is not alike."""

from __future__ import annotations

import pytest

from promptsync.model.lockfile import Lockfile
from promptsync.plan.changes import Delete, Orphan
from tests.factories import block, entry, file, held, locked, plan

OLD = "A/old"
SAID = "You answer in a friendly way and never promise a refund"


def words(text: str, **more: object) -> dict[str, object]:
    return block(messages=[{"role": "system", "content": text}], **more)


def warned(new_text: str, *, offline: bool = False, prune: bool = False, key: str = "B/new") -> list[str]:
    old = file(OLD, words(SAID))
    there = held(old)
    made = plan(
        [file(key, words(new_text, temperature=0.5))],
        locked((OLD, entry(old, there))),
        None if offline else [there],
        prune=prune,
    )
    assert any(isinstance(change, Orphan | Delete) for change in made.changes)
    return [word for change in made.changes if change.key == key for word in change.warnings]


@pytest.mark.parametrize("prune", [False, True])
def test_a_new_file_that_says_nearly_the_same_may_be_the_old_one(prune: bool) -> None:
    assert warned(SAID + " today", prune=prune) == [
        "if this is A/old under another name, `promptsync mv A/old B/new` keeps its id id-1"
    ]


def test_keys_are_quoted_for_a_shell() -> None:
    assert warned(SAID + " today", key="B/two words")[0].endswith(
        "`promptsync mv A/old 'B/two words'` keeps its id id-1"
    )


@pytest.mark.parametrize(
    "text", ["Sort the tickets by team", "You answer in a friendly tone and sort all the new tickets"]
)
def test_what_says_something_else_is_no_rename(text: str) -> None:
    assert warned(text) == []


def test_offline_the_only_one_may_be_it() -> None:
    assert "promptsync mv A/old B/new" in warned("Sort the tickets by team", offline=True)[0]


def test_the_most_alike_is_named() -> None:
    old = [file("A/x", words(SAID)), file("A/y", words(SAID + " and no gift"))]
    there = [held(one, f"id-{n}") for n, one in enumerate(old)]
    lock = Lockfile({one.key: entry(one, remote) for one, remote in zip(old, there, strict=True)})
    made = plan([file("B/new", words(SAID + " and no gift card"))], lock, there)
    assert "promptsync mv A/y B/new" in next(change.warnings[0] for change in made.changes if change.key == "B/new")


def test_a_file_over_another_is_told() -> None:
    old = [file("A/x", words(SAID)), file("A/y", words("Sort the tickets"))]
    there = [held(one, f"id-{n}") for n, one in enumerate(old)]
    lock = Lockfile({one.key: entry(one, remote) for one, remote in zip(old, there, strict=True)})
    made = plan([file("A/y", words(SAID))], lock, there)
    assert [change.warnings for change in made.changes if change.key == "A/y"] == [
        (
            "this says word for word what A/x was written from: `promptsync lock forget A/y` and then "
            "`promptsync mv A/x A/y` would keep the id of that one",
        )
    ]
    half = plan([file("A/y", words(SAID)), file("A/x", words("Something new"))], lock, there)
    assert "put them back and rename them with `promptsync mv`" in half.changes[-1].warnings[0]
