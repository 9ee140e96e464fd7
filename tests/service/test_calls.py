"""What is asked stays what was meant, whatever stands in an id or a body; and what an answer is told to be."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote_to_bytes, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promptsync.model.errors import RefusedError, ServiceError
from promptsync.service.calls import (
    PROMPTS,
    Call,
    HttpResult,
    as_json,
    escaped,
    prompt_path,
    version_path,
    versions_path,
)
from tests.strategies import json_values

if TYPE_CHECKING:
    from collections.abc import Callable

ODD = st.one_of(
    st.text(max_size=20),
    st.text(st.characters(categories=["Cs"]), min_size=1, max_size=4),
    st.lists(st.sampled_from(["/", ".", "..", "\\", "%2F", "%2e", "?", "#", "&", "=", " ", "\r\n", "é", "a"])).map(
        "".join
    ),
)
IDS = ODD.filter(lambda name: name not in ("", ".", ".."))
PATHS: dict[str, tuple[Callable[[str], str], str, str]] = {
    "prompt": (prompt_path, "/v2/prompts/", ""),
    "versions": (versions_path, "/v2/prompts/", "/versions"),
    "version": (lambda name: version_path("p", name), "/v2/prompts/p/versions/", ""),
    "version of": (lambda name: version_path(name, "v"), "/v2/prompts/", "/versions/v"),
}


def told(segment: str) -> str:
    """What a service reads from it."""
    return unquote_to_bytes(segment).decode("utf-8", "surrogatepass")


@pytest.mark.parametrize(("path", "before", "behind"), PATHS.values(), ids=PATHS)
@given(name=IDS)
def test_an_id_stays_one_segment_of_its_path(path: Callable[[str], str], before: str, behind: str, name: str) -> None:
    made = path(name)
    segment = made.removeprefix(before).removesuffix(behind)
    assert made == before + segment + behind
    assert "/" not in segment
    assert segment not in ("", ".", "..")
    assert told(segment) == name
    parts = urlsplit(f"https://api.orq.test{made}")
    assert (parts.path, parts.query, parts.fragment) == (made, "", "")
    assert made.isascii()
    assert made.isprintable()


@pytest.mark.parametrize("path", [path for path, _, _ in PATHS.values()], ids=PATHS)
@pytest.mark.parametrize("name", ["", ".", ".."])
def test_an_id_that_would_lead_elsewhere_is_none(path: Callable[[str], str], name: str) -> None:
    with pytest.raises(ServiceError, match="is no id of a prompt or version") as raised:
        path(name)
    assert raised.value.status is None


@pytest.mark.parametrize(
    ("text", "escape"),
    [
        ("01ARZ3NDEK", "01ARZ3NDEK"),
        ("a-b_c.d~e", "a-b_c.d~e"),
        ("a/b", "a%2Fb"),
        ("a%2Fb", "a%252Fb"),
        ("a b+c", "a%20b%2Bc"),
        ("é", "%C3%A9"),
        ("\ud800", "%ED%A0%80"),
        ("...", "..."),
    ],
)
def test_escapes(text: str, escape: str) -> None:
    assert escaped(text) == escape


@given(query=st.dictionaries(st.sampled_from(["limit", "starting_after"]), st.text(min_size=1), max_size=2))
def test_a_query_is_told_as_it_is(query: dict[str, str]) -> None:
    call = Call("GET", PROMPTS, "listing", query=query)
    parts = urlsplit(f"https://api.orq.test{call.target}")
    assert parts.path == PROMPTS
    assert dict(parse_qsl(parts.query, strict_parsing=bool(query))) == query
    assert ("?" in call.target) is bool(query)


@pytest.mark.parametrize(
    ("method", "path", "safe"),
    [
        ("GET", PROMPTS, True),
        ("GET", prompt_path("p"), True),
        ("GET", versions_path("p"), True),
        ("POST", PROMPTS, False),
        ("PATCH", prompt_path("p"), False),
        ("DELETE", prompt_path("p"), True),
    ],
)
def test_what_may_be_carried_out_twice(method: str, path: str, safe: bool) -> None:
    assert Call(method, path, "doing").safe is safe


@given(body=st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), json_values, max_size=3))
@settings(max_examples=50)
def test_a_body_is_read_as_it_was_meant(body: dict[str, Any]) -> None:
    assert json.loads(as_json(body, "creating")) == body


def endless() -> dict[str, Any]:
    body: dict[str, Any] = {}
    body["body"] = body
    return body


def deep() -> dict[str, Any]:
    body: dict[str, Any] = {}
    for _ in range(100_000):
        body = {"a": body}
    return body


@pytest.mark.parametrize(
    "body",
    [
        {"n": float("nan")},
        {"n": float("inf")},
        {"n": -float("inf")},
        {"n": {1, 2}},
        {"n": b"bytes"},
        {"n": ["\udc00"]},
        {"\ud800": 1},
        {("a", "b"): 1},
        endless(),
        deep(),
    ],
    ids=["nan", "inf", "-inf", "set", "bytes", "half a character", "half a key", "tuple", "endless", "deep"],
)
def test_what_is_no_json_is_refused_and_not_quoted(body: dict[str, Any]) -> None:
    with pytest.raises(RefusedError) as raised:
        as_json(body, "creating “x”")
    assert raised.value.message.startswith("creating “x”: what the file says is not JSON (")
    assert raised.value.message.endswith("), so nothing was sent")
    assert raised.value.status is None
    assert raised.value.__context__ is None, "which may hold what stands in the file"


@pytest.mark.parametrize(
    ("content_type", "body", "is_html", "complaint"),
    [
        ("", b"", False, ""),
        ("text/html", b"", True, ""),
        ("", b" \r\n", False, ""),
        ("text/html; charset=utf-8", b"<p>no</p>", True, "an HTML page"),
        ("Application/XHTML+xml", b"<p>no</p>", True, "an HTML page"),
        ("application/json", b"<!DOCTYPE html><p>no</p>", True, "an HTML page"),
        ("", b"\n  <HTML lang=en>", True, "an HTML page"),
        ("", b" " * 200 + b"<html>", False, " " * 200 + "<html>"),
        ("", b"a <html> b", False, "a <html> b"),
        ("application/json", b'{"message": "no"}', False, "no"),
        ("text/plain", b'{"message": "no"}', False, "no"),
        ("application/json", b'{"message": "no', False, '{"message": "no'),
        ("text/plain", "n\u00f6".encode("latin-1"), False, "n\ufffd"),
    ],
)
def test_what_an_answer_complains_about(content_type: str, body: bytes, is_html: bool, complaint: str) -> None:
    outcome = HttpResult(400, {"content-type": content_type} if content_type else {}, body)
    assert (outcome.is_html, outcome.complaint) == (is_html, complaint)


@given(body=st.binary(max_size=60), content_type=st.sampled_from(["", "application/json", "text/html"]))
def test_any_bytes_complain_in_whole_characters(body: bytes, content_type: str) -> None:
    HttpResult(500, {"content-type": content_type}, body).complaint.encode()
