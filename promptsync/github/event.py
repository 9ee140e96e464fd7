"""What started a run of GitHub Actions. Pure: the environment and the event's payload are handed in.

The payload is other people's text: a branch's name or a title can say anything. What is taken from it is checked.
Source of the names: docs.github.com, "Variables reference" and "Webhook events and payloads".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from promptsync.model.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from promptsync.model.prompt import Json

DEPENDABOT = "dependabot[bot]"

_REPOSITORY = re.compile(r"[A-Za-z0-9_.-]{1,100}/[A-Za-z0-9_.-]{1,100}")
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class PullRequest:
    """The pull request that a run is about. `head` is its last commit, `base` the branch it is to be merged into."""

    number: int
    head: str
    base: str
    is_from_fork: bool


@dataclass(frozen=True, slots=True)
class MergeGroup:
    """What a merge queue would merge: the commit `head`, which is built on the commit `base`."""

    head: str
    base: str


@dataclass(frozen=True, slots=True)
class Event:
    """Why a run is there.

    `name` is GitHub's word for the event. `commit` is what is checked out, `run_url` the page of the run, `ref` what it
    runs for, whole (`refs/heads/main`). `default_branch` is empty where the payload does not tell it, `before` the
    commit that a push replaced, None where there was none. `action` is what happened to a pull request: `closed`, …
    """

    name: str
    repository: str
    commit: str
    run_url: str
    branch: str
    actor: str
    ref: str = ""
    default_branch: str = ""
    pull_request: PullRequest | None = None
    merge_group: MergeGroup | None = None
    before: str | None = None
    action: str = ""

    @property
    def head(self) -> str:
        """The last commit of what the run is about: that of the pull request rather than that of a trial merge."""
        about = self.pull_request or self.merge_group
        return about.head if about is not None else self.commit

    @property
    def has_secrets(self) -> bool:
        """Whether GitHub gives this run the repository's secrets: not for forks and Dependabot."""
        is_fork = self.pull_request is not None and self.pull_request.is_from_fork
        return not (is_fork or self.actor == DEPENDABOT)


def read_event(environ: Mapping[str, str], payload: Json) -> Event:
    """The event of this run. Raises ConfigError where the variables of a runner are missing or make no sense."""
    repository = _checked(environ, "GITHUB_REPOSITORY", _REPOSITORY)
    server = environ.get("GITHUB_SERVER_URL", "https://github.com").rstrip("/")
    run = _checked(environ, "GITHUB_RUN_ID", re.compile(r"[0-9]{1,20}"))
    attempt = environ.get("GITHUB_RUN_ATTEMPT", "1")
    again = f"/attempts/{attempt}" if attempt.isdecimal() and attempt != "1" else ""
    return Event(
        name=environ.get("GITHUB_EVENT_NAME", ""),
        repository=repository,
        commit=_checked(environ, "GITHUB_SHA", _COMMIT),
        run_url=f"{server}/{repository}/actions/runs/{run}{again}",
        branch=environ.get("GITHUB_REF_NAME", ""),
        actor=environ.get("GITHUB_ACTOR", ""),
        ref=environ.get("GITHUB_REF", ""),
        default_branch=str(_part(payload, "repository").get("default_branch") or ""),
        pull_request=_pull_request(payload, repository),
        merge_group=_merge_group(payload),
        before=_before(payload),
        action=str(payload.get("action") or ""),
    )


def _pull_request(payload: Json, repository: str) -> PullRequest | None:
    found = payload.get("pull_request")
    if not isinstance(found, dict):
        return None
    number, head, base = found.get("number"), _part(found, "head"), _part(found, "base")
    commit = head.get("sha")
    if not isinstance(number, int) or not isinstance(commit, str) or not _COMMIT.fullmatch(commit):
        raise ConfigError("the event's payload tells of a pull request without number or commit")
    # A deleted fork has no repository any more, and names can be given anew.
    theirs, ours = _part(head, "repo").get("id"), _part(base, "repo").get("id")
    same_name = _part(head, "repo").get("full_name") == repository
    is_ours = theirs is not None and theirs == ours and same_name
    return PullRequest(number, commit, str(base.get("ref", "")), is_from_fork=not is_ours)


def _merge_group(payload: Json) -> MergeGroup | None:
    found = _part(payload, "merge_group")
    if not found:
        return None
    head, base = str(found.get("head_sha")), str(found.get("base_sha"))
    if not _COMMIT.fullmatch(head) or not _COMMIT.fullmatch(base):
        raise ConfigError("the event's payload tells of a merge group without its commits")
    return MergeGroup(head, base)


def _before(payload: Json) -> str | None:
    """GitHub tells of a branch that a push made that it was at the commit 0000 before."""
    found = payload.get("before")
    is_commit = isinstance(found, str) and _COMMIT.fullmatch(found) and found.strip("0")
    return str(found) if is_commit else None


def _part(holder: Json, name: str) -> dict[str, Any]:
    value = holder.get(name)
    return value if isinstance(value, dict) else {}


def _checked(environ: Mapping[str, str], name: str, form: re.Pattern[str]) -> str:
    value = environ.get(name, "")
    if not form.fullmatch(value):
        raise ConfigError(
            f"{name} is not what a runner of GitHub Actions sets", hint="run this in a workflow, with the action"
        )
    return value
