"""The one comment that a target has on a pull request, and the one issue that its drift has.

Both are found by a marker in their text *and* by their author: anyone can write a marker, no one can write in our name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from promptsync.github.api import GitHub, Note

LABEL = "promptsync"
"""The label of the issues about drift."""

MAX_COMMENT = 65_536
"""Characters of a comment or of an issue's text."""

APPLIED = "Applied by"
"""What the text begins with that tells what an apply did."""

MAX_APPLIED = MAX_COMMENT - 256
"""Those that are left of it for what an apply did, beside two markers."""


def marker(target: str, what: str = "plan") -> str:
    """The line that a comment or issue of ours begins with. A target's name holds no blank and no bracket."""
    return f"<!-- promptsync {what} {target} -->"


def comment(github: GitHub, number: int, target: str, markdown: str) -> bool:
    """Says `markdown` in the target's comment, which is made, changed, or left alone where it says the same.

    False where it was left alone.
    """
    first = marker(target)
    body = f"{first}\n{markdown}"
    found = find_comment(github, number, target)
    if found is None:
        github.create_comment(number, body)
    elif same(found.body, body):
        return False
    else:
        github.update_comment(found.number, body)
    return True


def tell_applied(github: GitHub, number: int, target: str, found: Note | None, markdown: str) -> None:
    """Says in the target's comment what an apply did: below the plan, or in its place where both are too long.

    `found` is the comment as it is; None makes one. `markdown` has at most MAX_APPLIED characters.
    """
    first, second = marker(target), marker(target, "applied")
    lines = found.body.replace("\r\n", "\n").split("\n") if found is not None else [first]
    plan = "\n".join(lines[: lines.index(second)] if second in lines else lines).rstrip()
    body = f"{plan}\n\n{second}\n{markdown}"
    if len(body) > MAX_COMMENT:
        body = f"{first}\n{second}\n{markdown}"
    if found is None:
        github.create_comment(number, body)
    else:
        github.update_comment(found.number, body)


def with_preview(target: str, markdown: str, preview: str) -> str:
    """What a comment says of the plan, and below it what of the preview."""
    return f"{markdown.rstrip()}\n\n{marker(target, 'preview')}\n{preview}"


def tell_preview(github: GitHub, number: int, target: str, markdown: str) -> None:
    """Says in the target's comment what became of the preview, in place of what stood there; without one, nowhere."""
    found = find_comment(github, number, target)
    if found is None:
        return
    lines = found.body.replace("\r\n", "\n").split("\n")
    own, applied = marker(target, "preview"), marker(target, "applied")
    ends = [lines.index(one) for one in (own, applied) if one in lines]
    rest = lines[lines.index(applied) :] if applied in lines else []
    text = with_preview(target, "\n".join(lines[: min(ends, default=len(lines))]), markdown)
    body = "\n\n".join([text, "\n".join(rest)]) if rest else text
    if len(body) <= MAX_COMMENT:
        github.update_comment(found.number, body)


def is_told(note: Note, target: str) -> bool:
    """Whether a comment says already what an apply did. One that failed before it began may be said anew."""
    return f"{marker(target, 'applied')}\n{APPLIED}" in note.body.replace("\r\n", "\n")


def find_comment(github: GitHub, number: int, target: str) -> Note | None:
    """The target's comment; of several, which only runs side by side can have made, the first."""
    first = marker(target)
    return next((note for note in github.own_comments(number) if _begins_with(note, first)), None)


def report_drift(github: GitHub, target: str, title: str, markdown: str | None) -> str | None:
    """Opens, changes or closes the issue about a target's drift; `markdown` is None where there is none.

    Gives what was done, in a word; None where nothing was to be done.
    """
    found = find_issue(github, target)
    body = f"{marker(target, 'drift')}\n{markdown}"
    if markdown is None:
        if found is None:
            return None
        github.create_comment(found.number, "Nothing differs any more.")
        github.update_issue(found.number, state="closed")
        return "closed"
    if found is None:
        github.create_issue(title, body, LABEL)
        return "opened"
    if found.title == title and same(found.body, body):
        return None
    github.update_issue(found.number, title=title, body=body)
    return "updated"


def find_issue(github: GitHub, target: str) -> Note | None:
    """The open issue about the target's drift."""
    first = marker(target, "drift")
    return next((note for note in github.own_issues(LABEL) if _begins_with(note, first)), None)


def _begins_with(note: Note, first: str) -> bool:
    return note.body.splitlines()[:1] == [first]


def same(one: str, other: str) -> bool:
    """Whether two texts say the same: GitHub may give back other line ends, and no blanks at the end."""
    return one.replace("\r\n", "\n").rstrip() == other.replace("\r\n", "\n").rstrip()
