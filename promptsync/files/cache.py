"""What was read from the prompt files the last time, so that a file that is byte for byte the same is not parsed again.

It lies in the user's cache folder, where no pull request can plant anything, and is never trusted over the bytes of a
file or of the texts that it includes. What does not fit is forgotten: it may be missing, old, broken or unwritable.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from contextlib import suppress
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any

from platformdirs import user_cache_path

from promptsync import __version__
from promptsync.files.disk import write_atomic
from promptsync.files.loader import IncludeError
from promptsync.model.errors import PromptsyncError
from promptsync.model.prompt import Problem, Prompt, PromptFile

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

    from promptsync.files.loader import Source

_NAMES = tuple(item.name for item in fields(PromptFile))
_PROMPT_NAMES = tuple(item.name for item in fields(Prompt))


class FileCache:
    """The files of `root` as they were read with these `allow_fields`."""

    def __init__(self, root: Path, allow_fields: Collection[str]) -> None:
        self._folder = user_cache_path("promptsync") / _digest(str(root.resolve()).encode())[:32]
        self._settings = [__version__, sys.version, *_NAMES, *_PROMPT_NAMES, *sorted(allow_fields)]
        self._known = self._read()
        self._now: dict[str, Any] = {}

    def get(self, source: Source, include: Callable[[str, str], str]) -> tuple[PromptFile, list[Problem]] | None:
        """What was read from the same bytes and the same included texts; None where it was not, or is not known."""
        entry = self._known.get(source.key)
        try:
            found = _restored(entry, source, include) if entry is not None else None
        except (IncludeError, AttributeError, LookupError, TypeError, ValueError):
            found = None
        if found is not None:
            self._now[source.key] = entry
        return found

    def put(
        self, source: Source, include: Callable[[str, str], str], file: PromptFile, problems: list[Problem]
    ) -> None:
        """Remembers what was read."""
        with suppress(IncludeError):
            self._now[source.key] = {
                "bytes": _digest(source.data),
                "texts": {name: _text_digest(include(source.key, name)) for name in file.includes},
                "file": [getattr(file, name) for name in _NAMES if name != "prompt"],
                "prompt": [getattr(file.prompt, name) for name in _PROMPT_NAMES],
                "problems": [asdict(problem) for problem in problems],
            }

    def save(self) -> None:
        """Writes what this run read, if it is something else than what the last one did."""
        if self._now == self._known:
            return
        with suppress(OSError, PromptsyncError, ValueError, RecursionError):
            data = json.dumps([self._settings, self._now], separators=(",", ":")).encode()
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_atomic(self._folder / "files.json", data)

    def _read(self) -> dict[str, Any]:
        try:
            path = self._folder / "files.json"
            if hasattr(os, "geteuid") and path.stat().st_uid != os.geteuid():
                return {}
            settings, known = json.loads(path.read_bytes())
        except (OSError, TypeError, ValueError, RecursionError):
            return {}
        return known if settings == self._settings and isinstance(known, dict) else {}


def _restored(
    entry: Any, source: Source, include: Callable[[str, str], str]
) -> tuple[PromptFile, list[Problem]] | None:
    if entry["bytes"] != _digest(source.data):
        return None
    if any(_text_digest(include(source.key, name)) != known for name, known in entry["texts"].items()):
        return None
    values = dict(zip((name for name in _NAMES if name != "prompt"), entry["file"], strict=True))
    prompt = Prompt(**dict(zip(_PROMPT_NAMES, entry["prompt"], strict=True)))
    file = PromptFile(**{**values, "prompt": prompt, "includes": tuple(values["includes"])})
    if (file.key, file.file) != (source.key, source.file):
        return None
    return file, [Problem(**problem) for problem in entry["problems"]]


def _text_digest(text: str) -> str:
    return _digest(text.encode("utf-8", "surrogatepass"))


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
