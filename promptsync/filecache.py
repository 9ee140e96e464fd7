"""What was read from the prompt files the last time, so that a file that is byte for byte the same is not parsed again.

It is never trusted over the bytes of a file or of the texts that it includes.
"""

from __future__ import annotations

import hashlib
import marshal
from dataclasses import astuple
from functools import partial
from typing import TYPE_CHECKING, Any

from promptsync.canonical import source_hash
from promptsync.loader import IncludeError
from promptsync.models import KnownFile, Problem, Prompt, PromptFile

if TYPE_CHECKING:
    from collections.abc import Callable

    from promptsync.loader import Source
    from promptsync.remembered import Remembered


class FileCache:
    """The cache in the file of `remembered`, whose settings are what the reading depends on besides the bytes."""

    def __init__(self, remembered: Remembered) -> None:
        self._remembered = remembered
        self._known = remembered.read()
        self._now: dict[str, Any] = {}
        self._has_news = False

    def get(self, source: Source, include: Callable[[str, str], str]) -> tuple[PromptFile, list[Problem]] | None:
        """What was read from the same bytes and the same included texts; None where it was not, or is not known."""
        entry = self._known.get(source.key)
        if entry is None or entry[0] != hashlib.sha256(source.data).digest() or entry[1] != source.file:
            return None
        try:
            if any(_hash(include(source.key, name)) != known for name, known in entry[2]):
                return None
        except IncludeError:
            return None
        self._now[source.key] = entry
        return _file(source, entry), [Problem(*problem) for problem in entry[-1]]

    def put(
        self, source: Source, include: Callable[[str, str], str], file: PromptFile, problems: list[Problem]
    ) -> PromptFile:
        """Remembers what was read, and gives it as it is remembered: packed.

        A text that cannot be read again now is not worth remembering.
        """
        prompt = file.prompt
        try:
            entry = (
                hashlib.sha256(source.data).digest(),
                source.file,
                [(name, _hash(include(source.key, name))) for name in file.includes],
                marshal.dumps(
                    (
                        prompt.display_name,
                        prompt.description,
                        prompt.metadata,
                        prompt.dialect,
                        prompt.block,
                        prompt.extra,
                    )
                ),
                (file.named, file.protected, source_hash(prompt), file.has_extra),
                [astuple(problem) for problem in problems],
            )
        except IncludeError:
            return file
        self._now[source.key] = entry
        self._has_news = True
        return _file(source, entry)

    def save(self, prepare: Callable[[], None]) -> None:
        """Writes what this run read, if it is something else than what the last one did; `prepare` makes the folder."""
        if self._remembered.is_possible and (self._has_news or self._now.keys() != self._known.keys()):
            prepare()
            self._remembered.write(self._now)


def _file(source: Source, entry: Any) -> PromptFile:
    _, _, includes, packed, (named, protected, hashed, has_extra), _ = entry
    return KnownFile(
        source.key,
        source.file,
        partial(_unpacked, packed),
        named=named,
        protected=protected,
        includes=tuple(name for name, _ in includes),
        hashed=hashed,
        has_extra=has_extra,
    )


def _unpacked(packed: bytes) -> Prompt:
    # Packed by this run, or read from a cache whose signature is right.
    return Prompt(*marshal.loads(packed))  # noqa: S302


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
