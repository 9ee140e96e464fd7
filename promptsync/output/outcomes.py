"""What an apply did, what it did not and why, and what waits for a person."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from promptsync.model.naming import few
from promptsync.model.shell import command
from promptsync.output.cells import pad
from promptsync.output.cells import width as cells
from promptsync.output.escape import terminal
from promptsync.output.style import LOOKS, Colour, Style, counted
from promptsync.plan.changes import ACTIONS, Recreate

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from promptsync.plan.changes import Action, Outcome, Plan

_NOT_DONE: dict[str, Colour] = {"failed": "red", "not converged": "red", "left": "yellow", "skipped": "yellow"}
_UNDECIDED = ("drift", "conflict")
_MARGIN = " " * 5
_MAX_KEYS = 10


class _Waiting(NamedTuple):
    action: Action
    key: str
    message: str
    hint: str | None


def render_outcomes(
    outcomes: Sequence[Outcome], plan_or_none: Plan | None, *, color: bool, interrupted: bool = False
) -> str:
    """What is worth telling line by line, and the sum in the last line; without a final newline.

    What was done is only counted, except for what has a new id or a remark. The plan, if there is one, tells the
    drift and the conflicts that the run left alone. Where it was `interrupted`, what was not begun is named in a line.
    """
    style = Style(color)
    waiting = _waiting(outcomes, plan_or_none)
    lines = [
        *_new_ids(outcomes, plan_or_none, style),
        *_remarks(outcomes, style),
        *_not_done([item for item in outcomes if not (interrupted and item.status == "skipped")], style),
        *(line for item in waiting for line in _undecided(item, style)),
    ]
    if interrupted:
        lines += _interrupted(outcomes, style)
    lines += ["", _sum(outcomes, waiting, style)] if lines else [_sum(outcomes, waiting, style)]
    return "\n".join(line.rstrip() for line in lines)


def outcome_lines(outcomes: Sequence[Outcome], plan: Plan, *, interrupted: bool = False) -> Iterator[str]:
    """All that came of a plan, without colour: what wants a look, then each that was done, with id and version."""
    return (line.rstrip() for line in _outcome_lines(outcomes, plan, Style(False), interrupted=interrupted))


def outcome_sum(outcomes: Sequence[Outcome], plan: Plan) -> str:
    """`Applied: 2 created, 1 updated; 1 failed.`"""
    return _sum(outcomes, _waiting(outcomes, plan), Style(False))


def _outcome_lines(outcomes: Sequence[Outcome], plan: Plan, style: Style, *, interrupted: bool) -> Iterator[str]:
    yield from _not_done([item for item in outcomes if not (interrupted and item.status == "skipped")], style)
    if interrupted:
        yield from _interrupted(outcomes, style)
    yield from (line for item in _waiting(outcomes, plan) for line in _undecided(item, style))
    done = [outcome for outcome in outcomes if outcome.status == "done"]
    keys = _column(done)
    for outcome in done:
        look = LOOKS[outcome.action]
        version = f"  version {terminal(outcome.version)}" if outcome.version else ""
        yield (
            f"{look.sign:<2} {look.done:<9}  {pad(terminal(outcome.key), keys)}  {terminal(outcome.id or '')}{version}"
        )
        yield from _why(outcome.message, None, style)
        yield from _new_id(outcome, plan, style)


def _new_ids(outcomes: Sequence[Outcome], plan: Plan | None, style: Style) -> Iterator[str]:
    created = [outcome for outcome in outcomes if outcome.action == "create" and outcome.status == "done"]
    keys = _column(created)
    for outcome in created:
        key = style("bold", pad(terminal(outcome.key), keys))
        version = f"  version {terminal(outcome.version)}" if outcome.version else ""
        yield f"{style('green', '+  created')}  {key}  {terminal(outcome.id or '')}{version}"
    for outcome in outcomes:
        if outcome.action == "recreate" and outcome.status == "done":
            yield f"{style('magenta', '-+ recreated')}  {style('bold', terminal(outcome.key))}"
            yield from _new_id(outcome, plan, style)


def _new_id(outcome: Outcome, plan: Plan | None, style: Style) -> Iterator[str]:
    """What the callers of a prompt that was made anew must know."""
    if outcome.action != "recreate":
        return
    lost = {change.key: change.id for change in plan.changes if isinstance(change, Recreate)} if plan else {}
    ids = f"{terminal(lost.get(outcome.key, 'the old one'))} → {terminal(outcome.id or 'unknown')}"
    yield f"{_MARGIN}{style('magenta', 'THE ID CHANGED:')} {ids}; give the new one to its callers"


def _remarks(outcomes: Sequence[Outcome], style: Style) -> Iterator[str]:
    for outcome in outcomes:
        if outcome.status == "done" and outcome.message:
            done = style("dim", LOOKS[outcome.action].done)
            yield f"{done}  {style('bold', terminal(outcome.key))}: {terminal(outcome.message)}"


def _not_done(outcomes: Sequence[Outcome], style: Style) -> Iterator[str]:
    listed = [outcome for outcome in outcomes if outcome.status in _NOT_DONE and outcome.action not in _UNDECIDED]
    keys = _column(listed)
    for status, colour in _NOT_DONE.items():
        for outcome in listed:
            if outcome.status == status:
                key = style("bold", pad(terminal(outcome.key), keys))
                yield f"{style(colour, f'{status:<13}')}  {outcome.action:<8}  {key}  {terminal(outcome.id or '')}"
                yield from _why(outcome.message, outcome.hint, style)


def _column(outcomes: Sequence[Outcome]) -> int:
    return min(max((cells(terminal(outcome.key)) for outcome in outcomes), default=0), 60)


def _interrupted(outcomes: Sequence[Outcome], style: Style) -> Iterator[str]:
    """What a run that was stopped did, did not, and may have done, each in a line."""
    groups: dict[str, list[str]] = {"done": [], "not done": [], "in doubt": []}
    for outcome in outcomes:
        done = "done" if outcome.status in ("done", "not converged") else "not done"
        groups["in doubt" if outcome.in_doubt else done].append(outcome.key)
    yield style("yellow", "interrupted:")
    for name, keys in groups.items():
        named = f" ({few(keys, _MAX_KEYS)})" if keys and name != "done" else ""
        yield f"{_MARGIN}{name + ':':<10}{len(keys)}{terminal(named)}"
    again = "run it again: it first looks what became of what is in doubt, and does nothing twice"
    yield f"{_MARGIN}{style('cyan', 'help:')} {again}"


def _waiting(outcomes: Sequence[Outcome], plan: Plan | None) -> list[_Waiting]:
    """Drift and conflicts, as the plan tells them; where there is none, as the outcomes do."""
    found: dict[tuple[str, str], _Waiting] = {}
    for outcome in outcomes:
        if outcome.action == "drift" or outcome.action == "conflict":
            found[outcome.action, outcome.key] = _Waiting(outcome.action, outcome.key, outcome.message, outcome.hint)
    for drift in plan.drifts if plan else ():
        found[drift.action, drift.key] = _Waiting(drift.action, drift.key, "", None)
    for conflict in plan.conflicts if plan else ():
        found["conflict", conflict.key] = _Waiting("conflict", conflict.key, conflict.reason, conflict.hint)
    return sorted(found.values(), key=lambda item: (item.action != "drift", item.key))


def _undecided(item: _Waiting, style: Style) -> Iterator[str]:
    look = LOOKS[item.action]
    yield f"{style(look.colour, f'{look.sign:<2} {item.action:<8}')}  {style('bold', terminal(item.key))}"
    if item.action == "drift":
        pull = f"{command('pull', item.key)} takes it into the file"
        yield from _why(item.message or "changed on the service, left as it is", item.hint or pull, style)
    else:
        yield from _why(item.message, item.hint, style)


def _why(message: str, hint: str | None, style: Style) -> Iterator[str]:
    if message:
        yield f"{_MARGIN}{terminal(message)}"
    if hint:
        yield f"{_MARGIN}{style('cyan', 'help:')} {terminal(hint)}"


def _sum(outcomes: Sequence[Outcome], waiting: list[_Waiting], style: Style) -> str:
    done = Counter(outcome.action for outcome in outcomes if outcome.status == "done")
    status = Counter(outcome.status for outcome in outcomes if outcome.action not in _UNDECIDED)
    kinds = Counter(item.action for item in waiting)
    good = [f"{done[action]} {LOOKS[action].done}" for action in ACTIONS if done[action]]
    bad = [f"{status[name]} {name}" for name in ("failed", "not converged", "left", "skipped") if status[name]]
    if kinds["drift"]:
        bad.append(f"{kinds['drift']} drifted")
    if kinds["conflict"]:
        bad.append(counted(kinds["conflict"], "conflict"))
    if not good and not bad:
        return style("green", "Nothing to do.")
    written = status["not converged"]  # as the service could hold it
    parts = [*([", ".join(good) or "nothing"] if good or not written else []), *([", ".join(bad)] if bad else [])]
    return f"{style('bold', 'Applied:')} {'; '.join(parts)}."
