"""What a run is about, by what a runner says. Payloads are cut down from those that GitHub documents."""

from __future__ import annotations

from typing import Any

import pytest

from promptsync.github.event import MergeGroup, PullRequest, read_event
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
    assert event.head == SHA


@pytest.mark.parametrize(("about", "action"), [({"action": "closed"}, "closed"), ({}, ""), ({"action": None}, "")])
def test_what_happened_is_told(about: dict[str, Any], action: str) -> None:
    assert read_event(ENV, {**payload(), **about}).action == action


def test_a_merge_queue_tells_what_it_would_merge() -> None:
    about = {"head_sha": SHA, "head_ref": "refs/heads/gh-readonly-queue/main/pr-7-x", "base_sha": "c" * 40}
    event = read_event({**ENV, "GITHUB_EVENT_NAME": "merge_group"}, {"merge_group": about})
    assert (event.merge_group, event.head, event.pull_request) == (MergeGroup(SHA, "c" * 40), SHA, None)


def test_a_push_tells_its_branch_and_what_it_replaced() -> None:
    environ = {**ENV, "GITHUB_EVENT_NAME": "push", "GITHUB_REF": "refs/heads/main"}
    event = read_event(environ, {"before": SHA, "repository": {"default_branch": "main"}})
    assert (event.ref, event.default_branch, event.before, event.head) == ("refs/heads/main", "main", SHA, "b" * 40)


@pytest.mark.parametrize("before", ["0" * 40, "main", None, 7])
def test_a_push_that_made_its_branch_replaced_nothing(before: Any) -> None:
    assert read_event(ENV, {"before": before}).before is None


@pytest.mark.parametrize("about", [{"head_sha": "main", "base_sha": SHA}, {"head_sha": SHA}])
def test_a_merge_group_without_its_commits_is_refused(about: Any) -> None:
    with pytest.raises(ConfigError, match="merge group without its commits"):
        read_event(ENV, {"merge_group": about})


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
