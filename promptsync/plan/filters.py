"""Which of the unmanaged prompts a person wants to see or to import."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from promptsync.model.globs import matches
from promptsync.model.prompt import CLASSIC, CURRENT

if TYPE_CHECKING:
    from collections.abc import Iterable

    from promptsync.model.prompt import RemotePrompt


_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Filter:
    """What must be so of a prompt; what is not given is anything.

    `names` and `models` are globs over the display name and over `provider/model`, of which one must match; letters
    count in either case. `paths` are globs over the folder on the service, as over keys; a prompt whose folder the
    service does not tell matches none. `since` is the time of the last change, or later.
    """

    names: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    since: datetime | None = None

    def __bool__(self) -> bool:
        """Whether it leaves anything out."""
        return self != Filter()

    def takes(self, prompt: RemotePrompt) -> bool:
        """Whether a prompt is wanted."""
        return (
            _is_like(prompt.display_name, self.names)
            and _is_like(model_of(prompt), self.models)
            and (not self.paths or (prompt.path is not None and matches(prompt.path.strip("/"), self.paths)))
            and (self.since is None or (last_change(prompt) or _LONG_AGO) >= self.since)
        )


def model_of(prompt: RemotePrompt) -> str:
    """The model as today's dialect writes it, `provider/model`; empty where the prompt has none."""
    current = prompt.blocks.get(CURRENT, {}).get("model")
    if isinstance(current, str) and "/" in current:
        return current
    classic = prompt.blocks.get(CLASSIC, {})
    model, provider = classic.get("model") or current, classic.get("provider")
    if not isinstance(model, str):
        return ""
    return f"{provider}/{model}" if isinstance(provider, str) and not model.startswith(f"{provider}/") else model


def _is_like(text: str, globs: Iterable[str]) -> bool:
    folded = text.casefold()
    return not globs or any(fnmatchcase(folded, glob.casefold()) for glob in globs)


def last_change(prompt: RemotePrompt) -> datetime | None:
    """When a prompt was changed last, in UTC if no zone is told; None where the service tells nothing readable."""
    try:
        told = datetime.fromisoformat(prompt.updated or prompt.created or "")
    except ValueError:
        return None
    return told if told.tzinfo else told.replace(tzinfo=UTC)
