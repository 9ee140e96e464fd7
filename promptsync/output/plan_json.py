"""A plan as JSON: for programs (`plan --format json`), and to be applied later (`plan --out`)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from promptsync.output.escape import json_text
from promptsync.output.shown import shown
from promptsync.plan.changes import FORMAT_VERSION, Conflict, Move
from promptsync.plan.origins import file_of

if TYPE_CHECKING:
    from promptsync.model.compare import FieldDiff
    from promptsync.model.prompt import Json
    from promptsync.output.layout import Layout
    from promptsync.output.shown import ShownPlan
    from promptsync.plan.changes import Change, Plan, Sides


def render_json(plan: ShownPlan, _: Layout) -> str:
    """What `plan --format json` prints."""
    return dumps(plan_json(plan)).removesuffix("\n")


def plan_json(plan: ShownPlan) -> Json:
    """The plan as `plan --format json` tells it. A conflict's reason and hint come first among its warnings."""
    return {
        "format_version": FORMAT_VERSION,
        "target": plan.target,
        "digest": plan.digest,
        "summary": plan.summary,
        "changes": [_change(change) for change in plan.changes],
    }


def saved_plan(plan: Plan, host: str | None) -> Json:
    """The plan as `plan --out` saves it: with what it takes to carry it out or to show it again.

    That is the options it was made with and the service's `host`; of each change the file (its place under the root),
    the key that a move leaves, and who changed what.
    """
    return saved_json(shown(plan), host)


def saved_json(plan: ShownPlan, host: str | None) -> Json:
    """The same of a plan that is masked already."""
    return {
        **plan_json(plan),
        "changes": [_saved_change(change) for change in plan.changes],
        "options": plan.options.as_json(),
        "host": host,
        "path_prefix": plan.path_prefix,
        "offline": plan.offline,
    }


def dumps(document: Json) -> str:
    """`document` in ASCII, in the order it has, two spaces an indent, with a final newline."""
    return json_text(json.dumps(document, indent=2, ensure_ascii=True)) + "\n"


def _change(change: Change) -> Json:
    decision = (change.reason, change.hint) if isinstance(change, Conflict) else ()
    return {
        "key": change.key,
        "action": change.action,
        "id": change.id,
        "path": change.path,
        "display_name": change.display_name,
        "digest": change.digest,
        "diff": [_field(item) for item in change.diff],
        "warnings": [*decision, *change.warnings],
        **({"origins": [origin._asdict() for origin in change.origins]} if change.origins else {}),
    }


def _saved_change(change: Change) -> Json:
    file = file_of(change)
    return {
        **_change(change),
        # A key may be written in another Unicode form than the file's name.
        "file": "/".join(file.file.split("/")[-1 - change.key.count("/") :]) if file else None,
        "old_key": change.old_key if isinstance(change, Move) else None,
        "sides": _sides(change.sides) if change.sides else None,
    }


def _sides(sides: Sides) -> Json:
    return {
        "since": sides.since,
        "here": [_field(item) for item in sides.here],
        "there": [_field(item) for item in sides.there],
    }


def _field(item: FieldDiff) -> Json:
    return {"field": item.field, "op": item.op, "before": item.before, "after": item.after}
