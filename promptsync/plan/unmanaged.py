"""Prompts on the service that no lockfile of this root holds, and which of our files might be theirs.

A create whose answer was lost leaves one behind; another team's prompt may bear the same name. The first must be
found again, the second never be touched.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from promptsync.model.canonical import FORMS, WITHOUT_ORDER, remote_hash, source_hash
from promptsync.model.compare import file_differences, settled
from promptsync.model.prompt import CURRENT, PromptFile

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from promptsync.model.prompt import Json, RemotePrompt
    from promptsync.plan.changes import Intent

CLOCK_SKEW = 5.0
"""Seconds by which the service's clock may be behind ours when it dates a prompt that we made."""


@dataclass(frozen=True, slots=True)
class Matches:
    """`certain` maps a key to the one prompt that is its; `doubtful` to those that might be.

    `unplaced` are keys whose prompt is certain only in what it says: several prompts say the same, so that no one
    knows which of them was sent to which path.
    """

    certain: dict[str, RemotePrompt] = field(default_factory=dict)
    doubtful: dict[str, list[RemotePrompt]] = field(default_factory=dict)
    unplaced: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class _Claim:
    """Who claims a prompt: those that may be it, and of these those that say what was asked for."""

    key: str
    asked: tuple[str, ...]
    may: frozenset[str]
    alike: frozenset[str]


def by_name(prompts: Iterable[RemotePrompt]) -> dict[str, list[RemotePrompt]]:
    """`prompts` grouped by display name, each group in the order of the ids."""
    groups: dict[str, list[RemotePrompt]] = defaultdict(list)
    for prompt in sorted(prompts, key=lambda prompt: prompt.id):
        groups[prompt.display_name].append(prompt)
    return dict(groups)


def latest(intents: Iterable[Intent]) -> dict[str, Intent]:
    """The last intent of each key."""
    ordered = sorted(intents, key=lambda intent: (intent.time, intent.display_name, intent.path or "", intent.source))
    return {intent.key: intent for intent in ordered}


def match_intents(
    intents: Iterable[Intent], files: Mapping[str, PromptFile], unmanaged: Mapping[str, list[RemotePrompt]]
) -> Matches:
    """What our own unfinished creates have made: unmanaged prompts of that name, made since; of several, by content."""
    by_key: dict[str, list[Intent]] = defaultdict(list)
    for intent in intents:
        by_key[intent.key].append(intent)
    candidates = {key: _candidates(by_key[key], unmanaged) for key in sorted(by_key)}
    found = Matches()
    claims = []
    for key, prompts in candidates.items():
        others = {id for other, theirs in candidates.items() if other != key for id in theirs}
        if len(prompts) == 1 and not prompts.keys() & others:
            found.certain[key] = next(iter(prompts.values()))
            continue
        asked = tuple(sorted({intent.source for intent in by_key[key]}))
        alike = frozenset(id for id, prompt in prompts.items() if _is_asked(asked, files.get(key), prompt))
        claims.append(_Claim(key, asked, frozenset(prompts), alike))
    _match_group(found, claims, {id: prompt for theirs in candidates.values() for id, prompt in theirs.items()})
    return found


def match_names(files: Iterable[PromptFile], unmanaged: Mapping[str, list[RemotePrompt]]) -> Matches:
    """Pairs files with unmanaged prompts of their name, on a target where no one else makes prompts.

    One file and one such prompt are a pair. Of several, those pair that alone say the same; what is left on both sides
    is doubtful unless it is one of each.
    """
    found = Matches()
    groups: dict[str, list[PromptFile]] = defaultdict(list)
    for file in files:
        if file.prompt.display_name in unmanaged:
            groups[file.prompt.display_name].append(file)
    for name, group in groups.items():
        prompts = {prompt.id: prompt for prompt in unmanaged[name]}
        if len(group) == len(prompts) == 1:
            found.certain[group[0].key] = next(iter(prompts.values()))
            continue
        by_words: dict[tuple[str | None, ...], list[RemotePrompt]] = defaultdict(list)
        for prompt in prompts.values():
            by_words[_words(prompt.prompt(prompt.dialect(CURRENT)).block)].append(prompt)
        claims = []
        for file in group:
            near = by_words.get(_words(file.prompt.block), [])
            alike = frozenset(prompt.id for prompt in near if same_content(file, prompt))
            claims.append(_Claim(file.key, (source_hash(file.prompt),), frozenset(prompts), alike))
        rest = _match_group(found, claims, prompts)
        left = prompts.keys() - {prompt.id for prompt in found.certain.values()}
        if len(rest) == len(left) == 1:
            found.doubtful.pop(rest[0].key, None)
            found.certain[rest[0].key] = prompts[left.pop()]
    return found


def same_content(file: PromptFile, prompt: RemotePrompt) -> bool:
    """Whether a prompt says all that the file says; what the service adds and how it writes does not count."""
    dialect = prompt.dialect(file.prompt.dialect)
    return not settled(file_differences(file, prompt, dialect, None, WITHOUT_ORDER))


def may_be_of(intent: Intent, prompt: RemotePrompt) -> bool:
    """Whether a prompt that is in no lockfile may be what a create of ours made, by its name, its date, and its words.

    The words count where others make prompts of that name at the same time.
    """
    if prompt.display_name != intent.display_name or not made_since(prompt, intent.time):
        return False
    return intent.asked is None or same_content(PromptFile(intent.key, "", intent.asked), prompt)


def made_since(prompt: RemotePrompt, time: float) -> bool:
    """Whether the service dates a prompt after `time` (seconds since the epoch), give or take `CLOCK_SKEW`.

    A prompt without a date that can be read might have been. A date without a zone is UTC.
    """
    try:
        created = datetime.fromisoformat(prompt.created or "")
        if created.tzinfo is None:
            created = created.replace(tzinfo=UTC)
        return created.timestamp() >= time - CLOCK_SKEW
    except (ValueError, OverflowError):
        return True


def _words(block: Json) -> tuple[str | None, ...]:
    """What the messages of a block say, the same in both dialects: to look closely only at what is near."""
    messages = block.get("messages")
    contents = (
        [item.get("content") for item in messages if isinstance(item, dict)] if isinstance(messages, list) else []
    )
    return tuple(content if isinstance(content, str) else None for content in contents)


def _candidates(intents: list[Intent], unmanaged: Mapping[str, list[RemotePrompt]]) -> dict[str, RemotePrompt]:
    found = {
        prompt.id: prompt
        for intent in intents
        for prompt in unmanaged.get(intent.display_name, [])
        if may_be_of(intent, prompt)
    }
    return dict(sorted(found.items()))


def _match_group(found: Matches, claims: Iterable[_Claim], prompts: Mapping[str, RemotePrompt]) -> list[_Claim]:
    """Assigns by content what is certain; gives the claims that are still open, for whom the rest is doubtful."""
    rest = sorted(claims, key=lambda one: one.key)
    taken: set[str] = set()
    for one in list(rest):
        if len(one.alike) == 1 and not any(one.alike & other.alike for other in rest if other is not one):
            _assign(found, one.key, prompts[next(iter(one.alike))], taken)
            rest.remove(one)
    rest = _match_copies(found, rest, prompts, taken)
    for one in rest:
        might = (one.alike or one.may) - taken
        if might:
            found.doubtful[one.key] = [prompts[id] for id in sorted(might)]
    return rest


def _match_copies(
    found: Matches, claims: list[_Claim], prompts: Mapping[str, RemotePrompt], taken: set[str]
) -> list[_Claim]:
    """Copies that ask for the same, and prompts that say it: which is whose makes no difference, but for the path."""
    groups: dict[tuple[tuple[str, ...], frozenset[str]], list[_Claim]] = defaultdict(list)
    for one in claims:
        groups[one.asked, one.alike].append(one)
    rest = []
    for (_, alike), group in groups.items():
        contested = any(alike & other.alike for other in claims if other not in group)
        if not alike or contested or len(alike) > len(group):
            rest.extend(group)
            continue
        for one, id in zip(group, sorted(alike), strict=False):
            _assign(found, one.key, prompts[id], taken)
            found.unplaced.add(one.key)
    return rest


def _assign(found: Matches, key: str, prompt: RemotePrompt, taken: set[str]) -> None:
    found.certain[key] = prompt
    taken.add(prompt.id)


def _is_asked(asked: Iterable[str], file: PromptFile | None, prompt: RemotePrompt) -> bool:
    if any(remote_hash(prompt, dialect, form=form) in asked for dialect in prompt.blocks for form in FORMS):
        return True
    return file is not None and same_content(file, prompt)
