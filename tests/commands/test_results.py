from __future__ import annotations

from dataclasses import replace

import pytest

from promptsync.commands.results import Applied, Planned, Pulled
from promptsync.model.errors import ExitCode, PlanError
from promptsync.plan.changes import Change, Outcome
from tests.output import examples

DONE, LEFT, FAILED = (Outcome("a/b", "update", status) for status in ("done", "left", "failed"))


@pytest.mark.parametrize(
    ("changes", "code", "detailed"),
    [
        ((), ExitCode.DONE, ExitCode.DONE),
        ((examples.orphan(),), ExitCode.DONE, ExitCode.DONE),
        ((examples.create(),), ExitCode.DONE, ExitCode.CHANGES_PENDING),
        ((examples.create(), examples.drift()), ExitCode.DONE, ExitCode.CONFLICT),
        ((examples.conflict(),), ExitCode.DONE, ExitCode.CONFLICT),
    ],
)
def test_a_plan_exits_with_what_it_says_only_in_detail(
    changes: tuple[Change, ...], code: ExitCode, detailed: ExitCode
) -> None:
    planned = Planned(examples.plan_of(*changes), "api.orq.ai")
    assert (planned.exit_code(), planned.exit_code(detailed=True)) == (code, detailed)


def test_a_check_fails_on_conflicts_on_what_is_refused_and_on_drift_if_asked() -> None:
    drifted, open_, fine = (
        Planned(examples.plan_of(change), "api.orq.ai")
        for change in (examples.drift(), examples.conflict(), examples.update())
    )
    assert [one.check_code(fail_on_drift=False) for one in (drifted, open_, fine)] == [0, 3, 0]
    assert [one.check_code(fail_on_drift=True) for one in (drifted, open_, fine)] == [3, 3, 0]
    assert replace(open_, refused=PlanError("too many deletes")).check_code(fail_on_drift=True) == ExitCode.ERROR


@pytest.mark.parametrize(
    ("outcomes", "interrupted", "code"),
    [
        ((), False, ExitCode.DONE),
        ((DONE,), False, ExitCode.DONE),
        ((DONE, LEFT), False, ExitCode.CONFLICT),
        ((DONE, LEFT, FAILED), False, ExitCode.PARTIAL),
        ((FAILED,), True, ExitCode.INTERRUPTED),
    ],
)
def test_an_apply_exits_with_the_worst_of_its_outcomes(
    outcomes: tuple[Outcome, ...], interrupted: bool, code: ExitCode
) -> None:
    assert Applied(examples.plan_of(), outcomes, interrupted).exit_code is code


def test_an_apply_of_a_plan_with_a_conflict_asks_for_a_decision() -> None:
    assert Applied(examples.plan_of(examples.conflict()), (DONE,)).exit_code is ExitCode.CONFLICT


def test_a_file_waits_for_a_decision_where_it_was_left_alone() -> None:
    assert [Pulled("a/b").is_open, Pulled("a/b", problem="it is no valid file").is_open] == [False, True]
