"""Commands as a hint tells them: whoever pastes one into a shell runs that, whatever a key or a path has in it."""

from __future__ import annotations

import shlex


def command(verb: str, *arguments: str, options: tuple[str, ...] = ()) -> str:
    """`promptsync mv 'a b' c` in backticks. An argument that looks like an option stands behind `--`."""
    is_odd = any(argument.startswith("-") for argument in arguments)
    words = (*options, "--", *arguments) if is_odd else (*arguments, *options)
    return typed("promptsync", *verb.split(), *words)


def typed(*words: str) -> str:
    """`--overwrite 'a b'` in backticks: words as they are typed in a shell."""
    return f"`{shlex.join(words)}`"
