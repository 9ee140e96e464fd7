from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from promptsync.cli import main as cli

if TYPE_CHECKING:
    from pathlib import Path

ENTRY = {"version": None, "path": None, "display_name": "x", "dialect": "prompt", "source": "x", "remote": "x"}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder whose lockfile has two prompts."""
    folder = tmp_path / "prompts"
    folder.mkdir()
    prompts = {key: {"id": id, **ENTRY} for key, id in (("Default/b", "01B"), ("Default/a", "01A"))}
    lock = {"lock_version": 1, "canonical": 2, "workspace": {"owner": None}, "prompts": prompts}
    (folder / "promptsync.lock.json").write_text(json.dumps(lock), encoding="utf-8")
    return folder


def test_the_ids_are_those_of_the_lockfile_in_the_order_of_the_keys(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """No service is asked, no key is needed, and no file of a prompt has to be there."""
    assert cli.run(["ids", "--dir", str(root)]) == 0
    out = capsys.readouterr().out
    assert list(json.loads(out).items()) == [("Default/a", "01A"), ("Default/b", "01B")]


def test_a_file_that_it_wrote_passes_its_check_until_the_lockfile_changes(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, lock = tmp_path / "ids.py", root / "promptsync.lock.json"
    arguments = ["ids", "--format", "python", "--dir", str(root)]

    assert cli.run([*arguments, "--check", str(file)]) == 2
    assert cli.run([*arguments, "--out", str(file)]) == 0
    assert capsys.readouterr().err == f"{file} holds 2 ids\n"
    assert cli.run([*arguments, "--check", str(file)]) == 0
    file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    assert cli.run([*arguments, "--check", str(file)]) == 0

    lock.write_text(lock.read_text(encoding="utf-8").replace("01A", "01NEW"), encoding="utf-8")
    capsys.readouterr()
    assert cli.run([*arguments, "--check", str(file)]) == 2
    assert capsys.readouterr().out == (
        f"{file} does not say what {lock} does; "
        f"write it with `promptsync ids --format python --out {file} --dir {root}`\n"
    )


def test_what_is_shown_is_what_is_written(root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for form in ("json", "env", "python", "typescript"):
        arguments = ["ids", "--format", form, "--dir", str(root)]
        assert cli.run(arguments) == 0
        shown = capsys.readouterr().out
        assert cli.run([*arguments, "--out", str(tmp_path / form)]) == 0
        assert (tmp_path / form).read_text(encoding="utf-8") == shown


def test_where_nothing_is_locked_that_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["ids", "--dir", str(tmp_path)]) == 0
    out, err = capsys.readouterr()
    assert out == "{}\n"
    assert "promptsync.lock.json holds no prompt yet" in err


def test_a_file_is_written_or_checked(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["ids", "--dir", str(root), "--out", "a", "--check", "b"]) == 64
    assert "ids takes --out or --check" in capsys.readouterr().err
