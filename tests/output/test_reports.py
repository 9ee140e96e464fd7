"""What is wrong in files, as programs read it."""

from __future__ import annotations

import json

from promptsync.lint.rules import RULES
from promptsync.model.prompt import Problem
from promptsync.output.reports import REPORTS

PROBLEMS = (
    Problem("prompts/a b.yaml", 3, 7, "it is odd", "mend it", "x", "warning", "json-mode"),
    Problem("prompts/c.yaml", 0, 0, "no \x1b[1mfile", severity="error"),
)


def test_json() -> None:
    assert json.loads(REPORTS["json"](PROBLEMS)) == {
        "format_version": 1,
        "summary": {"error": 1, "warning": 1},
        "problems": [
            {"file": "prompts/a b.yaml", "line": 3, "column": 7, "severity": "warning", "rule": "json-mode",
             "message": "it is odd", "hint": "mend it"},
            {"file": "prompts/c.yaml", "line": None, "column": None, "severity": "error", "rule": None,
             "message": "no \\x1b[1mfile", "hint": None},
        ],
    }  # fmt: skip


def test_sarif_names_every_rule_and_each_result_has_one() -> None:
    log = json.loads(REPORTS["sarif"](PROBLEMS))
    (run,) = log["runs"]
    first, second = run["results"]

    assert (log["version"], run["columnKind"]) == ("2.1.0", "unicodeCodePoints")
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["load", *RULES]
    assert first == {
        "ruleId": "json-mode",
        "level": "warning",
        "message": {"text": "it is odd: mend it"},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": "prompts/a%20b.yaml"},
                    "region": {"startLine": 3, "startColumn": 7},
                }
            }
        ],
    }
    assert (second["ruleId"], second["level"]) == ("load", "error")
    assert second["locations"] == [{"physicalLocation": {"artifactLocation": {"uri": "prompts/c.yaml"}}}]


def test_annotations_name_the_rule() -> None:
    assert REPORTS["github"](PROBLEMS).splitlines()[1] == (
        "::warning file=prompts/a b.yaml,line=3,title=promptsync%3A json-mode::it is odd%0Amend it"
    )
