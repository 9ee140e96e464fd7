from __future__ import annotations

import shlex
import subprocess

import pytest

from promptsync.model.shell import command, typed

KEYS = ["Default/refund", "it's mine", "$(touch x)", "a b", "`id`", "**", "-x", "--all", "ü"]


def words(hint: str) -> list[str]:
    """What a shell makes of a command that is pasted into it."""
    pasted = hint.removeprefix("`").removesuffix("`")
    ran = subprocess.run(["sh", "-c", f'printf "%s\\n" {pasted}'], capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines() == shlex.split(pasted)
    return ran.stdout.splitlines()


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
