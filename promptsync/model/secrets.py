"""What is a key of the service, or looks like one: none may go from a prompt file to whoever can read a prompt."""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

SHORTEST = 16
"""Characters: a shorter value of a key's variable, such as a stand-in for tests, would be found in any text."""

# Each begins where a word does: else a long text without an end would be looked through from each of its characters.
_SCOPED = re.compile(r"(?<![A-Za-z0-9_-])sk-orq-[A-Za-z0-9]{4,}-([A-Za-z0-9_-]{16,})")
"""The form of today's keys, as orq.ai's documentation tells it."""
_TOKEN = re.compile(r"(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{8,}\.(eyJ[A-Za-z0-9_-]{8,})\.[A-Za-z0-9_-]{16,}")
_ORQ = re.compile(r"(?<![a-z])orq(?![a-z])", re.IGNORECASE)
_FEW = 8


def holds_key(text: str, keys: Collection[str] = ()) -> bool:
    """Whether a text holds one of `keys`, or what can hardly be anything but a key of orq.ai.

    A stand-in, as examples have it, is none: its secret is words alone, or the same few characters again and again.
    """
    if any(key in text for key in keys):
        return True
    if "sk-orq-" in text and any(_is_random(found[1]) for found in _SCOPED.finditer(text)):
        return True
    return "eyJ" in text and any(_is_of_orq(found[1]) for found in _TOKEN.finditer(text))


def is_of_project(key: str) -> bool:
    """Whether a key has the form of today's, which are each of a single project; older ones are of a workspace."""
    return _SCOPED.fullmatch(key) is not None


def may_hold_key(yaml: str, keys: Collection[str] = ()) -> bool:
    """Whether any text that a YAML file says may hold a key: one that does not stand there as it is, is escaped.

    This is asked of every file; to look at each of its texts takes as long as a tenth of all of its reading.
    """
    return any(sign in yaml for sign in ("\\", "''", "sk-orq-", "eyJ", *keys))


def texts(value: Any, loc: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Every text of a JSON value with the place where it stands: the keys of its objects, too."""
    if isinstance(value, str):
        yield loc, value
    elif isinstance(value, dict):
        for name, item in value.items():
            yield (*loc, name), name
            yield from texts(item, (*loc, name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from texts(item, (*loc, index))


def _is_random(secret: str) -> bool:
    kinds = (str.isdigit, str.isalpha)
    return len(set(secret)) > _FEW and all(any(map(kind, secret)) for kind in kinds)


def _is_of_orq(payload: str) -> bool:
    """Whether the claims of a token name orq."""
    try:
        claims = base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
    except (ValueError, binascii.Error):
        return False
    return _ORQ.search(claims.decode("utf-8", "replace")) is not None
