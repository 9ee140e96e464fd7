"""A reset empties what is a sandbox's, however broken, and leaves what is not."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest

from promptsync.commands.connect import connect
from promptsync.commands.sandbox import reset_sandbox
from promptsync.files.target import open_target, prepare_state
from promptsync.model.errors import PromptsyncError
from promptsync.sandbox import Sandbox
from tests.e2e.world import current

if TYPE_CHECKING:
    from pathlib import Path

    from promptsync.files.target import Target


@pytest.fixture
def target(tmp_path: Path) -> Target:
    made = open_target(tmp_path, "sandbox", environ={})
    prepare_state(made)
    made.lock_path.write_text("a lock")
    made.journal_path.write_text("a journal")
    return made


def fill(target: Target) -> None:
    with Sandbox(target.sandbox_path) as sandbox:
        sandbox.create_many({"display_name": str(number), "path": "Default", **current()} for number in range(200))


def held(target: Target) -> int:
    with connect(target) as api:
        return len(list(api.list_all()))


def overwrite_all_but_the_first_page(database: Path) -> None:
    data = database.read_bytes()
    database.write_bytes(data[:4096] + b"\xff" * (len(data) - 4096))


def give_another_version(database: Path) -> None:
    with sqlite3.connect(database) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()


def is_reset(target: Target) -> bool:
    reset_sandbox(target)
    return held(target) == 0 and not target.lock_path.exists() and not target.journal_path.exists()


def test_a_sandbox_is_emptied(target: Target) -> None:
    fill(target)
    assert held(target) == 200
    assert is_reset(target)


def test_one_of_another_version_is_told_and_begun_anew(target: Target) -> None:
    fill(target)
    give_another_version(target.sandbox_path)
    with pytest.raises(PromptsyncError, match="was made by another version of the sandbox") as caught:
        held(target)
    assert caught.value.hint == "`promptsync sandbox reset` begins anew"
    assert is_reset(target)


def test_one_that_is_broken_is_told_and_begun_anew(target: Target) -> None:
    fill(target)
    overwrite_all_but_the_first_page(target.sandbox_path)
    with pytest.raises(PromptsyncError, match=r"sandbox\.sqlite is broken: .*`promptsync sandbox reset` begins anew"):
        held(target)
    assert is_reset(target)


@pytest.mark.parametrize("kind", ["another program", "no database"])
def test_what_is_none_is_left_with_all_else(target: Target, kind: str) -> None:
    if kind == "no database":
        target.sandbox_path.write_text("notes of mine " * 100)
    else:
        with sqlite3.connect(target.sandbox_path) as connection:
            connection.execute("CREATE TABLE prompts (precious)")
            connection.execute("INSERT INTO prompts VALUES ('mine')")
            connection.execute("PRAGMA user_version = 1")
        connection.close()
    before = target.sandbox_path.read_bytes()
    for call in (held, reset_sandbox):
        with pytest.raises(PromptsyncError, match=f"sandbox.sqlite is .*{kind.split()[-1]}") as caught:
            call(target)
        assert caught.value.hint == "move the file away, then run again"
    assert target.sandbox_path.read_bytes() == before
    assert target.lock_path.exists()
