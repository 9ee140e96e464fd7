from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path
from types import SimpleNamespace

import pytest

from promptsync.files import repository
from promptsync.files.git import committed_locks, lock_at_base, merge_stages, names_merged, tracked_in
from promptsync.model.lockfile import Lockfile, dump
from tests.e2e.checkout import Checkout
from tests.factories import entry, file, held, lock
from tests.systems import needs

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


def test_the_files_that_are_merged_are_those_of_origins_default_branch(checkout: Checkout, path: Path) -> None:
    committed(checkout, path, "a")
    assert names_merged(path.parent) is None
    checkout.git("update-ref", "refs/remotes/origin/main", "HEAD")
    checkout.git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main")
    (path.parent / "naïve.yaml").touch()
    checkout.commit("not merged")
    assert names_merged(path.parent) == [".gitignore", f"prompts/{NAME}"]
    checkout.git("update-ref", "refs/remotes/origin/main", "HEAD")
    assert "prompts/naïve.yaml" in (names_merged(path.parent) or [])


def test_there_is_no_base_where_none_can_be_read(checkout: Checkout, path: Path, tmp_path: Path) -> None:
    assert at_base(path) is None
    path.write_bytes(b"{")
    checkout.commit("broken")
    assert at_base(path) is None
    assert at_base(tmp_path / "none" / NAME) is None


def test_what_git_tracks_of_a_name(checkout: Checkout, path: Path) -> None:
    committed(checkout, path, "a")
    assert tracked_in(path.parent, NAME) == NAME
    assert tracked_in(path.parent, "promptsync") is None
    assert tracked_in(checkout.path, "prompts") == f"prompts/{NAME}"
    assert tracked_in(checkout.path, NAME) is None


def test_the_folder_may_be_the_top_or_be_given_as_a_link(checkout: Checkout, path: Path, tmp_path: Path) -> None:
    committed(checkout, path, "a")
    (checkout.path / NAME).write_bytes(dump(of("top")))
    checkout.commit("top")
    (tmp_path / "link").symlink_to("prompts")
    assert told(tmp_path / "link" / NAME) == [["Default/a"]]
    assert told(checkout.path / NAME) == [["Default/top"]]


def test_a_worktree_and_a_submodule_are_repositories(
    checkout: Checkout, path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    committed(checkout, path, "a")
    place = tmp_path_factory.mktemp("other")
    checkout.git("worktree", "add", "--quiet", str(place / "tree"))
    outer = Checkout.init(place)
    outer.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(checkout.path), "inner")
    for top in ("tree", "inner"):
        assert (place / top / ".git").is_file()
        assert told(place / top / "prompts" / NAME) == [["Default/a"]]


@pytest.mark.parametrize("content", ["", "gitdir: /nowhere\n", "nonsense"])
def test_a_repository_that_git_cannot_use_is_none(checkout: Checkout, path: Path, content: str) -> None:
    committed(checkout, path, "a")
    shutil.rmtree(checkout.path / ".git")
    (checkout.path / ".git").write_text(content, encoding="utf-8")
    assert (told(path), merge_stages(path), tracked_in(path.parent, NAME)) == ([], None, None)


@needs("owners by number")
def test_a_repository_of_another_user_is_none(checkout: Checkout, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Unless the prompts are theirs, too: that is a folder that a container was given."""
    committed(checkout, path, "a")
    monkeypatch.setattr(os, "geteuid", lambda: 12_345)
    assert told(path) == [["Default/a"]]
    real = Path.lstat

    def told_of(place: Path) -> os.stat_result:
        values = list(real(place))
        values[stat.ST_UID] = 777
        return os.stat_result(values)

    monkeypatch.setattr(Path, "lstat", told_of)
    assert told(path) == []


@needs("programs that are scripts")
@pytest.mark.parametrize("entry", ["", ".", "bin", "{top}/bin", "{top}/prompts/../bin", "{link}"])
def test_no_git_of_the_checkout_is_run(
    checkout: Checkout,
    path: Path,
    entry: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    committed(checkout, path, "a")
    ran, link = checkout.path / "ran", tmp_path_factory.mktemp("link") / "bin"
    link.symlink_to(checkout.path / "bin")
    for folder in (checkout.path, checkout.path / "bin"):
        folder.mkdir(exist_ok=True)
        (folder / "git").write_text(f"#!/bin/sh\ntouch '{ran}'\n", encoding="utf-8")
        (folder / "git").chmod(0o755)
    monkeypatch.chdir(checkout.path)
    given = entry.format(top=checkout.path, link=link)
    monkeypatch.setenv("PATH", f"{given}{os.pathsep}{os.environ['PATH']}")
    assert told(path) == [["Default/a"]]
    monkeypatch.setenv("PATH", given)
    assert told(path) == []
    assert not ran.exists()


def test_on_windows_git_says_whose_a_repository_is(
    checkout: Checkout, path: Path, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    committed(checkout, path, "a")
    monkeypatch.setattr(repository, "sys", SimpleNamespace(platform="win32"))
    assert told(path) == [["Default/a"]]

    pretends = "GIT_TEST_ASSUME_DIFFERENT_OWNER"
    monkeypatch.setattr(repository, "_HANDED_ON", {*repository._HANDED_ON, pretends})
    monkeypatch.setenv(pretends, "1")
    assert told(path) == []

    settings = tmp_path_factory.mktemp("settings") / "config"
    settings.write_text(f"[safe]\n\tdirectory = {checkout.path}\n", encoding="utf-8")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))
    assert told(path) == [["Default/a"]]
