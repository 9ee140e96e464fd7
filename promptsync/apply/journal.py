"""Intents and outcomes on disk, so that a run that dies at any point can be finished by the next one.

One JSON object a line, appended and synced before and after each write to the service. The lockfile says what was
agreed before the run, the journal what the run did since; together they are complete after every write.

    {"intent": 3, "key": …, "action": "create", "id": null, "display_name": …, "path": …, "source": …, "time": …}
    {"intent": 3, "key": …, "action": "update", "id": …, "path": …, "time": …, "asked": {…}, "cleared": {…}}
    {"outcome": 3, "key": …, "entry": {…}}            the entry to record, null to forget it
    {"outcome": 3, "key": …, "entry": {…}, "replaces": …}       likewise, and the key it had before
    {"outcome": 3, "key": …}                          nothing was carried out

A line that was cut off by a crash is the last one, and tells nothing: what it would have told did not happen yet.
`asked` is what the file said, so that the next run knows its own write again, whatever became of the file since; a
create has it where others make prompts of the same name.
"""

from __future__ import annotations

import errno
import json
import os
import threading
from contextlib import suppress
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any

from promptsync.files.disk import read_bytes, write_atomic
from promptsync.files.safe import Unfit, open_regular
from promptsync.files.system import sync_folder
from promptsync.model.errors import PromptsyncError
from promptsync.model.lockfile import LockEntry, Lockfile, parse_entry
from promptsync.model.prompt import DIALECTS, ID, Prompt
from promptsync.plan.changes import Begun, Intent

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from promptsync.model.prompt import Json

_ENCODER = json.JSONEncoder(ensure_ascii=True, separators=(",", ":"))
_PROMPT_FIELDS = tuple(item.name for item in fields(Prompt) if item.init)
_BEGUN_FIELDS = tuple(item.name for item in fields(Begun))


@dataclass(frozen=True, slots=True)
class Recovered:
    """What a journal tells of an earlier run.

    `entries` maps a key to the entry to record, or None where it was forgotten, in the order of the run. `creates`
    are creates whose end is not known, `writes` are other writes of that kind, the oldest first. `owner` is the
    workspace that answered.
    """

    entries: dict[str, LockEntry | None] = field(default_factory=dict)
    creates: tuple[Intent, ...] = ()
    writes: tuple[Begun, ...] = ()
    owner: str | None = None

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to recover."""
        return not (self.entries or self.creates or self.writes) and self.owner is None

    def ids(self) -> frozenset[str]:
        """The ids of the prompts that open writes are about."""
        return frozenset(begun.id for begun in self.writes)

    def onto(self, lock: Lockfile) -> Lockfile:
        """The lockfile with what the run recorded.

        A prompt that came into the lockfile from elsewhere since, under another id, is left as it is.
        """
        prompts = {key: entry for key, entry in lock.prompts.items() if key not in self.entries}
        elsewhere = {entry.id for entry in prompts.values()}
        for key, entry in self.entries.items():
            if entry is not None and entry.id not in elsewhere:
                prompts[key] = entry
            elif entry is not None and key in lock.prompts:
                prompts[key] = lock.prompts[key]
        lock = lock.with_found(prompts) if self.entries else lock
        return replace(lock, owner=lock.owner or self.owner)


class Journal:
    """The journal of one target. Safe to use from several threads. Raises PromptsyncError where the disk fails.

    An intent that a later entry of the same key overtakes is no longer open.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._saved = threading.Condition(self._lock)
        self._is_syncing = False
        self._written = 0
        self._synced = 0
        self._is_lost = False
        self._file: int | None = None
        self._number = 0
        self._open: dict[int, Json] = {}

    def recover(self) -> Recovered:
        """What an earlier run left behind; empty if it ended well.

        Raises PromptsyncError for a file that is no journal.
        """
        entries: dict[str, LockEntry | None] = {}
        owner: str | None = None
        self._open.clear()
        for number, line in enumerate(_whole_lines(read_bytes(self._path) or b""), 1):
            record = self._parsed(line, number)
            owner = record.get("owner", owner)
            self._follow(record)
            if "entry" in record:
                value, where = record["entry"], f"line {number}"
                entry = None if value is None else parse_entry(value, where, str(self._path))
                _leave(entries, record.get("replaces"), entry)
                entries.pop(record["key"], None)
                entries[record["key"]] = entry
        creates = tuple(_intent(record) for record in self._open.values() if _is_create(record))
        writes = tuple(_begun(record) for record in self._open.values() if not _is_create(record))
        return Recovered(entries, creates, writes, owner)

    def begin_create(self, action: str, intent: Intent, id: str | None = None) -> int:
        """Notes that a create is about to be sent. Gives the number to end it with.

        `id` is that of the prompt that is gone and made again.
        """
        record: Json = {
            "action": action,
            "id": id,
            "key": intent.key,
            "display_name": intent.display_name,
            "path": intent.path,
            "source": intent.source,
            "time": intent.time,
        }
        if intent.asked is not None:
            record["asked"] = _as_json(intent.asked)
        return self._begin({**record, "protected": True} if intent.protected else record)

    def begin_write(self, begun: Begun) -> int:
        """Notes that an update, move, adopt or delete is about to be sent. Gives the number to end it with."""
        record: Json = {name: getattr(begun, name) for name in _BEGUN_FIELDS}
        if begun.asked is not None:
            record["asked"] = _as_json(begun.asked)
        optional = ("path", "old_key", "asked", "protected", "cleared")
        return self._begin({name: value for name, value in record.items() if value or name not in optional})

    def _begin(self, record: Json) -> int:
        with self._lock:
            self._number += 1
            number = self._number
            line = self._append({"intent": number, **record})
        self._sync(line)
        return number

    def end(self, number: int, key: str) -> None:
        """Notes that nothing was carried out."""
        self._note({"outcome": number, "key": key})

    def end_with(self, number: int, key: str, entry: LockEntry | None, replaces: str | None = None) -> None:
        """Notes the entry to record, or None to forget the key. `replaces` is the key that the prompt had before.

        `number` is 0 for an entry that came about without a write to the service.
        """
        record: Json = {"outcome": number, "key": key, "entry": entry.as_json() if entry is not None else None}
        if replaces is not None:
            record["replaces"] = replaces
        self._note(record)

    def note_owner(self, owner: str) -> None:
        """Notes the workspace that the service's answers name."""
        self._note({"owner": owner})

    def compact(self, keep: Collection[Intent] | None = None) -> None:
        """Drops what the lockfile now holds. What is still open stays; with `keep`, these creates alone."""
        self.close()
        if keep is not None:
            self._open = {
                n: record for n, record in self._open.items() if _is_create(record) and _intent(record) in keep
            }
        if self._open:
            write_atomic(self._path, b"".join(_line(record) for record in self._open.values()))
            return
        try:
            self._path.unlink(missing_ok=True)
        except OSError as error:
            raise self._failed("removed", error) from None

    def close(self) -> None:
        """Closes the file; it can be used again."""
        with self._lock:
            self._let_go()

    def _note(self, record: Json) -> None:
        with self._lock:
            line = self._append(record)
        self._sync(line)

    def _append(self, record: Json) -> int:
        """Writes a line, and gives its number. It is safe once `_sync` has returned for that number."""
        line = _line(record)
        try:
            if self._is_lost:
                raise OSError(errno.EIO, "an earlier line of it could not be saved")
            if self._file is None:
                self._file = self._opened()
            while line:
                line = line[os.write(self._file, line) :]
        except OSError as error:
            # Half a line may stand there now: opened again, the file is cut back to its last whole one.
            self._let_go()
            raise self._failed("written", error) from None
        self._follow(record)
        self._written += 1
        return self._written

    def _sync(self, line: int) -> None:
        """Returns when the line is on the disk: one sync is for all the lines that were written before it began.

        Who waits for one is let go when it ends, and not held up by the next.
        """
        with self._lock:
            while self._is_syncing and self._synced < line:
                self._saved.wait()
            if self._synced >= line:
                return
            self._is_syncing = True
            written, file = self._written, self._file
        try:
            if file is None:
                raise OSError(errno.EIO, "it was closed before it was saved")
            os.fsync(file)
            self._synced = written
        except OSError as error:
            # The system may have dropped what it could not save, and would not say so a second time.
            with self._lock:
                self._is_lost = True
                self._let_go()
            raise self._failed("written", error) from None
        finally:
            with self._lock:
                self._is_syncing = False
                self._saved.notify_all()

    def _let_go(self) -> None:
        if self._file is not None:
            with suppress(OSError):
                os.close(self._file)
            self._file = None

    def _opened(self) -> int:
        """Opens the file behind its last whole line: one that a crash cut off must not swallow the next."""
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            descriptor = open_regular(self._path, os.O_RDWR | os.O_CREAT)
        except Unfit as error:
            raise OSError(errno.EINVAL, f"it {error.message}") from None
        end = (read_bytes(self._path) or b"").rfind(b"\n") + 1
        os.ftruncate(descriptor, end)
        os.lseek(descriptor, end, os.SEEK_SET)
        sync_folder(self._path.parent)
        return descriptor

    def _follow(self, record: Json) -> None:
        if "intent" in record:
            self._number = max(self._number, record["intent"])
            self._open[record["intent"]] = record
        elif "outcome" in record:
            self._open.pop(record["outcome"], None)
            if "entry" in record:
                self._open = {n: begun for n, begun in self._open.items() if begun["key"] != record["key"]}

    def _parsed(self, line: bytes, number: int) -> Json:
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            record = None
        if not isinstance(record, dict) or not _is_record(record):
            raise PromptsyncError(
                f"{self._path}:{number}: this line of the journal cannot be read",
                hint="move the file away, and look with `promptsync plan` at what the last run did: what it made, and "
                "the lockfile does not know, is shown as a conflict",
            )
        return record

    def _failed(self, what: str, error: OSError) -> PromptsyncError:
        return PromptsyncError(
            f"the journal {self._path} cannot be {what}: {error.strerror or error}",
            hint="nothing is written to the service without it; make room or make the folder writable",
        )


def _as_json(asked: Prompt) -> Json:
    return {name: getattr(asked, name) for name in _PROMPT_FIELDS}


def _line(record: Json) -> bytes:
    return _ENCODER.encode(record).encode() + b"\n"


def _whole_lines(data: bytes) -> list[bytes]:
    return data[: data.rfind(b"\n") + 1].splitlines()


def _leave(entries: dict[str, LockEntry | None], key: str | None, moved: LockEntry | None) -> None:
    """Notes that a prompt has left `key`, unless another one came there since."""
    there = entries.pop(key, None) if key is not None else None
    if key is not None:
        entries[key] = None if there is None or (moved is not None and there.id == moved.id) else there


def _is_create(record: Json) -> bool:
    return record["action"] in ("create", "recreate")


def _intent(record: Json) -> Intent:
    return Intent(
        record["key"],
        record["display_name"],
        record.get("path"),
        record["source"],
        record["time"],
        record.get("protected", False),
        _asked(record),
    )


def _begun(record: Json) -> Begun:
    return Begun(
        action=record["action"],
        key=record["key"],
        id=record["id"],
        time=record["time"],
        path=record.get("path"),
        old_key=record.get("old_key"),
        asked=_asked(record),
        protected=record.get("protected", False),
        cleared=record.get("cleared", {}),
    )


def _asked(record: Json) -> Prompt | None:
    asked = record.get("asked")
    return Prompt(**asked) if asked else None


def _is_record(record: Json) -> bool:
    if "intent" in record:
        return _is_intent(record)
    if "outcome" in record:
        named = isinstance(record.get("key"), str) and isinstance(record.get("replaces"), str | None)
        return named and _is_number(record["outcome"], int)
    return isinstance(record.get("owner"), str)


def _is_intent(record: Json) -> bool:
    texts = (
        "key",
        "action",
        *(("display_name", "source") if record.get("action") in ("create", "recreate") else ("id",)),
    )
    return (
        _is_number(record["intent"], int)
        and all(isinstance(record.get(name), str) for name in texts)
        and (record.get("id") is None or ID.fullmatch(str(record["id"])) is not None)
        and isinstance(record.get("path"), str | None)
        and isinstance(record.get("old_key"), str | None)
        and isinstance(record.get("protected", False), bool)
        and isinstance(record.get("cleared", {}), dict)
        and _is_number(record.get("time"), int | float)
        and ("asked" not in record or _is_asked(record["asked"]))
    )


def _is_asked(asked: Any) -> bool:
    return (
        isinstance(asked, dict)
        and asked.keys() == set(_PROMPT_FIELDS)
        and isinstance(asked["display_name"], str)
        and isinstance(asked["description"], str | None)
        and asked["dialect"] in DIALECTS
        and all(isinstance(asked[name], dict) for name in ("metadata", "block", "extra"))
    )


def _is_number(value: Any, kind: Any) -> bool:
    return isinstance(value, kind) and not isinstance(value, bool)
