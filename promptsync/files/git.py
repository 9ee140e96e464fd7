"""What git knows of a folder of prompts: the lockfiles that were committed, the sides of a merge, what it tracks.

A checkout is not trusted, and git is run in one, so it must not find anything there by itself. The repository is that
of the nearest `.git` at or above the root: a folder, or the file of a worktree or a submodule. This is the one name in
the tree that a pull request cannot bring: git tracks nothing that is called so, in any folder, and writes that of a
submodule itself. What looks like a bare repository is none.

The repository's configuration is the user's own; all the same nothing that it names is run: only plumbing is called,
and signatures, monitors, pagers, hooks and transports are turned off. What git gets of the environment is listed, so
that no key is in it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING

from promptsync.files.safe import real
from promptsync.model.errors import LockfileError
from promptsync.model.lockfile import parse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptsync.model.lockfile import Lockfile

_DEPTH = 200
"""How many commits of the lockfile are looked through."""
_SECONDS = 20.0
_SETTINGS = {
    "core.fsmonitor": "false",
    "core.hooksPath": os.devnull,
    "core.pager": "",
    "log.showSignature": "false",
    "protocol.allow": "never",
    "safe.bareRepository": "explicit",
}
_ENVIRONMENT = {
    "GIT_ALLOW_PROTOCOL": "",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
}
_HANDED_ON = {
    *("HOME", "XDG_CONFIG_HOME", "LANG", "TMPDIR", "TEMP", "TMP", "SYSTEMROOT", "USERPROFILE"),
    *("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM"),
}
"""The variables that git gets beside those that begin with `LC_`, and the PATH."""


def committed_locks(path: Path, *, elsewhere: bool = False) -> Iterator[Lockfile]:
    """The lockfile in each commit that changed it, newest first: those that HEAD builds on.

    With `elsewhere`, those of every branch. Nothing where git is not there or the folder is no checkout.
    """
    repository = _Repository.of(path.parent)
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
    repository = _Repository.of(path.parent)
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


def merge_stages(path: Path) -> tuple[bytes | None, bytes, bytes] | None:
    """The three versions of a file that git holds while a merge is open: base (None if there is none), ours, theirs."""
    repository = _Repository.of(path.parent)
    if repository is None:
        return None
    place = repository.place(path.name)
    base, ours, theirs = (repository.git("cat-file", "blob", f":{stage}:{place}") for stage in (1, 2, 3))
    return None if ours is None or theirs is None else (base, ours, theirs)


def tracked_in(root: Path, name: str) -> str | None:
    """The first path under `root` that git tracks as the file or folder `name`, or in it.

    In any spelling that is the same name on some disk, such as `.PROMPTSYNC` on macOS. None where git is not there.
    """
    repository = _Repository.of(root)
    if repository is None:
        return None
    whole = repository.place(name)
    # Told apart below; that a long s is an s to some disks is nothing that git would think of.
    listed = repository.git("ls-files", "-z", "--", f":(icase)*{name.replace('s', '*')}*")
    for path in os.fsdecode(listed or b"").split("\0"):
        if f"{_folded(path)}/".startswith(f"{_folded(whole)}/"):
            return "/".join(path.split("/")[whole.count("/") :])
    return None


class _Repository:
    """The repository whose top is `top`, and the folder `folder` in it. Its paths are real, without links."""

    def __init__(self, program: str, path: str, top: Path, folder: Path) -> None:
        self._program = program
        self._path = path
        self._top = top
        self._folder = folder

    @classmethod
    def of(cls, folder: Path) -> _Repository | None:
        """The repository that a folder lies in; None where there is none, or no git."""
        place = real(folder)
        top = next((one for one in (place, *place.parents) if os.path.lexists(one / ".git")), None)
        if top is None or not _is_trusted(top, place):
            return None
        # Neither the checkout nor the working folder says which program git is.
        given = map(Path, os.environ.get("PATH", os.defpath).split(os.pathsep))
        path = os.pathsep.join(str(one) for one in given if one.is_absolute() and not real(one).is_relative_to(top))
        program = shutil.which("git", path=path)
        return cls(program, path, top, place) if program else None

    def place(self, name: str) -> str:
        """The path of the file `name` in the folder, from the top, as git has it."""
        return (self._folder / name).relative_to(self._top).as_posix()

    def git(self, *arguments: str) -> bytes | None:
        """What git says; None where it fails or takes too long."""
        settings = [word for name, value in _SETTINGS.items() for word in ("-c", f"{name}={value}")]
        where = [f"--git-dir={self._top / '.git'}", f"--work-tree={self._top}"]
        try:
            ran = subprocess.run(  # noqa: S603 - fixed words, paths and commit ids
                [self._program, *where, "--no-pager", *settings, *arguments],
                cwd=self._top,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_SECONDS,
                check=False,
            )
        except (OSError, ValueError, subprocess.TimeoutExpired):  # ValueError: a NUL in a name
            return None
        return ran.stdout if ran.returncode == 0 else None

    def _environment(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in os.environ if name in _HANDED_ON or name.startswith("LC_")}
        return {**kept, "PATH": self._path, **_ENVIRONMENT}


def _is_trusted(top: Path, folder: Path) -> bool:
    """Whether the `.git` of a top is this user's, or of whoever the folder of prompts is of (a mount in a container).

    Else anyone could put one into a folder above that all may write to.
    """
    try:
        return (top / ".git").lstat().st_uid in (os.geteuid(), folder.stat().st_uid)
    except OSError:
        return False


def _folded(name: str) -> str:
    """A name as those disks see it that count neither case, nor Unicode form, nor what is invisible."""
    if name.isascii():
        return name.lower()
    plain = unicodedata.normalize("NFKC", name).casefold()
    return "".join(char for char in plain if unicodedata.category(char) != "Cf")
