from __future__ import annotations

from typing import Any

import pytest

from promptsync.model.canonical import Ordered
from promptsync.model.compare import FieldDiff
from promptsync.output.fields import field_lines
from promptsync.output.layout import Layout
from promptsync.output.shown import masked
from tests.output.examples import replaced


def told(item: FieldDiff, *, width: int = 80, whole: bool = False) -> list[str]:
    return list(field_lines(item, Layout(False, width, whole), 0))


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

    assert told(item)[-2:] == ["    + line 11", "    … 8 more lines: -v shows them"]
    assert told(item, whole=True)[-1] == "    + line 19"


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
    turned = told(masked(replaced("a", [Ordered(b="x" * 90, a=1)], [Ordered(a=1, b="x" * 90, c=2)])))
    signed = [row.split()[:2] for row in turned[1:] if row.strip()[0] in "+-"]
    assert signed == [["+", '"a":'], ["-", '"a":'], ["+", '"c":']]
    assert told(replaced("a", [{"a": 1, "b": "x" * 90}], [{"b": "x" * 90, "a": 2}]))[2:5] == [
        "      [",
        "        {",
        '    -     "a": 1,',
    ]


def test_what_is_cut_on_a_terminal_is_counted_with_the_flag_that_shows_it() -> None:
    item = FieldDiff("a", "add", None, "x" * 500)

    assert told(item) == [
        "~ a:".replace("~", "+"),
        f"    + {chr(34)}{'x' * 73} …",
        "    … 428 more characters: -v shows them",
    ]
    assert told(item, whole=True)[1] == f"    + {chr(34)}{'x' * 500}{chr(34)}"


def test_whole_every_difference_in_a_line_is_shown() -> None:
    old = " ".join(f"word{number}" for number in range(1_000))
    new = old.replace("0 ", "zero ")

    assert sum("zero" in line for line in told(replaced("a", old, new), whole=True)) == 100
    assert told(replaced("a", old, new))[-1].startswith("    … 160 more lines")


def test_an_order_of_keys_that_changed_is_shown() -> None:
    lines = told(replaced("a", {"b": "x" * 50, "a": 1}, {"a": 1, "b": "x" * 50}))

    assert [line.strip()[0] for line in lines[2:]] == ["{", "-", "-", "+", "+", "}"]


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("pay", "r\u0430ypal", ["“r\u0430ypal” mixes Latin and Cyrillic letters"]),
        (None, "one\ntwo \u03bfne\n", ["line 2: “\u03bfne” mixes Greek and Latin letters"]),
        (None, {"a": ["r\u0430ypal"]}, ["“r\u0430ypal” mixes Latin and Cyrillic letters"]),
        ("r\u0430ypal", "r\u0430ypal, too", []),
        (None, "\u041f\u0440\u0438\u0432\u0435\u0442 world, 5\u00b5m, caf\u00e9, na\u00efve", []),
        ("r\u0430ypal", None, []),
    ],
)
def test_words_of_mixed_scripts_are_told_where_they_are_new(before: Any, after: Any, said: list[str]) -> None:
    op: Any = "replace" if before is not None and after is not None else "add" if before is None else "remove"
    lines = told(FieldDiff("a", op, before, after))

    assert [line for line in lines if "mixes" in line] == [f"    warning: {text}" for text in said]
