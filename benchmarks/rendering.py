"""What it takes to show a plan in which many prompts change, in each format; as `show` does it, without a service."""

from __future__ import annotations

import os
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import tree
from benchmarks.measure import Run, interleaved, run
from benchmarks.table import Table
from benchmarks.world import REPOSITORY
from promptsync.model.compare import all_fields, differences
from promptsync.model.lockfile import LockEntry
from promptsync.model.prompt import Prompt, PromptFile
from promptsync.output.formats import FORMATS
from promptsync.output.plan_json import dumps, saved_plan
from promptsync.plan.changes import Create, Delete, Plan, Update
from promptsync.plan.differ import plan_digest

if TYPE_CHECKING:
    from benchmarks.options import Options
    from promptsync.plan.changes import Change

_KINDS = 10
"""Of ten changes one is a create, one a delete, one rewrites a whole text, and the others edit some lines of one."""


def render(options: Options) -> list[Table]:
    """A saved plan of 1,000 changes in each format."""
    count = options.scaled(1_000)
    table = Table(f"A plan of {count:,} changes is shown")
    with tempfile.TemporaryDirectory() as folder:
        plan = Path(folder) / "plan.json"
        plan.write_text(dumps(saved_plan(_plan(count), "api.orq.ai")), encoding="utf-8")
        runs = interleaved([partial(_show, plan, form) for form in FORMATS], options.runs)
    for form, result in zip(FORMATS, runs, strict=True):
        table.add(form, result, base=not table.rows)
    for form, result in zip(FORMATS, runs, strict=True):
        table.judge(f"{form}: processor seconds", result.cpu, 2)
        table.judge(f"{form}: peak MB", result.peak, 200)
    return [table]


def _show(plan: Path, form: str) -> Run:
    env = {"PATH": os.environ.get("PATH", ""), "HOME": str(plan.parent), "PYTHONPATH": str(REPOSITORY)}
    return run([sys.executable, "-m", "promptsync", "show", str(plan), "--format", form], env, plan.parent)


def _plan(count: int) -> Plan:
    changes = tuple(map(_change, range(count)))
    return Plan("default", changes, plan_digest("default", changes), host="api.orq.ai")


def _change(number: int) -> Change:
    body = tree.body(number)
    key = f"{body['path']}/{body['display_name']}"
    before, after = (_prompt(number, edited=edited) for edited in (False, True))
    base = {"key": key, "display_name": after.display_name, "digest": f"sha256:{number:064x}", "path": body["path"]}
    file = PromptFile(key, f"prompts/{key}.yaml", after)
    entry = LockEntry(f"01JZ{number:022}", f"v{number}", body["path"], after.display_name, "prompt", "", "")
    if number % _KINDS == 0:
        return Create(**base, diff=tuple(all_fields(after, "add")), file=file)
    if number % _KINDS == 1:
        return Delete(**base, diff=tuple(all_fields(before, "remove")), entry=entry, remote=None)
    return Update(**base, diff=tuple(differences(after, before)), file=file, entry=entry, remote=None)


def _prompt(number: int, *, edited: bool) -> Prompt:
    """A prompt; `edited` it has another temperature, and another text."""
    body = tree.body(number, 0.77 if edited else 0.3)
    if edited:
        first = body["prompt"]["messages"][0]
        text = first["content"].replace("what they want", "what they are after").replace("Never promise", "Do not give")
        if number % _KINDS == 2:
            text = "\n".join(" ".join(reversed(line.split())) for line in text.split("\n"))
        first["content"] = f"{text}\nSay so, if you do not know.\n"
    return Prompt(body["display_name"], body["description"], body["metadata"], "prompt", body["prompt"])
