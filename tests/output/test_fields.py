from __future__ import annotations

from typing import Any

import pytest

from promptsync.model.compare import FieldDiff
from promptsync.output.fields import FieldLayout, field_lines
from promptsync.output.mask import masked
from promptsync.output.style import Style
from tests.output.examples import replaced


def told(item: FieldDiff, *, width: int = 80, verbose: bool = False) -> list[str]:
    return list(field_lines(masked(item), FieldLayout(Style(color=False), width, 0, verbose)))


@pytest.mark.parametrize(
    ("before", "after", "line"),
    [
        (0.2, 0.7, "~ a: 0.2 → 0.7"),
        (None, True, "~ a: null → true"),
        ("x", ["x", 1], '~ a: "x" → ["x", 1]'),
        ("x", "x\u200b", '~ a: "x" → "x\\u200b"'),
        ("1", 1, '~ a: "1" → 1'),
    ],
)
def test_short_values_stand_in_one_line(before: Any, after: Any, line: str) -> None:
    assert told(replaced("a", before, after)) == [line]


def test_a_text_that_becomes_a_list_is_told_below_the_field() -> None:
    assert told(replaced("a", "one\ntwo", [{"type": "text"}])) == [
        "~ a:",
        '    - "one\\ntwo"',
        '    + [{"type": "text"}]',
    ]


def test_what_fits_below_the_field_is_told_whole() -> None:
    assert told(replaced("a", "x" * 60, "y" * 60)) == ["~ a:", f'    - "{"x" * 60}"', f'    + "{"y" * 60}"']


def test_of_a_long_new_text_the_beginning_is_told() -> None:
    item = FieldDiff("a", "add", None, "".join(f"line {number}\n" for number in range(20)))

    assert told(item)[-2:] == ["    + line 11", "    … 8 more lines"]
    assert told(item, verbose=True)[-1] == "    + line 19"


def test_no_line_has_hundreds_of_columns() -> None:
    long = {"a": ["word " * 100, {"b": "x" * 5_000}]}
    for item in (
        FieldDiff("a", "add", None, long),
        FieldDiff("a", "remove", long, None),
        replaced("a", long, {**long, "c": 1}),
        replaced("a", long, "text"),
        replaced("a", "word " * 900, "word " * 800 + "other " + "word " * 99),
        replaced("a", ("word " * 90 + "\n") * 9, ("word " * 91 + "\n") * 9),
    ):
        assert max(map(len, told(item))) <= 90
