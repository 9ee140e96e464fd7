"""thinking-budget: at least 1,024, and below what may be written in all."""

from __future__ import annotations

import pytest

from tests.lint.findings import in_block


def thinking(budget: int, **block: object) -> list[str]:
    asked = {"thinking": {"type": "enabled", "budget_tokens": budget}, **block}
    return [finding.message for finding in in_block("thinking-budget", asked)]


@pytest.mark.parametrize("name", ["max_tokens", "max_completion_tokens"])
def test_the_limit_must_be_above_the_budget(name: str) -> None:
    assert thinking(2000, **{name: 2000}) == [f"`{name}` is 2000, and thinking alone may take 2000 of it"]
    assert thinking(2000, **{name: 2001}) == []


def test_the_budget_must_be_large_enough() -> None:
    assert thinking(1023) == ["a budget of 1023 tokens is too small to think with"]
    assert thinking(1024) == []


def test_the_classic_budget_may_be_0() -> None:
    def classic(budget: int) -> list[object]:
        parameters = {"budgetTokens": budget, "maxTokens": 1500}
        return [finding.loc[-1] for finding in in_block("thinking-budget", {"model_parameters": parameters})]

    assert (classic(0), classic(1000), classic(1024)) == ([], ["budgetTokens"], [])
    assert len(classic(1500)) == 1


@pytest.mark.parametrize("block", [{}, {"thinking": {"type": "disabled"}}, {"max_tokens": 5}, {"model_parameters": {}}])
def test_who_does_not_think_needs_no_budget(block: dict[str, object]) -> None:
    assert in_block("thinking-budget", block) == []
