"""What git knows of a folder of prompts: the lockfiles that were committed, the sides of a merge, what it tracks."""

from __future__ import annotations

import os
import unicodedata
from typing import TYPE_CHECKING

from promptsync.files.repository import Repository
from promptsync.model.errors import LockfileError
from promptsync.model.lockfile import parse

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from promptsync.model.lockfile import Lockfile

_DEPTH = 200
"""How many commits of the lockfile are looked through."""


def committed_locks(path: Path, *, elsewhere: bool = False) -> Iterator[Lockfile]:
    """The lockfile in each commit that changed it, newest first: those that HEAD builds on.

    With `elsewhere`, those of every branch. Nothing where git is not there or the folder is no checkout.
    """
    repository = Repository.of(path.parent)
    if repository is None:
        return
    which = "--all" if elsewhere else "HEAD"
    place = repository.place(path.name)
    commits = repository.git("--literal-pathspecs", "rev-list", f"--max-count={_DEPTH}", which, "--", place)
    for commit in (commits or b"").decode("ascii", "replace").split():
        data = repository.git("cat-file", "blob", f"{commit}:{place}")
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
    repository = Repository.of(path.parent)
    if repository is None:
        return None
    wanted = [f"refs/remotes/origin/{branch}"] if branch else []
    bases = (repository.git("merge-base", "HEAD", ref) for ref in (*wanted, "refs/remotes/origin/HEAD"))
    base = next((commit.decode("ascii", "replace").strip() for commit in bases if commit), "HEAD")
    data = repository.git("cat-file", "blob", f"{base}:{repository.place(path.name)}")
    if data is None:
        return None
    try:
        return parse(data, f"{path.name} of {base[:10]}")
    except LockfileError:
        return None


def committed(path: Path) -> bytes | None:
    """A file as HEAD has it; None where it has none, or there is no checkout."""
    repository = Repository.of(path.parent)
    return None if repository is None else repository.git("cat-file", "blob", f"HEAD:{repository.place(path.name)}")


def head(folder: Path) -> str | None:
    """The commit that is checked out; None where there is none."""
    return _line(folder, "rev-parse", "--verify", "--quiet", "HEAD^{commit}")


def upstream(folder: Path) -> str | None:
    """The branch of the remote that the branch checked out follows; None where it follows none."""
    branch = _line(folder, "symbolic-ref", "--quiet", "--short", "HEAD")
    merge = _line(folder, "config", f"branch.{branch}.merge") if branch else None
    return merge.removeprefix("refs/heads/") if merge else None


def default_branch(folder: Path) -> str | None:
    """The branch that `origin` is at by default, else the one that is checked out; None where there is none."""
    there = _line(folder, "symbolic-ref", "--quiet", "--short", "refs/remotes/origin/HEAD")
    return there.removeprefix("origin/") if there else _line(folder, "symbolic-ref", "--quiet", "--short", "HEAD")


def names_merged(folder: Path) -> list[str] | None:
    """The paths of all files at the tip of origin's default branch, as last fetched; None where this is not known."""
    repository = Repository.of(folder)
    which = ("ls-tree", "-r", "-z", "--name-only", "--full-tree", "refs/remotes/origin/HEAD")
    listed = None if repository is None else repository.git(*which)
    return None if listed is None else [os.fsdecode(name) for name in listed.split(b"\0") if name]


def repository_config(folder: Path, name: str) -> str | None:
    """A value of git's configuration, None if it is unset. That of a remote's place may have a password in it."""
    return _line(folder, "config", name)


def is_shallow(folder: Path) -> bool:
    """Whether only the last commits of the history are here."""
    return _line(folder, "rev-parse", "--is-shallow-repository") == "true"


def merge_driver(path: Path) -> tuple[str | None, str | None]:
    """The merge driver that .gitattributes names for a file, and the command that git was told for it."""
    repository = Repository.of(path.parent)
    said = repository.git("check-attr", "-z", "merge", "--", repository.place(path.name)) if repository else None
    name = said.decode("utf-8", "replace").split("\0")[2] if said else "unspecified"
    if name in ("unspecified", "unset", "set"):
        return None, None
    return name, _line(path.parent, "config", f"merge.{name}.driver")


def version(folder: Path) -> str | None:
    """The version of git, as it tells it; None where the folder is in no repository, or git is not there."""
    said = _line(folder, "version")
    return said.removeprefix("git version ") if said else None


def user(folder: Path) -> str | None:
    """The name that git puts under commits; None where it was told none."""
    return _line(folder, "config", "user.name")


def merge_stages(path: Path) -> tuple[bytes | None, bytes, bytes] | None:
    """The three versions of a file that git holds while a merge is open: base (None if there is none), ours, theirs."""
    repository = Repository.of(path.parent)
    if repository is None:
        return None
    place = repository.place(path.name)
    base, ours, theirs = (repository.git("cat-file", "blob", f":{stage}:{place}") for stage in (1, 2, 3))
    return None if ours is None or theirs is None else (base, ours, theirs)


def tracked_in(root: Path, name: str) -> str | None:
    """The first path under `root` that git tracks as the file or folder `name`, or in it.

    In any spelling that is the same name on some disk, such as `.PROMPTSYNC` on macOS. None where git is not there.
    """
    repository = Repository.of(root)
    if repository is None:
        return None
    whole = repository.place(name)
    # Told apart below; that a long s is an s to some disks is nothing that git would think of.
    listed = repository.git("ls-files", "-z", "--", f":(icase)*{name.replace('s', '*')}*")
    for path in os.fsdecode(listed or b"").split("\0"):
        if f"{_folded(path)}/".startswith(f"{_folded(whole)}/"):
            return "/".join(path.split("/")[whole.count("/") :])
    return None


def _line(folder: Path, *arguments: str) -> str | None:
    repository = Repository.of(folder)
    said = None if repository is None else repository.git(*arguments)
    return said.decode("utf-8", "replace").strip() or None if said is not None else None


def _folded(name: str) -> str:
    """A name as those disks see it that count neither case, nor Unicode form, nor what is invisible."""
    if name.isascii():
        return name.lower()
    plain = unicodedata.normalize("NFKC", name).casefold()
    return "".join(char for char in plain if unicodedata.category(char) != "Cf")
