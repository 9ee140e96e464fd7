"""What git remembers of a lockfile: the locks that were committed, here and on other branches."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from promptsync.model.errors import LockfileError
from promptsync.model.lockfile import parse

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from promptsync.model.lockfile import Lockfile

_DEPTH = 200
"""How many commits of the lockfile are looked through."""
_SECONDS = 20.0


def committed_locks(path: Path, *, elsewhere: bool = False) -> Iterator[Lockfile]:
    """The lockfile in each commit that changed it, newest first: those that HEAD builds on.

    With `elsewhere`, those of every branch. Nothing where git is not there or the folder is no checkout.
    """
    which = ["--all"] if elsewhere else []
    commits = _git(path, "log", f"--max-count={_DEPTH}", "--format=%H", *which, "--", path.name)
    for commit in (commits or b"").decode("ascii", "replace").split():
        data = _git(path, "show", f"{commit}:./{path.name}")
        if data is None:
            continue
        try:
            yield parse(data, f"{path.name} of {commit[:10]}")
        except LockfileError:
            continue


def lock_at_base(path: Path, branch: str | None = None) -> Lockfile | None:
    """The lockfile that this work began from: where HEAD left `branch` of origin, by default the one origin is at.

    Where neither is there it is HEAD's. None where that has none that can be read.
    """
    wanted = [f"refs/remotes/origin/{branch}"] if branch else []
    bases = (_git(path, "merge-base", "HEAD", ref) for ref in (*wanted, "refs/remotes/origin/HEAD"))
    base = next((commit.decode("ascii", "replace").strip() for commit in bases if commit), "HEAD")
    data = _git(path, "cat-file", "blob", f"{base}:./{path.name}")
    if data is None:
        return None
    try:
        return parse(data, f"{path.name} of {base[:10]}")
    except LockfileError:
        return None


def merge_stages(path: Path) -> tuple[bytes | None, bytes, bytes] | None:
    """The three versions of a file that git holds while a merge is open: base (None if there is none), ours, theirs."""
    ours, theirs = (_git(path, "show", f":{stage}:./{path.name}") for stage in (2, 3))
    if ours is None or theirs is None:
        return None
    return _git(path, "show", f":1:./{path.name}"), ours, theirs


def _git(path: Path, *arguments: str) -> bytes | None:
    try:
        ran = subprocess.run(  # noqa: S603 - fixed words, a path and commit ids
            ["git", "-C", str(path.parent), *arguments],  # noqa: S607 - whichever git the user has
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return ran.stdout if ran.returncode == 0 else None
