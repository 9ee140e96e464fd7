"""The apply of what was merged: a fresh plan, approved if that is asked for, the lockfile home, and all of it told."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from promptsync.commands import apply as applying
from promptsync.commands.push import WAITING, take
from promptsync.files import git
from promptsync.github.approval import Checks, Gate
from promptsync.github.home import bring_home
from promptsync.github.http import GitHubError
from promptsync.github.merges import Merge, mainline, merged, pushed
from promptsync.github.report import Ended, leave, report
from promptsync.github.runner import tell_failure
from promptsync.model.errors import ConfigError, PromptsyncError
from promptsync.model.provenance import Provenance

if TYPE_CHECKING:
    from promptsync.commands.results import Applied
    from promptsync.files.target import Target
    from promptsync.github.api import GitHub
    from promptsync.github.event import Event
    from promptsync.github.runner import Checked, Runner
    from promptsync.plan.changes import PlanOptions

EVENTS = frozenset({"push", "workflow_dispatch", "schedule", "repository_dispatch"})
"""The events whose runs GitHub starts for what is on a branch already, and not for what someone proposes."""

LAG = 5.0
"""Seconds after which GitHub is asked again for the pull request of a push: it may know of a merge a little later."""

_LOCKFILE = re.compile(r"promptsync(\.[A-Za-z0-9_-]+)?\.lock\.json")


def apply(
    target: Target,
    event: Event,
    github: GitHub,
    runner: Runner,
    *,
    options: PlanOptions,
    approval: Literal["any", "approved"] = "any",
    comments: bool = True,
    watcher: applying.Watcher | None = None,
) -> Checked:
    """Applies what is on the default branch, brings the lockfile home, and tells what came of it.

    With `approval="approved"` only what the checks of the merged pull requests told is carried out. A commit that the
    branch has left behind is not applied. Whatever the apply comes to, the lockfile is brought home; what was refused
    before it began is told likewise.
    """
    try:
        branch, head = branch_of(event), _checked_out(target)
        if _is_left_behind(github, branch, head, runner.folder):
            return leave(runner, branch, head)
        merge = _merge(event, github, branch, head, needed=approval == "approved")
        waiting = github.own_pull(WAITING, branch)
        take(target, github, branch=branch, waiting=[WAITING] if waiting is not None else [])
        checks = Checks(github, merge.all_pulls, merge.pulls, target.name, target.connection.host)
    except PromptsyncError as error:
        return tell_failure(error, "nothing was applied", runner)
    gate = Gate(checks, merge.names, runner.folder) if approval == "approved" else None
    ended = _carry_out(target, event, github, merge, options, gate, watcher or applying.Watcher())
    return report(target, event, github if comments else None, runner, merge, ended)


def branch_of(event: Event) -> str:
    """The default branch, which the run must be for. Raises ConfigError where it is for anything else."""
    if event.name not in EVENTS:
        hint = f"start it by {', '.join(sorted(EVENTS))}"
        raise ConfigError(f"an apply is no answer to the event {event.name or '(none)'}", hint=hint)
    if not event.default_branch:
        raise ConfigError("the event's payload does not tell the default branch", hint="run this in a workflow")
    if event.ref != f"refs/heads/{event.default_branch}":
        raise ConfigError(
            f"only what is on the default branch is applied, and this run is for {event.ref or 'no branch'}",
            hint=f"merge it into {event.default_branch} first",
        )
    return event.default_branch


def _checked_out(target: Target) -> str:
    head = git.head(target.root)
    if head is None:
        raise ConfigError(f"{target.root} is in no checkout that git can read", hint="check the repository out first")
    return head


def _is_left_behind(github: GitHub, branch: str, head: str, folder: str) -> bool:
    """Whether the prompts that are checked out are not those of the branch any more, lockfiles aside."""
    tip = github.tip(branch)
    if tip is None:
        raise ConfigError(f"there is no branch {branch}")
    if tip == head:
        return False
    found = github.compare(head, tip)
    if not found.is_ahead or found.names is None:
        return True
    top = "" if folder == "." else f"{folder}/"
    return replace(found, names=tuple(name for name in found.names if not _is_lockfile(name, top))).touches(folder)


def _is_lockfile(name: str, top: str) -> bool:
    return name.startswith(top) and _LOCKFILE.fullmatch(name.removeprefix(top)) is not None


def _merge(event: Event, github: GitHub, branch: str, head: str, *, needed: bool) -> Merge:
    """What the push brought. Where it is not `needed`, a token that may not read it stops nothing."""
    try:
        line = list(mainline(github.history(head)))
        if needed and event.before is not None and not merged(pushed(line, event.before), branch):
            time.sleep(LAG)
            line = list(mainline(github.history(head)))
    except GitHubError as error:
        if needed:
            raise
        return Merge(branch, head, problem=error.message)
    new = pushed(line, event.before)
    names = _changed(github, event.before, head) if event.before is not None else ()
    return Merge(branch, head, merged(new, branch), merged(line, branch), names)


def _changed(github: GitHub, before: str, head: str) -> tuple[str, ...] | None:
    try:
        return github.compare(before, head).names
    except GitHubError:  # A commit that was pushed away may be gone.
        return None


def _carry_out(
    target: Target,
    event: Event,
    github: GitHub,
    merge: Merge,
    options: PlanOptions,
    gate: Gate | None,
    watcher: applying.Watcher,
) -> Ended:
    number = f"#{merge.pulls[0].number}" if merge.pulls else ""
    provenance = Provenance(target.name, merge.head, event.run_url, number, event.actor)
    applied: Applied | None = None
    failure: PromptsyncError | None = None
    try:
        applied = applying.apply(target, options, approve=gate or (lambda made: made), watcher=watcher)
    except PromptsyncError as error:
        failure = error
    finally:
        home = bring_home(target, github, merge.branch, provenance)
    return Ended(applied, failure, home, gate)
