"""A plan as JSON: for programs (`plan --format json`), and to be applied later (`plan --out`)."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from promptsync.output.mask import masked_plan
from promptsync.plan.changes import FORMAT_VERSION, Conflict

if TYPE_CHECKING:
    from promptsync.model.prompt import Json
    from promptsync.plan.changes import Change, Plan


def plan_json(plan: Plan) -> Json:
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
    return {**plan_json(plan), "options": plan.options.as_json(), "host": host}


def render_saved(plan: Plan, host: str) -> str:
    """The text of a saved plan."""
    return dumps(saved_plan(masked_plan(plan), host))


def dumps(document: Json) -> str:
    """`document` in ASCII, in the order it has, two spaces an indent, with a final newline."""
    return json.dumps(document, indent=2, ensure_ascii=True) + "\n"


def _change(change: Change) -> Json:
    decision = (change.reason, change.hint) if isinstance(change, Conflict) else ()
    return {
        "key": change.key,
        "action": change.action,
        "id": change.id,
        "path": change.path,
        "display_name": change.display_name,
        "digest": change.digest,
        "diff": [asdict(item) for item in change.diff],
        "warnings": [*decision, *change.warnings],
    }
