"""A key of one project, and prompts of several."""

from __future__ import annotations

from dataclasses import replace

import pytest

from promptsync.plan.projects import misplaced
from tests.factories import remote

OF_A_PROJECT = "sk-orq-ab12cd34-Zk3fLq9xT7vWm2Rb8NcY"
OF_A_WORKSPACE = "eyJhbGciOiJIUzI1NiJ9.eyJ3b3Jrc3BhY2UiOiJvcnEifQ.c2lnbmF0dXJlLW9mLWl0"
THERE = [replace(remote(f"01J{number}"), raw={"domain_id": "project-1"}) for number in range(2)]


def test_prompts_of_two_projects_under_the_key_of_one_are_told() -> None:
    told = misplaced(["Shop/Support", "Default", "Shop"], THERE, OF_A_PROJECT, "ORQ_API_KEY")
    assert told is not None
    assert (told.file, told.severity) == ("ORQ_API_KEY", "warning")
    assert told.message.startswith("this key is of one project, and the prompts are of 2 (“Default”, “Shop”):")


@pytest.mark.parametrize(
    ("paths", "domains", "key"),
    [
        pytest.param(["Default", "Default/Support"], 1, OF_A_PROJECT, id="one project"),
        pytest.param([], 1, OF_A_PROJECT, id="no prompts"),
        pytest.param(["Default", "Shop"], 2, OF_A_PROJECT, id="the service shows that the key reaches both"),
        pytest.param(["Default", "Shop"], 1, OF_A_WORKSPACE, id="a key of a workspace"),
        pytest.param(["Default", "Shop"], 1, "sandbox", id="the sandbox"),
    ],
)
def test_else_there_is_nothing_to_say(paths: list[str], domains: int, key: str) -> None:
    there = [replace(prompt, raw={"domain_id": f"project-{number % domains}"}) for number, prompt in enumerate(THERE)]
    assert misplaced(paths, there, key, "ORQ_API_KEY") is None


def test_of_many_projects_some_are_named() -> None:
    told = misplaced([f"P{number}/x" for number in range(9)], (), OF_A_PROJECT, "ORQ_API_KEY")
    assert told is not None
    assert "“P4” and 4 more)" in told.message


def test_the_key_is_not_in_what_is_said() -> None:
    told = misplaced(["Default", "Shop"], (), OF_A_PROJECT, "ORQ_API_KEY")
    assert OF_A_PROJECT not in repr(told)
