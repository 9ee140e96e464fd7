from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from promptsync.commands.project import Project, check_workspace
from promptsync.model.errors import ConfigError, LoadError, LockfileError, PromptsyncError, UsageError
from promptsync.model.lockfile import Lockfile
from tests.factories import entry, file, held, lock

if TYPE_CHECKING:
    from pathlib import Path

PROMPT = "prompt: {messages: [{role: user, content: Hi}]}\n"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "Default").mkdir()
    (tmp_path / "Default/refund.yaml").write_text(PROMPT, encoding="utf-8")
    return Project.open(tmp_path, "default", environ={})


def of(project: Project, target: str) -> Project:
    (project.root / "promptsync.yaml").write_text("targets: {staging: {path_prefix: /Staging/}}\n", encoding="utf-8")
    return Project.open(project.root, target, environ={})


@pytest.mark.parametrize(
    ("target", "name"),
    [
        ("default", "promptsync.lock.json"),
        ("staging", "promptsync.staging.lock.json"),
        ("sandbox", ".promptsync/promptsync.sandbox.lock.json"),
    ],
)
def test_each_target_has_its_own_lockfile_and_journal(project: Project, target: str, name: str) -> None:
    there = of(project, target)
    assert there.lock_path == project.root / name
    assert there.journal_path == project.root / f".promptsync/journal.{target}.jsonl"


def test_a_lock_without_prompts_is_not_made_and_an_unchanged_one_not_written(project: Project) -> None:
    project.write_lock(Lockfile())
    assert not project.lock_path.exists()
    asked = file()
    project.write_lock(lock(refund=entry(asked, held(asked))))
    before = project.lock_path.stat()
    project.write_lock(project.read_lock())
    assert project.lock_path.stat() == before
    project.write_lock(Lockfile())
    assert json.loads(project.lock_path.read_text())["prompts"] == {}


def test_a_file_directly_under_the_root_needs_a_prefix(project: Project) -> None:
    (project.root / "top.yaml").write_text(PROMPT, encoding="utf-8")
    with pytest.raises(LoadError) as caught:
        project.load()
    assert "a prompt directly under the root has no path on the service" in caught.value.problems[0].message
    assert sorted(of(project, "staging").load().files) == ["Default/refund", "top"]


def test_ids_of_other_targets_are_elsewhere(project: Project) -> None:
    asked = file()
    of(project, "staging").write_lock(lock(refund=entry(asked, held(asked, "theirs"))))
    project.write_lock(lock(refund=entry(asked, held(asked, "ours"))))
    assert project.scope().elsewhere == {"theirs"}
    assert of(project, "staging").scope().elsewhere == {"ours"}
    assert of(project, "staging").scope().path_of(file()) == "Staging/Default"


def test_two_runs_on_one_target_exclude_each_other(project: Project) -> None:
    with project.alone():
        with pytest.raises(PromptsyncError, match="is at work on the target “default”"), project.alone():
            pass
        with of(project, "staging").alone():
            pass
    with project.alone():
        pass


def test_a_run_that_broke_off_leaves_the_next_one_free(project: Project) -> None:
    with pytest.raises(ZeroDivisionError), project.alone():
        raise ZeroDivisionError
    with project.alone():
        pass


def test_the_state_stays_out_of_git(project: Project) -> None:
    project.prepare_state()
    assert (project.state / ".gitignore").read_text() == "*\n"


def test_renaming_a_file(project: Project) -> None:
    assert project.rename("Default/refund", "Other/Deep/repay") is True
    assert (project.root / "Other/Deep/repay.yaml").read_text() == PROMPT
    assert project.rename("Default/refund", "Other/x") is False
    (project.root / "Other/x.yaml").write_text("x", encoding="utf-8")
    assert project.rename("Other/Deep/repay", "Other/x") is False
    assert (project.root / "Other/x.yaml").read_text() == "x"
    with pytest.raises(UsageError, match="outside of"):
        project.rename("Other/Deep/repay", "../out")


def test_a_missing_key_is_told(project: Project) -> None:
    with pytest.raises(ConfigError, match="ORQ_API_KEY is not set"), project.connect():
        pass


@pytest.mark.parametrize(
    ("owner", "owners", "fits"),
    [(None, {"a"}, True), ("a", set(), True), ("a", {"a", "b"}, True), ("a", {"b"}, False)],
)
def test_the_workspace_of_a_lock(owner: str | None, owners: set[str], fits: bool) -> None:
    held_by = Lockfile(owner=owner)
    if fits:
        check_workspace(held_by, owners, "lock")
        return
    with pytest.raises(LockfileError, match="lock belongs to the workspace a, and this key reaches b"):
        check_workspace(held_by, owners, "lock")
