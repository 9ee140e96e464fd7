"""An error tells what went wrong in one bounded line, what to do next, and never the key."""

from __future__ import annotations

import json
import string
from math import inf, nan
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptsync.model.errors import (
    AuthError,
    NotFoundError,
    RateLimitedError,
    RefusedError,
    ServiceError,
    UnavailableError,
)
from promptsync.service.calls import PROMPTS, Call, Fault, HttpResult, prompt_path
from promptsync.service.errors import MAX_DETAIL, ServiceErrors
from promptsync.service.ratelimit import Pause

HOST = "api.orq.test"
KEY = "canary-7f3a9c51e2"
ERRORS = ServiceErrors(HOST, KEY, "ORQ_STAGING_KEY")
READ = Call("GET", prompt_path("p"), "reading p")
CREATE = Call("POST", PROMPTS, "creating “p”", b"{}")
DELETE = Call("DELETE", prompt_path("p"), "deleting p")
HTML = b"<!doctype html><title>Sign in</title>"


def answered(status: int, body: bytes = b'{"message": "because"}', **headers: str) -> HttpResult:
    return HttpResult(status, {name.replace("_", "-"): value for name, value in headers.items()}, body)


@pytest.mark.parametrize("status", [200, 201, 204, 299])
def test_an_answer_is_no_error(status: int) -> None:
    assert ERRORS.about(READ, answered(status)) is None


@pytest.mark.parametrize(
    ("result", "kind", "message", "hint"),
    [
        (answered(400), RefusedError, "api.orq.test refused it with 400: because", "change what the service"),
        (answered(409), RefusedError, "api.orq.test refused it with 409: because", "change what the service"),
        (answered(422, b""), RefusedError, "api.orq.test refused it with 422", "change what the service"),
        (answered(403, HTML), AuthError, "the key is not allowed to do this at api.orq.test: an HTML page", "STAGING"),
        (answered(403), AuthError, "the key is not allowed to do this at api.orq.test: because", "ORQ_STAGING_KEY"),
        (answered(401), AuthError, "the key was not accepted by api.orq.test: because", "ORQ_STAGING_KEY"),
        (answered(401, b""), AuthError, "the key was not accepted by api.orq.test", "ORQ_STAGING_KEY"),
        (answered(404), NotFoundError, "api.orq.test knows nothing of that kind (404): because", "it was deleted, or"),
        (answered(404, b""), NotFoundError, "api.orq.test knows nothing of that kind (404)", "it was deleted, or"),
        (answered(404, HTML), RefusedError, "api.orq.test refused it with 404: an HTML page", "check the base URL"),
        (answered(405, HTML), RefusedError, "api.orq.test refused it with 405: an HTML page", "check the base URL"),
        (answered(304), ServiceError, "api.orq.test answered 304, and redirects are not followed", "set the base URL"),
    ],
)
def test_what_is_said_of_an_answer(result: HttpResult, kind: type[ServiceError], message: str, hint: str) -> None:
    error = ERRORS.about(READ, result)
    assert type(error) is kind
    assert error.message == f"reading p: {message}"
    assert error.status == result.status
    assert hint in str(error.hint)


@pytest.mark.parametrize(
    ("target", "where"),
    [("other.test", "points to other.test"), ("", "answered 302"), ("a\x1b[2Jb", "points to a [2Jb")],
)
def test_what_is_said_of_a_redirect(target: str, where: str) -> None:
    error = ERRORS.about(READ, HttpResult(302, redirect=target))
    assert type(error) is ServiceError
    assert error.message == f"reading p: api.orq.test {where}, and redirects are not followed"


@pytest.mark.parametrize(
    ("call", "sent", "unknown"),
    [(READ, True, False), (DELETE, True, False), (CREATE, True, True), (CREATE, False, False), (READ, False, False)],
)
@pytest.mark.parametrize("status", [None, 200, 503])
def test_what_is_said_of_a_fault(call: Call, sent: bool, unknown: bool, status: int | None) -> None:
    error = ERRORS.about(call, HttpResult(status, fault="broke the connection off", sent=sent))
    assert isinstance(error, UnavailableError)
    told = "; whether it was carried out is unknown" if unknown else ""
    assert error.message == f"{call.doing}: api.orq.test broke the connection off{told}"
    assert error.ambiguous is sent
    assert error.status == status
    assert ("look at the service before" in str(error.hint)) is unknown


@pytest.mark.parametrize(
    ("kind", "hint"),
    [
        (Fault.SERVICE, "check that the service is up"),
        (Fault.CERTIFICATE, "SSL_CERT_FILE"),
        (Fault.NOT_THE_API, "check the base URL"),
    ],
)
def test_what_helps_against_a_fault(kind: Fault, hint: str) -> None:
    for call, sent in ((READ, True), (CREATE, False)):
        error = ERRORS.about(call, HttpResult(fault="has no certificate, but an HTML page", kind=kind, sent=sent))
        assert error is not None
        assert hint in str(error.hint)


@pytest.mark.parametrize(
    ("status", "kind", "what"),
    [(429, RateLimitedError, "limits the rate"), (503, UnavailableError, "is unavailable")],
)
@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (None, "it does not say how long to wait"),
        (600.0, "it asks to wait 600 s"),
        (inf, "how long it asks to wait makes no sense"),
        (nan, "how long it asks to wait makes no sense"),
    ],
)
def test_what_is_said_of_a_pause_that_is_too_long(
    status: int, kind: type[ServiceError], what: str, asked: float | None, told: str
) -> None:
    error = ERRORS.too_long(CREATE, Pause(1.0, asked, status), 3.4, 2.5)
    assert type(error) is kind
    assert error.message == f"creating “p”: api.orq.test {what}: {told}, and 3 of 2.5 s were waited"
    assert error.status == status
    assert not getattr(error, "ambiguous", False), "it was not carried out"
    assert error.hint


def test_what_is_said_of_an_answer_that_is_none_of_this_api() -> None:
    read, write = ERRORS.not_the_api(READ, "a prompt"), ERRORS.not_the_api(CREATE, "a prompt")
    assert read.message == "reading p: the answer of api.orq.test is not a prompt of orq.ai"
    assert write.message == (
        "creating “p”: the answer of api.orq.test is not a prompt of orq.ai; whether it was carried out is unknown"
    )
    assert type(read) is ServiceError
    assert isinstance(write, UnavailableError)
    assert write.ambiguous


def test_what_is_said_of_a_list_that_does_not_advance() -> None:
    error = ERRORS.stuck("listing", "answers with the same page again and again")
    assert error.message == "listing: api.orq.test answers with the same page again and again"


# Keys as they are issued, in base64, and any that the client takes. Brackets would make “[key]” a part of one.
KEYS = st.one_of(
    st.text(string.ascii_letters + string.digits + "-_.", min_size=8, max_size=80),
    st.text(string.ascii_letters + string.digits + "+/=", min_size=8, max_size=80),
    st.text([chr(code) for code in range(0x21, 0x7F) if chr(code) not in "[]"], min_size=8, max_size=80),
)
AROUND = st.one_of(st.text(max_size=20), st.integers(0, 600).map("x".__mul__), st.just("\x1b]0;"), st.just("\r\n"))


def bodies(words: str) -> list[bytes]:
    """The words wherever a service may put them."""
    shapes: list[Any] = [
        {"message": words},
        {"error": {"message": ["no", words]}},
        {"issues": [{"path": [words], "message": "no"}]},
        {"path": words, "details": [[[[[[[words]]]]]]]},
        {"details": [[[[[{words: words}]]]]]},
        {words: words},
        [words, [words]],
        words,
    ]
    plain = [words.encode("utf-8", "replace"), f'{{"message": "{words}'.encode("utf-8", "replace")]
    return [*plain, *(json.dumps(shape).encode() for shape in shapes)]


@given(key=KEYS, before=AROUND, behind=AROUND, status=st.sampled_from([302, 400, 401, 403, 404, 422]))
def test_the_key_is_scrubbed_wherever_a_service_puts_it(key: str, before: str, behind: str, status: int) -> None:
    complaints = ServiceErrors(HOST, key, "ORQ_API_KEY")
    forms = {key, quote(key, safe=""), json.dumps(key)[1:-1]}
    for form in forms:
        for body in bodies(f"{before} {form} {behind}"):
            error = complaints.about(READ, HttpResult(status, {}, body, redirect=f"{form}.test"))
            assert error is not None
            assert not any(secret in text for secret in forms for text in (error.message, getattr(error, "detail", "")))
            assert error.message.isprintable()


@given(key=KEYS, length=st.integers(0, 620))
def test_no_part_of_the_key_is_left_where_a_text_is_cut(key: str, length: int) -> None:
    complaints = ServiceErrors(HOST, key, "ORQ_API_KEY")
    text = "\u00b7" * length + key
    for made in (complaints.clean(text), complaints.doing(text), complaints.shown(text)):
        assert made.strip("\u00b7…") in "[key]"


@given(key=KEYS)
def test_the_key_is_in_no_error_where_it_is_a_part_of_what_was_asked(key: str) -> None:
    complaints = ServiceErrors(f"{key}.test", key, "ORQ_API_KEY")
    call = Call("POST", PROMPTS, f"creating “{key}”", b"{}")
    for error in (
        complaints.about(call, HttpResult(fault=f"failed ({key})")),
        complaints.about(call, HttpResult(302, redirect=key)),
        complaints.about(call, answered(401)),
        complaints.about(call, answered(403)),
        complaints.about(call, answered(404)),
        complaints.about(call, answered(409)),
        complaints.too_long(call, Pause(1.0, 2.0, 429), 0, 1),
        complaints.too_long(call, Pause(1.0, 2.0, 503), 0, 1),
        complaints.not_the_api(call, f"a {key}"),
        complaints.stuck(call.doing, f"answers {key}"),
    ):
        assert error is not None
        assert key not in error.message
        assert "[key]" in error.message


def test_without_a_key_nothing_is_scrubbed() -> None:
    assert ServiceErrors(HOST, "", "ORQ_API_KEY").scrub("sandbox") == "sandbox"


@given(text=st.text(st.characters(), max_size=700))
def test_foreign_text_becomes_one_bounded_line_that_no_terminal_obeys(text: str) -> None:
    for made, length in ((ERRORS.clean(text), MAX_DETAIL), (ERRORS.doing(text), 200)):
        assert made.isprintable()
        assert len(made) <= length
        assert made == " ".join(made.split())
    assert ERRORS.clean(ERRORS.clean(text)) == ERRORS.clean(text)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a\x1b[31mred\x1b[0m", "a [31mred [0m"),
        ("a\x1b]8;;http://x\x07link", "a ]8;;http://x link"),
        ("\x9b2Ja", "2Ja"),
        ("a\rb\nc\td\x0be\x85f\u2028g", "a b c d e f g"),
        ("a\u202eb\u2066c\u200bd\ufeffe", "a b c d e"),
        ("a\ud800b", "a b"),
        ("  a  \u00a0 b  ", "a b"),
        ("é 日本 🎉", "é 日本 🎉"),
    ],
)
def test_what_is_left_of_foreign_text(text: str, line: str) -> None:
    assert ERRORS.clean(text) == line


@pytest.mark.parametrize("length", [59, 60, 61, 500])
def test_a_name_is_shown_as_far_as_it_fits(length: int) -> None:
    name = "n" * length
    assert ERRORS.shown(name) == (name if length <= 60 else "n" * 59 + "…")


@pytest.mark.parametrize("name", [None, 7, ["refund"], {}])
def test_what_is_no_name_is_not_shown(name: object) -> None:
    assert ERRORS.shown(name) == "a prompt"


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_a_message_is_no_longer_than_what_it_is_made_of(status: int) -> None:
    call = Call("GET", PROMPTS, ERRORS.doing("d" * 5000))
    error = ERRORS.about(call, answered(status, b"x" * 60_000))
    assert error is not None
    assert len(error.message) < 200 + MAX_DETAIL + 100
