"""What is packed is unpacked as it was, and only when someone wants to know."""

from __future__ import annotations

import marshal
from typing import Any

import pytest
from hypothesis import given

from promptsync.files.loader import IncludeError, Source, load_one
from promptsync.files.packed import Packed, PackedFile, is_of, pack, problems_of
from promptsync.model.canonical import source_hash
from promptsync.model.prompt import Problem, Prompt, PromptFile
from tests.factories import file
from tests.strategies import json_values

TEXT = b"prompt:\n  messages:\n    - {role: system, content_file: rules.md}\n"
SOURCE = Source("Default/refund", "prompts/Default/refund.yaml", TEXT)


def rules(key: str, name: str) -> str:
    return "Be brief."


def gone(key: str, name: str) -> str:
    raise IncludeError("it is gone")


def packed_file(source: Source = SOURCE) -> PackedFile:
    read, problems = load_one(source, rules)
    assert read is not None
    packed = pack(source, rules, read, problems)
    assert packed is not None
    return packed


def through_a_pipe(packed: Packed) -> Packed:
    return Packed(*marshal.loads(marshal.dumps(tuple(packed))))


def test_a_packed_file_is_the_file() -> None:
    read, _ = load_one(SOURCE, rules)
    packed = packed_file()
    assert packed == read
    assert read == packed
    assert PackedFile(SOURCE.key, through_a_pipe(packed.packed)) == read
    assert (packed.folder, packed.stem, packed.includes) == ("Default", "refund", ("rules.md",))
    assert packed.hashed == source_hash(packed.prompt)


def test_it_is_unpacked_once() -> None:
    packed = packed_file()
    assert packed.prompt is packed.prompt


def test_it_differs_where_the_file_does() -> None:
    other = packed_file(Source(SOURCE.key, SOURCE.file, TEXT + b"protected: true\n"))
    assert other != packed_file()
    assert other != "a file"
    assert other.protected


@given(json_values)
def test_whatever_a_block_holds_comes_back(value: Any) -> None:
    prompt = Prompt("refund", None, {}, "prompt", {"messages": [], "x": value}, {"top": value} if value else {})
    whole = PromptFile("a", "a.yaml", prompt)
    packed = pack(Source("a", "a.yaml", b""), rules, whole, [])
    assert packed is not None
    assert repr(packed.prompt) == repr(prompt)
    assert packed.has_extra is whole.has_extra


def test_warnings_come_along_and_what_is_packed_already_stays_as_it_is() -> None:
    warning = Problem("a.yaml", 1, 2, "odd", "mend it", "x", "warning")
    packed = pack(SOURCE, rules, file(), [warning])
    assert packed is not None
    assert problems_of(through_a_pipe(packed.packed)) == [warning]
    assert pack(SOURCE, gone, packed, []) is packed


def test_a_text_that_is_gone_meanwhile_cannot_be_packed() -> None:
    read, _ = load_one(SOURCE, rules)
    assert read is not None
    assert pack(SOURCE, gone, read, []) is None


@pytest.mark.parametrize(
    ("source", "include", "same"),
    [
        pytest.param(SOURCE, rules, True, id="as it was"),
        pytest.param(Source(SOURCE.key, SOURCE.file, TEXT + b"#\n"), rules, False, id="other bytes"),
        pytest.param(Source(SOURCE.key, "elsewhere.yaml", TEXT), rules, False, id="another place"),
        pytest.param(SOURCE, lambda key, name: "Be long.", False, id="another text"),
        pytest.param(SOURCE, gone, False, id="no text"),
    ],
)
def test_it_is_of_the_same_bytes_place_and_texts(source: Source, include: Any, same: bool) -> None:
    assert is_of(packed_file().packed, source, include) is same
