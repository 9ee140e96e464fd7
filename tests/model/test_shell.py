from __future__ import annotations

import shlex
import subprocess
import sys

import pytest

from promptsync.model.shell import command, typed
from tests.systems import needs

KEYS = ["Default/refund", "it's mine", "$(touch x)", "a b", "`id`", "**", "-x", "--all", "ü"]


def words(hint: str) -> list[str]:
    """What a shell makes of a command that is pasted into it."""
    pasted = hint.removeprefix("`").removesuffix("`")
    ran = subprocess.run(["sh", "-c", f'printf "%s\\n" {pasted}'], capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines() == shlex.split(pasted)
    return ran.stdout.splitlines()


@needs("sh")
@pytest.mark.parametrize("key", KEYS)
def test_a_shell_reads_the_key_that_was_meant(key: str) -> None:
    told = words(command("pull", key, options=("--ours",)))

    assert told[:2] == ["promptsync", "pull"]
    assert {key, "--ours"} <= set(told)
    assert words(typed("git", "show", key)) == ["git", "show", key]


def test_what_looks_like_an_option_stands_behind_all_options() -> None:
    assert command("mv", "-a", "b") == "`promptsync mv -- -a b`"
    assert command("pull", "-a", options=("--ours",)) == "`promptsync pull --ours -- -a`"
    assert command("lock forget", "a") == "`promptsync lock forget a`"


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("Default/refund", "Default/refund"),
        ("--overwrite", "--overwrite"),
        ("--dir=prompts.d", "'--dir=prompts.d'"),  # which PowerShell would take apart at the dot
        ("prompts\\Default", "'prompts\\Default'"),
        ("it's mine", "'it''s mine'"),
        ("\u2019; calc; \u2018", "'\u2019\u2019; calc; \u2018\u2018'"),  # which it takes for quotes, too
        ("$(calc)", "'$(calc)'"),
        ("a`b", "'a`b'"),
        ("@args", "'@args'"),
        ("a,b", "'a,b'"),
        ("ü", "'ü'"),
        ("", "''"),
    ],
)
def test_powershell_is_told_a_word_as_it_is(word: str, told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    assert typed("git", "show", word) == f"`git show {told}`"
