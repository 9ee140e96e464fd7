"""Of all that went wrong, the exit code tells the worst."""

from __future__ import annotations

from typing import Any

import pytest

from promptsync.commands.results import Applied
from promptsync.github.home import Home
from promptsync.github.report import Ended
from promptsync.model.errors import DeniedError, ExitCode, PlanError, PromptsyncError
from promptsync.plan.approved import Held
from promptsync.plan.changes import Outcome
from tests.output import examples

HOME, LOST = Home("on main"), Home("nowhere", DeniedError("no"))
DONE, LEFT, FAILED = (Outcome("a/b", "update", status) for status in ("done", "left", "failed"))
OURS, FOREIGN = Held(examples.update(), None), Held(examples.update(), None, is_foreign=True)


class Gate:
    def __init__(self, *held: Held) -> None:
        self.held = held


@pytest.mark.parametrize(
    ("outcomes", "held", "home", "code"),
    [
        ([DONE], [], HOME, ExitCode.DONE),
        ([DONE], [FOREIGN], HOME, ExitCode.DONE),
        ([DONE], [OURS, FOREIGN], HOME, ExitCode.STALE_PLAN),
        ([LEFT], [], HOME, ExitCode.CONFLICT),
        ([LEFT], [OURS], HOME, ExitCode.STALE_PLAN),
        ([FAILED], [OURS], LOST, ExitCode.PARTIAL),
        ([LEFT], [], LOST, ExitCode.CONFLICT),
        ([DONE], [], LOST, ExitCode.LOCK_NOT_HOME),
    ],
)
def test_an_apply_exits_with_the_worst(outcomes: Any, held: Any, home: Home, code: ExitCode) -> None:
    applied = Applied(examples.plan_of(), tuple(outcomes))
    assert Ended(applied, None, home, Gate(*held)).exit_code == code  # type: ignore[arg-type]


@pytest.mark.parametrize("error", [PlanError("refused"), PromptsyncError("no service")])
def test_what_never_began_exits_with_its_error(error: PromptsyncError) -> None:
    assert Ended(None, error, LOST, None).exit_code == ExitCode.ERROR


def test_what_was_interrupted_says_so_first() -> None:
    applied = Applied(examples.plan_of(), (DONE, FAILED), interrupted=True)
    assert Ended(applied, None, LOST, None).exit_code == ExitCode.INTERRUPTED
