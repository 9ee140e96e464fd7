"""What was read from the prompt files the last time, so that a file that is byte for byte the same is not parsed again.

It is never trusted over the bytes of a file or of the texts that it includes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from promptsync.files.packed import Packed, PackedFile, is_of, pack, problems_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from promptsync.files.cachefile import Remembered
    from promptsync.files.loader import Source
    from promptsync.model.prompt import Problem, PromptFile


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
        packed = Packed(*entry) if entry is not None else None
        if packed is None or not is_of(packed, source, include):
            return None
        self._now[source.key] = entry
        return PackedFile(source.key, packed), problems_of(packed)

    def put(
        self, source: Source, include: Callable[[str, str], str], file: PromptFile, problems: list[Problem]
    ) -> PromptFile:
        """Remembers what was read, and gives it as it is remembered: packed."""
        packed = pack(source, include, file, problems)
        if packed is None:
            return file
        self._now[source.key] = tuple(packed.packed)
        self._has_news = True
        return packed

    def save(self, prepare: Callable[[], None]) -> None:
        """Writes what this run read, if it is something else than what the last one did; `prepare` makes the folder."""
        if self._remembered.is_possible and (self._has_news or self._now.keys() != self._known.keys()):
            prepare()
            self._remembered.write(self._now)
