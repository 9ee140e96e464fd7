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
    "\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\uffa0"  # fillers that leave no mark
    "\ue000-\uf8ff\U000f0000-\U0010ffff"  # private use: each font shows them as it likes
    "\ufe00-\ufe0d"  # variation selectors; the two that choose emoji or text stay, once
    "\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"  # no characters
    "]|(?<=[\ufe00-\ufe0f])[\ufe0e\ufe0f]"
)

# A runner of GitHub Actions obeys a line that begins with `::`, blanks before it aside, and `##[` anywhere in a line;
# Azure DevOps obeys `##vso[`, TeamCity `##teamcity[`.
_COMMAND = re.compile(r"^([^\S\n]*:):", re.MULTILINE)
_OLD_COMMAND = re.compile(r"(##\w{0,16})\[")

_COLOUR = re.compile("(\x1b\\[(?:[0-2]|3[1-6])m)")
"""What `style` puts on a text: bold, dim, six colours, and their end. Nothing hides a text or moves the cursor."""


def terminal(text: str, *, newlines: bool = False, tabs: bool = False) -> str:
    """`text` with everything that is not seen, or that acts on what shows it, as a visible escape such as `\\x1b`.

    Newlines and tabs stay only where the caller says so. No line of the result is a command to a CI runner, wherever
    in a line the text is put. A backslash stays as it is, so that the result cannot be turned back.
    """
    if text.isascii() and text.isprintable() and "::" not in text and "##" not in text:
        return text  # as nearly all are; the patterns below take ten times as long to say so
    kept = ("\n" if newlines else "") + ("\t" if tabs else "")
    shown = _UNSEEN.sub(lambda found: found[0] if found[0] in kept else _visible(found[0]), text)
    shown = _OLD_COMMAND.sub(r"\1\\x5b", shown)
    return _COMMAND.sub(r"\1\\x3a", shown)


def rendered(text: str, *, color: bool) -> str:
    """What a renderer made, as it may leave the process: its lines and, where there is `color`, its colours stay.

    Whatever a renderer should have escaped and did not is escaped here. What it has escaped stays as it is.
    """
    if not color:
        return terminal(text, newlines=True, tabs=True)
    pieces = _COLOUR.split(text)
    pieces[::2] = [terminal(piece, newlines=True, tabs=True) for piece in pieces[::2]]
    return "".join(pieces)


def json_text(document: str) -> str:
    """A JSON document that says the same to whatever reads JSON, and nothing to a CI runner that reads its lines."""
    return _OLD_COMMAND.sub(lambda found: f"\\u0023{found[0][1:]}", document)


def _visible(character: str) -> str:
    code = ord(character)
    if character in _FRIENDLY:
        return _FRIENDLY[character]
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
