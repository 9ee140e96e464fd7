"""Hostile text made harmless: what a prompt says must not act on the terminal or the log that shows it."""

from __future__ import annotations

import re

_FRIENDLY = {"\n": "\\n", "\t": "\\t", "\r": "\\r"}

_UNSEEN = re.compile(
    "["
    "\x00-\x1f\x7f-\x9f"  # controls: C0, DEL, C1
    "\xad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u180e"  # formats (Unicode's category Cf)
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff0-\ufffb"  # zero width, line ends, bidi overrides and isolates
    "\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff"  # tags and variation selectors, which can carry a whole hidden text
    "\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\uffa0"  # fillers that leave no mark
    "\ufe00-\ufe0d"  # variation selectors; the two that choose emoji or text stay, once
    "\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"  # no characters
    "]|(?<=[\ufe00-\ufe0f])[\ufe0e\ufe0f]"
)

# A runner of GitHub Actions obeys a line that begins with `::`, blanks before it aside, and `##[` anywhere in a line;
# Azure DevOps obeys `##vso[`, TeamCity `##teamcity[`.
_COMMAND = re.compile(r"^([^\S\n]*:):", re.MULTILINE)
_OLD_COMMAND = re.compile(r"(##\w{0,16})\[")


def terminal(text: str, *, newlines: bool = False, tabs: bool = False) -> str:
    """`text` with everything that is not seen, or that acts on what shows it, as a visible escape such as `\\x1b`.

    Newlines and tabs stay only where the caller says so. No line of the result is a command to a CI runner, wherever
    in a line the text is put. A backslash stays as it is, so that the result cannot be turned back.
    """
    kept = ("\n" if newlines else "") + ("\t" if tabs else "")
    shown = _UNSEEN.sub(lambda found: found[0] if found[0] in kept else _visible(found[0]), text)
    shown = _OLD_COMMAND.sub(r"\1\\x5b", shown)
    return _COMMAND.sub(r"\1\\x3a", shown)


def _visible(character: str) -> str:
    code = ord(character)
    if character in _FRIENDLY:
        return _FRIENDLY[character]
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
