"""Renames that are likely and not certain: told beside the change, with the commands that would keep the id."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from promptsync.model.prompt import CURRENT
from promptsync.model.shell import command
from promptsync.plan.changes import Create, Delete, Orphan, Update

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from promptsync.model.lockfile import Lockfile
    from promptsync.model.prompt import Json, RemotePrompt
    from promptsync.plan.changes import Change

_MOST_PAIRS = 10_000
"""Pairs of a new file and a prompt without one that are looked at; there are more only where a tree is exchanged."""
_ALIKE = 0.5
"""An edited prompt and what it was have more than this share of their words in common."""

_Words: TypeAlias = frozenset[str]


def with_likely_renames(
    changes: list[Change], left: Mapping[str, str], lock: Lockfile, service: Mapping[str, RemotePrompt] | None
) -> list[Change]:
    """The changes, with a word on each create or update that may be the rename of a locked prompt.

    `left` maps a key to that of the one entry which its file was written from, word for word.
    """
    abandoned = {change.key: change for change in changes if isinstance(change, Orphan | Delete)}
    near = _near([change for change in changes if isinstance(change, Create)], list(abandoned.values()), service)
    return [_told(change, left.get(change.key), near.get(change.key), lock, abandoned) for change in changes]


def _told(change: Change, same: str | None, alike: str | None, lock: Lockfile, abandoned: Collection[str]) -> Change:
    if isinstance(change, Update) and same is not None:
        word = _overwritten(change.key, same, is_gone=same in abandoned)
        return change.warned(word)
    old = same or alike
    if isinstance(change, Create) and old is not None:
        return change.warned(_renamed(change.key, old, lock.prompts[old].id))
    return change


def _renamed(key: str, old: str, id: str) -> str:
    return f"if this is {old} under another name, {command('mv', old, key)} keeps its id {id}"


def _overwritten(key: str, old: str, *, is_gone: bool) -> str:
    """What to do where a file took the place of another one: that one's id is in the way."""
    said = f"this says word for word what {old} was written from"
    move = command("mv", old, key)
    if is_gone:
        return f"{said}: {command('lock forget', key)} and then {move} would keep the id of that one"
    return f"{said}: if the two traded places, put them back and rename them with `promptsync mv`, which keeps the ids"


def _near(
    created: list[Create], abandoned: list[Orphan | Delete], service: Mapping[str, RemotePrompt] | None
) -> dict[str, str]:
    """The key of the locked prompt without a file that is most like a new file, by its words; offline the only one."""
    if service is None:
        return {created[0].key: abandoned[0].key} if len(created) == len(abandoned) == 1 else {}
    if not abandoned or len(created) * len(abandoned) > _MOST_PAIRS:
        return {}
    held = {change.key: _held_words(service.get(change.entry.id)) for change in abandoned}
    found = {}
    for change in created:
        words = _words(change.file.prompt.block)
        likeness = {key: _likeness(words, others) for key, others in held.items()}
        best = max(sorted(likeness), key=lambda key: likeness[key])
        if likeness[best] > _ALIKE:
            found[change.key] = best
    return found


def _likeness(words: _Words, others: _Words) -> float:
    return len(words & others) / max(len(words), len(others), 1)


def _held_words(remote: RemotePrompt | None) -> _Words:
    return _words(remote.prompt(remote.dialect(CURRENT)).block) if remote is not None else frozenset()


def _words(block: Json) -> _Words:
    return frozenset(word for text in _texts(block.get("messages")) for word in text.split())


def _texts(value: Any) -> Iterator[str]:
    """The texts of messages, which stand as `content` or `text` in both dialects."""
    if isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, dict):
        for name in ("content", "text"):
            inner = value.get(name)
            yield from (inner,) if isinstance(inner, str) else _texts(inner)
