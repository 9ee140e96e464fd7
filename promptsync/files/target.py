"""A root and one of its targets: where everything of theirs lies on disk."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from promptsync.files.config import (
    DEFAULT_TARGET,
    SANDBOX_TARGET,
    Config,
    TargetSettings,
    parse_config,
)
from promptsync.files.connection import Connection, connection
from promptsync.files.disk import read_bytes, write_atomic
from promptsync.files.preview import why_no_preview
from promptsync.files.safe import check_own
from promptsync.model.errors import ConfigError, PromptsyncError, UsageError
from promptsync.model.shell import quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from promptsync.files.branches import Branches

CONFIG_NAME = "promptsync.yaml"
_OTHER_CONFIG_NAME = "promptsync.yml"
STATE_FOLDER = ".promptsync"
UNPUSHED = "unpushed."
PREVIEWS = "previews"
"""The folder in that for state which holds the lockfiles of previews."""
HELD = "held."
MAX_CONFIG_BYTES = 1 << 20
"""As of a prompt file, which may be as large by default: a configuration that is written by hand has some hundred."""


@dataclass(frozen=True, slots=True)
class Target:
    """The prompts folder `root`, its configuration, and the target in it that a command is about.

    `base_url` is what the command line gave, `environ` the variables that may name a host and hold the key. `branches`
    answers for the branches of the repository, where that is not the remote `origin` by git. `notify` is told, in a
    sentence, what a user must know of where the lockfile was read.
    """

    root: Path
    config: Config
    settings: TargetSettings
    base_url: str | None = None
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)
    branches: Branches | None = field(default=None, repr=False, compare=False)
    notify: Callable[[str], object] = field(default=lambda _: None, repr=False, compare=False)

    @property
    def name(self) -> str:
        return self.settings.name

    @property
    def state_folder(self) -> Path:
        """The untracked folder for all that is not the users'."""
        return self.root / STATE_FOLDER

    @property
    def lock_branch(self) -> str | None:
        """The branch that the lockfile lives on; None where it lies in the tree, as that of the sandbox always does."""
        return None if self.settings.is_embedded else self.config.lock_branch

    @property
    def lock_file(self) -> str:
        """The name of the lockfile, wherever it lies."""
        return "promptsync.lock.json" if self.name == DEFAULT_TARGET else f"promptsync.{self.name}.lock.json"

    @property
    def lock_path(self) -> Path:
        """The lockfile on disk; those of the sandbox and of previews are kept out of git.

        Where it lives on a branch, this is what was recorded here and is not there yet.
        """
        if self.lock_branch is not None:
            return self.state_folder / f"{UNPUSHED}{self.name}.json"
        if self.settings.preview:
            return self.state_folder / PREVIEWS / f"{self.name.replace('preview.', '', 1)}.lock.json"
        return (self.state_folder if self.name == SANDBOX_TARGET else self.root) / self.lock_file

    @property
    def held_path(self) -> Path:
        """What was recorded here along with files, for a lockfile that lives on a branch: it waits for their merge."""
        return self.state_folder / f"{HELD}{self.name}.json"

    @property
    def lock_name(self) -> str:
        """What to call the lockfile in a sentence."""
        return str(self.lock_path) if self.lock_branch is None else f"{self.lock_file} of the branch {self.lock_branch}"

    @property
    def journal_path(self) -> Path:
        """Intents and outcomes of the last run."""
        return self.state_folder / f"journal.{self.name}.jsonl"

    @property
    def sandbox_path(self) -> Path:
        """The embedded service's database."""
        return self.state_folder / "sandbox.sqlite"

    @property
    def archive_folder(self) -> Path:
        """Where deleted prompts are kept; what a preview held must not be taken for what was live."""
        return self.state_folder / (PREVIEWS if self.settings.preview else "") / "archive"

    @property
    def connection(self) -> Connection:
        """Where the service is, and the key. Raises ConfigError where either is missing."""
        return connection(self.settings, self.base_url, self.environ)

    @property
    def api_keys(self) -> frozenset[str]:
        """The keys that no prompt file may hold."""
        return self.config.api_keys(self.environ)


def open_target(root: Path, name: str, *, base_url: str | None = None, environ: Mapping[str, str]) -> Target:
    """The target `name` of a root. Raises LoadError for what is wrong in the configuration, ConfigError else."""
    config = read_config(root)
    return Target(root, config, config.target(name), base_url, environ)


def preview_of(target: Target, name: str) -> Target:
    """The preview `name` of a target. Raises UsageError for what can be no name, ConfigError for one of no target."""
    problem = why_no_preview(name)
    if problem is not None:
        raise UsageError(f"the name of a preview {problem}", hint="name it as in `pr-123`")
    return replace(target, settings=target.config.preview_of(target.settings, name))


def read_config(root: Path) -> Config:
    """The configuration of a root, all defaults where there is none.

    A file of the other ending would be passed over in silence, and with it the targets and policies that it tells.
    """
    path, other = root / CONFIG_NAME, root / _OTHER_CONFIG_NAME
    if os.path.lexists(other):
        raise ConfigError(f"{other} is not read: the configuration is {CONFIG_NAME}", hint=f"rename it to {path}")
    data = read_bytes(path, max_bytes=MAX_CONFIG_BYTES)
    return parse_config(data, path.as_posix()) if data is not None else Config()


def prepare_state(target: Target) -> None:
    """Makes the folder for state, this user's alone, and keeps it out of git. Raises PromptsyncError."""
    folder = target.state_folder
    try:
        with suppress(FileExistsError):
            folder.mkdir(mode=0o700, parents=True)
    except OSError as error:
        raise PromptsyncError(
            f"{folder} cannot be made: {error.strerror}", hint="make the folder of the prompts writable"
        ) from None
    check_own(folder)
    ignore = folder / ".gitignore"
    if not ignore.exists():
        write_atomic(ignore, b"*\n")


def check_state(target: Target) -> None:
    """Raises PromptsyncError where what lies in the folder for state is not what runs of this user left there.

    A journal or an archive that came with a checkout would say what was done on the service, and by that what is ours.
    """
    if not os.path.lexists(target.state_folder):
        return
    from promptsync.files.git import tracked_in  # Only those who believe in state need another process.

    check_own(target.state_folder)
    tracked = tracked_in(target.root, STATE_FOLDER)
    if tracked is not None:
        folder = quoted(str(target.root / tracked.partition("/")[0]))
        raise PromptsyncError(
            f"git tracks {target.root / tracked}, and what a checkout brings along is no record of what was done",
            hint=f"`git rm -r --cached {folder}`, commit that; remove the folder, unless it is of your own runs",
        )
