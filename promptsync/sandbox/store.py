"""The sandbox's state: prompts and their versions in SQLite.

Each prompt is kept twice: as its record, from which everything follows, and as the JSON text that lists and retrieves
answer, so that a page of 200 is a concatenation. A file may be used by several processes (WAL).
"""

from __future__ import annotations

import secrets
import sqlite3
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from promptsync.sandbox.entity import Record
from promptsync.sandbox.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

_SCHEMA_VERSION = 1
_BUSY_SECONDS = 30.0
_ULID_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_VERSION_ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789"
_TABLES = """
CREATE TABLE IF NOT EXISTS prompts (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, created INTEGER NOT NULL,
    record TEXT NOT NULL, rendering TEXT NOT NULL, entity TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS versions (
    prompt_id TEXT NOT NULL, number INTEGER NOT NULL, id TEXT NOT NULL, record TEXT NOT NULL,
    PRIMARY KEY (prompt_id, number)
);
CREATE INDEX IF NOT EXISTS version_ids ON versions (prompt_id, id);
CREATE TABLE IF NOT EXISTS last_id (one INTEGER PRIMARY KEY CHECK (one = 1), id TEXT NOT NULL);
INSERT OR IGNORE INTO last_id VALUES (1, '0');
"""
_OURS = {"prompts", "versions", "last_id"}
_KIND = """
SELECT (SELECT user_version FROM pragma_user_version),
       (SELECT group_concat(name, '/') FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite/_%' ESCAPE '/')
"""
_RESET = "`promptsync sandbox reset` begins anew"
_MOVE = "move the file away, then run again"
_WAIT = "end the program that uses it, then run again"
_MEND = "make room, or make the folder writable, then run again"


@dataclass(frozen=True, slots=True)
class Row:
    """A prompt as read: its record's text, and an answer's text that is right under `rendering`."""

    record: str
    rendering: str
    entity: str


@dataclass(frozen=True)
class Renderer:
    """How to turn a record into the JSON text of an entity, and the name of that way."""

    name: str
    text: Callable[[Record], str]


class Store:
    """Prompts and versions, newest first everywhere. Safe to use from several threads and processes.

    `database` is a file, made with its folder if it is not there, or None for memory.
    Every call raises StoreError if the file is none of ours or cannot be used.
    """

    def __init__(self, database: Path | None = None) -> None:
        self._lock = threading.RLock()
        self._database = database
        self._is_ours = False
        try:
            if database is not None:
                database.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(
                database or ":memory:", timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
        except (OSError, sqlite3.Error) as error:
            raise StoreError(f"{database} cannot be used: {error}", _MEND) from error
        try:
            with self._used() as connection:
                self._prepare(connection)
        except StoreError:
            self._connection.close()
            raise

    def close(self) -> None:
        """Let go of the database; calling twice is fine."""
        with self._lock:
            self._connection.close()

    def create_many(self, drafts: Iterable[Record], now: float, renderer: Renderer) -> list[Record]:
        """Add prompts in one transaction, in order, the last the newest; gives them with ids, versions and times.

        `now` is in seconds since 1970. Ids are ULIDs, each above all before it, deleted ones included.
        """
        milliseconds = int(now * 1000)
        added = []
        with self._transaction() as connection:
            (last,) = connection.execute("SELECT id FROM last_id").fetchone()
            number = int(last, 16)
            for draft in drafts:
                number = max(number + 1, milliseconds << 80 | secrets.randbits(80))
                added.append(_stamped(draft, ulid(number), milliseconds))
            connection.execute("UPDATE last_id SET id = ?", (f"{number:x}",))
            connection.executemany(
                "INSERT INTO prompts VALUES (?, ?, ?, ?, ?, ?)", (_row(record, renderer) for record in added)
            )
            connection.executemany(
                "INSERT INTO versions VALUES (?, 1, ?, ?)", ((each.id, each.version, each.to_json()) for each in added)
            )
        return added

    def hold(self, record: Record, now: float, renderer: Renderer) -> None:
        """Add a prompt under the id that it has, and its version if it has one. One of that id is left as it is."""
        milliseconds = int(now * 1000)
        held = replace(record, version=record.version or _version_id(), created=milliseconds, updated=milliseconds)
        with self._transaction() as connection:
            row = _row(held, renderer)
            added = connection.execute("INSERT OR IGNORE INTO prompts VALUES (?, ?, ?, ?, ?, ?)", row).rowcount
            if added:
                connection.execute("INSERT INTO versions VALUES (?, 1, ?, ?)", (held.id, held.version, held.to_json()))

    def update(
        self, prompt_id: str, now: float, change: Callable[[Record], tuple[Record, bool]], renderer: Renderer
    ) -> Record | None:
        """Change a prompt in one transaction; None if there is none of that id.

        `change` gives the record as it shall be, and whether that is a new version. `updated` moves if anything did.
        """
        with self._transaction() as connection:
            found = connection.execute("SELECT record FROM prompts WHERE id = ?", (prompt_id,)).fetchone()
            if found is None:
                return None
            before = Record.from_json(found[0])
            after, is_version = change(before)
            if after == before and not is_version:
                return before
            # The clock may stand still in tests or go back; `updated` never does.
            after = replace(after, updated=max(before.updated, int(now * 1000)))
            if is_version:
                after = replace(after, version=_version_id())
                connection.execute(
                    "INSERT INTO versions SELECT ?, max(number) + 1, ?, ? FROM versions WHERE prompt_id = ?",
                    (prompt_id, after.version, after.to_json(), prompt_id),
                )
            connection.execute(
                "UPDATE prompts SET id = ?, name = ?, created = ?, record = ?, rendering = ?, entity = ? WHERE id = ?",
                (*_row(after, renderer), prompt_id),
            )
            return after

    def delete(self, prompt_id: str) -> bool:
        """Take a prompt away with all its versions; whether it was there."""
        with self._transaction() as connection:
            connection.execute("DELETE FROM versions WHERE prompt_id = ?", (prompt_id,))
            return connection.execute("DELETE FROM prompts WHERE id = ?", (prompt_id,)).rowcount > 0

    def clear(self) -> None:
        """Take all prompts away. Ids go on rising."""
        with self._transaction() as connection:
            connection.execute("DELETE FROM versions")
            connection.execute("DELETE FROM prompts")

    def get(self, prompt_id: str) -> Row | None:
        """The prompt of that id."""
        rows = self._rows("SELECT record, rendering, entity FROM prompts WHERE id = ?", (prompt_id,))
        return rows[0] if rows else None

    def page(
        self, limit: int, *, after: str | None = None, before: str | None = None, listed_by: float | None = None
    ) -> tuple[list[Row], bool]:
        """Up to `limit` prompts, newest first, and whether there are more in the direction of paging.

        `after` goes on behind that id to the older, `before` back to the newer; the prompt of that id need not be
        there. `listed_by` leaves out what was made after that moment (seconds since 1970).
        """
        seen = "" if listed_by is None else f" AND created <= {int(listed_by * 1000)}"
        select = "SELECT record, rendering, entity FROM prompts WHERE id"
        if before is not None:
            rows = self._rows(f"{select} > ?{seen} ORDER BY id LIMIT ?", (before, limit + 1))
            return rows[:limit][::-1], len(rows) > limit
        # "~" sorts behind every ULID.
        rows = self._rows(f"{select} < ?{seen} ORDER BY id DESC LIMIT ?", (after or "~", limit + 1))
        return rows[:limit], len(rows) > limit

    def search(self, name: str, limit: int, *, after: str | None = None) -> tuple[list[Row], bool]:
        """Up to `limit` prompts with `name` in their display name, newest first, and whether there are older ones."""
        rows = self._rows(
            "SELECT record, rendering, entity FROM prompts WHERE id < ? AND instr(name, ?) ORDER BY id DESC LIMIT ?",
            (after or "~", name.casefold(), limit + 1),
        )
        return rows[:limit], len(rows) > limit

    def count(self) -> int:
        """How many prompts there are."""
        with self._used() as connection:
            return int(connection.execute("SELECT count(*) FROM prompts").fetchone()[0])

    def version(self, prompt_id: str, version_id: str) -> Record | None:
        """The prompt as it was at that version."""
        found = self._versions("prompt_id = ? AND id = ?", (prompt_id, version_id), "LIMIT 1")
        return found[0] if found else None

    def versions(
        self, prompt_id: str, limit: int, *, after: str | None = None, before: str | None = None
    ) -> tuple[list[Record], bool] | None:
        """Up to `limit` versions, newest first, paged by version ids as `page` is; None for an unknown cursor."""
        number = "SELECT number FROM versions WHERE prompt_id = ? AND id = ?"
        cursor = after or before
        if cursor is not None and self.version(prompt_id, cursor) is None:
            return None
        if before is not None:
            found = self._versions(
                f"prompt_id = ? AND number > ({number})",
                (prompt_id, prompt_id, before, limit + 1),
                "ORDER BY number LIMIT ?",
            )
            return found[:limit][::-1], len(found) > limit
        where, values = "prompt_id = ?", [prompt_id]
        if after is not None:
            where, values = f"{where} AND number < ({number})", [prompt_id, prompt_id, after]
        found = self._versions(where, (*values, limit + 1), "ORDER BY number DESC LIMIT ?")
        return found[:limit], len(found) > limit

    def _prepare(self, connection: sqlite3.Connection) -> None:
        # Looked at before anything is written: it may be the database of another program.
        version, names = connection.execute(_KIND).fetchone()
        tables = set(names.split("/")) if names else set()
        self._is_ours = tables >= _OURS or (not tables and version == 0)
        if not self._is_ours:
            raise StoreError(f"{self._database} is the database of another program, and none of the sandbox's", _MOVE)
        if tables and (version != _SCHEMA_VERSION or tables != _OURS):
            what = "was made by another version of the sandbox"
            raise StoreError(f"{self._database} {what}", _RESET, is_ours=True)
        if self._database is not None:
            _use_wal(connection)
        if not tables:
            # IF NOT EXISTS: another process may be at this very place.
            connection.executescript(f"BEGIN IMMEDIATE;{_TABLES}PRAGMA user_version = {_SCHEMA_VERSION};COMMIT;")
        connection.execute("PRAGMA synchronous = NORMAL")

    @contextmanager
    def _used(self) -> Iterator[sqlite3.Connection]:
        """The connection, for one thread alone."""
        with self._lock:
            try:
                yield self._connection
            except sqlite3.Error as error:
                raise self._failed(error) from error

    def _failed(self, error: sqlite3.Error) -> StoreError:
        # The low byte; above it stands what kind of that it is.
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            return StoreError(f"{self._database} is locked by another program", _WAIT)
        if code == sqlite3.SQLITE_NOTADB:
            return StoreError(f"{self._database} is no database", _MOVE)
        if code in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY):
            return StoreError(f"{self._database} cannot be used: {error}", _MEND)
        return StoreError(
            f"{self._database} is broken: {error}", _RESET if self._is_ours else _MOVE, is_ours=self._is_ours
        )

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._used() as connection:
            # IMMEDIATE: a read that turns into a write could fail at once, another process having written between.
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    def _rows(self, query: str, values: tuple[object, ...]) -> list[Row]:
        with self._used() as connection:
            return [Row(*found) for found in connection.execute(query, values)]

    def _versions(self, where: str, values: tuple[object, ...], tail: str) -> list[Record]:
        with self._used() as connection:
            query = f"SELECT record FROM versions WHERE {where} {tail}"  # noqa: S608 - parts are ours alone
            return [Record.from_json(text) for (text,) in connection.execute(query, values)]


def remove(database: Path) -> None:
    """Removes the file of a sandbox, with what SQLite keeps beside it."""
    for ending in ("", "-wal", "-shm", "-journal"):
        database.with_name(database.name + ending).unlink(missing_ok=True)


def ulid(number: int) -> str:
    """128 bits as a ULID: 26 letters of Crockford's base 32, sorting as the numbers do."""
    return "".join(_ULID_ALPHABET[number >> shift & 31] for shift in range(125, -1, -5))


def _stamped(draft: Record, prompt_id: str, milliseconds: int) -> Record:
    return replace(draft, id=prompt_id, version=_version_id(), created=milliseconds, updated=milliseconds)


def _version_id() -> str:
    """16 lower-case letters and digits, as the documents' `05wlf2wpw1z83cxz`."""
    # A byte a letter, so the first four letters come a little more often; 80 bits are left, and one call is fast.
    return "".join(_VERSION_ALPHABET[byte % 36] for byte in secrets.token_bytes(16))


def _row(record: Record, renderer: Renderer) -> tuple[str, str, int, str, str, str]:
    return (
        record.id,
        record.name.casefold(),
        record.created,
        record.to_json(),
        renderer.name,
        renderer.text(record),
    )


def _use_wal(connection: sqlite3.Connection) -> None:
    """Switch to WAL; SQLite does not wait for another process that is doing the same, so do."""
    deadline = time.monotonic() + _BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
