"""The program as a process: its exit codes, its output to the last byte, and outputs that take nothing."""

from __future__ import annotations

import json
import os
import shutil
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


@pytest.fixture(scope="module")
def applied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with three prompts that were applied to its sandbox, one of which was edited since."""
    root = tmp_path_factory.mktemp("applied") / "prompts"
    (root / "Default").mkdir(parents=True)
    for number in range(3):
        (root / "Default" / f"p{number}.yaml").write_text(PROMPT % number, encoding="utf-8")
    ran = promptsync("apply", "--yes", *at(root), capture_output=True)
    assert ran.returncode == 0, ran.stderr
    (root / "Default" / "p1.yaml").write_text(PROMPT % 10, encoding="utf-8")
    return root


def at(root: Path) -> list[str]:
    return ["--dir", str(root), "--target", "sandbox"]


def texts(root: Path) -> str:
    """All that the folder's files say but the database's."""
    return "".join(
        path.read_text(encoding="utf-8") for path in root.rglob("*") if path.is_file() and ".sqlite" not in path.name
    )


CLOSED = {"stdin": "<&-", "stdout": ">&-", "stderr": "2>&-", "all": "<&- >&- 2>&-"}
FORKING = """
import json, os, sys
from promptsync.__main__ import main
from promptsync.cli import errors, main as cli
[cli.cli.commands[name] for name in cli.COMMANDS]
streams, cases = json.loads(sys.argv[1])
codes = []
for arguments in cases:
    child = os.fork()
    if child == 0:
        for name in streams:
            os.close(("stdin", "stdout", "stderr").index(name))
            setattr(sys, name, None)
        sys.argv = ["promptsync", *arguments]
        main()
        os._exit(0)
    codes.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
print(json.dumps(codes))
"""
"""Runs commands as if each began with closed streams, and loads them once."""
ENDS: dict[str, int] = {
    "--version": 0,
    "--help": 0,
    "nothing": 64,
    "validate ROOT": 0,
    "plan --detailed-exitcode ROOT": 2,
    "check ROOT": 0,
    "drift ROOT": 0,
    "pull ROOT": 0,
    "import --list ROOT": 0,
    "history Default/p0 ROOT": 0,
    "restore Default/p0 0123456789abcdef ROOT": 64,
    "lock show ROOT": 0,
    "apply ROOT": 64,
}


@pytest.mark.parametrize("stream", CLOSED)
def test_a_stream_that_is_closed_changes_no_exit_code(applied: Path, stream: str) -> None:
    before = texts(applied)
    streams = ["stdin", "stdout", "stderr"] if stream == "all" else [stream]
    cases = [[given for word in one.split() for given in (at(applied) if word == "ROOT" else [word])] for one in ENDS]
    command = [sys.executable, "-c", FORKING, json.dumps([streams, cases])]
    ran = subprocess.run(command, text=True, capture_output=True, check=True, timeout=120)
    assert dict(zip(ENDS, json.loads(ran.stdout.splitlines()[-1]), strict=True)) == ENDS
    assert "Traceback" not in ran.stderr
    assert texts(applied) == before


@pytest.mark.parametrize("stream", CLOSED)
def test_an_apply_is_carried_out_and_recorded_with_closed_streams(applied: Path, stream: str, tmp_path: Path) -> None:
    root = tmp_path / "prompts"
    shutil.copytree(applied, root)
    command = ["sh", "-c", f'exec "$@" {CLOSED[stream]}', "sh", sys.executable, "-m", "promptsync", "apply", "--yes"]
    ran = subprocess.run([*command, *at(root)], text=True, capture_output=True, check=False, timeout=60)
    assert (ran.returncode, "Traceback" in ran.stderr) == (0, False)
    assert "Applied:" not in texts(root)
    assert promptsync("plan", "--detailed-exitcode", *at(root), capture_output=True).returncode == 0


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
@pytest.mark.parametrize(("arguments", "code"), [(["apply", "--yes"], 0), (["plan", "--detailed-exitcode", "-v"], 2)])
def test_a_reader_that_went_away_changes_nothing(
    applied: Path, arguments: list[str], code: int, stream: str, tmp_path: Path
) -> None:
    root = tmp_path / "prompts"
    shutil.copytree(applied, root)
    reading, writing = os.pipe()
    os.close(reading)
    other = "stderr" if stream == "stdout" else "stdout"
    try:
        ran = promptsync(*arguments, *at(root), **{stream: writing, other: subprocess.PIPE})
    finally:
        os.close(writing)
    assert ran.returncode == code
    assert "Traceback" not in (ran.stderr or "")
    if code == 0:
        assert promptsync("plan", "--detailed-exitcode", *at(root), capture_output=True).returncode == 0


INTERRUPTING = """
import os, signal, sys
name = sys.argv.pop(1)
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job is started deaf to it
class Interrupter:
    def find_spec(self, module, *rest):
        if module == name:
            sys.meta_path.remove(self)
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Interrupter())
from promptsync.__main__ import main
main()
"""


@pytest.mark.parametrize(
    "module",
    ["promptsync.cli.main", "click", "promptsync.cli.plan", "promptsync.files.loader", "httpx", "promptsync.sandbox"],
)
def test_an_interrupt_while_the_program_is_loaded_is_no_traceback(applied: Path, module: str) -> None:
    command = [sys.executable, "-c", INTERRUPTING, module, "plan", *at(applied)]
    ran = subprocess.run(command, text=True, capture_output=True, check=False, timeout=60)
    assert (ran.returncode, ran.stdout, ran.stderr.split()) == (130, "", ["interrupted"])
