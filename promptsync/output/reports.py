"""What is wrong in files, in the formats that programs read: JSON, SARIF 2.1.0, annotations of GitHub Actions."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from promptsync import __version__
from promptsync.lint.rules import RULES
from promptsync.output.escape import json_text, terminal
from promptsync.output.github import annotate

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from promptsync.model.prompt import Problem

SARIF: Final = "https://json.schemastore.org/sarif-2.1.0.json"
_HOME = "https://github.com/promptsync/promptsync"
_LOAD = "load"
"""The rule of what makes a file no valid prompt file, in SARIF, where each result has one."""


def json_report(problems: Sequence[Problem]) -> str:
    """`{"format_version": 1, "summary": {"error", "warning"}, "problems": […]}`; lines and columns count from 1."""
    counts = {level: sum(one.severity == level for one in problems) for level in ("error", "warning")}
    return _dumps({"format_version": 1, "summary": counts, "problems": [_told(problem) for problem in problems]})


def sarif_report(problems: Sequence[Problem]) -> str:
    """A log of one run (https://docs.oasis-open.org/sarif/sarif/v2.1.0/), as code scanning of GitHub takes it."""
    driver = {"name": "promptsync", "version": __version__, "informationUri": _HOME, "rules": _rules()}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(problem) for problem in problems],
    }
    return _dumps({"$schema": SARIF, "version": "2.1.0", "runs": [run]})


REPORTS: dict[str, Callable[[Sequence[Problem]], str]] = {
    "json": json_report,
    "github": annotate,
    "sarif": sarif_report,
}
"""The formats by name, but that for people."""


def _told(problem: Problem) -> dict[str, Any]:
    place = {"file": problem.file, "line": problem.line or None, "column": problem.column or None}
    said = {"message": terminal(problem.message), "hint": terminal(problem.hint) if problem.hint else None}
    return {**place, "severity": problem.severity, "rule": problem.rule, **said}


def _rules() -> list[dict[str, Any]]:
    known = [{"id": _LOAD, "shortDescription": {"text": "a file that is no valid prompt file"}}]
    return known + [
        {
            "id": rule.name,
            "shortDescription": {"text": rule.title},
            "helpUri": f"{_HOME}/blob/main/docs/rules/{rule.name}.md",
            "defaultConfiguration": {"level": rule.level},
        }
        for rule in RULES.values()
    ]


def _result(problem: Problem) -> dict[str, Any]:
    message = f"{problem.message}: {problem.hint}" if problem.hint else problem.message
    location: dict[str, Any] = {"artifactLocation": {"uri": quote(problem.file)}}
    if problem.line:
        location["region"] = {"startLine": problem.line, "startColumn": max(problem.column, 1)}
    return {
        "ruleId": problem.rule or _LOAD,
        "level": problem.severity,
        "message": {"text": terminal(message)},
        "locations": [{"physicalLocation": location}],
    }


def _dumps(value: Any) -> str:
    return json_text(json.dumps(value, ensure_ascii=True, indent=2))
