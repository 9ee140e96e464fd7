"""A reviewer sees everything: whatever is edited, the new words stand in a plan that leaves nothing out."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace
from random import Random
from time import process_time
from typing import TYPE_CHECKING

import pytest

from promptsync.model.compare import FieldDiff
from promptsync.output.formats import render
from promptsync.output.layout import Layout
from tests.output import examples
from tests.output.edits import KINDS, Edited, word

if TYPE_CHECKING:
    from promptsync.plan.changes import Update

EDITS = [(number, KINDS[number % len(KINDS)]) for number in range(190)]


def update(edited: Edited, key: str = "Default/one") -> Update:
    item = examples.replaced("prompt.messages[0].content", edited.before, edited.after)
    if not edited.before:
        item = FieldDiff(item.field, "add", None, edited.after)
    return replace(examples.update(key), diff=(item,), warnings=())


@pytest.mark.parametrize(("number", "kind"), EDITS, ids=[f"{kind.__name__}-{number}" for number, kind in EDITS])
def test_what_is_new_is_told(number: int, kind: type) -> None:
    edited = kind(Random(number))

    told = render(examples.plan_of(update(edited)), Layout(whole=True))

    assert edited.seen in told.replace("\n", " ") or edited.seen in told


@pytest.mark.parametrize("number", range(10))
def test_the_fiftieth_prompt_is_told_like_the_first(number: int) -> None:
    random = Random(number)
    edits = [Edited("old", f"{word(random)}\n" * 50 + "end", "") for _ in range(60)]
    changes = [update(edited, f"Default/{place:02}") for place, edited in enumerate(edits)]

    told = render(examples.plan_of(*changes), Layout(whole=True))

    assert [edited for edited in edits if told.count(edited.after[:12]) != 50] == []


def test_a_plan_of_a_thousand_changes_is_told_in_two_seconds_and_200_megabytes() -> None:
    random = Random(1)
    lines = [f"You are line {number} of a prompt that is as long as most." for number in range(60)]
    changes = []
    for number in range(1_000):
        after = list(lines)
        for _ in range(5):
            after[random.randrange(60)] = word(random)
        changes.append(update(Edited("\n".join(lines), "\n".join(after), ""), f"Default/{number:04}"))
    plan = examples.plan_of(*changes)

    began = process_time()
    render(plan, Layout(whole=True))
    took = process_time() - began
    tracemalloc.start()
    render(plan, Layout(whole=True))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert took < 2
    assert most < 200_000_000
