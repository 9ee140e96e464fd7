"""Which runs apply anything at all; what they do then is told in tests/e2e/test_github_apply.py."""

from __future__ import annotations

from dataclasses import replace

import pytest

from promptsync.github.apply import branch_of
from promptsync.github.event import Event
from promptsync.model.errors import ConfigError

EVENT = Event("push", "acme/shop", "a" * 40, "https://github.com/x", "main", "mona", "refs/heads/main", "main")


@pytest.mark.parametrize("name", ["push", "workflow_dispatch", "schedule", "repository_dispatch"])
def test_the_default_branch_is_applied_whatever_it_is_called(name: str) -> None:
    assert branch_of(replace(EVENT, name=name)) == "main"
    assert branch_of(replace(EVENT, name=name, ref="refs/heads/trunk", default_branch="trunk")) == "trunk"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"ref": "refs/heads/topic"}, "this run is for refs/heads/topic"),
        ({"ref": "refs/tags/main"}, "this run is for refs/tags/main"),
        ({"ref": "main"}, "this run is for main"),
        ({"ref": ""}, "this run is for no branch"),
        ({"default_branch": ""}, "does not tell the default branch"),
        ({"name": ""}, r"no answer to the event \(none\)"),
        *[
            ({"name": name}, f"no answer to the event {name}")
            for name in ("pull_request", "pull_request_target", "merge_group", "workflow_run", "issue_comment")
        ],
    ],
)
def test_nothing_else_is(change: dict[str, str], why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        branch_of(replace(EVENT, **change))
