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
    (tmp_path / "promptsync.yaml").write_text("targets: {staging: {path_prefix: Staging/}}\n", encoding="utf-8")
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


@pytest.mark.parametrize("both", [False, True])
def test_a_configuration_of_the_other_ending_is_not_passed_over(tmp_path: Path, both: bool) -> None:
    """Its targets and policies would be believed to hold."""
    (tmp_path / "promptsync.yml").write_text("targets: {staging: {}}\n", encoding="utf-8")
    if both:
        (tmp_path / "promptsync.yaml").write_text("", encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        open_target(tmp_path, "default", environ={})
    assert caught.value.message == f"{tmp_path}/promptsync.yml is not read: the configuration is promptsync.yaml"
    assert caught.value.hint == f"rename it to {tmp_path}/promptsync.yaml"


def test_the_keys_of_all_targets_are_known_and_none_that_any_text_holds(tmp_path: Path) -> None:
    (tmp_path / "promptsync.yaml").write_text("targets: {staging: {api_key_env: ORQ_STAGING_KEY}}\n", encoding="utf-8")
    environ = {"ORQ_API_KEY": " key-of-production-0\n", "ORQ_STAGING_KEY": "key", "ORQ_OTHER": "key-of-no-target-00"}
    target = open_target(tmp_path, "sandbox", environ=environ)
    assert target.api_keys == {"key-of-production-0"}
    assert "key-of-production-0" not in repr(target)
