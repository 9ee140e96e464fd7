"""Globs over keys: `*` stays within a folder, `**` crosses `/`."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_TOKEN = re.compile(r"\*\*/|\*\*|\*|\?|.", re.DOTALL)
_MEANING = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}


def matches(key: str, globs: Iterable[str]) -> bool:
    """Whether any of `globs` matches the whole of `key`, case and all."""
    return any(_compiled(glob).fullmatch(key) for glob in globs)


@lru_cache(maxsize=256)
def _compiled(glob: str) -> re.Pattern[str]:
    tokens = _TOKEN.findall(glob)
    return re.compile("".join(_MEANING.get(token, re.escape(token)) for token in tokens), re.DOTALL)
