from __future__ import annotations

from typing import Any

import pytest

from promptsync.model.canonical import Ordered
from promptsync.model.compare import FieldDiff
from promptsync.output.fields import field_lines
from promptsync.output.layout import Layout
from promptsync.output.shown import masked
from tests.output.examples import replaced


def told(item: FieldDiff, *, width: int = 80, verbose: bool = False) -> list[str]:
    return list(field_lines(item, Layout(False, width, verbose), 0))


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


def test_an_order_that_is_content_is_told_in_order() -> None:
    before, after = ({name: {"description": "x" * 30} for name in names} for names in ("ab", "ba"))

    rows = told(masked(replaced("a", Ordered(before), Ordered(after))))

    names = [row.split()[:2] for row in rows if row.endswith(": {")]
    assert [name for sign, name in names if sign == "-"] == ['"a":', '"b":']
    assert [name for sign, name in names if sign == "+"] == ['"b":', '"a":']
    assert told(masked(replaced("a", Ordered(a=1, b=2), Ordered(b=2, a=1)))) == [
        '~ a: {"a": 1, "b": 2} → {"b": 2, "a": 1}'
    ]
    assert told(replaced("a", [{"a": 1, "b": "x" * 90}], [{"b": "x" * 90, "a": 2}]))[2:5] == [
        "      [",
        "        {",
        '    -     "a": 1,',
    ]
