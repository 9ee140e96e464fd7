"""Previews as the configuration tells of them, and what they may be called. Touches no disk."""

from __future__ import annotations

import re
from dataclasses import dataclass

_PREVIEW_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
"""Without capitals, so that no two are one where case does not count, and without dots, which part it from a target."""


@dataclass(frozen=True, slots=True)
class PreviewSettings:
    """Where previews are made: below `path_prefix`, on the service of `target` and with the key in `api_key_env`.

    By default those of the target that is previewed.
    """

    path_prefix: str = "Preview"
    target: str | None = None
    api_key_env: str | None = None


def why_no_preview(name: str) -> str | None:
    """Why no preview can be called so, as the end of a sentence; None where one can."""
    if _PREVIEW_NAME.fullmatch(name):
        return None
    return "must be small letters, digits, `-` and `_`, at most 64, and begin with a letter or digit"
