"""What a runner of GitHub Actions wants, and the files through which a step hands on outputs and its summary.

Values stand between delimiters that no one can guess, so that no text of a prompt ends its value and begins another.
Source: docs.github.com, "Workflow commands for GitHub Actions" (environment files, multiline strings).
"""

from __future__ import annotations

import json
import re
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from promptsync.model.errors import ConfigError, PromptsyncError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from promptsync.model.errors import ExitCode
    from promptsync.model.prompt import Json

SUMMARY_CHARACTERS = 1024 * 1024 // 4
"""Characters that fit into a step's summary, whatever they are: GitHub drops one of more than 1 MiB of UTF-8 whole."""

MAX_EVENT = 32 * 1024 * 1024
"""Bytes of an event's payload; GitHub sends at most 25 MB."""

_NAME = re.compile(r"[a-z][a-z0-9-]*")


@dataclass(frozen=True, slots=True)
class Runner:
    """Where a runner wants things: the files for outputs and summary, a folder for reports. None where there is none.

    `folder` is the folder of the prompts as the repository has it, with `/`.
    """

    outputs: Path | None
    summary: Path | None
    reports: Path
    folder: str


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of a check: the exit code, the commands to the runner to print, and a sentence for the log."""

    exit_code: ExitCode
    commands: str
    said: str


def read_payload(path: Path | None) -> Json:
    """The event's payload; empty where there is none. Raises ConfigError for what is not one."""
    if path is None:
        return {}
    try:
        with path.open("rb") as file:
            data = json.loads(file.read(MAX_EVENT))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError):
        data = None
    if not isinstance(data, dict):
        raise ConfigError("GITHUB_EVENT_PATH names no payload of an event", hint="run this in a workflow")
    return data


def write_outputs(path: Path | None, outputs: Mapping[str, str]) -> None:
    """Appends outputs of the step. Raises PromptsyncError where the file cannot be written."""
    lines = []
    for name, value in outputs.items():
        assert _NAME.fullmatch(name)  # noqa: S101 - the names are ours
        end = secrets.token_hex(16)
        lines.append(f"{name}<<{end}\n{value}\n{end}\n")
    _append(path, "".join(lines))


def write_summary(path: Path | None, markdown: str) -> None:
    """Appends to the step's summary. Raises PromptsyncError where the file cannot be written."""
    _append(path, markdown.rstrip("\n") + "\n")


def _append(path: Path | None, text: str) -> None:
    if path is None:
        return
    try:
        with path.open("ab") as file:
            file.write(text.encode("utf-8", "replace"))
    except OSError as error:
        raise PromptsyncError(f"the runner's file {path.name} cannot be written: {error.strerror}") from None
