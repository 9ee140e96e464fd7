"""The journal: what a run that died at any point leaves behind, and how the next one reads it."""

from __future__ import annotations

import json
import os
import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from promptsync.apply.journal import Journal
from promptsync.model.errors import PromptsyncError
from promptsync.model.lockfile import Lockfile
from tests.factories import begun, entry, file, held, intent, locked, prompt
from tests.systems import needs

if TYPE_CHECKING:
    from pathlib import Path

A = file("Default/a")
ENTRY = entry(A, held(A, "id-a"))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / ".promptsync" / "journal.default.jsonl"


def test_there_is_nothing_to_recover_at_first(path: Path) -> None:
    assert Journal(path).recover().is_empty


def test_an_intent_without_an_outcome_stays_open(path: Path) -> None:
    asked = intent("Default/a", "a")
    Journal(path).begin_create("create", asked)

    recovered = Journal(path).recover()

    assert recovered.creates == (asked,)
    assert not recovered.is_empty


def test_a_create_among_those_of_others_is_remembered_with_its_words(path: Path) -> None:
    begun = replace(intent("A/x"), asked=file("A/x").prompt)
    Journal(path).begin_create("create", begun)
    assert Journal(path).recover().creates == (begun,)


def test_a_write_is_remembered_with_all_that_it_asked_for(path: Path) -> None:
    asked = prompt("a", description="What it says", extra={"further": 1})
    told = begun(
        action="move", old_key="Default/old", path="Default", asked=asked, protected=True, cleared={"prompt.seed": 7}
    )
    Journal(path).begin_write(told)

    recovered = Journal(path).recover()

    assert recovered.writes == (told,)
    assert recovered.ids() == {"id-a"}


def test_a_delete_is_remembered_in_few_words(path: Path) -> None:
    Journal(path).begin_write(begun(action="delete"))

    assert json.loads(path.read_text()) == {
        "intent": 1,
        "action": "delete",
        "key": "Default/a",
        "id": "id-a",
        "time": 5.0,
    }


def test_an_outcome_closes_its_intent(path: Path) -> None:
    journal = Journal(path)
    journal.end(journal.begin_create("create", intent("Default/a", "a")), "Default/a")
    journal.end_with(journal.begin_write(begun()), "Default/a", ENTRY)

    recovered = Journal(path).recover()

    assert (recovered.creates, recovered.writes) == ((), ())
    assert recovered.entries == {"Default/a": ENTRY}


def test_an_entry_overtakes_every_earlier_intent_of_its_key(path: Path) -> None:
    journal = Journal(path)
    journal.begin_create("create", intent("Default/a", "a"))
    journal.begin_create("create", intent("Default/b", "b"))
    journal.end_with(0, "Default/a", ENTRY)

    assert [one.key for one in Journal(path).recover().creates] == ["Default/b"]


def test_what_was_forgotten_leaves_the_lockfile(path: Path) -> None:
    Journal(path).end_with(0, "Default/a", None)

    recovered = Journal(path).recover()

    assert recovered.onto(locked(("Default/a", ENTRY))).prompts == {}


def test_a_move_leaves_its_old_key(path: Path) -> None:
    Journal(path).end_with(0, "New/a", ENTRY, replaces="Default/a")

    recovered = Journal(path).recover()

    assert recovered.entries == {"Default/a": None, "New/a": ENTRY}
    assert recovered.onto(locked(("Default/a", ENTRY))).prompts == {"New/a": ENTRY}


def test_two_prompts_that_changed_places_keep_their_ids(path: Path) -> None:
    other = entry(A, held(A, "id-b"))
    journal = Journal(path)
    journal.end_with(0, "Default/b", ENTRY, replaces="Default/a")
    journal.end_with(0, "Default/a", other, replaces="Default/b")

    recovered = Journal(path).recover()

    swapped = recovered.onto(locked(("Default/a", ENTRY), ("Default/b", other)))
    assert {key: one.id for key, one in swapped.prompts.items()} == {"Default/a": "id-b", "Default/b": "id-a"}


def test_the_workspace_is_remembered(path: Path) -> None:
    Journal(path).note_owner("ws")

    assert Journal(path).recover().onto(Lockfile()).owner == "ws"


def test_an_id_that_came_into_the_lockfile_under_another_key_is_not_locked_twice(path: Path) -> None:
    Journal(path).end_with(0, "Default/a", ENTRY)

    recovered = Journal(path).recover()

    assert list(recovered.onto(locked(("Default/elsewhere", ENTRY))).prompts) == ["Default/elsewhere"]


@pytest.mark.parametrize("cut", range(1, 40))
def test_a_last_line_that_was_cut_off_tells_nothing_and_swallows_nothing(path: Path, cut: int) -> None:
    journal = Journal(path)
    journal.end_with(0, "Default/a", ENTRY)
    journal.end_with(0, "Default/b", ENTRY)
    journal.close()
    path.write_bytes(path.read_bytes()[:-cut])

    torn = Journal(path)
    assert list(torn.recover().entries) == ["Default/a"]
    torn.end_with(0, "Default/c", ENTRY)

    assert list(Journal(path).recover().entries) == ["Default/a", "Default/c"]


GARBAGE = [
    b"garbage",
    b"[]",
    b"{}",
    b'{"intent":1}',
    b'{"intent":true,"key":"a","action":"create","display_name":"a","source":"s","time":1}',
    b'{"intent":1,"key":"a","action":"create","display_name":"a","source":"s","time":"soon"}',
    b'{"intent":1,"key":"a","action":"update","id":null,"time":1}',
    b'{"intent":1,"key":"a","action":"update","id":"x","time":1,"asked":{"block":{}}}',
    b'{"intent":1,"key":"a","action":"update","id":"x","time":1,"asked":7}',
    b'{"intent":1,"key":"a","action":"update","id":"../x","time":1}',
    b'{"intent":1,"key":["a"],"action":["update"],"id":"x","time":1}',
    b'{"outcome":1}',
    b'{"outcome":1,"key":"a","replaces":7}',
    b'{"owner":7}',
    b"\xff\xfe",
    b"[" * 5000,
    b"9" * 5000,
]


@pytest.mark.parametrize("line", GARBAGE, ids=lambda line: line[:30].decode("utf-8", "replace"))
def test_garbage_within_is_told_with_its_line_and_left_as_it_is(path: Path, line: bytes) -> None:
    Journal(path).end_with(0, "Default/a", ENTRY)
    path.write_bytes(path.read_bytes() + line + b"\n")
    before = path.read_bytes()

    with pytest.raises(PromptsyncError, match=r"journal\.default\.jsonl:2: this line of the journal cannot be read"):
        Journal(path).recover()
    assert path.read_bytes() == before


def test_an_entry_that_is_none_is_told_with_its_line(path: Path) -> None:
    path.parent.mkdir()
    path.write_text('{"outcome":1,"key":"a","entry":{"id":7}}\n')

    with pytest.raises(PromptsyncError, match="line 1 has no text as its `id`"):
        Journal(path).recover()


def test_compaction_keeps_what_is_open_and_nothing_else(path: Path) -> None:
    journal = Journal(path)
    journal.end_with(journal.begin_write(begun()), "Default/a", ENTRY)
    journal.begin_write(begun(key="Default/b"))
    journal.begin_create("create", intent("Default/c", "c"))
    journal.compact()

    recovered = Journal(path).recover()
    assert (recovered.entries, [one.key for one in recovered.writes]) == ({}, ["Default/b"])
    assert [one.key for one in recovered.creates] == ["Default/c"]


def test_compaction_drops_the_writes_that_were_settled_and_the_creates_that_are_given_up(path: Path) -> None:
    journal = Journal(path)
    journal.begin_write(begun(key="Default/b"))
    kept = intent("Default/c", "c")
    journal.begin_create("create", kept)
    journal.begin_create("create", intent("Default/d", "d"))
    journal.compact(keep=(kept,))

    assert Journal(path).recover().creates == (kept,)
    assert len(path.read_text().splitlines()) == 1


def test_a_journal_that_says_nothing_is_removed(path: Path) -> None:
    journal = Journal(path)
    journal.end(journal.begin_create("create", intent()), "Default/refund")
    journal.compact()

    assert not path.exists()
    journal.end_with(0, "Default/a", ENTRY)
    assert list(Journal(path).recover().entries) == ["Default/a"]


def test_numbers_go_on_after_a_crash(path: Path) -> None:
    Journal(path).begin_create("create", intent("Default/a", "a"))
    journal = Journal(path)
    journal.recover()
    number = journal.begin_create("create", intent("Default/b", "b"))
    journal.end(number, "Default/b")

    assert [one.key for one in Journal(path).recover().creates] == ["Default/a"]


def test_every_line_is_synced_before_anything_else_happens(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    write, fsync = os.write, os.fsync
    monkeypatch.setattr(os, "write", lambda fd, data: done.append("write") or write(fd, data))
    monkeypatch.setattr(os, "fsync", lambda fd: done.append("fsync") or fsync(fd))
    journal = Journal(path)
    journal.begin_create("create", intent())
    journal.begin_create("create", intent())

    # The first fsync is the folder's, which holds a new file.
    assert done == ["fsync", "write", "fsync", "write", "fsync"]


def test_one_sync_is_for_all_that_wait_and_none_of_them_is_held_up_by_the_next(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = Journal(path)
    journal.note_owner("acme")
    begun, allowed, ended = threading.Semaphore(0), threading.Semaphore(0), threading.Semaphore(0)
    monkeypatch.setattr(os, "fsync", lambda _: begun.release() or allowed.acquire(timeout=10))

    def note(number: int) -> None:
        journal.end(number, "Default/a")
        ended.release()

    def write(*numbers: int) -> None:
        for number in numbers:
            threads.append(threading.Thread(target=note, args=[number]))
            threads[-1].start()
            while path.read_bytes().count(b"\n") < number + 1:
                time.sleep(0.001)

    threads: list[threading.Thread] = []
    write(1)
    assert begun.acquire(timeout=10)
    write(2, 3)
    allowed.release()
    assert ended.acquire(timeout=10)
    assert begun.acquire(timeout=10)
    write(4)  # one of the two syncs for both of them, and this one waits for the next
    allowed.release()
    assert ended.acquire(timeout=10)
    assert ended.acquire(timeout=10)
    assert not ended.acquire(timeout=0.05)
    allowed.release()
    for thread in threads:
        thread.join(10)
    assert ended.acquire(timeout=0)


def test_a_sync_that_is_broken_off_holds_up_no_other(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(descriptor: int) -> None:
        raise KeyboardInterrupt

    journal = Journal(path)
    journal.note_owner("acme")
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", interrupt)
        with pytest.raises(KeyboardInterrupt):
            journal.end_with(0, "Default/a", ENTRY)
    journal.end_with(0, "Default/b", ENTRY)

    assert list(Journal(path).recover().entries) == ["Default/a", "Default/b"]


def test_a_write_that_fails_half_way_is_told_and_does_not_spoil_what_comes_after(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = Journal(path)
    journal.end_with(0, "Default/a", ENTRY)
    real = os.write

    def full(descriptor: int, data: bytes) -> int:
        if not data.startswith(b"{"):
            raise OSError(28, "No space left on device")
        return real(descriptor, data[:50])

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        with pytest.raises(PromptsyncError, match=r"the journal .* cannot be written: No space left on device"):
            journal.end_with(0, "Default/b", ENTRY)
    journal.end_with(0, "Default/c", ENTRY)

    assert list(Journal(path).recover().entries) == ["Default/a", "Default/c"]


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")

    with pytest.raises(PromptsyncError, match="cannot be written"):
        Journal(blocked / "journal.jsonl").end_with(0, "Default/a", ENTRY)


@needs("named pipes")
@pytest.mark.parametrize("how", ["link", "pipe"])
def test_a_journal_that_is_no_file_is_neither_read_nor_written(tmp_path: Path, how: str) -> None:
    (tmp_path / "precious").write_text("precious")
    path = tmp_path / "journal.jsonl"
    _ = os.mkfifo(path) if how == "pipe" else path.symlink_to("precious")

    with pytest.raises(PromptsyncError, match=r"journal\.jsonl cannot be read: it is "):
        Journal(path).recover()
    with pytest.raises(PromptsyncError, match=r"journal .*journal\.jsonl cannot be written: it is "):
        Journal(path).end_with(0, "Default/a", ENTRY)
    assert (tmp_path / "precious").read_text() == "precious"
