"""Completion in real shells: what TAB offers, and that no name of a file is ever run by it."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from promptsync.cli import main as cli
from tests.systems import needs

pytestmark = needs("bash that is a program like others")

REPOSITORY = Path(__file__).parents[2]
HOSTILE = "Default/$(touch pwned) `touch pwned`; touch pwned"
NAMES = ["Default/Support/refund", "Default/Support/triage", "Default/Two words/it's, so", "Default/[ab]", HOSTILE]


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A folder with prompts, one more in the lockfile alone, and the program in `bin`, which notes how it is called."""
    for name in NAMES:
        file = tmp_path / "prompts" / f"{name}.yaml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("prompt: {messages: []}\n", encoding="utf-8")
    (tmp_path / "a").touch()  # what a shell would take `[ab]` for, in that folder
    (tmp_path / "prompts/promptsync.yaml").write_text("targets: {staging: {}}\n", encoding="utf-8")
    hashes = {"source": "x", "remote": "x", "dialect": "prompt", "display_name": "x"}
    locked = "".join(
        f'"{key}": {{"id": "{id}", {str(hashes)[1:-1]}}},' for key, id in (("Old/gone", "1"), ("a\\nb", "2"))
    )
    lock = f'{{"lock_version": 1, "canonical": 2, "prompts": {{{locked[:-1]}}}}}'.replace("'", '"')
    (tmp_path / "prompts/promptsync.lock.json").write_text(lock, encoding="utf-8")
    program = tmp_path / "bin/promptsync"
    program.parent.mkdir()
    run = f"PYTHONPATH={shlex.quote(str(REPOSITORY))} exec {shlex.quote(sys.executable)} -m promptsync"
    note = 'if [ "$1" = history ] && [ -z "$_PROMPTSYNC_COMPLETE" ]; then printf "%s\\n" "$@" > called; exit; fi'
    program.write_text(f'#!/bin/sh\n{note}\n{run} "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    return tmp_path


def environ(desk: Path) -> dict[str, str]:
    return {"PATH": f"{desk}/bin:{os.environ['PATH']}", "HOME": str(desk), "TERM": "dumb", "LC_ALL": "C.UTF-8"}


def told(desk: Path, *command: str) -> list[str]:
    """The lines that a shell prints."""
    ran = subprocess.run(command, cwd=desk, env=environ(desk), capture_output=True, text=True, timeout=60)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert not (desk / "pwned").exists()
    return ran.stdout.splitlines()


def shell(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"there is no {name}")
    return found


def bash(desk: Path, *words: str) -> list[str]:
    """What bash puts in the place of the last of some words, as it stands on the line."""
    typed = " ".join(f"'{word}'" for word in words)
    script = (
        f'eval "$(promptsync completion bash)"; COMP_WORDS=(promptsync {typed}); COMP_CWORD={len(words)}; '
        '_promptsync_completion promptsync; printf "%s\\n" "${COMPREPLY[@]}"'
    )
    return told(desk, shell("bash"), "--norc", "-c", script)


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["hi"], ["history"]),
        (["lock", "un"], ["unprotect"]),
        (["plan", "--det"], ["--detailed-exitcode"]),
        (["plan", "--format", "ht"], ["html"]),
        (["plan", "--target", ""], ["default", "sandbox", "staging"]),
        (["history", "Default/Su"], ["Default/Support/refund", "Default/Support/triage"]),
        (["pull", "Default/Support/refund", "Default/Support/t"], ["Default/Support/triage"]),
        (["plan", "--only", "Default/Support/r"], ["Default/Support/refund"]),
        (["lock", "forget", "O"], ["Old/gone"]),
        (["lock", "forget", "a"], [""]),
        (["mv", "--dir", "nowhere", ""], [""]),
        (["history", "Default/["], ["Default/\\[ab\\]"]),
        (["history", "Default/Two"], ["Default/Two\\ words/it\\'s\\,\\ so"]),
    ],
    ids=lambda words: " ".join(words).strip(),
)
def test_bash_offers_what_may_come_next(desk: Path, words: list[str], offered: list[str]) -> None:
    assert bash(desk, *words) == offered


def test_bash_offers_the_keys_of_another_folder_and_of_its_own_targets(desk: Path) -> None:
    (desk / "prompts").rename(desk / "others")
    assert bash(desk, "history", "Default/Su") == [""]
    assert bash(desk, "history", "--dir", "others", "Default/Support/r") == ["Default/Support/refund"]
    assert bash(desk, "plan", "--dir", "others", "--target", "st") == ["staging"]


def test_what_is_completed_on_a_terminal_and_entered_is_a_key_and_no_command(desk: Path) -> None:
    terminal, end = os.openpty()
    with subprocess.Popen(
        [shell("bash"), "--norc", "--noprofile", "-i"], cwd=desk, env=environ(desk), stdin=end, stdout=end, stderr=end
    ) as process:
        os.close(end)
        os.write(terminal, b'eval "$(promptsync completion bash)"\npromptsync history Default/$\t')
        seen = b""
        while rb"touch\ pwned" not in seen.partition(b"history")[2]:
            seen += os.read(terminal, 4096)
        os.write(terminal, b"\n")
        await_file(desk / "called")
        os.write(terminal, b"exit\n")
        process.wait(timeout=30)
        os.close(terminal)

    assert (desk / "called").read_text(encoding="utf-8") == f"history\n{HOSTILE}\n"
    assert not (desk / "pwned").exists()


def await_file(path: Path) -> None:
    for _ in range(300):
        if path.is_file() and path.stat().st_size:
            return
        time.sleep(0.1)
    raise AssertionError(f"there is no {path}")


def test_zsh_offers_keys(desk: Path) -> None:
    """What zsh's own `compadd` gets, which puts quotes where they are needed."""
    script = (
        'compdef() {}; compadd() { print -rl -- $completions }; eval "$(promptsync completion zsh)"; '
        "words=(promptsync history Default/); CURRENT=3; _promptsync_completion"
    )
    assert told(desk, shell("zsh"), "-fc", script) == sorted(NAMES)


def test_fish_offers_keys(desk: Path) -> None:
    script = 'promptsync completion fish | source; complete -C "promptsync history Default/Support/"'
    assert told(desk, shell("fish"), "--no-config", "-c", script) == NAMES[:2]


@pytest.mark.parametrize("name", ["bash", "zsh", "fish"])
def test_the_script_of_each_shell_asks_the_program(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["completion", name]) == 0
    assert f"_PROMPTSYNC_COMPLETE={name}_complete" in capsys.readouterr().out


def test_there_is_no_script_of_another_shell(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["completion", "tcsh"]) == 64
    assert "'tcsh' is not one of 'bash', 'zsh', 'fish'" in capsys.readouterr().err


def test_no_command_is_imported_to_complete_its_name() -> None:
    script = (
        "import sys; from promptsync.cli import main; import click.shell_completion as s; "
        "s.BashComplete(main.cli, {}, 'promptsync', 'X').get_completions([], 'p'); print(*sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert "promptsync.cli.pull" not in ran.stdout.split()
