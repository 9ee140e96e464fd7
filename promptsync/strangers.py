"""Prompts on the service that no lockfile of this root holds, and which of our files might be theirs.

A create whose answer was lost leaves one behind; another team's prompt may bear the same name. The first must be
found again, the second never be touched.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, TypeAlias

from promptsync.canonical import remote_hash
from promptsync.compare import file_differences

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from promptsync.models import PromptFile, RemotePrompt
    from promptsync.plan import Intent

    Alike: TypeAlias = Callable[[PromptFile, RemotePrompt], bool]

CLOCK_SKEW = 5.0
"""Seconds by which the service's clock may be behind ours when it dates a prompt that we made."""


@dataclass(frozen=True, slots=True)
class Matches:
    """`certain` maps a key to the one prompt that is its; `doubtful` to those that might be."""

    certain: dict[str, RemotePrompt] = field(default_factory=dict)
    doubtful: dict[str, list[RemotePrompt]] = field(default_factory=dict)


def by_name(prompts: Iterable[RemotePrompt]) -> dict[str, list[RemotePrompt]]:
    """`prompts` grouped by display name, each group in the order of the ids."""
    groups: dict[str, list[RemotePrompt]] = defaultdict(list)
    for prompt in sorted(prompts, key=lambda prompt: prompt.id):
        groups[prompt.display_name].append(prompt)
    return dict(groups)


def match_intents(
    intents: Iterable[Intent], files: Mapping[str, PromptFile], strangers: Mapping[str, list[RemotePrompt]]
) -> Matches:
    """Finds what our own unfinished creates have made: a stranger of that name, made since; of several, by content."""
    found = Matches()
    for intent in intents:
        candidates = [
            prompt
            for prompt in strangers.get(intent.display_name, [])
            if made_since(prompt, intent.time) and prompt.id not in {taken.id for taken in found.certain.values()}
        ]
        if len(candidates) > 1:
            candidates = [prompt for prompt in candidates if _is_asked(intent, files, prompt)] or candidates
        if len(candidates) == 1:
            found.certain[intent.key] = candidates[0]
        elif candidates:
            found.doubtful[intent.key] = candidates
    return found


def match_names(files: Iterable[PromptFile], strangers: Mapping[str, list[RemotePrompt]]) -> Matches:
    """Pairs files with strangers of their name, on a target where no one else makes prompts.

    One file and one stranger are a pair. Of several, those pair that alone say the same; what is left on both sides
    is doubtful unless it is one of each.
    """
    found = Matches()
    groups: dict[str, list[PromptFile]] = defaultdict(list)
    for file in files:
        if file.prompt.display_name in strangers:
            groups[file.prompt.display_name].append(file)
    for name, wanting in groups.items():
        _match_group(found, wanting, list(strangers[name]))
    return found


def same_content(file: PromptFile, prompt: RemotePrompt) -> bool:
    """Whether a prompt says all that the file says; what the service adds of its own does not count."""
    return not file_differences(file, prompt, prompt.dialect(file.prompt.dialect), None)


def made_since(prompt: RemotePrompt, time: float) -> bool:
    """Whether the service dates a prompt after `time` (seconds since the epoch), give or take `CLOCK_SKEW`.

    A prompt without a date that can be read might have been.
    """
    try:
        created = datetime.fromisoformat(prompt.created or "").timestamp()
    except (ValueError, OverflowError):
        return True
    return created >= time - CLOCK_SKEW


def _match_group(found: Matches, files: list[PromptFile], prompts: list[RemotePrompt]) -> None:
    if len(files) > 1 or len(prompts) > 1:
        for file in list(files):
            same = [prompt for prompt in prompts if same_content(file, prompt)]
            if len(same) == 1 and sum(same_content(other, same[0]) for other in files) == 1:
                found.certain[file.key] = same[0]
                files.remove(file)
                prompts.remove(same[0])
    if len(files) == len(prompts) == 1:
        found.certain[files[0].key] = prompts[0]
    elif prompts:
        found.doubtful.update({file.key: prompts for file in files})


def _is_asked(intent: Intent, files: Mapping[str, PromptFile], prompt: RemotePrompt) -> bool:
    file = files.get(intent.key)
    if any(remote_hash(prompt, dialect) == intent.source for dialect in prompt.blocks):
        return True
    return file is not None and same_content(file, prompt)
