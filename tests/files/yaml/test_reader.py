"""YAML to data: nothing guessed, nothing unbounded, and a plain word for every mistake."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from promptsync.files.yaml import events, reader
from promptsync.files.yaml.careful import MAX_DEPTH, MAX_NODES, read_carefully
from promptsync.files.yaml.reader import Document, decode, read
from promptsync.files.yaml.scalars import Ambiguous, resolve
from tests.strategies import documents, json_values
from tests.yaml_cases import quoted_dump


@pytest.fixture(params=["C", "Python"])
def _parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both of PyYAML's parsers; the one in C is not on every machine."""
    name = "CSafeLoader" if request.param == "C" else "SafeLoader"
    if not hasattr(yaml, name):
        pytest.skip("PyYAML is built without libyaml")
    monkeypatch.setattr(events, "Loader", getattr(yaml, name))


def data(text: str) -> Any:
    document = read(text)
    assert document.complaints == []
    return document.data


def said(text: str) -> list[tuple[int, int, str]]:
    return [(line, column, message) for line, column, message, _ in read(text).complaints]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None), ("~", None), ("null", None), ("Null", None), ("NULL", None),
        ("true", True), ("True", True), ("FALSE", False),
        ("0", 0), ("-1", -1), ("42", 42), ("9007199254740993", 2**53 + 1),
        ("0.5", 0.5), ("-0.5", -0.5), ("1.0", 1.0), (".5", 0.5), ("1.5e+3", 1500.0), ("1.0e-7", 1e-7),
        ("1.2.3", "1.2.3"), ("gpt-4o", "gpt-4o"), ("nULL", "nULL"), ("None", "None"), ("nan", "nan"), ("1 2", "1 2"),
        ("-", "-"), ("1:75", "1:75"), ("10%", "10%"), ("v1", "v1"), ("+", "+"), ("...x", "...x"), ("2024-1", "2024-1"),
    ],
)  # fmt: skip
def test_a_plain_scalar_on_which_all_readers_agree(text: str, value: Any) -> None:
    assert resolve(text) == value
    assert type(resolve(text)) is type(value)


TRUE_WORDS = ["yes", "Yes", "YES", "on", "On", "ON", "y", "Y"]
FALSE_WORDS = ["no", "No", "NO", "off", "Off", "OFF", "n", "N"]


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        *((word, f'write "{word}" for the text, or true for the boolean') for word in TRUE_WORDS),
        *((word, f'write "{word}" for the text, or false for the boolean') for word in FALSE_WORDS),
        ("012", 'write "012" for the text, or 12 or 10 for the number'),
        ("09", 'write "09" for the text, or 9 for the number'),
        ("0o14", 'write "0o14" for the text, or 12 for the number'),
        ("0x1F", 'write "0x1F" for the text, or 31 for the number'),
        ("0b11", 'write "0b11" for the text, or 3 for the number'),
        ("1_000", 'write "1_000" for the text, or 1000 for the number'),
        ("1,000", 'write "1,000" for the text, or 1000 for the number'),
        ("-12,345,678", 'write "-12,345,678" for the text, or -12345678 for the number'),
        ("0,5", 'write "0,5" for the text, or 0.5 for the number'),
        ("-1,25", 'write "-1,25" for the text, or -1.25 for the number'),
        ("0,500", 'write "0,500" for the text, or 0.5 for the number'),
        ("1,2,3", 'write "1,2,3" for the text'),
        ("1e3", 'write "1e3" for the text, or 1000 for the number'),
        ("1e-3", 'write "1e-3" for the text, or 0.001 for the number'),
        ("1.5e3", 'write "1.5e3" for the text, or 1500.0 for the number'),
        ("+1", 'write "+1" for the text, or 1 for the number'),
        ("-.5", 'write "-.5" for the text, or -0.5 for the number'),
        ("1:30", 'write "1:30" for the text'),
        ("12:30:45", 'write "12:30:45" for the text'),
        ("190:20:30.15", 'write "190:20:30.15" for the text'),
        ("2024-01-31", 'write "2024-01-31" for the text'),
        ("2001-12-14t21:59:43.10-05:00", 'write "2001-12-14t21:59:43.10-05:00" for the text'),
        (".inf", 'write ".inf" for the text'),
        ("-.Inf", 'write "-.Inf" for the text'),
        (".nan", 'write ".nan" for the text'),
        ("1" * 400, f'write "{"1" * 20}…" for the text'),
        ("1.0e+999", 'write "1.0e+999" for the text'),
        ("=", 'write "=" for the text'),
    ],
)  # fmt: skip
def test_a_plain_scalar_on_which_readers_differ(text: str, hint: str) -> None:
    found = resolve(text)

    assert isinstance(found, Ambiguous)
    assert found.hint == hint
    assert read(f"a: {text}").complaints == [(1, 4, found.message, hint)]
    # The same in quotes or in a block is text, and as a key too.
    assert data(f"a: '{text}'\nb: |-\n  {text}\n\"{text}\": !!str {text}") == {"a": text, "b": text, text: text}


def test_what_the_readers_make_of_it_is_said() -> None:
    assert said("a: 012\nb: 1:30\nc: no") == [
        (1, 4, "012 is octal, decimal or text, depending on the YAML reader"),
        (2, 4, "1:30 is 90 (base 60) to YAML 1.1 readers and text to others"),
        (3, 4, "no is the boolean false to some YAML readers and text to others"),
    ]


@given(st.text(alphabet="0123456789+-._:,eExXoObBnNaAfFiI TZty~=<", max_size=24))
@example("0x")
@example("0b_")
@example("1" * 400)
@example("1." + "0" * 400)
@example("9" * 30 + ":00")
@example("1_")
@example("0_0")
def test_a_scalar_that_pyyaml_takes_for_another_thing_never_passes(text: str) -> None:
    """What PyYAML (YAML 1.1) reads as no text is that very value here, or ambiguous."""
    node = yaml.SafeLoader("").resolve(yaml.ScalarNode, text, (True, False)).rpartition(":")[2]
    value = resolve(text)
    kind = {"str": str, "int": int, "float": float, "bool": bool, "null": type(None)}.get(node)
    assert isinstance(value, Ambiguous) or type(value) is kind


@pytest.mark.usefixtures("_parser")
def test_keys_are_text_as_written() -> None:
    assert data("no: a\n1: b\n~: c\n012: d\n1.0: e\n? k\n: v") == {
        "no": "a", "1": "b", "~": "c", "012": "d", "1.0": "e", "k": "v",
    }  # fmt: skip


@pytest.mark.usefixtures("_parser")
@pytest.mark.parametrize("text", ["? [a]\n: b", "? {a: b}\n: c", "x: &k a\n*k : b", "{[a]: b}"])
def test_a_key_that_is_no_text_is_refused(text: str) -> None:
    assert [message for *_, message in said(text)] == ["a key must be text"]


@pytest.mark.usefixtures("_parser")
def test_a_key_twice_is_refused_and_says_where_the_first_one_is() -> None:
    text = 'a: 1\nb:\n  c: 1\n  "c": 2\na: 3\n'

    assert said(text) == [
        (4, 3, 'the key "c" is given twice; the first is on line 3'),
        (5, 1, 'the key "a" is given twice; the first is on line 1'),
    ]


@pytest.mark.usefixtures("_parser")
@pytest.mark.parametrize(
    "tag", ["!!python/object/apply:os.system", "!foo", "!!binary", "!!int", "!!set", "!<tag:example.com,2000:x>"]
)
def test_a_tag_is_refused(tag: str) -> None:
    for text in (f"a: {tag} x", f"a: {tag} [x]", f"a: {tag} {{x: z}}"):
        document = read(text)
        assert [complaint[:2] for complaint in document.complaints] == [(1, 4)]
        assert "tag" in document.complaints[0].message


@pytest.mark.usefixtures("_parser")
def test_the_tags_for_text_mappings_and_lists_are_taken() -> None:
    assert data("a: !!str 012\nb: ! no\nc: !!seq [!!map {}]\n!!str d: e") == {
        "a": "012", "b": "no", "c": [{}], "d": "e",
    }  # fmt: skip


@pytest.mark.usefixtures("_parser")
def test_an_alias_is_a_copy() -> None:
    found = data("a: &x {n: [1]}\nb: *x\nc: &t text\nd: *t")

    assert found == {"a": {"n": [1]}, "b": {"n": [1]}, "c": "text", "d": "text"}
    assert found["a"]["n"] is not found["b"]["n"]


@pytest.mark.usefixtures("_parser")
def test_merge_keys_are_merged() -> None:
    text = "x: &x {a: 1, b: 1}\ny: &y {b: 2, c: 2}\none: {<<: *x, b: 3}\nmany: {<<: [*x, *y], d: 4}\n'<<': 5"

    found = data(text)
    assert found["one"] == {"a": 1, "b": 3}
    assert found["many"] == {"a": 1, "b": 1, "c": 2, "d": 4}
    assert found["<<"] == 5


@pytest.mark.usefixtures("_parser")
@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: *x", "the alias *x has no anchor before it"),
        ("a: &x [*x]", "the alias *x contains itself"),
        ("a: &x {<<: *x}", "the alias *x contains itself"),
        ("a: {<<: 3}", "`<<` merges a mapping or a list of mappings"),
        ("a: {<<: [1]}", "`<<` merges a mapping or a list of mappings"),
        ("a: &x {}\nb: {<<: *x, <<: *x}", 'the key "<<" is given twice; the first is on line 2'),
    ],
)
def test_an_alias_or_merge_that_makes_no_sense_is_refused(text: str, message: str) -> None:
    assert [found for *_, found in said(text)] == [message]


def bomb(width: int, height: int) -> str:
    lines = ["a0: &a0 [x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * width)}]" for n in range(1, height)]
    return "\n".join(lines)


@pytest.mark.usefixtures("_parser")
def test_an_alias_bomb_is_refused_where_it_goes_off() -> None:
    (line, _, message), *_ = said(bomb(9, 12))
    assert message == f"more than {MAX_NODES:,} values, counting what aliases repeat"
    assert line == 6


def test_a_bomb_of_long_texts_is_refused() -> None:
    text = f"a: &a {'x' * 100_000}\nb: [{', '.join(['*a'] * 500)}]"
    assert [message for *_, message in said(text)] == ["the aliases repeat more text than is sensible"]


def test_a_bomb_of_depth_is_refused() -> None:
    text = "a0: &a0 [x]\n" + "\n".join(f"a{n}: &a{n} [*a{n - 1}]" for n in range(1, 200))
    assert [message for *_, message in said(text)] == [
        f"nested deeper than {MAX_DEPTH} levels, counting what aliases repeat"
    ]


@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "? "])
def test_deep_nesting_is_refused(opening: str) -> None:
    document = read(opening * 200_000)
    assert document.fatal
    assert len(document.complaints) == 1


def test_nesting_up_to_the_limit_is_taken() -> None:
    assert read("[" * MAX_DEPTH + "]" * MAX_DEPTH).complaints == []
    assert [message for *_, message in said("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1))] == [
        f"nested deeper than {MAX_DEPTH} levels"
    ]


def test_too_many_values_are_refused() -> None:
    assert [message for *_, message in said("- a\n" * (MAX_NODES + 1))] == [
        f"more than {MAX_NODES:,} values, counting what aliases repeat"
    ]


@pytest.mark.parametrize(
    ("raw", "place", "message"),
    [
        (b"a: 1\nb: \xff", (2, 4), "byte 0xff is not UTF-8"),
        (b"a: \xc3\xa9\xe9\n", (1, 5), "byte 0xe9 is not UTF-8"),
        (b"\xef\xbb\xbfa: b\r\nc: \x80", (2, 4), "byte 0x80 is not UTF-8"),
        ("a: b".encode("utf-16"), (1, 1), "the file is UTF-16 or UTF-32, expected UTF-8"),
        ("a: b".encode("utf-32"), (1, 1), "the file is UTF-16 or UTF-32, expected UTF-8"),
        (b"a: \xed\xa0\x80", (1, 4), "byte 0xed is not UTF-8"),
        (b"a: b\x00", (1, 5), "the character U+0000 (NUL), which no text can hold"),
        (b"a: b\nc: \x1b[31m", (2, 4), "the control character U+001B is not allowed in YAML"),
        ("a: x\ufeffy".encode(), (1, 5), "a byte order mark (U+FEFF) inside the text"),
        ("a: x\u2028y".encode(), (1, 5), "the invisible line separator U+2028 is read differently by YAML 1.1 and 1.2"),
        ("a: x\x85y".encode(), (1, 5), "the invisible line separator U+0085 is read differently by YAML 1.1 and 1.2"),
        ("a: \uffff".encode(), (1, 4), "the control character U+FFFF is not allowed in YAML"),
    ],
)
def test_bytes_that_are_no_yaml_are_refused(raw: bytes, place: tuple[int, int], message: str) -> None:
    text, complaints = decode(raw)
    assert text == ""
    assert [(complaint[:2], complaint.message) for complaint in complaints] == [(place, message)]


RAW = re.compile("[\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What YAML 1.2 allows to stand as it is (`c-printable`)."""


def test_every_character_that_yaml_prints_is_let_in_and_no_other() -> None:
    """But for what ends a line to YAML 1.1 alone, and for byte order marks."""
    all_of_them = [chr(code) for code in (*range(0xD800), *range(0xE000, 0x10001), 0x10FFFF)]
    welcome = {char for char in all_of_them if RAW.fullmatch(char)} - set("\x85\u2028\u2029\ufeff")
    assert decode("".join(sorted(welcome - {"\r"})).encode())[1] == []
    assert [char for char in all_of_them if char not in welcome and not decode(f"a{char}".encode())[1]] == []


def test_a_byte_order_mark_and_other_line_ends_are_fine() -> None:
    assert decode(b"\xef\xbb\xbfa: |\r\n  b\r\n  c\r") == ("a: |\n  b\n  c\n", [])


@pytest.mark.usefixtures("_parser")
@pytest.mark.parametrize("escape", [r"\ude00\ud83d", r"\ud800", r"\0", r"\U00110000", r"\UFFFFFFFF", r"\d", r"\x4"])
def test_an_escape_that_is_no_character_is_refused(escape: str) -> None:
    document = read(f'a: "{escape}"')
    assert len(document.complaints) == 1
    assert document.complaints[0].line == 1


@pytest.mark.usefixtures("_parser")
@pytest.mark.parametrize(
    ("text", "place", "message", "hint"),
    [
        (r'a: "x\ud83d"', (1, 6), "an escape for half a character", "write the character itself"),
        (r'a: "\ud83d\ude80\\ud83d\uDE80"', (1, 24), "an escape for half a character", "write the character itself"),
        ('a: "\n  b\n  \\ude80"', (3, 3), "an escape for half a character", "write the character itself"),
        (r'"\ud83d": 1', (1, 2), "an escape for half a character", "write the character itself"),
        (r'a: "x\0"', (1, 6), "an escape for NUL, which no text can hold", "remove it"),
        (r'a: "\\0\x00"', (1, 8), "an escape for NUL, which no text can hold", "remove it"),
        (r'a: "\u0000"', (1, 5), "an escape for NUL, which no text can hold", "remove it"),
    ],
)
def test_an_escape_that_no_text_can_hold_is_refused_at_its_place(
    text: str, place: tuple[int, int], message: str, hint: str
) -> None:
    assert read(text).complaints == [(*place, message, hint)]


@pytest.mark.usefixtures("_parser")
def test_the_halves_of_a_character_are_one_as_in_json() -> None:
    texts = ["🚀", "a🚀b🎉", "x\U0001f680y \u00e9\\n", "\U00010000\U0010ffff"]
    dumped = json.dumps({text: [text] for text in texts})
    assert r"\ud83d\ude80" in dumped
    assert data(dumped) == {text: [text] for text in texts}
    # Elsewhere a backslash is one.
    literal = r"\ud83d\ude80"
    assert data(f"a: '{literal}'\nb: |\n  {literal}\nc: {literal}\n") == {
        "a": literal,
        "b": f"{literal}\n",
        "c": literal,
    }


def test_a_place_behind_the_halves_of_a_character_is_right() -> None:
    document = read(r'{"a": "\ud83d\ude80", "b": 1}')
    assert document.place(("b",)) == (1, 28)


@pytest.mark.parametrize("char", ["\x01", "\x7f", "\x9f", "\x85", "\u2028", "\ufffe", "\uffff"])
def test_the_hint_for_a_character_that_cannot_stand_raw_is_right(char: str) -> None:
    (complaint,) = decode(f"a: x{char}y".encode())[1]
    assert complaint.hint is not None
    escape = complaint.hint.removeprefix("remove it, or write ").removesuffix(' inside "…"')
    text, complaints = decode(f'a: "x{escape}y"'.encode())
    assert complaints == []
    assert data(text) == {"a": f"x{char}y"}


@pytest.mark.usefixtures("_parser")
@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("a:\n\tb: 1", (2, 1), "a tab cannot stand here"),
        ("a: 1\n\tb: 2", (2, 1), "a tab cannot stand here"),
        ("a: {{name}} hello", (1, 4), "a value that begins with {{ is a mapping to YAML, not text"),
        ("a: {{name}}", (1, 4), "a value that begins with {{ is a mapping to YAML, not text"),
        ("- {{a}}, {{b}}: x", (1, 3), "a value that begins with {{ is a mapping to YAML, not text"),
        ("a: [ {{x}} ]", (1, 6), "a value that begins with {{ is a mapping to YAML, not text"),
        ("a: b: c", (1, 5), "`: ` makes a key here, where none can stand"),
        ("a: 1\n  b: 2", (2, 4), "`: ` makes a key here, where none can stand"),
        ('a: "b\nc: d', (1, 4), "the quote opened here is never closed"),
        ("a: 'it's'", (1, 8), "more text follows where the value has already ended"),
        ('a: "x" y', (1, 8), "more text follows where the value has already ended"),
        ("a: @b", (1, 4), "a value cannot begin with @"),
        ("a: `b`", (1, 4), "a value cannot begin with `"),
        ("a: %b", (1, 4), "a value cannot begin with %"),
        ("a: **bold**", (1, 5), "* and & begin an alias or an anchor in YAML"),
        ("a: [1, 2\nb: 1", (2, 2), "the list opened with [ is not closed"),
        ("a: {x: 1\nb: 2", (2, 2), "the mapping opened with { is not closed"),
        ("a:\n  b: 1\n c: 2", (3, 2), "this line is indented unlike the lines that it belongs to"),
        ("a:\n- x\nb\n", (3, 1), "a line with neither `key: value` nor `- item`"),
        ("a: - b", (1, 4), "a list item cannot begin here"),
        ("a: ]", (1, 4), "a value cannot begin with this character"),
        ("a: | text", (1, 6), "text cannot stand on the line of the | or >"),
        ("a: 1\n=======\nb: 2\n>>>>>>> topic\n", (2, 1), "======= is a conflict marker of git"),
        ("a:\n  b: |\n    c\n<<<<<<< HEAD\n    d\n", (4, 1), "<<<<<<< is a conflict marker of git"),
        ("a: 1\n>>>>>>> topic\nb: 2\n", (2, 1), ">>>>>>> is a conflict marker of git"),
        ("a: 1\n---\nb: 2", (2, 1), "a second document begins here, expected one"),
    ],
)
def test_a_mistake_is_told_in_plain_words(text: str, place: tuple[int, int], message: str) -> None:
    document = read(text)

    assert document.fatal
    assert [(complaint[:2], complaint.message) for complaint in document.complaints] == [(place, message)]
    assert document.complaints[0].hint
    assert document.data is None


@pytest.mark.usefixtures("_parser")
def test_a_mistake_at_the_end_does_not_hide_those_before_it() -> None:
    assert said("a: no\nb: 012\nc: @") == [
        (1, 4, "no is the boolean false to some YAML readers and text to others"),
        (2, 4, "012 is octal, decimal or text, depending on the YAML reader"),
        (3, 4, "a value cannot begin with @"),
    ]


def test_a_place_is_found_through_aliases_and_merges() -> None:
    document = read("base: &b\n  deep: [1, 2]\none: *b\ntwo:\n  <<: *b\n  own: 3\n")

    assert document.place(("base", "deep", 1)) == (2, 13)
    assert document.place(("one", "deep", 1)) == (2, 13)
    assert document.place(("two", "deep", 0)) == (2, 10)
    assert document.place(("two", "deep"), key=True) == (2, 3)
    assert document.place(("two", "own"), key=True) == (6, 3)
    # What is not there stands where the nearest thing around it does.
    assert document.place(("two", "missing", "x")) == (5, 3)
    assert document.raw(("one", "deep", 0)) == "1"


@pytest.mark.parametrize("text", ["", "# only a comment\n", "---\n", "null"])
def test_an_empty_text_is_null(text: str) -> None:
    assert data(text) is None
    assert read(text).place(("a",)) in {(1, 1), (2, 1)}


@given(st.dictionaries(st.text("ab", min_size=1, max_size=2), json_values), st.data())
def test_every_node_has_a_place(value: Any, draw: st.DataObject) -> None:
    text = quoted_dump(value)
    document = read(text)
    line, column = document.place(draw.draw(st.sampled_from([(), *((name,) for name in value)])))
    assert 1 <= line <= text.count("\n") + 1
    assert column >= 1


@given(documents())
def test_what_is_dumped_is_read_again(document: Any) -> None:
    text, complaints = decode(quoted_dump(document).encode())
    assert complaints == []
    assert data(text) == document


def both(text: str) -> tuple[Document, Document]:
    used = events.Loader
    found = []
    try:
        for loader in (getattr(yaml, "CSafeLoader", yaml.SafeLoader), yaml.SafeLoader):
            events.Loader = loader
            found.append(read(text))
    finally:
        events.Loader = used
    return found[0], found[1]


PIECES = st.lists(
    st.sampled_from(
        ["a", ": ", ":", "\n", "\n  ", "- ", "[", "]", "{", "}", ", ", '"', "'", "|", ">", "&x ", "*x", "!!str ",
         "!t ", "<<", "#", " ", "\t", "?", "? ", "---\n", "...\n", "%YAML 1.1\n", "no", "1", "012", "\\u12", "é", "😀",
         "{{v}}"]
    ),
    max_size=25,
).map("".join)  # fmt: skip


@given(st.one_of(PIECES, st.text(max_size=60)))
def test_no_text_makes_it_raise_and_both_parsers_agree(text: str) -> None:
    decoded, complaints = decode(text.encode("utf-8", "surrogatepass"))
    if complaints:
        return
    one, other = both(decoded)
    for document in (one, other):
        assert document.fatal == (document.data is None and document.complaints != []) or not document.fatal
        for complaint in document.complaints:
            assert complaint.line >= 1
            assert complaint.column >= 1
            assert "while scanning" not in complaint.message
    if not one.complaints and not other.complaints:
        assert one.data == other.data


def same_both_ways(text: str) -> bool:
    """Whether the straight way took the text: then the careful one reads the same, and complains of nothing."""
    try:
        plain = reader._plain(text)
    except reader._Again:
        return False
    careful = read_carefully(text)
    assert (careful.complaints, careful.is_fatal) == ([], False)
    assert repr(careful.data) == repr(plain), "in type and order too"
    return True


@given(st.one_of(PIECES, st.text(max_size=60)))
def test_the_straight_way_reads_what_the_careful_one_reads(text: str) -> None:
    decoded, complaints = decode(text.encode("utf-8", "surrogatepass"))
    if not complaints:
        same_both_ways(decoded)


@given(documents())
def test_what_is_dumped_goes_the_straight_way(document: Any) -> None:
    assert same_both_ways(quoted_dump(document)) or "\\" in repr(document)


@pytest.mark.usefixtures("_parser")
@pytest.mark.parametrize(
    "text",
    [
        "a: &x 1\nb: *x",
        "a: !!str 1",
        "? [a]\n: 1",
        "a: 1\na: 2",
        "<<: {a: 1}",
        "a: no",
        "--- 1\n--- 2",
        '"\\ud800"',
        "a: [",
    ],
)
def test_what_is_out_of_the_ordinary_goes_the_careful_way(text: str) -> None:
    assert not same_both_ways(text)


@given(st.binary(max_size=60))
def test_no_bytes_make_it_raise(raw: bytes) -> None:
    text, complaints = decode(raw)
    assert complaints == [] or text == ""
    read(text)
