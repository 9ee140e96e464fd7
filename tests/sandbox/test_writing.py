"""What a service may write differently, by a switch for each."""

from __future__ import annotations

import json
from typing import Any, get_args

import pytest

from promptsync.sandbox import Behaviour, Sandbox
from promptsync.sandbox.behaviour import Writing
from promptsync.sandbox.writing import written

BODY: dict[str, Any] = {
    "description": "cafe\u0301\r\n",
    "metadata": {"use_cases": ["SQL", "Agents"]},
    "prompt": {"temperature": 0.7, "n": 1, "messages": [{"role": "user", "content": "two\nlines"}]},
}


@pytest.mark.parametrize(
    ("writing", "changes"),
    [
        ("kept", {}),
        ("trimmed", {"description": "cafe\u0301"}),
        ("closed", {"content": "two\nlines\n"}),
        ("nfc", {"description": "caf\u00e9\r\n"}),
        ("lf", {"description": "cafe\u0301\n"}),
        ("single", {"temperature": 0.699999988079071}),
        ("sorted", {"use_cases": ["Agents", "SQL"]}),
        ("all", {"description": "caf\u00e9", "temperature": 0.699999988079071, "use_cases": ["Agents", "SQL"]}),
    ],
)
def test_each_way_changes_nothing_else(writing: Writing, changes: dict[str, Any]) -> None:
    kept = written(BODY, writing)
    message = kept["prompt"]["messages"][0]
    found = {**kept, **kept["prompt"], **kept["metadata"], **message}
    asked = {**BODY, **BODY["prompt"], **BODY["metadata"], **BODY["prompt"]["messages"][0]}
    plain = {name for name, value in asked.items() if not isinstance(value, dict) and name != "messages"}
    assert {name: found[name] for name in plain if found[name] != asked[name]} == changes


def test_sorted_turns_the_keys() -> None:
    assert json.dumps(written({"b": {"y": 1, "x": [{"d": 1, "c": 2}]}, "a": 1}, "sorted")["b"]) == json.dumps(
        {"x": [{"c": 2, "d": 1}], "y": 1}
    )


def test_every_way_is_tried_here() -> None:
    assert set(get_args(Writing)) == {"kept", "trimmed", "closed", "nfc", "lf", "single", "sorted", "all"}


def test_what_is_sent_and_what_is_edited_is_kept_so() -> None:
    with Sandbox(behaviour=Behaviour(writing="trimmed")) as sandbox:
        made = sandbox.create(
            {"display_name": "A", "path": "Default", "description": "D\n", "prompt": {"messages": []}}
        )
        assert made["description"] == "D"
        assert sandbox.update(made["_id"], {"description": "E\n"})["description"] == "E"
        assert sandbox.ui_edit(made["_id"], {"description": "F\n"})["description"] == "F"
