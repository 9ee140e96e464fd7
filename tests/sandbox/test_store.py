from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from promptsync.sandbox import store as module
from promptsync.sandbox.entity import Record
from promptsync.sandbox.errors import StoreError
from promptsync.sandbox.store import Renderer, Store, remove, ulid

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

RENDERER = Renderer("r", lambda record: f'"{record.name}"')


@pytest.fixture
def store() -> Iterator[Store]:
    store = Store()
    yield store
    store.close()


def draft(name: str) -> Record:
    return Record("", "", 0, 0, "Default", "prompt", {"messages": []}, {"display_name": name})


def add(store: Store, *names: str, now: float = 1.5) -> list[str]:
    return [record.id for record in store.create_many(map(draft, names), now, RENDERER)]


def names(store: Store, limit: int = 10, **paging: str | float) -> tuple[list[str], bool]:
    rows, more = store.page(limit, **paging)  # type: ignore[arg-type]
    return [row.entity.strip('"') for row in rows], more


def test_ids_are_ulids_and_rise_whatever_the_clock_does(store: Store) -> None:
    ids = [*add(store, "a", "b", now=1000), *add(store, "c", now=500)]
    assert ids == sorted(ids)
    assert {len(each) for each in ids} == {26}
    store.delete(ids[2])
    (newer,) = add(store, "d", now=400)
    assert newer > ids[2]
    assert ulid(0) == "0" * 26
    assert ulid(2**128 - 1) == "7" + "Z" * 25


def test_pages(store: Store) -> None:
    a, _b, c, d = add(store, "a", "b", "c", "d")
    assert names(store) == (["d", "c", "b", "a"], False)
    assert names(store, 2) == (["d", "c"], True)
    assert names(store, 2, after=c) == (["b", "a"], False)
    assert names(store, 1, before=a) == (["b"], True)
    assert names(store, 3, before=a) == (["d", "c", "b"], False)
    store.delete(c)
    assert names(store, 2, after=c) == (["b", "a"], False)
    assert names(store, 2, before=c) == (["d"], False)
    assert d


def test_a_page_leaves_out_what_is_too_new(store: Store) -> None:
    add(store, "a", now=10)
    add(store, "b", now=20)
    assert names(store, listed_by=19.9) == (["a"], False)
    assert names(store, listed_by=20) == (["b", "a"], False)


def test_versions(store: Store) -> None:
    (prompt_id,) = add(store, "a", now=1)
    for name in ("b", "c"):
        store.update(prompt_id, 2, lambda old, name=name: (renamed(old, name), True), RENDERER)  # type: ignore[misc]
    found = store.versions(prompt_id, 10)
    assert found is not None
    records, more = found
    assert [record.name for record in records] == ["c", "b", "a"]
    assert more is False
    ids = [record.version for record in records]
    assert len(set(ids)) == 3
    assert [r.name for r in store.versions(prompt_id, 1, after=ids[0])[0]] == ["b"]  # type: ignore[index]
    assert store.versions(prompt_id, 1, before=ids[2])[1] is True  # type: ignore[index]
    assert store.versions(prompt_id, 1, after="0" * 16) is None
    assert store.version(prompt_id, ids[2]).name == "a"  # type: ignore[union-attr]
    assert store.delete(prompt_id)
    assert store.version(prompt_id, ids[2]) is None
    assert not store.delete(prompt_id)


def test_an_update_without_effect_moves_nothing(store: Store) -> None:
    (prompt_id,) = add(store, "a", now=1)
    after = store.update(prompt_id, 2, lambda old: (old, False), RENDERER)
    assert after is not None
    assert after.updated == after.created == 1000
    assert store.update("0" * 26, 2, lambda old: (old, True), RENDERER) is None


def test_a_change_that_fails_changes_nothing(store: Store) -> None:
    (prompt_id,) = add(store, "a")
    with pytest.raises(ZeroDivisionError):
        store.update(prompt_id, 2, lambda old: (old, bool(1 / 0)), RENDERER)
    assert names(store) == (["a"], False)
    assert add(store, "b")


def test_search_is_without_case_and_takes_no_wildcards(store: Store) -> None:
    add(store, "Über 100%", "other")
    assert [row.entity for row in store.search("über", 10)[0]] == ['"Über 100%"']
    assert [row.entity for row in store.search("%", 10)[0]] == ['"Über 100%"']
    assert store.search("", 1)[1] is True


def test_a_file_outlives_its_store(tmp_path: Path) -> None:
    database = tmp_path / "new" / "sandbox.db"
    first = Store(database)
    add(first, "a")
    second = Store(database)
    add(second, "b")
    assert names(first) == (["b", "a"], False)
    first.close()
    second.close()
    third = Store(database)
    assert third.count() == 2
    third.close()
    third.close()


def made(database: Path, *statements: str) -> Path:
    connection = sqlite3.connect(database)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()
    return database


def refused(database: Path) -> StoreError:
    """The error for a file, which is left as it is."""
    before = database.read_bytes()
    with pytest.raises(StoreError) as caught:
        Store(database)
    assert database.read_bytes() == before
    assert str(database) in str(caught.value)
    return caught.value


OURS = ["CREATE TABLE prompts (x)", "CREATE TABLE versions (x)", "CREATE TABLE last_id (x)"]


@pytest.mark.parametrize(
    "statements",
    [
        pytest.param(["CREATE TABLE precious (x)"], id="a table"),
        pytest.param(["CREATE TABLE precious (x)", "PRAGMA user_version = 1"], id="of a version that is ours, too"),
        pytest.param(["CREATE TABLE prompts (x)", "PRAGMA user_version = 1"], id="with a table of our name"),
        pytest.param(["PRAGMA user_version = 99"], id="a version alone"),
    ],
)
def test_the_database_of_another_program_is_left_alone(tmp_path: Path, statements: list[str]) -> None:
    error = refused(made(tmp_path / "theirs.db", *statements))
    assert str(error).endswith("is the database of another program, and none of the sandbox's")
    assert (error.hint, error.is_ours) == ("move the file away, then run again", False)


@pytest.mark.parametrize(
    "statements",
    [
        pytest.param([*OURS, "PRAGMA user_version = 99"], id="newer"),
        pytest.param([*OURS, "CREATE TABLE more (x)", "PRAGMA user_version = 2"], id="with another table"),
        pytest.param([*OURS, "CREATE TABLE more (x)", "PRAGMA user_version = 1"], id="with a table that is not known"),
        pytest.param(OURS, id="older"),
    ],
)
def test_a_database_of_another_version_can_be_reset(tmp_path: Path, statements: list[str]) -> None:
    error = refused(made(tmp_path / "newer.db", *statements))
    assert str(error).endswith("was made by another version of the sandbox")
    assert (error.hint, error.is_ours) == ("`promptsync sandbox reset` begins anew", True)


def test_what_is_no_database_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no database at all, but a text of some length " * 20)
    error = refused(tmp_path / "text")
    assert str(error).endswith("text is no database")
    assert not error.is_ours
    with pytest.raises(StoreError, match="cannot be used: unable to open database file"):
        Store(tmp_path)


def test_a_file_that_only_begins_as_a_database_is_not_taken_for_ours(tmp_path: Path) -> None:
    database = made(tmp_path / "torn.db", *OURS)
    database.write_bytes(database.read_bytes()[:100] + b"\xff" * 5000)
    error = refused(database)
    assert "torn.db is broken: " in str(error)
    assert not error.is_ours


def test_a_database_that_is_locked_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_BUSY_SECONDS", 0.05)
    other = sqlite3.connect(tmp_path / "locked.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(StoreError, match=r"locked\.db is locked by another program") as caught:
        Store(tmp_path / "locked.db")
    assert caught.value.hint == "end the program that uses it, then run again"
    other.close()


def broken(database: Path) -> Store:
    """A store whose pages were overwritten, but for the first, since it was closed."""
    store = Store(database)
    add(store, *map(str, range(200)))
    store.close()
    data = database.read_bytes()
    database.write_bytes(data[:4096] + b"\xff" * (len(data) - 4096))
    return Store(database)


def test_a_database_that_turns_out_to_be_broken_is_told_at_every_call(tmp_path: Path) -> None:
    store = broken(tmp_path / "broken.db")
    calls: list[Callable[[], object]] = [
        lambda: store.page(10),
        lambda: store.search("1", 10),
        lambda: store.get("x"),
        lambda: store.versions("x", 10),
        lambda: add(store, "new"),
        store.clear,
        store.count,
    ]
    for call in calls:
        with pytest.raises(StoreError, match=r"broken\.db is broken: ") as caught:
            call()
        assert (caught.value.hint, caught.value.is_ours) == ("`promptsync sandbox reset` begins anew", True)
    store.close()


def test_a_sandbox_that_is_removed_leaves_nothing(tmp_path: Path) -> None:
    for name in ("a.db", "a.db-wal", "a.db-shm", "b.db"):
        (tmp_path / name).write_bytes(b"")
    remove(tmp_path / "a.db")
    remove(tmp_path / "a.db")
    assert [path.name for path in tmp_path.iterdir()] == ["b.db"]


WRITER = """
import sys
from pathlib import Path
from promptsync.sandbox.entity import Record
from promptsync.sandbox.store import Renderer, Store
store = Store(Path(sys.argv[1]))
for number in range(50):
    draft = Record("", "", 0, 0, "D", "prompt", {}, {"display_name": str(number)})
    store.create_many([draft], 1.0, Renderer("r", lambda record: record.id))
store.close()
"""


def test_two_processes_write_at_once(tmp_path: Path) -> None:
    database = tmp_path / "shared.db"
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, str(database)]) for _ in range(2)]
    assert [writer.wait(60) for writer in writers] == [0, 0]
    store = Store(database)
    rows, _ = store.page(200)
    assert len({row.entity for row in rows}) == 100
    store.close()


def test_threads_write_at_once(store: Store) -> None:
    threads = [threading.Thread(target=add, args=(store, *map(str, range(20)))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.count() == 160


def renamed(record: Record, name: str) -> Record:
    return Record(
        record.id,
        record.version,
        record.created,
        record.updated,
        record.path,
        record.dialect,
        record.block,
        {"display_name": name},
    )
