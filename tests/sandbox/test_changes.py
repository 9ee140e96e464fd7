from __future__ import annotations

from typing import Any

import pytest

from promptsync.sandbox import Behaviour
from promptsync.sandbox.changes import needs_version, patched
from promptsync.sandbox.entity import Record

BEFORE = Record(
    "01J",
    "v1",
    0,
    0,
    "Default",
    "prompt",
    {"messages": [1], "seed": 1, "retry": {"count": 2, "on_codes": [500]}},
    {"display_name": "A", "description": "d", "metadata": {"use_cases": ["Agents"], "language": "Dutch"}},
)


@pytest.mark.parametrize(
    ("patch", "block"),
    [
        ("merge", {"messages": [2], "retry": {"count": 3}}),
        ("replace", {"messages": [2], "seed": None, "retry": {"count": 3}}),
        ("deep", {"messages": [2], "retry": {"count": 3, "on_codes": [500]}}),
    ],
)
def test_the_three_ways_of_a_patch(patch: Any, block: dict[str, Any]) -> None:
    sent = {"messages": [2], "seed": None, "retry": {"count": 3}}
    assert patched(BEFORE, {"prompt": sent}, Behaviour(patch=patch)).block == block


def test_a_replaced_block_loses_what_is_not_sent() -> None:
    assert patched(BEFORE, {"prompt": {}}, Behaviour(patch="replace")).block == {}
    assert patched(BEFORE, {"prompt": {}}, Behaviour()).block == BEFORE.block
    assert patched(BEFORE, {}, Behaviour(patch="replace")).block == BEFORE.block


def test_model_parameters_are_merged_one_by_one() -> None:
    before = Record("01J", "v1", 0, 0, "D", "prompt_config", {"model_parameters": {"topP": 1, "seed": 2}}, {})
    sent = {"prompt_config": {"messages": [], "model_parameters": {"topP": 0.5, "responseFormat": None}}}
    after = patched(before, sent, Behaviour(dialect="classic"))
    assert after.block == {"model_parameters": {"topP": 0.5, "seed": 2}, "messages": []}


@pytest.mark.parametrize("patch", ["merge", "replace", "deep"])
def test_top_level_fields_that_are_not_sent_stay_but_for_metadata(patch: Any) -> None:
    after = patched(BEFORE, {"display_name": "B"}, Behaviour(patch=patch))
    assert after.fields == {"display_name": "B", "description": "d", "metadata": {"language": "English"}}
    assert patched(BEFORE, {"display_name": "A"}, Behaviour(patch=patch, metadata_default=False)) == BEFORE


def test_metadata_that_is_sent() -> None:
    sent = {"metadata": {"language": None}}
    assert patched(BEFORE, sent, Behaviour()).fields["metadata"] == {"use_cases": ["Agents"]}
    assert patched(BEFORE, sent, Behaviour(patch="replace")).fields["metadata"] == {"language": None}
    assert patched(BEFORE, {"metadata": {}}, Behaviour()) == BEFORE


def test_description_and_path() -> None:
    after = patched(BEFORE, {"description": None, "path": "Other"}, Behaviour(metadata_default=False))
    assert after.fields["description"] is None
    assert after.path == "Other"


def test_a_patch_in_the_other_dialect_changes_the_kept_one() -> None:
    before = Record("01J", "v1", 0, 0, "D", "prompt", {"model": "openai/gpt-4o", "messages": []}, {})
    after = patched(
        before, {"prompt_config": {"messages": [{"role": "user", "content": "Hi"}]}}, Behaviour(dialect="both")
    )
    assert after.dialect == "prompt_config"
    assert (after.block["provider"], after.block["model"]) == ("openai", "gpt-4o")


@pytest.mark.parametrize(
    ("body", "versions"),
    [
        ({"prompt": {"seed": 2}}, {"block", "any", "always"}),
        ({"display_name": "B"}, {"any", "always"}),
        ({"path": "Other"}, {"any", "always"}),
        ({"prompt": {"seed": 1}}, {"always"}),
        ({}, {"always"}),
    ],
)
def test_when_a_change_makes_a_version(body: dict[str, Any], versions: set[str]) -> None:
    found = set()
    for version_on in ("block", "any", "always"):
        behaviour = Behaviour(version_on=version_on, metadata_default=False)  # type: ignore[arg-type]
        if needs_version(BEFORE, patched(BEFORE, body, behaviour), behaviour):
            found.add(version_on)
    assert found == versions
