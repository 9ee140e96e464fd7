from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from promptsync.files.target import open_target, prepare_state
from promptsync.model.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("name", "lockfile"),
    [
        ("default", "promptsync.lock.json"),
        ("staging", "promptsync.staging.lock.json"),
        ("sandbox", ".promptsync/promptsync.sandbox.lock.json"),
    ],
)
def test_each_target_has_its_own_lockfile_and_journal(tmp_path: Path, name: str, lockfile: str) -> None:
    (tmp_path / "promptsync.yaml").write_text("targets: {staging: {path_prefix: /Staging/}}\n", encoding="utf-8")
    target = open_target(tmp_path, name, environ={})
    assert target.lock_path == tmp_path / lockfile
    assert target.journal_path == tmp_path / f".promptsync/journal.{name}.jsonl"


def test_the_state_stays_out_of_git(tmp_path: Path) -> None:
    target = open_target(tmp_path, "default", environ={})
    prepare_state(target)
    assert (target.state_folder / ".gitignore").read_text() == "*\n"


def test_a_missing_key_is_told(tmp_path: Path) -> None:
    target = open_target(tmp_path, "default", environ={})
    with pytest.raises(ConfigError, match="ORQ_API_KEY is not set"):
        _ = target.connection
