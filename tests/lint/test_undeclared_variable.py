"""undeclared-variable: what is used besides what is declared."""

from __future__ import annotations

from tests.lint.findings import in_block


def found(text: str, *declared: str) -> list[tuple[str, str | None, int | None]]:
    block = {"messages": [{"role": "user", "content": text}]}
    return [one[1:4] for one in in_block("undeclared-variable", block, declared)]


def test_what_is_near_a_declared_one_is_probably_that() -> None:
    assert found("Hi {{user_nam}}", "user_name") == [
        ("the variable `user_nam` is not declared", "did you mean `{{user_name}}`?", 3)
    ]


def test_it_is_told_once() -> None:
    assert found("{{a}} {{a}}") == [("the variable `a` is not declared", "add it to `variables`", 0)]


def test_what_is_fine() -> None:
    assert found("{{ a }} {{skill.b}} {{snippet:c}}", "a") == []
    assert in_block("undeclared-variable", {"messages": [{"role": "user", "content": "{{a}}"}]}) == []
