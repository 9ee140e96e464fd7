"""invisible-character: what no reader sees, and a model reads."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from promptsync.lint.rule import Finding, Rule
from promptsync.model.secrets import texts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptsync.model.prompt import PromptFile

_UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f\u2028-\u202e"
    "\u2060-\u206f\u2800\u3164\ufeff\uffa0\ufff9-\ufffb]"
    "|(?<![\U0001f3f4\U000e0020-\U000e007f])[\U000e0000-\U000e0fff]"  # tags; those of a flag stay
)
_TURNS_TEXT = re.compile("[\u061c\u200e\u200f\u202a-\u202c\u2066-\u2069]")
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")


def _check(file: PromptFile) -> Iterator[Finding]:
    prompt = file.prompt
    held = {"display_name": prompt.display_name, "description": prompt.description, prompt.dialect: prompt.block}
    for loc, text in texts(held):
        found = next((one for one in _UNSEEN.finditer(text) if not _is_fit(one[0], text)), None)
        if found is not None:
            name = unicodedata.name(found[0], "a control character").lower()
            message = f"the invisible character U+{ord(found[0]):04X} ({name}) stands in a text"
            yield Finding(loc, message, "take it out", found.start())


def _is_fit(char: str, text: str) -> bool:
    """Whether a text that is read from right to left may need the character."""
    return _TURNS_TEXT.match(char) is not None and _RIGHT_TO_LEFT.search(text) is not None


RULE = Rule("invisible-character", "warning", "characters that are not seen, or turn a text around", _check)
