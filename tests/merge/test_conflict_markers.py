"""The sides of a lockfile that git left in conflict; real merges by git are in `test_locks`."""

from __future__ import annotations

import pytest

from promptsync.merge.conflict_markers import split_conflicted
from promptsync.model.errors import LockfileError

NAME = "promptsync.lock.json"


def conflicted(*lines: str) -> bytes:
    head = '{"lock_version": 1, "canonical": 1, "workspace": {"owner": null}, "prompts": {'
    return "\n".join([head, *lines, "}}", ""]).encode()


def line(key: str, id: str) -> str:
    fields = f'"id": "{id}", "version": null, "path": null, "display_name": "n", "dialect": "prompt"'
    return f'"{key}": {{{fields}, "source": "s", "remote": "r", "added": []}}'


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_the_three_sides_of_a_marked_file(end: str) -> None:
    data = conflicted(
        "<<<<<<< HEAD",
        line("a", "1"),
        "||||||| 1234567",
        line("b", "2"),
        "=======",
        line("c", "3"),
        ">>>>>>> side",
    ).replace(b"\n", end.encode())

    base, ours, theirs = split_conflicted(data, NAME)

    assert base is not None
    assert [[*side.prompts] for side in (base, ours, theirs)] == [["b"], ["a"], ["c"]]


def test_a_base_that_is_no_whole_lockfile_is_done_without() -> None:
    data = conflicted("<<<<<<< HEAD", line("a", "1"), "|||||||", ",", "=======", line("c", "3"), ">>>>>>> side")

    assert split_conflicted(data, NAME)[0] is None


@pytest.mark.parametrize(
    ("lines", "what"),
    [
        ([], "it holds no conflict markers"),
        (["<<<<<<< HEAD", "=======", "<<<<<<< HEAD"], "the conflict marker on line 4 has no partner"),
        ([">>>>>>> side"], "the conflict marker on line 2 has no partner"),
        (["<<<<<<< HEAD", "======="], "its last conflict has no end"),
        (
            ["<<<<<<< HEAD", line("a", "1"), "=======", ",", ">>>>>>> side"],
            "the side “theirs” of promptsync.lock.json cannot be used: line 2, column 1 is no JSON",
        ),
    ],
)
def test_what_cannot_be_taken_apart_is_told(lines: list[str], what: str) -> None:
    with pytest.raises(LockfileError) as caught:
        split_conflicted(conflicted(*lines), NAME)

    assert caught.value.message == f"the conflict in {NAME} cannot be taken apart: {what}"
    assert caught.value.hint is not None
    assert f"git show :1:./{NAME}" in caught.value.hint


def test_bytes_that_are_no_text_are_told() -> None:
    with pytest.raises(LockfileError, match="it is not UTF-8 text"):
        split_conflicted(b"\xff", NAME)
