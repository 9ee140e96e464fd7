from __future__ import annotations

import dataclasses
from typing import get_args

import pytest

from promptsync.plan.changes import (
    ACTIONS,
    DECIDED,
    Action,
    Change,
    Conflict,
    Create,
    Decided,
    Plan,
    PlanOptions,
    _Told,
)
from tests.factories import block, entry, file, held, intent, locked, plan


def everything() -> Plan:
    """A plan with one change of most kinds."""
    same, edited, drifted = file("A/same"), file("A/edited"), file("A/drifted")
    gone, orphan, forgotten, moved = file("A/gone"), file("A/orphan", block(n=7)), file("A/forgotten"), file("B/moved")
    known = [same, edited, drifted, gone, orphan, forgotten, moved]
    there = {one.key: held(one, f"id-{one.stem}") for one in known}
    base = locked(*((one.key, entry(one, there[one.key])) for one in known))
    there["A/drifted"] = held(drifted, "id-drifted", content=block(n=5), version="v2")
    del there["A/gone"], there["A/forgotten"]
    files = [same, file("A/edited", block(n=1)), drifted, gone, file("C/moved"), file("A/new"), file("A/lost")]
    service = [*there.values(), held(file("A/lost"), "id-lost")]
    return plan(files, base, service, intents=[intent("A/lost", "lost", "A")])


def test_the_changes_are_in_the_order_of_their_keys() -> None:
    assert [(change.action, change.key) for change in everything().changes] == [
        ("drift", "A/drifted"),
        ("update", "A/edited"),
        ("forget", "A/forgotten"),
        ("conflict", "A/gone"),
        ("adopt", "A/lost"),
        ("create", "A/new"),
        ("orphan", "A/orphan"),
        ("move", "C/moved"),
    ]


def test_what_is_decided_and_what_is_left_alone() -> None:
    made = everything()
    assert [change.action for change in made.decided] == ["update", "forget", "adopt", "create", "move"]
    assert [change.key for change in made.conflicts] == ["A/gone"]
    assert [change.key for change in made.drifts] == ["A/drifted"]


def test_the_summary_has_every_action() -> None:
    made = everything().summary
    assert list(made) == [*ACTIONS, "unchanged"]
    assert made == {
        "create": 1, "update": 1, "move": 1, "adopt": 1, "recreate": 0, "delete": 0,
        "forget": 1, "drift": 1, "conflict": 1, "orphan": 1, "unchanged": 1,
    }  # fmt: skip
    assert (everything().locked, everything().gone) == (7, 2)


def test_each_action_has_one_kind_of_change() -> None:
    assert sorted(get_args(Action)) == sorted(ACTIONS)


def test_what_is_decided_is_what_an_apply_is_typed_to_carry_out() -> None:
    assert tuple(kind.action for kind in get_args(Decided)) == DECIDED


def test_what_is_left_alone_says_all_of_itself() -> None:
    """The type checker names a class of these that leaves out what they have to say."""
    assert [kind.action for kind in get_args(Change) if issubclass(kind, _Told)] == [
        action for action in ACTIONS if action not in DECIDED
    ]


def test_a_create_has_no_id_and_a_conflict_may_have_one() -> None:
    made = Create(key="k", display_name="n", digest="d", file=file())
    assert made.id is None
    assert Conflict(key="k", display_name="n", digest="d", reason="r", hint="h").id is None


def test_a_plan_is_a_value() -> None:
    assert everything() == everything()
    with pytest.raises(dataclasses.FrozenInstanceError):
        everything().target = "other"  # type: ignore[misc]


def test_the_options_as_a_saved_plan_carries_them() -> None:
    assert PlanOptions(True, ("a/**",), False, ("b",), 3).as_json() == {
        "prune": True,
        "overwrite": ["a/**"],
        "create_twins": False,
        "only": ["b"],
        "max_deletes": 3,
    }
