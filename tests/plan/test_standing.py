"""Who is ahead: told for each kind of change."""

from __future__ import annotations

import pytest

from promptsync.plan.changes import ACTIONS
from promptsync.plan.reverted import ON_ANOTHER_BRANCH
from promptsync.plan.standing import standing
from tests.output.examples import every_kind

WHO = {
    "create": "git",
    "update": "git",
    "move": "git",
    "adopt": "lock",
    "recreate": "git",
    "delete": "git",
    "forget": "git",
    "drift": "service",
    "conflict": "both",
    "orphan": None,
}


def test_each_kind_has_its_own() -> None:
    assert {change.action: standing(change) for change in every_kind().changes} == WHO
    assert WHO.keys() == set(ACTIONS)


@pytest.mark.parametrize("action", ["drift", "conflict"])
def test_what_another_branch_has_applied_is_no_edit(action: str) -> None:
    (change,) = [change for change in every_kind().changes if change.action == action]
    assert standing(change.warned(ON_ANOTHER_BRANCH)) == "lock"
