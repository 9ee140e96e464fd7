"""A bug is told as one, with where to report it, and without a key."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

import pytest

from promptsync import __version__
from promptsync.cli import errors
from promptsync.cli import main as cli
from promptsync.commands import validate as validating
from promptsync.model.errors import ConfigError, ExitCode

if TYPE_CHECKING:
    from pathlib import Path

KEY = "sk-very'secret\\1234"
FIRST = (
    f"this is a bug in promptsync {__version__}: please report it at https://github.com/promptsync/promptsync/issues, "
    "with the lines below"
)


def a_bug(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    def broken(*_: object) -> NoReturn:
        raise error

    monkeypatch.setattr(validating, "validate", broken)


@pytest.mark.parametrize("name", ["ORQ_API_KEY", "ORQ_STAGING", "SOME_TOKEN"])
def test_a_bug_exits_70_after_a_sentence_and_a_traceback_without_a_key(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv(name, KEY)
    inner = ValueError(f"{KEY}\x1b[2J\u202e")
    inner.add_note(f"see {KEY}")
    error = KeyError(KEY)
    error.__cause__ = inner
    a_bug(monkeypatch, error)

    assert cli.run(["validate", "--dir", str(tmp_path)]) == ExitCode.BUG == 70

    out, err = capsys.readouterr()
    assert out == ""
    first, empty, *trace = err.splitlines()
    assert (first, empty) == (FIRST, "")
    assert "Traceback (most recent call last):" in trace
    assert f"ValueError: ${name}\\x1b[2J\\u202e" in trace
    assert f"see ${name}" in trace
    assert trace[-1].startswith("KeyError: ")
    assert "secret" not in err
    assert "\x1b" not in err


def test_of_two_keys_one_of_which_begins_the_other_nothing_is_left() -> None:
    report = errors.bug_report("abcdefgh abcd", {"ORQ_A": "abcd", "ORQ_B": "abcdefgh"})

    assert report.splitlines()[-1] == "$ORQ_B $ORQ_A"


def test_what_is_no_key_stays() -> None:
    environ = {"ORQ_API_KEY": "abc", "ORQ_BASE_URL": "https://my.orq.ai", "HOME": "/home/ann"}

    report = errors.bug_report("abc https://my.orq.ai /home/ann", environ)

    assert report.splitlines()[-1] == "abc https://my.orq.ai /home/ann"


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (ConfigError("no key", hint="set one"), 1, "error: no key\nhelp: set one\n"),
        (PermissionError(13, "No way", "x.yaml"), 1, "error: x.yaml cannot be read or written: no way\n"),
        (KeyboardInterrupt(), 130, "\ninterrupted\n"),
    ],
)
def test_what_a_user_can_mend_is_a_sentence(
    error: BaseException,
    code: int,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    a_bug(monkeypatch, error)

    assert cli.run(["validate", "--dir", str(tmp_path)]) == code
    assert capsys.readouterr().err == said


@pytest.mark.parametrize(
    "arguments",
    [
        ["\x1b[2J\u202e\n::error::x"],
        ["validate", "--\x1b[2J\n::error::x\n##[group]"],
        ["plan", "--format", "\u202e\n::error::x"],
        ["apply", "\n::error::x\x07", "##[group]\u2066"],
    ],
)
def test_what_was_typed_is_repeated_harmlessly(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(arguments) == ExitCode.USAGE

    err = capsys.readouterr().err
    assert "Usage: " in err
    assert err.splitlines()[-1].startswith("Error: ")
    assert "##[" not in err
    assert not any(line.lstrip().startswith("::") for line in err.splitlines())
    assert not set("\x1b\u202e\x07\u2066") & set(err)


def test_without_a_command_the_help_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    cli.run([])

    out, err = capsys.readouterr()
    assert (out + err).startswith("Usage: promptsync [OPTIONS] COMMAND [ARGS]...")
    assert "Error:" not in err
