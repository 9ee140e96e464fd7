from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from promptsync.files.git import committed_locks, lock_at_base, merge_stages
from promptsync.model.lockfile import Lockfile, dump
from tests.e2e.checkout import Checkout
from tests.factories import entry, file, held, lock

if TYPE_CHECKING:
    from pathlib import Path

NAME = "promptsync.lock.json"


def of(*names: str) -> Lockfile:
    asked = {name: file(f"Default/{name}") for name in names}
    return lock(**{name: entry(one, held(one, f"id-{name}")) for name, one in asked.items()})


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    (tmp_path / "prompts").mkdir()
    return Checkout.init(tmp_path)


@pytest.fixture
def path(checkout: Checkout) -> Path:
    return checkout.path / "prompts" / NAME


def committed(checkout: Checkout, path: Path, *names: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(dump(of(*names)))
    checkout.commit(" ".join(names))


def told(path: Path, *, elsewhere: bool = False) -> list[list[str]]:
    return [sorted(found.prompts) for found in committed_locks(path, elsewhere=elsewhere)]


def test_the_locks_that_head_builds_on_newest_first(checkout: Checkout, path: Path) -> None:
    committed(checkout, path, "a")
    committed(checkout, path, "a", "b")
    path.write_bytes(dump(of("c")))  # not committed
    assert told(path) == [["Default/a", "Default/b"], ["Default/a"]]


def test_those_of_other_branches_only_where_they_are_asked_for(checkout: Checkout, path: Path) -> None:
    committed(checkout, path, "a")
    checkout.git("switch", "--quiet", "-c", "other")
    committed(checkout, path, "a", "b")
    checkout.git("switch", "--quiet", "main")
    assert told(path) == [["Default/a"]]
    assert sorted(told(path, elsewhere=True)) == [["Default/a"], ["Default/a", "Default/b"]]


def test_a_commit_whose_lock_cannot_be_read_is_passed_over(checkout: Checkout, path: Path) -> None:
    committed(checkout, path, "a")
    path.write_text("<<<<<<< HEAD\n", encoding="utf-8")
    checkout.commit("broken")
    path.unlink()
    checkout.commit("gone")
    assert told(path) == [["Default/a"]]


def test_where_there_is_no_git_there_is_nothing(
    path: Path, checkout: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert told(path) == []  # no commit yet
    committed(checkout, path, "a")
    with monkeypatch.context() as changed:
        changed.setenv("PATH", str(checkout.path))
        assert (told(path), merge_stages(path)) == ([], None)
    (checkout.path / ".git").rename(checkout.path / "away")
    assert (told(path), merge_stages(path)) == ([], None)


def test_the_three_sides_of_an_open_merge(checkout: Checkout, path: Path) -> None:
    committed(checkout, path, "a")
    assert merge_stages(path) is None
    checkout.git("switch", "--quiet", "-c", "other")
    committed(checkout, path, "a", "b")
    checkout.git("switch", "--quiet", "main")
    committed(checkout, path, "a", "c")
    assert checkout.try_git("merge", "other").returncode == 1
    assert merge_stages(path) == (dump(of("a")), dump(of("a", "c")), dump(of("a", "b")))


def test_a_lock_that_both_sides_added_has_no_base(checkout: Checkout, path: Path) -> None:
    (checkout.path / "x").write_text("", encoding="utf-8")
    checkout.commit("first")
    checkout.git("switch", "--quiet", "-c", "other")
    committed(checkout, path, "b")
    checkout.git("switch", "--quiet", "main")
    committed(checkout, path, "c")
    assert checkout.try_git("merge", "other").returncode == 1
    assert merge_stages(path) == (None, dump(of("c")), dump(of("b")))


def at_base(path: Path, branch: str | None = None) -> list[str] | None:
    found = lock_at_base(path, branch)
    return None if found is None else sorted(found.prompts)


def test_without_an_origin_the_base_is_what_is_committed(checkout: Checkout, path: Path) -> None:
    committed(checkout, path, "a")
    path.write_bytes(dump(of("a", "b")))
    assert at_base(path) == at_base(path, "main") == ["Default/a"]


def test_the_base_is_where_the_branch_left_origins(checkout: Checkout, path: Path) -> None:
    committed(checkout, path, "a")
    checkout.git("update-ref", "refs/remotes/origin/main", "HEAD")
    checkout.git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main")
    checkout.git("switch", "--quiet", "-c", "other")
    committed(checkout, path, "a", "b")
    checkout.git("update-ref", "refs/remotes/origin/release", "HEAD")
    committed(checkout, path, "c")
    assert at_base(path) == ["Default/a"]
    assert at_base(path, "release") == ["Default/a", "Default/b"]
    assert at_base(path, "--all") == at_base(path, "no such..branch") == ["Default/a"]


def test_there_is_no_base_where_none_can_be_read(checkout: Checkout, path: Path, tmp_path: Path) -> None:
    assert at_base(path) is None
    path.write_bytes(b"{")
    checkout.commit("broken")
    assert at_base(path) is None
    assert at_base(tmp_path / "none" / NAME) is None
