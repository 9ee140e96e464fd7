from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from promptsync.sandbox.entity import Record
from promptsync.sandbox.errors import StoreError
from promptsync.sandbox.store import Renderer, Store, ulid

if TYPE_CHECKING:
    from collections.abc import Iterator
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


def test_another_database_is_left_alone(tmp_path: Path) -> None:
    database = tmp_path / "theirs.db"
    theirs = sqlite3.connect(database)
    theirs.execute("CREATE TABLE precious (x)")
    theirs.commit()
    theirs.close()
    with pytest.raises(StoreError, match="none of the sandbox's"):
        Store(database)
    database.write_text("no database at all, but a text of some length " * 20)
    with pytest.raises(StoreError):
        Store(database)
    with pytest.raises(StoreError):
        Store(tmp_path)


def test_a_database_of_another_version_is_left_alone(tmp_path: Path) -> None:
    newer = sqlite3.connect(tmp_path / "newer.db")
    newer.execute("PRAGMA user_version = 99")
    newer.close()
    with pytest.raises(StoreError, match="another version"):
        Store(tmp_path / "newer.db")


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
