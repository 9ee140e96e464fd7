"""The edits made in orq.ai, offered as a pull request that is opened, brought up to date and closed by itself.

Its branch is ours as long as it holds one commit on the default branch, and that commit holds what its message says.
Whatever else was pushed there is someone's work, and stays.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha1, sha256
from typing import TYPE_CHECKING

from promptsync.github.comments import same
from promptsync.github.pulls import OwnPull
from promptsync.model.errors import DeniedError, MovedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from promptsync.github.api import GitHub
    from promptsync.github.pulls import Ahead

BRANCH = "promptsync/drift-"
"""What the branch of a target's edits begins with."""

_BUILDING = "promptsync/building-drift-"
_CONTENT = "Promptsync-Content: "
_HEADLINE = "Take over what was edited in orq.ai"
_LISTED = 300
"""Files that GitHub lists when it compares two commits."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What is offered: the content of files by their path in the repository, and what each held when that was made."""

    target: str
    before: Mapping[str, bytes]
    files: Mapping[str, bytes]
    title: str
    body: str


@dataclass(frozen=True, slots=True)
class Offered:
    """The open pull request, None where there is none, and what was done to it, in a clause or not at all.

    `problem` says in a sentence why the offer was not made, or not brought up to date.
    """

    pull: OwnPull | None
    done: str | None = None
    problem: str = ""


def offer(github: GitHub, branch_of_run: str, wanted: Offer) -> Offered:
    """Opens the pull request, changes it, leaves it alone where it is the same, or closes it where nothing is offered.

    One that someone closed is not opened again, until something else is offered or its branch is gone. Raises
    BranchError.
    """
    base, branch = github.default_branch(), f"{BRANCH}{wanted.target}"
    if branch_of_run != base:
        return Offered(None, problem=f"edits are offered from runs on {base} alone, and this one is on {branch_of_run}")
    tip, there = github.tip(base), github.tip(branch)
    pull = next(github.own_pulls(branch, base), None)
    is_open = pull if pull is not None and pull.is_open else None
    held = github.ahead(base, there) if there is not None else None
    if held is not None and not _is_ours(held):
        return Offered(is_open, problem=f"the branch {branch} holds a commit of someone else, so it is left as it is")
    if not wanted.files:
        return _withdraw(github, branch, there, is_open)
    if tip is None or any(github.read(path, tip) != data for path, data in wanted.before.items()):
        return Offered(is_open, problem=f"the files here are not those of {base}, so the next run offers the edits")
    blobs = {path: _blob(data) for path, data in wanted.files.items()}
    is_same = held is not None and held.files == blobs
    if is_same and pull is not None and not pull.is_open:
        return Offered(None, "closed by someone, and is not opened again for the same edits")
    if not is_same:
        _put(github, branch, there, tip, wanted, _digest(blobs))
    return _told(github, branch, base, is_open, wanted, has_moved=not is_same)


def _withdraw(github: GitHub, branch: str, there: str | None, pull: OwnPull | None) -> Offered:
    if pull is not None:
        github.create_comment(pull.number, "Nothing is left to take over.")
        github.update_issue(pull.number, state="closed")
    if there is not None:
        _raise_if_moved(github, branch, there)
        github.delete_branch(branch)
    return Offered(None, "closed" if pull is not None else None)


def _put(github: GitHub, branch: str, there: str | None, tip: str, wanted: Offer, digest: str) -> None:
    """Moves the branch to one commit of ours on `tip`.

    That is made on a branch of its own first: GitHub closes a pull request for good whose branch has, for a moment,
    nothing that its base has not.
    """
    building = f"{_BUILDING}{wanted.target}"
    github.point(building, tip, create=github.tip(building) is None)
    try:
        made = github.commit(building, tip, wanted.files, _HEADLINE, f"{_CONTENT}{digest}")
        _raise_if_moved(github, branch, there)
        github.point(branch, made, create=there is None)
    finally:
        github.delete_branch(building)


def _raise_if_moved(github: GitHub, branch: str, there: str | None) -> None:
    if github.tip(branch) != there:
        raise MovedError(f"someone pushed to {branch} meanwhile")


def _told(github: GitHub, branch: str, base: str, pull: OwnPull | None, wanted: Offer, *, has_moved: bool) -> Offered:
    if pull is None:
        try:
            made = github.create_pull(branch, base, wanted.title, wanted.body)
        except DeniedError:
            github.delete_branch(branch)
            raise
        return Offered(OwnPull(made.number, made.url, wanted.title, wanted.body, is_open=True), "opened")
    says_same = pull.title == wanted.title and same(pull.body, wanted.body)
    if not says_same:
        github.update_issue(pull.number, title=wanted.title, body=wanted.body)
    return Offered(pull, "updated" if has_moved or not says_same else None)


def _is_ours(held: Ahead) -> bool:
    if held.commits == 0:
        return True
    return held.commits == 1 and f"{_CONTENT}{_digest(held.files)}" in held.message.splitlines()


def _digest(blobs: Mapping[str, str]) -> str:
    """Of the files that GitHub lists of a commit, which are the first ones of very many."""
    lines = (f"{blob} {path}\n" for path, blob in sorted(blobs.items())[:_LISTED])
    return sha256("".join(lines).encode()).hexdigest()


def _blob(data: bytes) -> str:
    """The id that git gives to a content."""
    return sha1(b"blob %d\0%s" % (len(data), data), usedforsecurity=False).hexdigest()
