"""A saved plan as the plan that it was, to be shown again.

What an apply would need besides (hashes, contents, versions) is not in the file, and is empty in what comes of it.
"""

from __future__ import annotations

import re
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any, get_args
from unicodedata import normalize

from promptsync.files.keys import without_ending
from promptsync.model.canonical import in_order, is_in_schema
from promptsync.model.compare import FieldDiff, Op
from promptsync.model.lockfile import LockEntry
from promptsync.model.prompt import CLASSIC, CURRENT, Origin, OriginKind, Prompt, PromptFile, RemotePrompt
from promptsync.plan.changes import Change, Conflict, Edited, Plan, Sides
from promptsync.plan.differ import plan_digest
from promptsync.plan.saved import broken, text_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from promptsync.model.prompt import Json
    from promptsync.plan.changes import Action
    from promptsync.plan.saved import SavedPlan

_ELEMENT = re.compile(r"(messages|tools)\[(\d+)\](\.role)?")
"""The beginning of a field of a message or a tool, without the block's name before it."""

_KINDS: dict[str, Any] = {kind.action: kind for kind in get_args(Change)}
_OWN = ("file", "entry", "remote", "old_key", "id", "source")
"""The fields of some kinds that are read, or left empty; the others have a default."""


def reread(saved: SavedPlan, root: str) -> Plan:
    """The plan that was saved; `root` stands before the places of its files. Nothing can be applied that is made so.

    Raises PlanError for what is no such plan. That its words are those of `plan --out` is left to `raise_if_rewritten`.
    """
    listed = enumerate(zip(saved.changes, saved.document["changes"], strict=True))
    readers = ((change, _Reader(item, f"changes[{at}]", saved, root)) for at, (change, item) in listed)
    changes = tuple(reader.change(change.action) for change, reader in readers)
    return Plan(
        target=saved.target,
        changes=changes,
        digest=plan_digest(saved.target, changes),
        unchanged=_unchanged(saved),
        options=saved.options,
        offline=saved.offline,
        host="" if saved.offline else saved.host,
        path_prefix=saved.path_prefix,
    )


def _unchanged(saved: SavedPlan) -> int:
    summary = saved.document.get("summary")
    number = summary.get("unchanged") if isinstance(summary, dict) else None
    if type(number) is not int or number < 0:
        raise broken(saved.name, "`summary.unchanged` is no number of prompts")
    return number


class _Reader:
    """One change of the document."""

    def __init__(self, item: Json, where: str, saved: SavedPlan, root: str) -> None:
        self.item = item
        self.where = where
        self.name = saved.name
        self.is_offline = saved.offline
        self.root = root
        self.key = item["key"]
        self.display_name = self._text("display_name")
        self.diff = self._diff(item.get("diff"), "diff")

    def change(self, action: Action) -> Change:
        base = self._base()
        read = self._conflict(base) if action == "conflict" else self._plain(action, base)
        return read if read.edited is not None else replace(read, sides=None)

    def _plain(self, action: Action, base: dict[str, Any]) -> Change:
        """A change of any kind whose words the document has in places of their own."""
        kind = _KINDS[action]
        # Where the document has nothing, None stands for what a kind may lack, by its type.
        own = {field.name: str(field.type).endswith(" | None") for field in fields(kind) if field.name in _OWN}
        read: Change = kind(**base, **{name: self._own(name, may_lack=may_lack) for name, may_lack in own.items()})
        return read

    def _own(self, name: str, *, may_lack: bool) -> Any:
        """What not every kind has."""
        match name:
            case "file":
                return self._maybe_file() if may_lack else self._file()
            case "entry":
                return None if may_lack else self._entry()
            case "remote":
                return self._remote() if may_lack else self._prompt()
            case "old_key":
                return text_of(self.item, "old_key", self.name, self.where)
            case "id":
                return self._maybe_id()
            case _:
                return ""

    def _base(self) -> dict[str, Any]:
        """What every kind of change has."""
        return {
            "key": self.key,
            "display_name": self.display_name,
            "digest": self.item["digest"],
            "path": self._text("path", or_none=True),
            "diff": self.diff,
            "warnings": tuple(self._warnings()),
            "origins": tuple(self._origins()),
            "sides": self._sides(),
        }

    def _conflict(self, base: dict[str, Any]) -> Conflict:
        """Its reason and hint come first among the warnings."""
        if len(base["warnings"]) < 2:
            raise self._broken("warnings", "lacks what the conflict is, and what to do")
        reason, hint, *warnings = base["warnings"]
        file = self._maybe_file()
        both = Edited(file, _entry("", self.display_name), _prompt("", self.display_name)) if file else None
        rest = {**base, "warnings": tuple(warnings)}
        return Conflict(**rest, reason=reason, hint=hint, id=self._maybe_id(), both=both)

    def _warnings(self) -> Iterable[str]:
        listed = self.item.get("warnings")
        if not isinstance(listed, list) or not all(isinstance(text, str) for text in listed):
            raise self._broken("warnings", "is no list of texts")
        return listed

    def _origins(self) -> Iterable[Origin]:
        listed = self.item.get("origins", [])
        for item in listed if isinstance(listed, list) else [None]:
            found: Any = tuple(item.get(name) for name in Origin._fields) if isinstance(item, dict) else ()
            if tuple(map(type, found)) != (str, str, int, str) or found[3] not in get_args(OriginKind):
                raise self._broken("origins", "tells of no place")
            yield Origin(*found)

    def _diff(self, listed: Any, place: str) -> tuple[FieldDiff, ...]:
        if not isinstance(listed, list):
            raise self._broken(place, "is no list")
        return tuple(self._field(item, f"{place}[{at}]") for at, item in enumerate(listed))

    def _field(self, item: Any, place: str) -> FieldDiff:
        if not isinstance(item, dict) or not isinstance(item.get("field"), str):
            raise self._broken(place, "names no field")
        op = next((known for known in get_args(Op) if known == item.get("op")), None)
        if op is None:
            raise self._broken(f"{place}.op", "is none that is known")
        sides = (item.get("before"), item.get("after"))
        before, after = map(in_order, sides) if is_in_schema(item["field"]) else sides
        return FieldDiff(item["field"], op, before, after)

    def _sides(self) -> Sides | None:
        sides = self.item.get("sides")
        if sides is None:
            return None
        if not isinstance(sides, dict) or not isinstance(sides.get("since"), str):
            raise self._broken("sides", "says not since when")
        here, there = (self._diff(sides.get(side), f"sides.{side}") for side in ("here", "there"))
        return Sides(sides["since"], here, there)

    def _maybe_file(self) -> PromptFile | None:
        return None if self.item.get("file") is None else self._file()

    def _file(self) -> PromptFile:
        place = text_of(self.item, "file", self.name, self.where)
        if without_ending(place) == place or normalize("NFC", without_ending(place)) != self.key:
            raise self._broken("file", "is not the file of this key")
        is_classic = any(item.field.startswith(f"{CLASSIC}.") for item in self.diff)
        dialect = CLASSIC if is_classic else CURRENT
        return PromptFile(
            self.key, f"{self.root}/{place}", Prompt(self.display_name, None, {}, dialect, _block(self.diff))
        )

    def _entry(self) -> LockEntry:
        return _entry(self._id(), self.display_name)

    def _remote(self) -> RemotePrompt | None:
        return None if self.is_offline else self._prompt()

    def _prompt(self) -> RemotePrompt:
        return _prompt(self._id(), self.display_name)

    def _maybe_id(self) -> str | None:
        return None if self.item.get("id") is None else self._id()

    def _id(self) -> str:
        return text_of(self.item, "id", self.name, self.where)

    def _text(self, field: str, *, or_none: bool = False) -> Any:
        value = self.item.get(field)
        if not isinstance(value, str) and not (or_none and value is None):
            raise self._broken(field, "is no text")
        return value

    def _broken(self, place: str, what: str) -> Exception:
        return broken(self.name, f"`{self.where}.{place}` {what}")


def _entry(id: str, display_name: str) -> LockEntry:
    return LockEntry(id, None, None, display_name, CURRENT, "", "")


def _prompt(id: str, display_name: str) -> RemotePrompt:
    return RemotePrompt(id, display_name, None, {}, {})


def _block(diff: Iterable[FieldDiff]) -> Json:
    """As much of a new prompt's block as is told in few words: model and provider, the roles, how many tools."""
    elements: dict[str, dict[str, Json]] = {"messages": {}, "tools": {}}
    block: Json = {}
    for item in diff:
        name = item.field.partition(".")[2]
        if name in ("model", "provider", *elements):
            block[name] = item.after
        elif found := _ELEMENT.match(name):
            element = elements[found[1]].setdefault(found[2], {})
            element |= {"role": item.after} if found[3] and found.end() == len(name) else {}
    return {**{name: list(listed.values()) for name, listed in elements.items()}, **block}
