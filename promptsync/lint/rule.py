"""What a rule is, and what it finds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from promptsync.model.prompt import Level, PromptFile

Path: TypeAlias = tuple[str | int, ...]


class Finding(NamedTuple):
    """What is odd at `loc`, a path of keys and indexes in the data of a file; of a text, the character `at`.

    With `is_secret` nothing of the line may be shown.
    """

    loc: Path
    message: str
    hint: str | None = None
    at: int | None = None
    is_secret: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: `title` says in a few words what it finds, `level` how much that counts if nothing else is said.

    `check` looks at one file, `compare` at all of them, by key; a rule has one of the two.
    """

    name: str
    level: Level
    title: str
    check: Callable[[PromptFile], Iterable[Finding]] | None = None
    compare: Callable[[Mapping[str, PromptFile]], Iterable[tuple[str, Finding]]] | None = None
