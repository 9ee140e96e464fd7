"""Prompt files packed into plain values, for the next run and for other processes."""

from __future__ import annotations

import hashlib
import marshal
from dataclasses import astuple
from typing import TYPE_CHECKING, Any, NamedTuple

from promptsync.files.loader import IncludeError
from promptsync.model.canonical import source_hash
from promptsync.model.prompt import Problem, Prompt, PromptFile

if TYPE_CHECKING:
    from collections.abc import Callable

    from promptsync.files.loader import Source


class Packed(NamedTuple):
    """One file, as `marshal` takes it.

    `digest` is that of its bytes, `includes` the texts that it takes in and their digests, `prompt` what it asks for,
    itself packed, and `hashed` the hash of that. `problems` are warnings.
    """

    digest: bytes
    file: str
    includes: list[tuple[str, bytes]]
    prompt: bytes
    named: bool
    protected: bool
    hashed: str
    has_extra: bool
    problems: list[tuple[Any, ...]]


class PackedFile(PromptFile):
    """A prompt file of which most is unpacked only when someone wants to know."""

    __slots__ = ("_prompt", "packed")
    packed: Packed
    _prompt: Prompt | None

    def __init__(self, key: str, packed: Packed) -> None:
        for name, value in (
            ("key", key),
            ("file", packed.file),
            ("named", packed.named),
            ("protected", packed.protected),
            ("includes", tuple(name for name, _ in packed.includes)),
            ("hashed", packed.hashed),
            ("packed", packed),
            ("_prompt", None),
        ):
            object.__setattr__(self, name, value)

    @property
    def prompt(self) -> Prompt:
        """What the file asks for."""
        prompt = self._prompt
        if prompt is None:
            # Packed by this run or one of its own, or read from a cache whose signature is right.
            prompt = Prompt(*marshal.loads(self.packed.prompt))  # noqa: S302
            object.__setattr__(self, "_prompt", prompt)
        return prompt

    @property
    def has_extra(self) -> bool:
        return self.packed.has_extra

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, PromptFile):
            return NotImplemented
        names = ("key", "file", "prompt", "named", "protected", "includes")
        return all(getattr(self, name) == getattr(other, name) for name in names)

    __hash__ = None  # type: ignore[assignment]


def pack(
    source: Source, include: Callable[[str, str], str], file: PromptFile, problems: list[Problem]
) -> PackedFile | None:
    """What was read from `source`, packed; None where a text that it takes in cannot be read again now."""
    if isinstance(file, PackedFile):
        return file
    prompt = file.prompt
    try:
        includes = [(name, _digest(include(source.key, name))) for name in file.includes]
    except IncludeError:
        return None
    told = (prompt.display_name, prompt.description, prompt.metadata, prompt.dialect, prompt.block, prompt.extra)
    packed = Packed(
        hashlib.sha256(source.data).digest(),
        source.file,
        includes,
        marshal.dumps(told),
        file.named,
        file.protected,
        source_hash(prompt),
        file.has_extra,
        [astuple(problem) for problem in problems],
    )
    return PackedFile(source.key, packed)


def is_of(packed: Packed, source: Source, include: Callable[[str, str], str]) -> bool:
    """Whether it is what would be read from `source` now: the same bytes, place and texts that it takes in."""
    if packed.digest != hashlib.sha256(source.data).digest() or packed.file != source.file:
        return False
    try:
        return all(_digest(include(source.key, name)) == known for name, known in packed.includes)
    except IncludeError:
        return False


def problems_of(packed: Packed) -> list[Problem]:
    """The warnings of a file."""
    return [Problem(*problem) for problem in packed.problems]


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
