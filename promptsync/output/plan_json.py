"""A plan as JSON: for programs (`plan --format json`), and to be applied later (`plan --out`)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from promptsync.output.escape import json_text
from promptsync.output.shown import shown
from promptsync.plan.changes import FORMAT_VERSION, Conflict

if TYPE_CHECKING:
    from promptsync.model.compare import FieldDiff
    from promptsync.model.prompt import Json
    from promptsync.output.layout import Layout
    from promptsync.output.shown import ShownPlan
    from promptsync.plan.changes import Change, Plan


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
    """The plan as `plan --out` saves it: with the options it was made with, and the service's `host`."""
    return {**plan_json(shown(plan)), "options": plan.options.as_json(), "host": host}


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
    }


def _field(item: FieldDiff) -> Json:
    return {"field": item.field, "op": item.op, "before": item.before, "after": item.after}
