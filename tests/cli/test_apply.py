"""What came of an apply is told in any case."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from promptsync.cli import apply as module
from promptsync.cli import console
from promptsync.commands.results import Applied
from promptsync.model.errors import ConfigError, ExitCode, LockfileError
from promptsync.plan.changes import Outcome
from tests.factories import plan

if TYPE_CHECKING:
    from typing import NoReturn

DONE = Outcome("Default/a", "create", "done", "id-a", "")
FAILED = Outcome("Default/b", "create", "failed", None, "the disk is full", "make room")


def test_a_list_that_stdout_does_not_take_is_told_on_stderr(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(text: str) -> NoReturn:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(console, "show", full)
    module.show_applied(Applied(plan([]), (DONE, FAILED)))
    assert "failed         create    Default/b" in capsys.readouterr().err

    with pytest.raises(OSError, match="No space"):
        module.show_applied(Applied(plan([]), (DONE,)))
    assert "Applied: 1 created." in capsys.readouterr().err


def test_what_kept_an_apply_from_being_recorded_is_told_below_the_list(capsys: pytest.CaptureFixture[str]) -> None:
    applied = Applied(plan([]), (DONE,), problem=LockfileError("the lockfile is someone else's", hint="look at it"))
    module.show_applied(applied)
    out, err = capsys.readouterr()
    assert out.endswith("Applied: 1 created.\n")
    assert err == "error: the lockfile is someone else's\nhelp: look at it\n"
    assert applied.exit_code == ExitCode.PARTIAL
    assert Applied(plan([]), problem=ConfigError("nothing was begun")).exit_code == ExitCode.ERROR
    assert Applied(plan([]), (DONE,), interrupted=True, problem=applied.problem).exit_code == ExitCode.INTERRUPTED
