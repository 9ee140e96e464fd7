"""A root and one of its targets: where everything of theirs lies on disk."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from promptsync.files.config import (
    DEFAULT_TARGET,
    SANDBOX_TARGET,
    Config,
    Connection,
    TargetSettings,
    connection,
    parse_config,
)
from promptsync.files.disk import read_bytes
from promptsync.model.errors import ConfigError, PromptsyncError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

CONFIG_NAME = "promptsync.yaml"
_OTHER_CONFIG_NAME = "promptsync.yml"
STATE_FOLDER = ".promptsync"


@dataclass(frozen=True, slots=True)
class Target:
    """The prompts folder `root`, its configuration, and the target in it that a command is about.

    `base_url` is what the command line gave, `environ` the variables that may name a host and hold the key.
    """

    root: Path
    config: Config
    settings: TargetSettings
    base_url: str | None = None
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def name(self) -> str:
        return self.settings.name

    @property
    def state_folder(self) -> Path:
        """The untracked folder for all that is not the users'."""
        return self.root / STATE_FOLDER

    @property
    def lock_path(self) -> Path:
        """The lockfile; the sandbox keeps its own out of git."""
        if self.name == SANDBOX_TARGET:
            return self.state_folder / f"promptsync.{SANDBOX_TARGET}.lock.json"
        return self.root / (
            "promptsync.lock.json" if self.name == DEFAULT_TARGET else f"promptsync.{self.name}.lock.json"
        )

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
        """Where deleted prompts are kept."""
        return self.state_folder / "archive"

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


def read_config(root: Path) -> Config:
    """The configuration of a root, all defaults where there is none.

    A file of the other ending would be passed over in silence, and with it the targets and policies that it tells.
    """
    path, other = root / CONFIG_NAME, root / _OTHER_CONFIG_NAME
    if os.path.lexists(other):
        raise ConfigError(f"{other} is not read: the configuration is {CONFIG_NAME}", hint=f"rename it to {path}")
    data = read_bytes(path)
    return parse_config(data, str(path)) if data is not None else Config()


def prepare_state(target: Target) -> None:
    """Makes the folder for state, and keeps it out of git."""
    ignore = target.state_folder / ".gitignore"
    try:
        target.state_folder.mkdir(parents=True, exist_ok=True)
        if not ignore.exists():
            ignore.write_text("*\n", encoding="utf-8")
    except OSError as error:
        raise PromptsyncError(
            f"{target.state_folder} cannot be made: {error.strerror}", hint="make the folder of the prompts writable"
        ) from None
