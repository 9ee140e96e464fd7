from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from promptsync.commands.state import check_workspace, read_lock, scope_of, write_lock
from promptsync.files.target import open_target
from promptsync.model.errors import LockfileError
from promptsync.model.lockfile import Lockfile
from tests.factories import entry, file, held, lock

if TYPE_CHECKING:
    from pathlib import Path

    from promptsync.files.target import Target


@pytest.fixture
def target(tmp_path: Path) -> Target:
    (tmp_path / "promptsync.yaml").write_text("targets: {staging: {path_prefix: Staging/}}\n", encoding="utf-8")
    return open_target(tmp_path, "default", environ={})


def test_a_lock_without_prompts_is_not_made_and_an_unchanged_one_not_written(target: Target) -> None:
    write_lock(target, Lockfile())
    assert not target.lock_path.exists()
    asked = file()
    write_lock(target, lock(refund=entry(asked, held(asked))))
    before = target.lock_path.stat()
    write_lock(target, read_lock(target))
    assert target.lock_path.stat() == before
    write_lock(target, Lockfile())
    assert json.loads(target.lock_path.read_text())["prompts"] == {}


def test_ids_of_other_targets_are_elsewhere(target: Target) -> None:
    asked = file()
    staging = open_target(target.root, "staging", environ={"ORQ_API_KEY": "k", "ORQ_BASE_URL": "https://my.orq.ai"})
    write_lock(staging, lock(refund=entry(asked, held(asked, "theirs"))))
    write_lock(target, lock(refund=entry(asked, held(asked, "ours"))))
    assert scope_of(target, offline=True).elsewhere == {"theirs"}
    assert scope_of(staging).elsewhere == {"ours"}
    assert scope_of(staging).path_of(file()) == "Staging/Default"
    assert (scope_of(staging).host, scope_of(target, offline=True).host) == ("my.orq.ai", "")


@pytest.mark.parametrize(
    ("owner", "owners", "fits"),
    [(None, {"a"}, True), ("a", set(), True), ("a", {"a", "b"}, True), ("a", {"b"}, False)],
)
def test_the_workspace_of_a_lock(target: Target, owner: str | None, owners: set[str], fits: bool) -> None:
    held_by = Lockfile(owner=owner)
    if fits:
        check_workspace(target, held_by, owners)
        return
    with pytest.raises(LockfileError, match=r"lock\.json belongs to the workspace a, and this key reaches b"):
        check_workspace(target, held_by, owners)
