"""What is let through is what was told before, to the letter."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from promptsync.model.compare import FieldDiff
from promptsync.output.plan_json import plan_json
from promptsync.output.shown import shown
from promptsync.plan.approved import Held, Told, approved
from tests.output import examples

if TYPE_CHECKING:
    from promptsync.plan.changes import Change, Plan

KEY = "Default/Support/refund"
CREATE, UPDATE = examples.create("Default/Support/greeting"), examples.update(KEY)


def as_json(*changes: Change) -> dict[str, Any]:
    document = json.loads(json.dumps(plan_json(shown(examples.plan_of(*changes)))))
    return {change["key"]: change for change in document["changes"]}


def told(*changes: Change) -> dict[str, Told]:
    return {key: Told("the check of #7", (change,)) for key, change in as_json(*changes).items()}


def passed(plan: Plan, before: dict[str, Told], *touched: str) -> tuple[list[str], tuple[Held, ...]]:
    made, held = approved(plan, as_json(*plan.changes), before, touched)
    return [change.key for change in made.changes], held


def test_what_was_told_is_let_through_as_it_is() -> None:
    plan = examples.plan_of(CREATE, UPDATE)
    assert approved(plan, as_json(*plan.changes), told(CREATE, UPDATE), ()) == (plan, ())


@pytest.mark.parametrize(
    "now",
    [
        pytest.param(replace(UPDATE, digest="sha256:" + "0" * 64), id="what it rests on has moved"),
        pytest.param(examples.delete(KEY), id="another action"),
        pytest.param(replace(UPDATE, path="Staging/Support"), id="another path"),
        pytest.param(replace(UPDATE, display_name="Refunds"), id="another name"),
        pytest.param(replace(UPDATE, diff=UPDATE.diff[:1]), id="other fields"),
        pytest.param(replace(UPDATE, entry=examples.entry(KEY, 9)), id="another prompt"),
    ],
)
def test_what_was_told_otherwise_is_held(now: Any) -> None:
    keys, held = passed(examples.plan_of(CREATE, now), told(CREATE, UPDATE))
    assert (keys, held) == ([CREATE.key], (Held(now, told(UPDATE)[KEY]),))


def test_a_warning_more_or_less_changes_nothing() -> None:
    keys, held = passed(examples.plan_of(UPDATE.warned("there may be a rename")), told(UPDATE))
    assert (keys, held) == ([KEY], ())


def test_what_no_one_told_is_held_against_those_who_touched_it() -> None:
    plan = examples.plan_of(CREATE, UPDATE)
    keys, held = passed(plan, {}, KEY)
    assert (keys, [(one.change.key, one.is_foreign) for one in held]) == ([], [(CREATE.key, True), (KEY, False)])


def test_what_is_only_told_stays_in_the_plan() -> None:
    drift, conflict = examples.drift(), examples.conflict()
    keys, held = passed(examples.plan_of(UPDATE, drift, conflict), {})
    assert (keys, len(held)) == ([conflict.key, drift.key], 1)


def test_prompts_that_trade_places_do_so_all_at_once_or_not_at_all() -> None:
    moves = [examples.move(f"Default/{name}") for name in "abc"]
    pairs = {"Default/a": "Default/b", "Default/b": "Default/a", "Default/c": "Default/old"}
    plan = examples.plan_of(*moves, traded=pairs)
    known = told(*moves)
    assert passed(plan, known) == ([move.key for move in moves], ())
    del known["Default/b"]
    made, held = approved(plan, as_json(*moves), known, ["Default/b"])
    assert ([change.key for change in made.changes], made.traded) == (["Default/c"], {"Default/c": "Default/old"})
    assert [(one.change.key, one.partner) for one in held] == [("Default/a", "Default/b"), ("Default/b", None)]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(examples.adopt(), id="a prompt that a run which died made"),
        pytest.param(examples.forget(), id="an entry of nothing"),
        pytest.param(replace(UPDATE, diff=(FieldDiff("protected", "add", None, True),)), id="the lockfile alone"),
    ],
)
def test_what_sends_nothing_needs_no_approval(change: Change) -> None:
    plan = examples.plan_of(change)
    assert approved(plan, as_json(change), {}, [change.key]) == (plan, ())


def test_a_prompt_that_is_taken_over_and_updated_needs_one() -> None:
    adopt = replace(examples.adopt(), diff=UPDATE.diff)
    assert passed(examples.plan_of(adopt), {})[0] == []


def test_another_plan_has_another_digest() -> None:
    plan = examples.plan_of(CREATE, UPDATE)
    assert approved(plan, as_json(*plan.changes), told(CREATE), ())[0].digest != plan.digest


@pytest.mark.parametrize("forged", [{}, {"digest": []}, {"digest": UPDATE.digest, "action": "update"}])
def test_a_plan_that_tells_less_than_all_approves_nothing(forged: dict[str, Any]) -> None:
    assert passed(examples.plan_of(UPDATE), {KEY: Told("the check of #7", (forged,))})[0] == []
