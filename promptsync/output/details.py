"""What there is to tell of one change, before it has a format: remarks, fields by who changed them, warnings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias, assert_never

from promptsync.model.compare import is_part
from promptsync.model.shell import command, typed
from promptsync.output.shown import facts
from promptsync.plan.changes import (
    Adopt,
    Change,
    Conflict,
    Create,
    Delete,
    Drift,
    Forget,
    Move,
    Orphan,
    Recreate,
    Update,
)
from promptsync.plan.wording import OUTSIDE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from promptsync.model.compare import FieldDiff
    from promptsync.plan.changes import Sides

Kind: TypeAlias = Literal["plain", "aside", "loud", "conflict", "help", "since"]

_THERE = "changed on the service:"


class Remark(NamedTuple):
    """A sentence about a change: what is `loud` has a price, an `aside` may be passed over, `help` says what to do."""

    kind: Kind
    text: str


class Group(NamedTuple):
    """Fields that belong together, under a title if there is more to say than that they differ."""

    title: str | None
    fields: tuple[FieldDiff, ...]


@dataclass(frozen=True, slots=True)
class Details:
    """All that a plan tells of one change. `facts` tell a new prompt in few words, where its fields are not shown."""

    remarks: tuple[Remark, ...]
    groups: tuple[Group, ...]
    warnings: tuple[str, ...]
    facts: tuple[tuple[str, str], ...] = ()

    @property
    def fields(self) -> tuple[FieldDiff, ...]:
        """The fields of all groups."""
        return tuple(item for group in self.groups for item in group.fields)


def details(change: Change) -> Details:
    """What there is to tell of a change that is masked already. Nothing in it is escaped."""
    sides = change.sides
    remarks = tuple(_remarks(change))
    remarks = (*remarks, *_origins(change))
    if sides is not None:
        remarks = (*remarks, Remark("since", sides.since))
    return Details(
        remarks,
        tuple(_groups(change, sides)),
        tuple(warning for warning in change.warnings if sides is None or warning != sides.since),
        tuple(facts(change)) if isinstance(change, Create) else (),
    )


def _groups(change: Change, sides: Sides | None) -> Iterator[Group]:
    if sides is not None and sides.there and isinstance(change, Conflict):
        yield from _by_side(change.diff, sides)
    elif change.diff:
        yield Group(None, change.diff)


def _by_side(items: Iterable[FieldDiff], sides: Sides) -> Iterator[Group]:
    """The fields by who changed them, each as service → file like all others."""
    groups: dict[str, list[FieldDiff]] = {}
    for item in items:
        here, there = _is_among(item, sides.here), _is_among(item, sides.there)
        who = "changed on both sides:" if here and there else _THERE if there else "changed in the file:"
        groups.setdefault(who, []).append(item)
    return (Group(title, tuple(group)) for title, group in groups.items())


def _is_among(item: FieldDiff, others: Iterable[FieldDiff]) -> bool:
    """Whether one of the others is about the same field, a part of it, or what it is a part of."""
    return any(is_part(item.field, other.field) or is_part(other.field, item.field) for other in others)


def _origins(change: Change) -> Iterator[Remark]:
    """Where the fields stand that the file itself does not give."""
    places: dict[str, list[str]] = {}
    for origin in change.origins:
        line = "" if origin.kind == "text" else f":{origin.line}"
        places.setdefault(f"{origin.kind} from {origin.place}{line}", []).append(origin.field)
    for place, fields in places.items():
        yield Remark("aside", f"{place}: {', '.join(fields)}")


def _remarks(change: Change) -> Iterator[Remark]:
    """What there is to say of a change besides its fields."""
    match change:
        case Create():
            pass
        case Update():
            if change.remote is None and not change.diff:
                text = "the file changed since the last apply; which fields, only the service can tell"
                yield Remark("aside", text)
            elif not change.is_sent:
                yield Remark("aside", "only the lockfile changes, and nothing is sent")
        case Move():
            yield Remark("plain", f"from {change.old_key}; the id stays")
        case Adopt():
            then = ", and it is updated" if change.diff else ""
            yield Remark("plain", f"is there already: its id is recorded{then}")
        case Recreate():
            yield Remark("loud", "THE ID CHANGES: this prompt was deleted on the service and is made anew.")
            yield Remark("loud", f"Whoever calls {change.id} must be given the new id.")
        case Delete():
            gone = "its file is gone" if OUTSIDE not in change.warnings else "its file is not of this target"
            yield Remark("plain", f"{gone}; the content is archived first")
        case Forget():
            yield Remark("plain", "neither the file nor the prompt is there any more; the entry leaves the lockfile")
        case Drift():
            yield Remark("plain", "changed on the service, the file is as it was; it is left as it is")
            pull, undo = command("pull", change.key), typed("--overwrite", change.key)
            yield Remark("help", f"{pull} takes it into the file, {undo} undoes it")
        case Conflict():
            yield Remark("conflict", change.reason)
            yield Remark("help", change.hint)
        case Orphan():
            pass  # Its warning says all of it.
        case _:
            assert_never(change)
