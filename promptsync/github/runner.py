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

from promptsync.model.errors import ConfigError, LoadError, PromptsyncError
from promptsync.output.github import annotate, annotation
from promptsync.output.markdown import fenced_within
from promptsync.output.problems import render_error

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
    """What came of a run: the exit code, the commands to the runner to print, and a sentence for the log."""

    exit_code: ExitCode
    commands: str
    said: str


def tell_failure(error: PromptsyncError, title: str, runner: Runner, code: ExitCode | None = None) -> Checked:
    """Tells in summary and outputs what kept a run from its work; a file that is wrong is annotated at its line.

    The exit code is the error's own, if there is no worse one.
    """
    code = code or error.exit_code
    write_summary(runner.summary, failure(error, title, SUMMARY_CHARACTERS))
    write_outputs(runner.outputs, {"exit-code": str(int(code))})
    said = f"{error.message}; {error.hint}" if error.hint else error.message
    problems = annotate(error.problems) if isinstance(error, LoadError) else ""
    return Checked(code, problems or annotation("error", "promptsync", said), said)


def failure(error: PromptsyncError, title: str, limit: int) -> str:
    """The Markdown that tells it, in so many characters."""
    head = f"### promptsync: {title}\n\n"
    return head + fenced_within(render_error(error, color=False).split("\n"), limit - len(head))


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
