from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from promptsync.files.run_lock import alone
from promptsync.files.target import open_target
from promptsync.model.errors import PromptsyncError

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
