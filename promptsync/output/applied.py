"""What came of a plan, as Markdown for a job's summary or a comment, and as a plan that a page shows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from promptsync.model.compare import FieldDiff
from promptsync.output.details import details
from promptsync.output.escape import terminal
from promptsync.output.markdown import fenced_within, field_lines, fitted, folded, told_lines, top_lines
from promptsync.output.outcomes import outcome_lines, outcome_sum
from promptsync.output.shown import masked, shown
from promptsync.output.text import place

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from promptsync.commands.results import Applied
    from promptsync.model.prompt import Json
    from promptsync.output.layout import Layout
    from promptsync.plan.approved import Held, Told
    from promptsync.plan.changes import Change, Outcome, Plan


def applied_sum(applied: Applied, held: Sequence[Held]) -> str:
    """`Applied: 2 created; 1 failed. 1 not approved.`, without what others wrote."""
    done = outcome_sum(applied.outcomes, applied.plan)
    return f"{done} {len(held)} not approved." if held else done


def render_applied(applied: Applied, held: Sequence[Held], layout: Layout) -> str:
    """What came of the plan within the layout's limit, without a final newline; what was not approved comes first."""
    plan = applied.plan
    where = place(plan.target, plan.host, plan.path_prefix)
    top = "\n".join(top_lines(applied_sum(applied, held), [where[0].upper() + where[1:], *layout.facts]))
    lines = list(outcome_lines(applied.outcomes, plan, interrupted=applied.interrupted))
    limit = layout.limit
    masked_held = shown(replace(plan, changes=tuple(one.change for one in held))).changes
    # What is not approved may take half of the room: each of them is a text or two.
    half = replace(layout, limit=limit // 2 if limit is not None and lines else limit)
    text = fitted(top, [_held(*both) for both in zip(held, masked_held, strict=True)], half)
    rest = limit - len(text) - 1 if limit is not None else None
    return f"{text}\n{fenced_within(lines, rest)}" if lines else text.rstrip("\n")


def with_outcomes(applied: Applied, held: Sequence[Held]) -> Plan:
    """The plan as a page shows it after an apply: what was not carried out is there too, and says why."""
    outcomes = {outcome.key: outcome for outcome in applied.outcomes}
    changes = [
        change.warned(_ended(outcomes[change.key])) if _is_open(outcomes.get(change.key)) else change
        for change in applied.plan.changes
    ]
    changes += [one.change.warned(f"not approved: {not_approved(one)}") for one in held]
    return replace(applied.plan, changes=tuple(sorted(changes, key=lambda change: change.key)))


def not_approved(one: Held) -> str:
    """Why a change was not carried out, in a clause."""
    if one.partner is not None:
        return f"it trades places with {one.partner}, which is not approved"
    if one.told is not None:
        return f"{one.told.where} told something else"
    return "no check told of it" + (", and nothing that is merged now concerns it" if one.is_foreign else "")


def _is_open(outcome: Outcome | None) -> bool:
    return outcome is not None and outcome.status != "done"


def _ended(outcome: Outcome) -> str:
    return f"{outcome.status}: {outcome.message}" if outcome.message else outcome.status


def _held(one: Held, change: Change) -> str:
    """What was approved and what would be done, of a change that is masked already."""
    lines = [f"# not applied: {terminal(not_approved(one))}"]
    fields = [line for item in change.diff for line in field_lines(item)]
    for action, before in _told(one.told) if one.told is not None and one.partner is None else ():
        if (action, before) == (change.action, fields):
            lines.append("# the fields are those that were approved; what they rest on has changed since")
        else:
            lines += [f"# approved was: {action}", *before]
    lines += [f"# it would be: {change.action}", *told_lines(details(change))]
    return folded("not approved", "!!", change.key, change.id, lines)


def _told(told: Told) -> Iterator[tuple[str, list[str]]]:
    for change in told.changes:
        yield str(change["action"]), [line for item in _diff(change) for line in field_lines(item)]


def _diff(change: Json) -> Iterator[FieldDiff]:
    """The fields as they were saved; what is no field is left out. Whoever made the plan may have forged it."""
    found: Any = change.get("diff")
    for item in found if isinstance(found, list) else ():
        match item:
            case {"field": str(field), "op": ("add" | "remove" | "replace") as op}:
                yield masked(FieldDiff(field, op, item.get("before"), item.get("after")))
