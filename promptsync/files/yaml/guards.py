"""Text that would go live by accident: what git left in a file, and what a ` #` cuts off."""

from __future__ import annotations

import re

from promptsync.files.yaml.mistakes import Complaint
from promptsync.files.yaml.scalars import quoted

_OPENED = re.compile(r"^<{7}(?: .*)?$", re.MULTILINE)
_PARTED = re.compile(r"^={7}(?: .*)?$", re.MULTILINE)
_CLOSED = re.compile(r"^>{7}(?: .*)?$", re.MULTILINE)
_LFS_POINTER = re.compile(r"version https://(?:git-lfs|hawser)\.github\.com/spec/v[^\n]*\n(?:[^\n]*\n)*?oid sha256:")
_COMMENT = re.compile(r"([ \t]+)#(.?)")
_SHOWN = 60

TEXTS = frozenset({"content", "text", "description", "display_name", "reasoning_content", "refusal"})
"""The keys whose values are words for people or models: what is lost of one is not seen by any check."""


def left_by_git(text: str) -> Complaint | None:
    """What git left in place of the text that was meant: an open merge, or the pointer to a file in its large storage.

    All three lines of a merge must be there, in order: a single one can be Markdown. In a block of YAML, which is
    indented, they are text.
    """
    if _LFS_POINTER.match(text):
        message = "this is a git-lfs pointer, and not the file that it stands for"
        return Complaint(1, 1, message, "run `git lfs pull`, or keep the file out of git-lfs")
    # The plain search passes over a text without any ten times as fast.
    opened = _OPENED.search(text) if "<<<<<<<" in text else None
    parted = opened and _PARTED.search(text, opened.end())
    closed = parted and _CLOSED.search(text, parted.end())
    if not opened or not parted or not closed:
        return None
    first, second, third = (text.count("\n", 0, found.start()) + 1 for found in (opened, parted, closed))
    message = f"an open merge of git: <<<<<<< here, ======= on line {second}, >>>>>>> on line {third}"
    return Complaint(first, 1, message, "finish the merge; lines that are to be part of a text can be indented")


def cut_off(text: str, end: int) -> str | None:
    """The rest of the line behind a plain text that ends at `end`, if it is a comment that may have been meant as text.

    Two blanks or a tab before `#` and a blank behind it, as linters ask for, make a comment that is meant as one.
    """
    found = _COMMENT.match(text, end)
    if found is None or (found[1] != " " and found[2] in ("", " ", "\t", "#")):
        return None
    return text[end:].partition("\n")[0]


def cut_text(line: int, column: int, value: str, rest: str) -> Complaint:
    """What to say of a text `value` that `rest`, which begins at that line and column, was cut off from."""
    blanks = len(rest) - len(rest.lstrip())
    whole = f"{value}{rest.rstrip()}"
    hint = f"write {quoted(whole)} for the whole text" if len(whole) <= _SHOWN else "put the whole text in quotes"
    shown = rest.strip() if len(rest) <= _SHOWN else f"{rest.strip()[:_SHOWN]}…"
    message = f"`{shown}` is a comment to YAML, and no part of the text before it"
    hint += ", or two blanks before and one behind the # of a comment"
    return Complaint(line, column + blanks, message, hint)
