"""The history of a lockfile: what was live when, from which commit, by whom; as text and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptsync.output.cells import pad
from promptsync.output.escape import terminal
from promptsync.output.plan_json import dumps
from promptsync.output.style import counted
from promptsync.output.text import key_column

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from promptsync.commands.results import Live, Log, Recorded
    from promptsync.model.lockchanges import Became, Held, LockChange
    from promptsync.model.prompt import Json
    from promptsync.model.provenance import Provenance
    from promptsync.output.layout import Layout
    from promptsync.output.style import Colour, Style

_FORMAT_VERSION = 1
_SHORT = 10
_FEW = 10
"""Prompts of a commit that are told where not all are."""
_INDENT = "  "
_LOOKS: dict[Became, tuple[str, Colour]] = {
    "created": ("+", "green"),
    "adopted": ("=", "blue"),
    "updated": ("~", "yellow"),
    "moved": (">", "cyan"),
    "recreated": ("-+", "magenta"),
    "deleted": ("-", "red"),
    "recorded": (".", "dim"),
}


def render_log(log: Log, layout: Layout) -> str:
    """What no commit tells of first, then a block for each commit, newest first; without a final newline."""
    style = layout.style
    blocks = [
        list(_live(log.live or (), style)),
        list(_uncommitted(log, layout)),
        *(list(_commit(one, log.target, layout)) for one in log.commits),
        [
            style("dim", f"The history ends at {commit[:_SHORT]}: what was before is not in this clone.")
            for commit in log.cut
        ],
    ]
    if not log.commits and not log.cut:
        blocks.append([f"No commit tells of {terminal(log.key)}." if log.key else "No commit holds a lockfile yet."])
    return "\n\n".join("\n".join(line.rstrip() for line in block) for block in blocks if block)


def log_json(log: Log) -> str:
    """The same for programs. `live` is null where the service was not asked."""
    document: Json = {
        "format_version": _FORMAT_VERSION,
        "target": log.target,
        "key": log.key,
        "live": None if log.live is None else [_live_json(one) for one in log.live],
        "uncommitted": [_change_json(one) for one in log.uncommitted],
        "commits": [_commit_json(one) for one in log.commits],
        "cut": list(log.cut),
    }
    return dumps(document).removesuffix("\n")


def _live(found: Sequence[Live], style: Style) -> Iterator[str]:
    keys = key_column(one.key for one in found)
    # What has no commit at all goes first.
    for one in sorted(found, key=lambda one: bool(one.commit)):
        key = style("bold", pad(terminal(one.key), keys))
        locked = f"the lockfile holds {terminal(one.locked or 'no version')}"
        if one.version is None:
            yield f"{style('red', '!  gone')}    {key}  {terminal(one.id)} is not on the service any more; {locked}"
        elif one.commit:
            word = f"{terminal(one.version)} is live, of commit {one.commit[:_SHORT]}; {locked}"
            yield f"{style('yellow', '!  behind')}  {key}  {word}"
        else:
            when = "".join(f" {word} {terminal(fact)}" for word, fact in (("on", one.updated), ("by", one.by)) if fact)
            word = f"{terminal(one.version)} is live and has no commit: edited in orq.ai{when}; {locked}"
            yield f"{style('red', '!  edited')}  {key}  {word}"


def _uncommitted(log: Log, layout: Layout) -> Iterator[str]:
    if log.uncommitted:
        yield layout.style("yellow", "not committed yet")
        yield from _changes(log.uncommitted, layout)


def _commit(one: Recorded, target: str, layout: Layout) -> Iterator[str]:
    style = layout.style
    head = f"{style('yellow', one.commit[:_SHORT])}  {terminal(one.time or 'at an unknown time')}"
    yield f"{head}  {terminal(one.author)}: {terminal(one.subject)}" if not one.applies else head
    for apply in one.applies:
        yield _INDENT + _apply(apply, one.sources.get(apply.commit, ""), target)
        if apply.run:
            yield _INDENT + style("dim", terminal(apply.run))
    if not one.is_readable:
        yield _INDENT + style("red", "the lockfile cannot be read here, or not before it: what changed is not known")
    yield from _changes(one.changes, layout)


def _apply(apply: Provenance, source: str, target: str) -> str:
    """`applied 98f98ee75e (Answer briefly) from #12 by octocat`; the target only where it is another."""
    words = ["applied"]
    if apply.commit:
        words.append(terminal(apply.commit[:_SHORT]) + (f" ({terminal(source)})" if source else ""))
    for word, fact in (("from", apply.pull_request), ("by", apply.by)):
        if fact:
            words.append(f"{word} {terminal(fact)}")
    if apply.target != target:
        words.append(f"to {terminal(apply.target)}")
    return " ".join(words)


def _changes(changes: Sequence[LockChange], layout: Layout) -> Iterator[str]:
    style = layout.style
    kept = changes if layout.whole else changes[:_FEW]
    keys = key_column(change.key for change in kept)
    for change in kept:
        sign, colour = _LOOKS[change.became]
        key = style("bold", pad(terminal(change.key), keys))
        yield f"{_INDENT}{style(colour, f'{sign:<2} {change.became:<9}')}  {key}  {_versions(change)}"
    if len(kept) < len(changes):
        left = counted(len(changes) - len(kept), "more prompt")
        yield _INDENT + style("dim", f"… and {left}: -v shows them")


def _versions(change: LockChange) -> str:
    """The versions before and after, and what else moved: the key, or the id."""
    before, now = change.before, change.now
    if before is None or now is None:
        held = before or now
        return f"{terminal(held.id)}  {_version(held)}" if held else ""
    ids = f"{before.id} → {now.id}" if before.id != now.id else now.id
    versions = f"{_version(before)} → {_version(now)}" if before.version != now.version else _version(now)
    return f"{terminal(ids)}  {versions}" + (f"  from {terminal(before.key)}" if before.key != now.key else "")


def _version(held: Held) -> str:
    return terminal(held.version or "no version")


def _commit_json(one: Recorded) -> Json:
    return {
        "commit": one.commit,
        "time": one.time or None,
        "author": one.author,
        "subject": one.subject,
        "applies": [
            {
                "target": apply.target,
                "commit": apply.commit or None,
                "subject": one.sources.get(apply.commit),
                "run": apply.run or None,
                "pull_request": apply.pull_request or None,
                "by": apply.by or None,
            }
            for apply in one.applies
        ],
        "is_readable": one.is_readable,
        "changes": [_change_json(change) for change in one.changes],
    }


def _change_json(change: LockChange) -> Json:
    return {
        "key": change.key,
        "change": change.became,
        "before": change.before._asdict() if change.before else None,
        "now": change.now._asdict() if change.now else None,
    }


def _live_json(one: Live) -> Json:
    return {
        "key": one.key,
        "id": one.id,
        "locked": one.locked,
        "version": one.version,
        "updated": one.updated or None,
        "by": one.by or None,
        "commit": one.commit or None,
    }
