from __future__ import annotations

import pytest

from promptsync.model.errors import ExitCode, PlanError
from promptsync.plan.changes import Plan, PlanOptions
from promptsync.plan.safety import raise_if_unsafe, raise_if_wrong_place
from tests.factories import entry, file, held, locked, plan


def pruning(deletes: int, of: int, max_deletes: int | None = None) -> Plan:
    """A plan that deletes some of the locked prompts."""
    files = [file(f"A/p{number}") for number in range(of)]
    there = [held(one, f"id-{one.stem}") for one in files]
    base = locked(*((one.key, entry(one, two)) for one, two in zip(files, there, strict=True)))
    return plan(files[deletes:], base, there, prune=True, max_deletes=max_deletes)


@pytest.mark.parametrize(
    ("deletes", "of", "safe"),
    [
        (0, 0, True), (9, 9, True), (3, 10, True), (4, 10, False), (10, 10, False), (6, 20, True), (7, 20, False),
        (30, 100, True), (31, 100, False),
    ],
)  # fmt: skip
def test_the_share_of_deletes(deletes: int, of: int, safe: bool) -> None:
    made = pruning(deletes, of)
    assert made.summary["delete"] == deletes
    if safe:
        raise_if_unsafe(made)
        return
    with pytest.raises(PlanError) as caught:
        raise_if_unsafe(made)
    assert caught.value.message == f"the plan deletes {deletes} of {of} locked prompts, more than 30 %"
    assert caught.value.hint == f"if that is meant, say so with --max-deletes {deletes}"
    assert caught.value.exit_code == ExitCode.ERROR


def test_a_count_replaces_the_share() -> None:
    raise_if_unsafe(pruning(10, 10, max_deletes=10))
    with pytest.raises(PlanError, match="the plan deletes 1 prompts, and --max-deletes allows 0"):
        raise_if_unsafe(pruning(1, 2, max_deletes=0))


@pytest.mark.parametrize(
    ("gone", "locked_there", "safe"),
    [(0, 0, True), (2, 2, True), (1, 3, True), (2, 3, False), (2, 4, True), (3, 4, False)],
)
def test_the_wrong_key_or_workspace(gone: int, locked_there: int, safe: bool) -> None:
    made = Plan("default", (), "", locked=locked_there, gone=gone)
    for judge in (raise_if_wrong_place, raise_if_unsafe):
        if safe:
            judge(made)
            continue
        with pytest.raises(PlanError) as caught:
            judge(made)
        assert caught.value.message == (
            f"{gone} of the {locked_there} locked prompts are not on the service: "
            "this is the wrong key or the wrong workspace"
        )


def test_the_wrong_place_stops_before_the_count_of_deletes_is_asked() -> None:
    with pytest.raises(PlanError, match="wrong key"):
        raise_if_unsafe(Plan("default", (), "", locked=3, gone=3, options=PlanOptions(max_deletes=100)))
