"""What the service answers is read as it stands, or told to be something else; nothing it sends breaks the reader."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptsync.model.prompt import DIALECTS
from promptsync.service.answers import (
    LONG,
    MAX_DEPTH,
    ForeignError,
    Texts,
    complaint,
    deeper_than,
    parsed,
    read_page,
    read_prompt,
    read_version,
)
from tests.strategies import json_values

if TYPE_CHECKING:
    from collections.abc import Callable

PROMPT: dict[str, Any] = {
    "_id": "01A",
    "display_name": "refund",
    "owner": "someone",
    "description": "why",
    "path": "support/refund",
    "metadata": {"use_cases": []},
    "prompt": {"messages": [], "version": "v1"},
    "prompt_config": {"messages": [], "version": "v2"},
    "created": "2026-08-01T00:00:00.000Z",
    "updated": "2026-08-02T00:00:00.000Z",
    "created_by_id": "u1",
    "updated_by_id": "u2",
    "new": {"field": [1]},
}
VERSION: dict[str, Any] = {
    "_id": "v1",
    "description": "why",
    "metadata": {},
    "prompt": {"messages": []},
    "timestamp": "2026-08-01T00:00:00.000Z",
    "created_by_id": "u1",
    "updated_by_id": "u2",
}
NO_TEXTS = [None, 7, True, ["x"], {"x": "y"}]
NO_OBJECTS = [None, 7, True, "x", [{}]]


def without(data: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in data.items() if key != name}


@pytest.mark.parametrize(
    ("body", "data"),
    [
        (b"{}", {}),
        (b" [1, 2.5, -0.0, 1e308] \r\n", [1, 2.5, -0.0, 1e308]),
        (b"null", None),
        (b'"x"', "x"),
        (b'\xef\xbb\xbf{"a": 1}', {"a": 1}),
        (b'"\\ufeff"', "\ufeff"),
        (b'{"a": 1, "a": 2}', {"a": 2}),
        ('"é 🎉"'.encode(), "é 🎉"),
        (b"12345678901234567890123", 12345678901234567890123),
        (b"1e-999", 0.0),
    ],
)
def test_json_is_parsed(body: bytes, data: Any) -> None:
    assert parsed(body) == (data, "")


NO_JSON = "answered with something that is no JSON, or cut off"
NO_UTF8 = "answered with text that is not UTF-8"


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (b"", "answered without content"),
        (b" ", NO_JSON),
        (b'{"a": ', NO_JSON),
        (b'{"a": 1} {}', NO_JSON),
        (b"{'a': 1}", NO_JSON),
        (b'"a\nb"', NO_JSON),
        (b"\xef\xbb\xbf\xef\xbb\xbf{}", NO_JSON),
        (b"NaN", NO_JSON),
        (b'{"a": [Infinity]}', NO_JSON),
        (b"-Infinity", NO_JSON),
        (b"1e999", NO_JSON),
        (b"[-1e999]", NO_JSON),
        (b"9" * 5000, NO_JSON),
        (b'"\xff"', NO_UTF8),
        (b'"\xed\xa0\x80"', NO_UTF8),
        ('"é"'.encode("latin-1"), NO_UTF8),
        ('{"a": "é"}'.encode("utf-16"), NO_UTF8),
        (b'"\xc3', NO_UTF8),
        (b"[" * 200_000, "answered with JSON that is nested too deeply"),
        (b'{"a":' * 200_000, "answered with JSON that is nested too deeply"),
    ],
)
def test_what_is_no_answer(body: bytes, fault: str) -> None:
    assert parsed(body) == (None, fault)


@given(body=st.binary(max_size=40))
def test_any_bytes_are_json_or_a_fault(body: bytes) -> None:
    data, fault = parsed(body)
    assert fault == "" or data is None
    json.dumps(data, allow_nan=False, ensure_ascii=False).encode()


@given(data=json_values, indent=st.sampled_from([None, 1]), ascii_only=st.booleans(), bom=st.booleans())
def test_json_that_was_written_is_read_again(data: Any, indent: int | None, ascii_only: bool, bom: bool) -> None:
    text = json.dumps(data, indent=indent, ensure_ascii=ascii_only)
    assert parsed(text.encode("utf-8-sig" if bom else "utf-8")) == (data, "")


@given(data=json_values, cut=st.integers(1, 50))
def test_json_that_is_cut_off_is_none(data: Any, cut: int) -> None:
    body = json.dumps({"data": data}).encode()
    assert parsed(body[:-cut]) == (None, NO_JSON if len(body) > cut else "answered without content")


@given(
    text=st.lists(
        st.sampled_from(["\ud83d", "\ude00", "\U0001f600", "\\", "u", "d83d", '"', "é", "a"]), max_size=12
    ).map("".join)
)
def test_half_characters_alone_are_replaced(text: str) -> None:
    """JSON can say them by escapes; what stands beside them, and what only looks like one, stays."""
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
    expected = re.sub("[\ud800-\udfff]", "\ufffd", whole)
    assert parsed(json.dumps(text).encode()) == (expected, "")
    assert parsed(json.dumps({text: text}).encode()) == ({expected: expected}, "")
    upper = re.sub(r"\\u(d[89a-f]..)", lambda found: f"\\u{found[1].upper()}", json.dumps(text.replace("\\", "/")))
    assert parsed(upper.encode()) == (expected.replace("\\", "/"), "")


def depth(data: Any) -> int:
    """How deep JSON is nested; text and numbers are not."""
    if isinstance(data, dict):
        return 1 + max(map(depth, data.values()), default=0)
    return 1 + max(map(depth, data), default=0) if isinstance(data, list) else 0


@given(
    data=st.recursive(
        st.sampled_from([None, "", "x", 7, [], {}]),
        lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from("abc"), inner)),
    ),
    levels=st.integers(0, 8),
)
def test_depth_is_told_as_by_recursion(data: Any, levels: int) -> None:
    assert deeper_than(data, levels) is (depth(data) > levels)


def test_depth_is_told_where_recursion_would_break() -> None:
    data: Any = []
    for number in range(100_000):
        data = [data] if number % 2 else {"a": data}
    assert deeper_than(data, MAX_DEPTH)
    assert deeper_than(data, 100_000)
    assert not deeper_than(data, 100_001)


def test_a_long_text_is_in_memory_once() -> None:
    body = json.dumps([{"a": "x" * LONG, "deep": [{"b": "x" * LONG}]}, {"c": "x" * LONG, "d": "y" * LONG}]).encode()
    texts = Texts()

    data, fault = parsed(body, texts.share)

    assert (data, fault) == (json.loads(body), "")
    assert data[0]["a"] is data[0]["deep"][0]["b"] is data[1]["c"]


def test_what_the_caller_holds_is_the_one_that_is_kept() -> None:
    ours = {"messages": [{"content": "".join(["x"] * LONG), "name": "short"}], "n": [1, None, "x"]}
    texts = Texts()
    texts.add(ours)

    (data, _) = parsed(json.dumps(ours).encode(), texts.share)

    assert data == ours
    assert data["messages"][0]["content"] is ours["messages"][0]["content"]  # type: ignore[index]


def test_a_prompt_is_read() -> None:
    prompt = read_prompt(PROMPT)
    assert (prompt.id, prompt.display_name, prompt.owner) == ("01A", "refund", "someone")
    assert (prompt.description, prompt.path, prompt.metadata) == ("why", "support/refund", {"use_cases": []})
    assert (prompt.created, prompt.updated, prompt.updated_by_id) == (PROMPT["created"], PROMPT["updated"], "u2")
    assert prompt.blocks == {"prompt": PROMPT["prompt"], "prompt_config": PROMPT["prompt_config"]}
    assert [prompt.version(dialect) for dialect in DIALECTS] == ["v1", "v2"]
    assert prompt.raw is PROMPT


@pytest.mark.parametrize("value", NO_TEXTS)
@pytest.mark.parametrize("name", ["_id", "display_name"])
@pytest.mark.parametrize("read", [read_prompt, lambda data: read_page({"data": [PROMPT, data]}, read_prompt, 2)])
def test_without_these_it_is_no_prompt(read: Callable[[Any], object], name: str, value: object) -> None:
    for data in (without(PROMPT, name), PROMPT | {name: value}):
        with pytest.raises(ForeignError, match=r"^a prompt$"):
            read(data)


@pytest.mark.parametrize("data", [*NO_OBJECTS, [], {}, *(PROMPT | {"_id": one} for one in ["", "a/b", "a b", "é"])])
def test_what_is_no_prompt(data: object) -> None:
    with pytest.raises(ForeignError, match=r"^a prompt$"):
        read_prompt(data)


def test_a_prompt_without_a_letter_in_its_name_is_one() -> None:
    assert read_prompt({"_id": "x", "display_name": ""}).display_name == ""


@pytest.mark.parametrize("name", ["owner", "description", "path", "created", "updated", "updated_by_id"])
def test_a_text_that_is_missing_or_none_is_not_told(name: str) -> None:
    for data in (without(PROMPT, name), *(PROMPT | {name: value} for value in NO_TEXTS)):
        prompt = read_prompt(data)
        assert getattr(prompt, name) is None
        assert prompt.raw == data
    assert getattr(read_prompt(PROMPT | {name: ""}), name) == ""


@pytest.mark.parametrize("name", ["metadata", "prompt", "prompt_config"])
def test_an_object_that_is_missing_or_none_is_not_told(name: str) -> None:
    for data in (without(PROMPT, name), *(PROMPT | {name: value} for value in NO_OBJECTS)):
        prompt = read_prompt(data)
        assert (prompt.metadata if name == "metadata" else prompt.blocks.get(name, {})) == {}  # type: ignore[call-overload]
        assert name not in prompt.blocks


@pytest.mark.parametrize("value", NO_TEXTS)
def test_a_version_that_is_no_text_is_none(value: object) -> None:
    prompt = read_prompt(PROMPT | {"prompt": {"version": value}})
    assert [prompt.version(dialect) for dialect in DIALECTS] == [None, "v2"]


def test_a_version_is_read() -> None:
    version = read_version(VERSION)
    assert (version.id, version.description, version.metadata) == ("v1", "why", {})
    assert version.blocks == {"prompt": {"messages": []}}
    assert (version.timestamp, version.created_by_id, version.updated_by_id) == (VERSION["timestamp"], "u1", "u2")
    assert version.raw is VERSION


@pytest.mark.parametrize("data", [*NO_OBJECTS, {}, *({"_id": value} for value in [*NO_TEXTS, ""])])
def test_what_is_no_version(data: object) -> None:
    with pytest.raises(ForeignError, match=r"^a version of a prompt$"):
        read_version(data)


@pytest.mark.parametrize("name", ["description", "timestamp", "created_by_id", "updated_by_id"])
def test_what_a_version_does_not_tell_is_none(name: str) -> None:
    for data in (without(VERSION, name), *(VERSION | {name: value} for value in NO_TEXTS)):
        assert getattr(read_version(data), name) is None


@pytest.mark.parametrize(
    ("told", "has_more"), [({}, None), *(({"has_more": value}, None) for value in [None, 0, 1, "true", []])]
)
def test_what_does_not_tell_whether_more_follows(told: dict[str, Any], has_more: bool | None) -> None:
    assert read_page({"data": []} | told, read_version, 5).has_more is has_more


@pytest.mark.parametrize("has_more", [True, False])
def test_a_page_is_read(has_more: bool) -> None:
    page = read_page({"data": [VERSION, VERSION | {"_id": "v2"}], "has_more": has_more}, read_version, 5)
    assert [version.id for version in page.items] == ["v1", "v2"]
    assert (page.has_more, page.limit) == (has_more, 5)


@pytest.mark.parametrize("data", [None, [], [VERSION], "x", {}, {"data": None}, {"data": {}}, {"items": []}])
def test_what_is_no_page(data: object) -> None:
    with pytest.raises(ForeignError, match=r"^a list$"):
        read_page(data, read_version, 5)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("no", "no"),
        ({"message": "no"}, "no"),
        ({"message": ""}, '{"message": ""}'),
        ({"message": None, "error": "no"}, "no"),
        ({"message": "no", "error": "no"}, "no"),
        ({"message": "no", "error": "Bad Request", "statusCode": 400}, "no; Bad Request"),
        ({"error": {"message": "no", "code": 7}}, "no"),
        ({"errors": [{"path": "prompt.model", "message": "unknown"}, {"message": "no"}]}, "prompt.model: unknown; no"),
        ({"issues": [{"path": ["prompt", "messages", 0], "message": "no"}]}, "prompt.messages.0: no"),
        ({"path": [], "message": "no"}, "no"),
        ({"path": 7, "message": "no"}, "no"),
        ({"path": "where"}, '{"path": "where"}'),
        ({"code": "é"}, '{"code": "é"}'),
        ({}, "{}"),
        ([], ""),
        (["a", ["b", {"message": "c"}]], "a; b; c"),
        ([str(number) for number in range(30)], "; ".join(map(str, range(20)))),
        ({"message": 7}, "7"),
        ({"message": True, "detail": [None, 1.5]}, "true; null; 1.5"),
        ([[[[[[["deep", None]]]]]]], '["deep", null]'),
    ],
)
def test_the_words_of_a_complaint(data: Any, words: str) -> None:
    assert complaint(json.dumps(data).encode()) == words


@pytest.mark.parametrize(("before", "behind"), [("[", "]"), ('{"error":', "}"), ('{"a":', "}"), ('[{"message":', "}]")])
def test_a_complaint_however_deep_is_told(before: str, behind: str) -> None:
    """What is parsed at the last level that Python's stack holds must be told on that stack too."""
    for levels in (1, 5, 7, MAX_DEPTH, *range(900, 1010), 100_000):
        text = before * levels + '"no"' + behind * levels
        assert "no" in complaint(text.encode())


@given(data=json_values)
def test_any_json_complains_in_text(data: Any) -> None:
    complaint(json.dumps(data).encode()).encode()
