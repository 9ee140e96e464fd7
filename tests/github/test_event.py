"""What a run is about, by what a runner says. Payloads are cut down from those that GitHub documents."""

from __future__ import annotations

from typing import Any

import pytest

from promptsync.github.event import PullRequest, read_event
from promptsync.model.errors import ConfigError

SHA = "a" * 40
ENV = {
    "GITHUB_EVENT_NAME": "pull_request",
    "GITHUB_REPOSITORY": "acme/shop",
    "GITHUB_SHA": "b" * 40,
    "GITHUB_RUN_ID": "42",
    "GITHUB_RUN_ATTEMPT": "1",
    "GITHUB_SERVER_URL": "https://github.com",
    "GITHUB_REF_NAME": "7/merge",
    "GITHUB_ACTOR": "mona",
}


def payload(**head: Any) -> dict[str, Any]:
    repo = {"id": 1, "full_name": "acme/shop"}
    return {
        "pull_request": {
            "number": 7,
            "head": {"sha": SHA, "ref": "topic", "repo": repo, **head},
            "base": {"ref": "main", "repo": repo},
        }
    }


def test_a_pull_request_of_the_repository() -> None:
    event = read_event(ENV, payload())
    assert event.pull_request == PullRequest(7, SHA, "main", is_from_fork=False)
    assert event.run_url == "https://github.com/acme/shop/actions/runs/42"
    assert event.has_secrets


@pytest.mark.parametrize(
    "repo",
    [
        pytest.param({"id": 2, "full_name": "mallory/shop"}, id="a fork"),
        pytest.param(None, id="a fork that is deleted"),
        pytest.param({"id": 2, "full_name": "acme/shop"}, id="a name that was given anew"),
        pytest.param({"id": 1, "full_name": "mallory/shop"}, id="another name"),
    ],
)
def test_a_fork_is_told_by_its_repository(repo: Any) -> None:
    event = read_event(ENV, payload(repo=repo))
    assert event.pull_request is not None
    assert event.pull_request.is_from_fork
    assert not event.has_secrets


def test_dependabot_has_no_secrets() -> None:
    assert not read_event({**ENV, "GITHUB_ACTOR": "dependabot[bot]"}, payload()).has_secrets


def test_a_run_that_is_run_again_is_linked_as_that() -> None:
    event = read_event({**ENV, "GITHUB_RUN_ATTEMPT": "3", "GITHUB_SERVER_URL": "https://git.example/"}, {})
    assert event.run_url == "https://git.example/acme/shop/actions/runs/42/attempts/3"
    assert event.pull_request is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GITHUB_REPOSITORY", ""),
        ("GITHUB_REPOSITORY", "acme/shop/../other"),
        ("GITHUB_REPOSITORY", "acme/shop?x=1"),
        ("GITHUB_SHA", "main"),
        ("GITHUB_RUN_ID", "42\n::set-output"),
    ],
)
def test_variables_that_no_runner_sets_are_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(ConfigError, match=f"{name} is not what a runner"):
        read_event({**ENV, name: value}, {})


@pytest.mark.parametrize("change", [{"sha": "main; rm -rf"}, {"sha": None}])
def test_a_payload_that_makes_no_sense_is_refused(change: Any) -> None:
    with pytest.raises(ConfigError, match="without number or commit"):
        read_event(ENV, payload(**change))
