"""The repository that a folder lies in, and git run in it.

A checkout is not trusted, and git is run in one, so it must not find anything there by itself. The repository is that
of the nearest `.git` at or above the root: a folder, or the file of a worktree or a submodule. This is the one name in
the tree that a pull request cannot bring: git tracks nothing that is called so, in any folder, and writes that of a
submodule itself. What looks like a bare repository is none.

The repository's configuration is the user's own; all the same nothing that it names is run where only the repository
is read: only plumbing is called, and signatures, monitors, pagers, hooks and transports are turned off. What git gets
of the environment is listed, so that no key is in it. Whoever speaks to another repository says so: then the user's
helpers for passwords and keys are run, with all of the environment but our keys and what steers git itself.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from promptsync.files.safe import real
from promptsync.files.system import GIT

if TYPE_CHECKING:
    from collections.abc import Mapping

_SECONDS = 20.0
_SECONDS_AWAY = 120.0
_SETTINGS = {
    "core.fsmonitor": "false",
    "core.hooksPath": "/dev/null",  # git knows it by this name on every system
    "core.pager": "",
    "log.showSignature": "false",
    "protocol.allow": "never",
    "safe.bareRepository": "explicit",
}
_AWAY = {
    "fetch.recurseSubmodules": "false",
    "fetch.writeCommitGraph": "false",
    "gc.auto": "0",
    "maintenance.auto": "false",
    "push.gpgSign": "false",
    "push.recurseSubmodules": "no",
}
_ENVIRONMENT = {
    "GIT_ALLOW_PROTOCOL": "",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
}
_HANDED_ON = {
    *("HOME", "XDG_CONFIG_HOME", "LANG", "TMPDIR", "TEMP", "TMP"),
    *("SYSTEMROOT", "USERPROFILE", "HOMEDRIVE", "HOMEPATH", "PROGRAMDATA"),
    *("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM"),
}
"""The variables that git gets beside those that begin with `LC_`, and the PATH."""

_OF_GIT_AWAY = ("GIT_ASKPASS", "GIT_AUTHOR_", "GIT_COMMITTER_", "GIT_CONFIG_", "GIT_HTTP_", "GIT_SSH", "GIT_SSL_")
"""What the names of those of git's own variables begin with that say how to reach another repository, and as whom."""


class Repository:
    """The repository whose top is `top`, and the folder `folder` in it. Its paths are real, without links."""

    def __init__(self, program: str, path: str, top: Path, folder: Path) -> None:
        self._program = program
        self._path = path
        self.top = top
        self._folder = folder

    @classmethod
    def of(cls, folder: Path) -> Repository | None:
        """The repository that a folder lies in; None where there is none, or no git."""
        place = real(folder)
        top = next((one for one in (place, *place.parents) if os.path.lexists(one / ".git")), None)
        if top is None:
            return None
        # Neither the checkout nor the working folder says which program git is.
        given = map(Path, os.environ.get("PATH", os.defpath).split(os.pathsep))
        folders = [str(one) for one in given if one.is_absolute() and not real(one).is_relative_to(top)]
        # Asked for without a folder, Windows would look into the working folder first.
        program = next(filter(None, (shutil.which(os.path.join(one, GIT)) for one in folders)), None)  # noqa: PTH118
        found = cls(program, os.pathsep.join(folders), top, place) if program else None
        return found if found is not None and found._is_trusted() else None

    def _is_trusted(self) -> bool:
        """Whether the `.git` is this user's, or of whoever the folder of prompts is of (a mount in a container).

        Else anyone could put one into a folder above that all may write to.
        """
        try:
            if sys.platform == "win32":
                return self._is_trusted_by_git()
            else:  # noqa: RET505 - what a type checker on Windows leaves out
                return (self.top / ".git").lstat().st_uid in (os.geteuid(), self._folder.stat().st_uid)
        except (OSError, subprocess.TimeoutExpired):
            return False

    def _is_trusted_by_git(self) -> bool:
        """What git says, which knows owners on Windows too, where no one tells it which folder is the repository's."""
        words = [self._program, "-C", str(self.top), "rev-parse", "--git-dir"]
        environ = self._environment()
        ran = subprocess.run(words, env=environ, input=b"", capture_output=True, timeout=_SECONDS, check=False)  # noqa: S603
        return ran.returncode == 0

    def place(self, name: str) -> str:
        """The path of the file `name` in the folder, from the top, as git has it."""
        return (self._folder / name).relative_to(self.top).as_posix()

    def git(self, *arguments: str, data: bytes | None = None, environ: Mapping[str, str] | None = None) -> bytes | None:
        """What git says to `data`; None where it fails or takes too long. `environ` is given to it besides."""
        try:
            ran = self._run(arguments, data, {**self._environment(), **(environ or {})}, _SETTINGS, _SECONDS)
        except (OSError, ValueError, subprocess.TimeoutExpired):  # ValueError: a NUL in a name
            return None
        return ran.stdout if ran.returncode == 0 else None

    def away(self, *arguments: str, protocols: str) -> subprocess.CompletedProcess[bytes]:
        """Runs git to speak to another repository by `protocols` (as in GIT_ALLOW_PROTOCOL), in plain English.

        No password is asked for on a terminal. Raises OSError, ValueError and subprocess.TimeoutExpired.
        """
        environ = {
            **self._environment_away(),
            "GIT_ALLOW_PROTOCOL": protocols,
            "LC_ALL": "C",
            "LANGUAGE": "C",
        }
        if "GIT_SSH_COMMAND" not in environ and "GIT_SSH" not in environ and not self.git("config", "core.sshCommand"):
            environ["GIT_SSH_COMMAND"] = "ssh -o BatchMode=yes"
        settings = {name: value for name, value in {**_SETTINGS, **_AWAY}.items() if name != "protocol.allow"}
        # A session of its own has no terminal, where ssh would ask past all of this.
        return self._run(arguments, None, environ, settings, _SECONDS_AWAY, apart=True)

    def _run(
        self,
        arguments: tuple[str, ...],
        data: bytes | None,
        environ: Mapping[str, str],
        settings: Mapping[str, str],
        seconds: float,
        *,
        apart: bool = False,
    ) -> subprocess.CompletedProcess[bytes]:
        given = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        where = [f"--git-dir={self.top / '.git'}", f"--work-tree={self.top}"]
        return subprocess.run(  # noqa: S603 - fixed words, paths, checked names and commit ids
            [self._program, *where, "--no-pager", *given, *arguments],
            cwd=self.top,
            env=dict(environ),
            input=data or b"",
            capture_output=True,
            timeout=seconds,
            check=False,
            start_new_session=apart,
        )

    def _environment(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in os.environ if name in _HANDED_ON or name.startswith("LC_")}
        return {**kept, "PATH": self._path, **_ENVIRONMENT}

    def _environment_away(self) -> dict[str, str]:
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("ORQ_", "GIT_")) or name.startswith(_OF_GIT_AWAY)
        }
        return {**kept, "PATH": self._path, **_ENVIRONMENT}
