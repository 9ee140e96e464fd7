from __future__ import annotations

from typing import Any

import pytest

from promptsync.commands.results import Pulled
from promptsync.files.yaml.edits import Edit
from promptsync.merge.prompts import FieldConflict
from promptsync.model.compare import FieldDiff
from promptsync.output.layout import Layout
from promptsync.output.pulled import render_pulled
from tests.output.examples import OTHER_PICTURE, PICTURE
from tests.output.golden import same_as_golden

SET = Edit(("prompt", "temperature"), "set", 0.9)
TEMPERATURE = FieldDiff("prompt.temperature", "replace", 0.2, 0.9)


def told(*done: Pulled, **options: Any) -> str:
    return render_pulled(done, Layout(**{"color": False, "width": 80, **options}))


@pytest.mark.parametrize("color", [False, True])
def test_what_a_pull_did_and_left(color: bool) -> None:
    done = [
        Pulled("Default/clean", (SET,), (TEMPERATURE, FieldDiff("description", "remove", "Old", None))),
        Pulled(
            "Default/both sides",
            (SET,),
            (TEMPERATURE,),
            (
                FieldConflict("prompt.top_p", 0.1, 0.2, 0.3),
                FieldConflict("prompt.messages[0].content", "a\nb\n", "a\nmine\n", "a\ntheirs\n"),
                FieldConflict("prompt.seed", 1, None, 2),
            ),
        ),
        Pulled("Default/gone", conflicts=(FieldConflict("prompt.top_p", None, 0.2, 0.3),), base_is_gone=True),
        Pulled("Default/odd", problem="`prompt_config` has no place for prompt.audio, which the service holds"),
    ]
    same_as_golden(f"pulled{'-color' if color else ''}.txt", told(*done, color=color))


@pytest.mark.parametrize(
    ("done", "last"),
    [
        ([Pulled("a", (SET,), (TEMPERATURE,))], "1 file changed, 0 to decide."),
        (
            [Pulled("a", kept=(FieldConflict("prompt.top_p", 0.1, 0.2, 0.3),) * 2)],
            "0 files changed, 0 to decide, 2 decided for the file.",
        ),
        ([Pulled("a", problem="x"), Pulled("b", (SET,)), Pulled("c", (SET,))], "2 files changed, 1 to decide."),
    ],
)
def test_the_sum_is_the_last_line(done: list[Pulled], last: str) -> None:
    assert told(*done).splitlines()[-1] == last


def test_what_was_kept_is_told_with_both_sides() -> None:
    shown = told(Pulled("Default/a", kept=(FieldConflict("prompt.top_p", 0.1, 0.2, 0.3),)))
    assert "     kept as in the file: prompt.top_p, service → file\n" in shown
    assert "prompt.top_p: 0.3 → 0.2" in shown


def test_a_key_is_told_as_it_is_typed_in_a_shell() -> None:
    out = told(Pulled("Default/it's $mine", conflicts=(FieldConflict("description", "a", "b", "c"),)))
    assert """`promptsync pull 'Default/it'"'"'s $mine' --ours`""" in out


def test_what_the_service_says_never_reaches_the_terminal_raw() -> None:
    evil = "\x1b]0;title\x07\u202e"
    out = told(Pulled("a", (SET,), (FieldDiff("description", "replace", "x", evil),), problem=evil))
    assert not {"\x1b", "\x07", "\u202e"} & set(out)


def test_no_data_url_is_shown() -> None:
    field = FieldDiff("prompt.messages[0].content", "replace", PICTURE, f"see {OTHER_PICTURE}")
    conflict = FieldConflict("description", None, PICTURE, OTHER_PICTURE)
    out = told(Pulled("a", (SET,), (field,), (conflict,)), width=160)
    assert "base64" not in out
    assert out.count("[image/png, 204 bytes, sha256:") == 2
