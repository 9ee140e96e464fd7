"""What a run would do: one class for each kind of change, and the plan that holds them.

A plan is data. It can be shown, saved, compared with a later one and carried out; it does nothing by itself.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, ClassVar, Literal, Self, TypeAlias, assert_never, get_args

if TYPE_CHECKING:
    from promptsync.model.compare import FieldDiff
    from promptsync.model.lockfile import LockEntry
    from promptsync.model.prompt import Json, Origin, Prompt, PromptFile, RemotePrompt

Action: TypeAlias = Literal[
    "create", "update", "move", "adopt", "recreate", "delete", "forget", "drift", "conflict", "orphan"
]
Status: TypeAlias = Literal["done", "failed", "skipped", "left", "not converged"]

FORMAT_VERSION = 1

PROTECTED = "protected"
"""The field of a difference that the lock alone holds."""


@dataclass(frozen=True, slots=True)
class Edited:
    """A prompt that someone seems to have edited on the service, its file, and the entry that both come from."""

    file: PromptFile
    entry: LockEntry
    remote: RemotePrompt


@dataclass(frozen=True, slots=True)
class Sides:
    """Who changed what since the lock and the service agreed, as far as the service's versions tell.

    `since` is one clause: from which version on, when and by whom. `here` are the file's changes, base before and file
    after; `there` the service's, base before and service after.
    """

    since: str
    here: tuple[FieldDiff, ...] = ()
    there: tuple[FieldDiff, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Change:
    """What every change has.

    `path` is the path that the prompt would have on the service, None where it stays as it is. `digest` is the hash
    of the file, lock entry and service content that the change rests on. `diff` tells the fields, service before
    and file after, `origins` where those stand that the prompt's own file does not give, and `sides` who changed what,
    where someone edited the prompt on the service. What `is_decided` is carried out by an apply; the rest is told and
    left alone.
    """

    action: ClassVar[Action]
    is_decided: ClassVar[bool]

    key: str
    display_name: str
    digest: str
    path: str | None = None
    diff: tuple[FieldDiff, ...] = ()
    warnings: tuple[str, ...] = ()
    origins: tuple[Origin, ...] = ()
    sides: Sides | None = None

    def warned(self, *words: str) -> Self:
        """The same with words of warning behind those that it has."""
        return replace(self, warnings=(*self.warnings, *words))

    @property
    def is_sent(self) -> bool:
        """Whether something differs that the service holds: what the lock alone holds is only recorded."""
        return any(item.field != PROTECTED for item in self.diff)

    @property
    def edited(self) -> Edited | None:
        """What someone seems to have edited on the service; None where no one has."""
        return None

    @property
    def became_of_create(self) -> str | None:
        """What became of a create of this key whose end was not known, in a clause; None where it tells nothing."""
        return None


class _Told(ABC):
    """What is told and left alone. It has to say itself what else an apply would find out."""

    __slots__ = ()

    @property
    @abstractmethod
    def edited(self) -> Edited | None:
        """As every change tells it."""

    @property
    @abstractmethod
    def became_of_create(self) -> str | None:
        """As every change tells it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Locked(_Change):
    """A change to a prompt that the lockfile holds."""

    entry: LockEntry

    @property
    def id(self) -> str:
        """The id that the lockfile holds: of a prompt that is to be made again, the one that is lost."""
        return self.entry.id


@dataclass(frozen=True, slots=True, kw_only=True)
class Create(_Change):
    """A file whose prompt is not on the service yet."""

    action: ClassVar[Action] = "create"
    is_decided: ClassVar[Literal[True]] = True
    file: PromptFile

    @property
    def id(self) -> None:
        """A prompt that is not there yet has no id."""
        return None

    @property
    def became_of_create(self) -> str:
        return "it made nothing that can be found, and is done again"


@dataclass(frozen=True, slots=True, kw_only=True)
class Update(_Locked):
    """A file that changed and may be written. `remote` is None offline."""

    action: ClassVar[Action] = "update"
    is_decided: ClassVar[Literal[True]] = True
    file: PromptFile
    remote: RemotePrompt | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Move(_Locked):
    """A file under a new key that is the prompt of `old_key`: the id stays. `remote` is None offline."""

    action: ClassVar[Action] = "move"
    is_decided: ClassVar[Literal[True]] = True
    file: PromptFile
    old_key: str
    remote: RemotePrompt | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Adopt(_Change):
    """A prompt that is there already: its id or state is recorded, and it is updated if `diff` says so.

    `file` is None for a prompt that an interrupted run made and whose file is gone since. `source` is the hash to
    record as the file's where nothing is written, `protected` whether that file protected it.
    """

    action: ClassVar[Action] = "adopt"
    is_decided: ClassVar[Literal[True]] = True
    file: PromptFile | None
    entry: LockEntry | None
    remote: RemotePrompt
    source: str
    protected: bool = False

    @property
    def id(self) -> str:
        """The id on the service."""
        return self.remote.id

    @property
    def became_of_create(self) -> str:
        return f"it made {self.id}, which is taken over"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recreate(_Locked):
    """A prompt that was deleted on the service and is wanted back: it gets a new id, callers hold the old one."""

    action: ClassVar[Action] = "recreate"
    is_decided: ClassVar[Literal[True]] = True
    file: PromptFile


@dataclass(frozen=True, slots=True, kw_only=True)
class Delete(_Locked):
    """A prompt whose file is gone, with `--prune`. `remote` is None offline."""

    action: ClassVar[Action] = "delete"
    is_decided: ClassVar[Literal[True]] = True
    remote: RemotePrompt | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Forget(_Locked):
    """An entry whose file and prompt are both gone: it leaves the lock."""

    action: ClassVar[Action] = "forget"
    is_decided: ClassVar[Literal[True]] = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift(_Told, _Locked):
    """A prompt that was changed on the service alone; it is told and left as it is."""

    action: ClassVar[Action] = "drift"
    is_decided: ClassVar[Literal[False]] = False
    file: PromptFile
    remote: RemotePrompt

    @property
    def edited(self) -> Edited:
        return Edited(self.file, self.entry, self.remote)

    @property
    def became_of_create(self) -> None:
        """What drifts is locked."""
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict(_Told, _Change):
    """Something that only a person can decide: the `reason`, what to do, and the ids that may be meant."""

    action: ClassVar[Action] = "conflict"
    is_decided: ClassVar[Literal[False]] = False
    reason: str
    hint: str
    id: str | None = None
    candidates: tuple[str, ...] = ()
    both: Edited | None = None

    @property
    def edited(self) -> Edited | None:
        return self.both

    @property
    def became_of_create(self) -> str:
        return "see the conflict"


@dataclass(frozen=True, slots=True, kw_only=True)
class Orphan(_Told, _Locked):
    """A locked prompt whose file is gone, left on the service."""

    action: ClassVar[Action] = "orphan"
    is_decided: ClassVar[Literal[False]] = False

    @property
    def edited(self) -> None:
        """What was edited there stays there."""
        return None

    @property
    def became_of_create(self) -> None:
        """A create has no entry yet."""
        return None


Change: TypeAlias = Create | Update | Move | Adopt | Recreate | Delete | Forget | Drift | Conflict | Orphan
Decided: TypeAlias = Create | Update | Move | Adopt | Recreate | Delete | Forget
"""The kinds that are decided."""

Standing: TypeAlias = Literal["service", "both", "lock", "git"]
"""`service`: edited there alone. `both`: edited there too, or deleted, so that a person must decide. `lock`: the
service holds what an apply wrote, and the lockfile does not tell of it. `git`: what the files say is not applied."""


def ahead(change: Change) -> Standing | None:
    """Who is ahead by the kind of a change; None where nothing has moved since the last apply but a file that is gone.

    `drift`, the exit codes of `plan` and `check`, and the words for other branches go by it.
    """
    match change:
        case Create() | Update() | Move() | Recreate() | Delete() | Forget():
            return "git"
        case Adopt():
            return "lock"
        case Drift():
            return "service"
        case Conflict():
            return "both" if change.id is not None else "git"
        case Orphan():
            return None
        case _:
            assert_never(change)


ACTIONS: tuple[Action, ...] = tuple(kind.action for kind in get_args(Change))
DECIDED: tuple[Action, ...] = tuple(kind.action for kind in get_args(Change) if kind.is_decided)


@dataclass(frozen=True, slots=True)
class PlanOptions:
    """What the user decided beforehand. `overwrite` and `only` are globs over keys; an empty `only` means all.

    `max_deletes` is the most deletes that the plan may hold; None is a share of the lock.
    """

    prune: bool = False
    overwrite: tuple[str, ...] = ()
    create_twins: bool = False
    only: tuple[str, ...] = ()
    max_deletes: int | None = None

    def as_json(self) -> Json:
        """The options as a saved plan carries them."""
        return {
            "prune": self.prune,
            "overwrite": list(self.overwrite),
            "create_twins": self.create_twins,
            "only": list(self.only),
            "max_deletes": self.max_deletes,
        }


@dataclass(frozen=True, slots=True)
class Plan:
    """The changes, sorted by key. `refreshed` are entries that are only to be recorded anew, since nothing differs.

    `traded` maps the key of each file that traded places to the one that its entry has in the lock: they change all at
    once, or none does. `locked` and `gone` count the entries of the lock and those that the service no longer knows.
    `host` is where the target is, empty offline, and `path_prefix` what stands before every path there.
    """

    target: str
    changes: tuple[Change, ...]
    digest: str
    unchanged: int = 0
    locked: int = 0
    gone: int = 0
    options: PlanOptions = field(default_factory=PlanOptions)
    refreshed: dict[str, LockEntry] = field(default_factory=dict)
    traded: dict[str, str] = field(default_factory=dict)
    offline: bool = False
    host: str = ""
    path_prefix: str = ""

    @property
    def summary(self) -> dict[str, int]:
        """How many of each action, and how many unchanged."""
        counts = Counter(change.action for change in self.changes)
        return {**{action: counts[action] for action in ACTIONS}, "unchanged": self.unchanged}

    @property
    def decided(self) -> tuple[Decided, ...]:
        """The changes that an apply carries out, in order."""
        return tuple(change for change in self.changes if change.is_decided)

    @property
    def conflicts(self) -> tuple[Conflict, ...]:
        """The changes that wait for a person."""
        return tuple(change for change in self.changes if isinstance(change, Conflict))

    @property
    def drifts(self) -> tuple[Change, ...]:
        """The prompts that were changed on the service alone."""
        return tuple(change for change in self.changes if ahead(change) == "service")


@dataclass(frozen=True, slots=True)
class Intent:
    """A create that was begun and whose end is not known: what the journal says of it.

    `source` is the hash of what was asked for, `time` the seconds since the epoch at which it was begun. What was
    `protected` in its file stays so, whatever becomes of the file. `asked` is what was asked for where others make
    prompts of the same name at the same time: a prompt that says anything else is theirs.
    """

    key: str
    display_name: str
    path: str | None
    source: str
    time: float
    protected: bool = False
    asked: Prompt | None = field(default=None, hash=False)


@dataclass(frozen=True, slots=True)
class Begun:
    """A write to the prompt `id` that was begun and whose end is not known: what the journal says of it.

    `asked` is what the file said then, None for a delete. `cleared` are the fields that the write was to clear, with
    the value that each had. `path` is the path that was sent, None if none was. `old_key` is the key that a move
    leaves. `time` is in seconds since the epoch.
    """

    action: str
    key: str
    id: str
    time: float
    path: str | None = None
    old_key: str | None = None
    asked: Prompt | None = None
    protected: bool = False
    cleared: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one change. `message` says why, where it was not simply done.

    `version` is the one that a create made. A failed write that is `in_doubt` may have been carried out all the same.
    """

    key: str
    action: Action
    status: Status
    id: str | None = None
    message: str = ""
    hint: str | None = None
    version: str | None = None
    in_doubt: bool = False
