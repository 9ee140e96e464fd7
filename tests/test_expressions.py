"""The expressions that the runner of the tests evaluates, against what GitHub's documentation says of them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.github.expressions import evaluate, filled

CONTEXTS: dict[str, Any] = {
    "github": {"ref": "refs/heads/main", "event": {"pull_request": {"number": 7}}},
    "inputs": {"command": "check", "max-deletes": ""},
    "steps": {"run": {"outcome": "success", "outputs": {"exit-code": "3"}}},
}
FUNCTIONS = {"always": lambda: True, "success": lambda: False, "format": lambda text, *words: f"{text}{words}"}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("github.ref == 'refs/heads/main'", True),
        ("inputs.command == 'CHECK'", True),
        ("inputs.max-deletes != ''", False),
        ("always() && steps.run.outputs.exit-code != '64'", True),
        ("success() || steps.run.outputs.exit-code", "3"),
        ("!success()", True),
        ("!(always() && success())", True),
        ("github.event.pull_request.number == 7", True),
        ("github.event.merge_group.head_sha", None),
        ("steps.run.outputs.plan == ''", True),
        ("'it''s'", "it's"),
        ("format('a', 'b, c')", "a('b, c',)"),
    ],
)
def test_an_expression_has_its_value(text: str, value: Any) -> None:
    assert evaluate(text, CONTEXTS, FUNCTIONS) == value
    assert evaluate(f"${{{{ {text} }}}}", CONTEXTS, FUNCTIONS) == value


def test_a_text_is_filled_and_what_was_filled_in_is_not_read_again() -> None:
    contexts = {"inputs": {"dir": "${{ github.token }}"}}
    assert filled("a ${{ inputs.dir }}/b", contexts, {}) == "a ${{ github.token }}/b"


@pytest.mark.parametrize("text", ["github.reff", "inputs.comand", "steps.other.outputs.x", "github.ref ="])
def test_a_misspelt_name_is_an_error_and_not_empty(text: str) -> None:
    with pytest.raises((AssertionError, KeyError)):
        evaluate(text, CONTEXTS, FUNCTIONS)
