"""The program as a process: its exit codes, its output to the last byte, and outputs that take nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from promptsync import __version__

PROMPT = "prompt:\n  messages:\n    - {role: user, content: 'Number %d'}\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "prompts" / "Default"
    folder.mkdir(parents=True)
    for number in range(300):
        (folder / f"p{number:03}.yaml").write_text(PROMPT % number, encoding="utf-8")
    return tmp_path / "prompts"


def promptsync(*arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "promptsync", *arguments]
    return subprocess.run(command, text=True, check=False, timeout=60, **options)  # type: ignore[call-overload, no-any-return]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--version"], 0, f"promptsync {__version__}\n"),
        (["plan", "--dir", "nowhere"], 1, ""),
        (["nothing"], 64, ""),
    ],
)
def test_the_exit_code_is_the_processs(arguments: list[str], code: int, said: str) -> None:
    ran = promptsync(*arguments, capture_output=True)
    assert (ran.returncode, ran.stdout) == (code, said)
    assert (ran.stderr == "") is (code == 0)


def test_a_pipe_gets_all_of_a_long_output(root: Path) -> None:
    ran = promptsync("plan", "--target", "sandbox", "--dir", str(root), capture_output=True)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.count("create    Default/p") == 300
    assert ran.stdout.endswith("Plan: 300 to create; 0 unchanged.\n")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no /dev/full")
def test_an_output_that_is_full_is_told_in_a_sentence(root: Path) -> None:
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        ran = promptsync("validate", "--dir", str(root), stdout=full, stderr=subprocess.PIPE)
    assert ran.returncode == 1
    assert ran.stderr == "error: the output cannot be read or written: no space left on device\n"


def test_a_reader_that_went_away_is_no_traceback(root: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        ran = promptsync("validate", "--dir", str(root), stdout=writing, stderr=subprocess.PIPE)
    finally:
        os.close(writing)
    assert (ran.returncode, ran.stderr) == (1, "")
