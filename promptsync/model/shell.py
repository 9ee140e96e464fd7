"""Commands as a hint tells them: whoever pastes one into a shell runs that, whatever a key or a path has in it.

The shell is sh, and PowerShell on Windows.
"""

from __future__ import annotations

import re
import shlex
import sys

_PLAIN = re.compile(r"-[\w-]*|[\w./][\w./:+-]*", re.ASCII)
_QUOTES = re.compile("['\u2018\u2019\u201a\u201b]")
"""What begins and ends a text in PowerShell in which nothing has a meaning (about_Quoting_Rules)."""


def command(verb: str, *arguments: str, options: tuple[str, ...] = ()) -> str:
    """`promptsync mv 'a b' c` in backticks. An argument that looks like an option stands behind `--`."""
    is_odd = any(argument.startswith("-") for argument in arguments)
    words = (*options, "--", *arguments) if is_odd else (*arguments, *options)
    return typed("promptsync", *verb.split(), *words)


def typed(*words: str) -> str:
    """`--overwrite 'a b'` in backticks: words as they are typed in a shell."""
    return f"`{' '.join(map(quoted, words))}`"


def quoted(word: str) -> str:
    """A word as it is typed in a shell, in quotes where it needs any."""
    return for_powershell(word) if sys.platform == "win32" else shlex.quote(word)


def for_powershell(word: str) -> str:
    """A word as it is typed in PowerShell: in quotes, in which each quote is doubled."""
    return word if _PLAIN.fullmatch(word) else f"'{_QUOTES.sub(lambda quote: quote[0] * 2, word)}'"
