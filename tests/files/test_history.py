from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from promptsync.files import history
from promptsync.files.history import lock_commits, subjects
from promptsync.files.repository import Repository
from promptsync.model.errors import PromptsyncError
from tests.e2e.checkout import Checkout

if TYPE_CHECKING:
    from pathlib import Path

NAME = "promptsync.lock.json"


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    (tmp_path / "prompts").mkdir()
    return Checkout.init(tmp_path)


def write(checkout: Checkout, text: str | None, message: str = "x") -> str:
    path = checkout.path / "prompts" / NAME
    path.unlink() if text is None else path.write_text(text)
    return checkout.commit(message)


def other(checkout: Checkout, text: str = "") -> str:
    (checkout.path / "other").write_text(text)
    return checkout.commit("other")


def found(checkout: Checkout, *refs: str) -> list[history.LockCommit]:
    repository = Repository.of(checkout.path / "prompts")
    assert repository is not None
    return list(lock_commits(repository, f"prompts/{NAME}", refs or ("HEAD",)))


def told(checkout: Checkout, *refs: str) -> list[tuple[bytes | None, tuple[bytes | None, ...]]]:
    return [(commit.data, commit.before) for commit in found(checkout, *refs)]


def test_each_commit_that_changed_it_with_what_it_was_before(checkout: Checkout) -> None:
    write(checkout, "1")
    other(checkout)
    second = write(checkout, "2", "Second\n\nMore of it\n")
    write(checkout, None)
    assert told(checkout) == [(None, (b"2",)), (b"2", (b"1",)), (b"1", ())]
    assert [commit.is_cut for commit in found(checkout)] == [False] * 3
    commit = found(checkout)[1]
    assert (commit.commit, commit.author, commit.subject) == (second, "A", "Second")
    assert commit.message == "Second\n\nMore of it\n"


def test_the_time_is_that_of_the_commit_in_its_own_zone(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_AUTHOR_DATE", "2001-01-01T00:00:00Z")
    monkeypatch.setenv("GIT_COMMITTER_DATE", "2026-11-27T12:30:00+05:30")
    write(checkout, "1")
    (commit,) = found(checkout)
    assert commit.time is not None
    assert commit.time.isoformat() == "2026-11-27T12:30:00+05:30"


def test_a_merge_comes_with_both_of_its_sides(checkout: Checkout) -> None:
    write(checkout, "1\n2\n3\n")
    checkout.git("switch", "--quiet", "-c", "branch")
    write(checkout, "1\n2\n4\n")
    checkout.git("switch", "--quiet", "main")
    write(checkout, "0\n2\n3\n")
    checkout.git("merge", "--quiet", "--no-edit", "branch")
    assert told(checkout)[0] == (b"0\n2\n4\n", (b"0\n2\n3\n", b"1\n2\n4\n"))
    assert len(told(checkout)) == 4


def test_the_history_of_other_refs(checkout: Checkout) -> None:
    write(checkout, "1")
    checkout.git("switch", "--quiet", "-c", "branch")
    write(checkout, "2")
    checkout.git("switch", "--quiet", "main")
    assert len(told(checkout)) == 1
    assert len(told(checkout, "HEAD", "--all")) == len(told(checkout, "refs/heads/branch")) == 2


def test_more_commits_than_are_read_at_once(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "_FIRST", 2)
    monkeypatch.setattr(history, "_AT_ONCE", 3)
    for number in range(14):
        write(checkout, str(number))
    assert [data for data, _ in told(checkout)] == [str(number).encode() for number in range(13, -1, -1)]
    assert [before for _, before in told(checkout)][:-1] == [(str(number).encode(),) for number in range(12, -1, -1)]


def test_where_a_shallow_clone_begins_no_one_knows_what_changed(checkout: Checkout, tmp_path: Path) -> None:
    for number in range(4):
        write(checkout, str(number))
    place = tmp_path / "clones"
    checkout.git("clone", "--quiet", "--depth=2", f"file://{checkout.path}", str(place / "shallow"))
    commits = found(Checkout(place / "shallow"))
    assert [(commit.data, commit.is_cut) for commit in commits] == [(b"3", False), (b"2", True)]


def test_a_clone_without_old_files_tells_of_no_deletion(checkout: Checkout, tmp_path: Path) -> None:
    """git before 2.44 gives up where a file is missing that it may not fetch."""
    for number in range(3):
        write(checkout, str(number))
    checkout.git("config", "uploadpack.allowFilter", "true")
    place = tmp_path / "clones"
    checkout.git("clone", "--quiet", "--filter=blob:none", f"file://{checkout.path}", str(place / "partial"))
    with suppress(PromptsyncError):
        assert [commit.is_cut for commit in found(Checkout(place / "partial"))] == [True, True, True]


def test_a_file_that_is_too_large_is_none(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    write(checkout, "1")
    write(checkout, "x" * 100)
    monkeypatch.setattr(history, "MAX_STATE_BYTES", 10)
    assert told(checkout) == [(None, (b"1",)), (b"1", ())]


def test_what_is_no_file_is_none(checkout: Checkout) -> None:
    write(checkout, "1")
    path = checkout.path / "prompts" / NAME
    path.unlink()
    path.mkdir()
    (path / "file").write_text("2")
    checkout.commit("folder")
    assert told(checkout) == [(None, (b"1",)), (b"1", ())]


def test_any_bytes_may_stand_in_a_commit(checkout: Checkout, tmp_path: Path) -> None:
    """As `git hash-object --literally` lets anyone write them."""
    write(checkout, "1")
    tree = checkout.git("rev-parse", "HEAD^{tree}").strip()
    raw = tmp_path / "raw"
    raw.write_bytes(
        b"tree " + tree.encode() + b"\nauthor \xff\x1b[31m\r\xe2\x80\xae <> 99999999999 +9999\n"
        b"committer nobody\nencoding zlib\ngpgsig parent HEAD\n parent --all\n\n\n\n \xfe subject\x07\nrest"
    )
    made = checkout.git("hash-object", "-t", "commit", "-w", "--literally", str(raw)).strip()
    (commit,) = found(checkout, made)
    assert (commit.author, commit.time, commit.before) == ("\ufffd\x1b[31m\r\u202e", None, ())
    assert commit.subject == "\ufffd subject\x07"


def test_the_subjects_of_commits_that_are_here(checkout: Checkout) -> None:
    first = write(checkout, "1", "Answer briefly (#12)\n\nBecause.")
    repository = Repository.of(checkout.path)
    assert repository is not None
    assert subjects(repository, [first, "0" * 40, "--all", "HEAD", "", "x\ny"]) == {first: "Answer briefly (#12)"}
    assert subjects(repository, []) == {}


def test_a_ref_that_is_none_and_a_folder_that_git_cannot_be_asked_about(checkout: Checkout) -> None:
    write(checkout, "1")
    with pytest.raises(PromptsyncError, match="git could not list"):
        found(checkout, "refs/heads/none")
    repository = Repository.of(checkout.path)
    assert repository is not None
    with pytest.raises(PromptsyncError, match="line break"):
        list(lock_commits(repository, f"a\nb/{NAME}", ["HEAD"]))
    assert list(lock_commits(repository, f"prompts/{NAME}", [])) == []


def test_a_folder_of_any_name(tmp_path: Path) -> None:
    checkout = Checkout.init(tmp_path)
    odd = tmp_path / "*a:b \u00fc missing"
    odd.mkdir()
    (odd / NAME).write_text("1")
    checkout.commit("odd")
    repository = Repository.of(odd)
    assert repository is not None
    assert [commit.data for commit in lock_commits(repository, repository.place(NAME), ["HEAD"])] == [b"1"]
