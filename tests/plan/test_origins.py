"""Where the values of a change stand, if not in the prompt's own file, and what else such a place reaches."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from promptsync.model.compare import FieldDiff
from promptsync.model.prompt import Included, Origin
from promptsync.plan.changes import Create, Update
from promptsync.plan.origins import Reach, reaches, shared_texts, with_origins
from tests.factories import entry, file, held

if TYPE_CHECKING:
    from promptsync.model.prompt import PromptFile

MODEL = Origin("prompt.model", "_defaults.yaml", 2)
RETRY = Origin("prompt.retry.count", "Default/_defaults.yaml", 3)
TEXT = "prompt.messages[0].content"


def update(asked: PromptFile, *diff: FieldDiff) -> Update:
    there = held(asked)
    return Update(
        key=asked.key,
        display_name="a",
        digest="",
        diff=diff,
        file=asked,
        entry=entry(asked, there),
        remote=there,
    )


@pytest.mark.parametrize(
    ("field", "origins"),
    [
        ("prompt.model", (MODEL,)),
        ("prompt.models", ()),
        ("prompt.retry", (RETRY,)),
        ("prompt.retry.count", (RETRY,)),
        ("prompt", (MODEL, RETRY)),
        ("metadata", ()),
    ],
)
def test_a_change_tells_of_the_fields_that_differ(field: str, origins: tuple[Origin, ...]) -> None:
    asked = replace(file("Default/a"), origins=(MODEL, RETRY))
    assert with_origins(update(asked, FieldDiff(field, "replace", 1, 2))).origins == origins


@pytest.mark.parametrize(
    ("before", "places"),
    [
        ("own\n\nold policy", ["policy.md"]),
        ("other\n\npolicy", []),
        ("other\n\nold policy", ["policy.md"]),
        ("own\n\npolicy\n\nmore of it", ["policy.md"]),
        (None, []),
    ],
)
def test_of_a_text_the_shared_parts_that_changed_are_told(before: str | None, places: list[str]) -> None:
    parts = (Included(TEXT, "own.md", 0, 3), Included(TEXT, "policy.md", 5, 11))
    asked = replace(file("Default/a"), parts=parts)
    change = update(asked, FieldDiff(TEXT, "replace", before, "own\n\npolicy"))
    assert [origin.place for origin in with_origins(change, {"policy.md"}).origins] == places


def test_a_text_is_shared_that_two_files_include() -> None:
    one = replace(file("Default/a"), parts=(Included(TEXT, "p.md", 0, 3), Included(TEXT, "a.md", 5, 6)))
    two = replace(file("Default/b"), parts=(Included(TEXT, "p.md", 0, 3),))
    twice = replace(file("Default/c"), parts=(Included(TEXT, "c.md", 0, 3), Included(TEXT, "c.md", 5, 8)))
    assert shared_texts([one, two, twice]) == {"p.md"}


def test_a_place_reaches_the_prompts_that_change_with_it_and_no_new_ones() -> None:
    diff = FieldDiff("prompt.model", "replace", "a", "b")
    files = [replace(file(f"Default/{name}"), origins=(MODEL,)) for name in "abc"]
    changes = [with_origins(update(asked, diff)) for asked in files[:2]]
    made = Create(key="Default/c", display_name="c", digest="", diff=(diff,), file=files[2])
    assert reaches([*changes, with_origins(made)]) == [Reach("_defaults.yaml", ("Default/a", "Default/b"))]
    assert reaches(changes[:1]) == []
