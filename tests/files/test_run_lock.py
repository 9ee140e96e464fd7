from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from promptsync.files.run_lock import alone
from promptsync.files.target import open_target
from promptsync.model.errors import PromptsyncError
from tests.systems import needs

if TYPE_CHECKING:
    from pathlib import Path

    from promptsync.files.target import Target


@pytest.fixture
def target(tmp_path: Path) -> Target:
    (tmp_path / "promptsync.yaml").write_text("targets: {staging: {}}\n", encoding="utf-8")
    return open_target(tmp_path, "default", environ={})


def test_two_runs_on_one_target_exclude_each_other(target: Target) -> None:
    with alone(target):
        with pytest.raises(PromptsyncError, match="is at work on the target “default”"), alone(target):
            pass
        with alone(open_target(target.root, "staging", environ={})):
            pass
    with alone(target):
        pass


def test_a_run_that_broke_off_leaves_the_next_one_free(target: Target) -> None:
    with pytest.raises(ZeroDivisionError), alone(target):
        raise ZeroDivisionError
    with alone(target):
        pass


@needs("named pipes")
@pytest.mark.parametrize("name", ["run.default.lock", "run.default.holder", "journal.default.jsonl", ".gitignore"])
@pytest.mark.parametrize("how", ["link", "dangling link", "pipe"])
def test_nothing_is_written_through_what_lies_in_the_place_of_state(
    target: Target, tmp_path: Path, name: str, how: str
) -> None:
    precious = tmp_path / "precious"
    target.state_folder.mkdir()
    path = target.state_folder / name
    if how == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to(precious)
    if how == "link":
        precious.write_bytes(b"precious")
    with pytest.raises(PromptsyncError, match=f"{name} is "), alone(target):
        pass
    assert precious.exists() is (how == "link")
    assert how != "link" or precious.read_bytes() == b"precious"


def test_a_run_lock_that_cannot_be_opened_is_told(target: Target) -> None:
    (target.state_folder / "run.default.lock").mkdir(parents=True)
    with pytest.raises(PromptsyncError, match=r"run\.default\.lock cannot be locked: is a directory"), alone(target):
        pass


def test_who_is_at_work_is_told_while_they_are(target: Target) -> None:
    with alone(target):
        assert (target.state_folder / "run.default.holder").read_text().startswith(f"{os.getpid()} ")
    assert not (target.state_folder / "run.default.holder").exists()


def test_a_run_in_another_process_is_kept_out(target: Target) -> None:
    code = (
        "import sys; from pathlib import Path; from promptsync.files.run_lock import alone\n"
        "from promptsync.files.target import open_target\n"
        "with alone(open_target(Path(sys.argv[1]), 'default', environ={})): pass"
    )
    run = [sys.executable, "-c", code, str(target.root)]
    with alone(target):
        ran = subprocess.run(run, capture_output=True, text=True, check=False)
        assert f"process {os.getpid()} on " in ran.stderr
    assert subprocess.run(run, check=False).returncode == 0
