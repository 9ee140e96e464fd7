"""Which pull requests brought the commits of a branch. Pure: GitHub's history of it is handed in."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice, takewhile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from promptsync.github.api import Commit, Pull

MOST = 50
"""First parents of a branch that are looked at: as many merges may wait while one apply runs."""

_READ = 1_000
"""Commits that are read for them: those that a merge brought stand among its first parents."""


@dataclass(frozen=True, slots=True)
class Merge:
    """What is live after a run: the commit `head` of `branch`.

    `pulls` are the pull requests that this push brought, `all_pulls` those before it too, the newest first. `names` are
    the paths that the push changed; None for any. `problem` says why no pull request is known.
    """

    branch: str
    head: str
    pulls: list[Pull] = field(default_factory=list)
    all_pulls: list[Pull] = field(default_factory=list)
    names: tuple[str, ...] | None = None
    problem: str = ""


def mainline(commits: Iterable[Commit]) -> Iterator[Commit]:
    """The first of the commits, its first parent and so on: what was pushed or merged, one by one."""
    wanted: str | None = None
    found = 0
    for commit in islice(commits, _READ):
        if found and commit.id != wanted:
            continue
        yield commit
        wanted, found = commit.parent, found + 1
        if found == MOST or wanted is None:
            return


def pushed(line: list[Commit], before: str | None) -> list[Commit]:
    """Those of a mainline that came after the commit `before`; none where nothing tells what was there before.

    Of a push that replaced what was there it is the last one alone.
    """
    if before is None:
        return []
    new = list(takewhile(lambda commit: commit.id != before, line))
    return new if len(new) < len(line) else line[:1]


def merged(commits: Iterable[Commit], branch: str) -> list[Pull]:
    """The pull requests into a branch that brought the commits, each once, in their order."""
    pulls = {pull.number: pull for commit in commits for pull in commit.pulls}
    return [pull for pull in pulls.values() if pull.is_merged and pull.base == branch]
