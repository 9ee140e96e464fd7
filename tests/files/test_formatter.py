"""One layout: whatever a file looks like, it comes out the same way, says the same, and keeps its comments."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptsync.files.emit import emit
from promptsync.files.formatter import Formatted, Rules, format_file
from promptsync.files.loader import Source, load_one
from promptsync.files.yaml.comments import texts_of
from promptsync.files.yaml.edits import identical
from promptsync.files.yaml.reader import decode
from promptsync.files.yaml.tree import parse
from promptsync.model.canonical import source_hash
from promptsync.model.prompt import CURRENT, DIALECTS, RemotePrompt
from tests.e2e.strategies import files
from tests.scribbles import Scribbler
from tests.texts import IN_NO_BLOCK, KINDS, file_of, texts
from tests.work import calls
from tests.yaml_cases import CORPUS, TEXTS

GOLDEN = Path(__file__).parents[1] / "golden" / "fmt"
BEGIN = "display_name: A\nprompt:\n  model: openai/gpt-4o\n"
MESSAGE = "    - role: user\n      content: Hi\n"


def include(_: str, name: str) -> str:
    return TEXTS[name].removeprefix("\ufeff").replace("\r\n", "\n").removesuffix("\n")


def source(text: str | bytes) -> Source:
    return Source("Default/refund", "refund.yaml", text if isinstance(text, bytes) else text.encode())


def formatted(text: str | bytes, **rules: Any) -> Formatted:
    done, problems = format_file(source(text), include, Rules(**rules))
    assert done is not None, problems
    return done


def laid(text: str) -> str:
    """`text` in the one layout, which nothing kept from being reached."""
    done = formatted(text)
    assert done.problem is None
    return done.data.decode()


def hash_of(data: bytes) -> str:
    file, _ = load_one(source(data), include)
    assert file is not None
    return source_hash(file.prompt)


def comments_in(data: bytes) -> list[str]:
    text, _ = decode(data)
    root = parse(text)
    assert root is not None
    return sorted(texts_of(text, root))


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_a_file_as_people_write_it_says_the_same_and_keeps_its_comments(path: Path) -> None:
    before = path.read_bytes()

    done = formatted(before)

    assert done.problem is None
    assert hash_of(done.data) == hash_of(before)
    assert comments_in(done.data) == comments_in(before)
    assert formatted(done.data) == done


@pytest.mark.parametrize(
    "name",
    ["comments-everywhere", "merge-keys", "flow-many-lines", "keys-explicit", "lists-apart", "quotes", "crlf-bom",
     "document-marks", "folded-keep", "classic"],
)  # fmt: skip
def test_the_one_layout(name: str) -> None:
    (path,) = (path for path in CORPUS if path.stem == name)
    data = formatted(path.read_bytes()).data
    golden = GOLDEN / path.name
    if os.environ.get("PROMPTSYNC_UPDATE_GOLDEN") == "1":
        golden.write_bytes(data)

    assert data == golden.read_bytes()


@given(st.one_of(*map(files, DIALECTS)), st.integers(0, 1 << 30))
def test_whatever_a_file_looks_like_it_says_the_same_with_all_its_comments(data: Any, seed: int) -> None:
    scribbler = Scribbler(seed)
    before = scribbler.file(data).encode()

    done = formatted(before)

    assert done.problem is None
    assert hash_of(done.data) == hash_of(before)
    assert comments_in(done.data) == sorted(scribbler.comments)
    assert formatted(done.data) == done


@pytest.mark.parametrize("kind", KINDS)
def test_a_text_of_any_kind_comes_back_from_import_and_fmt_as_it_was_and_readable(kind: str) -> None:
    """510 texts: those that YAML can hold in a block stand in one, and none changes by a byte."""
    for text, _ in texts(kind):
        held = RemotePrompt("01J0", "refund", None, {}, {CURRENT: file_of(text)["prompt"]})
        imported = emit(held, stem="refund").text

        done = formatted(imported)
        file, _ = load_one(source(done.data), include)

        assert done.data.decode() == imported
        assert file is not None
        assert file.prompt.block["messages"][0]["content"] == text
        assert ("content: |" in imported) == (kind not in IN_NO_BLOCK)


@given(st.one_of(*map(files, DIALECTS)))
def test_what_import_writes_is_in_the_one_layout(data: Any) -> None:
    (dialect,) = (name for name in DIALECTS if name in data)
    name = data.get("display_name", "refund")
    held = RemotePrompt("01J0", name, data.get("description"), data.get("metadata") or {}, {dialect: data[dialect]})
    text = emit(held, stem="refund").text

    assert formatted(text).data.decode() == text


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("a.\\\n        b\\n\\\n        c ", "|-\n        a.b\n        c ", id="a quoted text of lines"),
        pytest.param("\\u05e9 \\u2067x\\u2069\\ny", "|-\n        ש \u2067x\u2069\n        y", id="an isolate ends"),
        pytest.param("\\u202ex\\ny", '"\\u202ex\\n\\\n        y"', id="an override is seen"),
        pytest.param("x\\r\\ny", '"x\\r\\n\\\n        y"', id="a block cannot hold CR"),
        pytest.param("{{q}}", "'{{q}}'", id="quotes where they are needed"),
        pytest.param("plain text", "plain text", id="and only there"),
        pytest.param("no", "'no'", id="a word that is a boolean to some"),
        pytest.param("\\tx\\ny\\n\\n", "|2+\n        \tx\n        y\n", id="tab first, lines last"),
    ],
)
def test_how_a_text_stands_in_a_file(before: str, after: str) -> None:
    message = f'  messages:\n    - role: user\n      content: "{before}"\n'

    assert laid(BEGIN + message) == f"{BEGIN}  messages:\n    - role: user\n      content: {after}\n"


def test_keys_stand_in_the_order_of_the_reference_but_for_the_users_own_data() -> None:
    text = (
        "prompt:\n  messages:\n  - {content: Hi, role: user}\n  response_format:\n    json_schema:\n"
        "      schema: {type: object, properties: {b: {type: string}, a: {type: string}}}\n      name: answer\n"
        "    type: json_schema\n  model: openai/gpt-4o\ndisplay_name: A\n"
    )

    assert laid(text) == (
        "display_name: A\nprompt:\n  model: openai/gpt-4o\n  response_format:\n    type: json_schema\n"
        "    json_schema:\n      name: answer\n      schema:\n        type: object\n        properties:\n"
        "          b:\n            type: string\n          a:\n            type: string\n  messages:\n" + MESSAGE
    )


def test_an_anchor_that_another_order_would_put_behind_its_alias_keeps_the_order() -> None:
    text = (
        "prompt:\n  model: openai/gpt-4o\n  messages:\n    - role: user\n      content: &text Hi\ndescription: *text\n"
    )

    assert laid(text) == text


def test_a_comment_that_may_be_the_rest_of_a_text_stays_as_it_is_and_is_still_told() -> None:
    text = f"{BEGIN}  messages:\n    - role: user\n      content: Issue #3\n"

    done, problems = format_file(source(text), include, Rules())

    assert done == Formatted(text.encode())
    assert [problem.message for problem in problems] == ["`#3` is a comment to YAML, and no part of the text before it"]


def test_what_cannot_be_laid_out_is_left_and_told() -> None:
    text = f"{BEGIN}  messages:\n    - <<: {{role: user}}\n      content:   Hi\n"

    done = formatted(text)

    assert done.data == text.encode()
    assert done.problem is not None
    assert (done.problem.message, done.problem.severity) == (
        "it is left as it is: its `<<` merges more than anchors",
        "warning",
    )


def test_a_file_that_would_be_too_large_is_left() -> None:
    text = f"{BEGIN}  messages: [{', '.join(['{role: user, content: Hi}'] * 20)}]\n"

    done = formatted(text, max_bytes=len(text))

    assert done.data == text.encode()
    assert done.problem is not None
    assert "it would be larger than `max_file_bytes`" in done.problem.message


def test_a_line_as_long_as_the_file_takes_no_long_time() -> None:
    def of(count: int) -> str:
        fields = ", ".join(f"p{number}: {{type: string}}" for number in range(count))
        schema = f"{{type: json_schema, json_schema: {{name: a, schema: {{{fields}}}}}}}"
        return f"prompt: {{model: openai/gpt-4o, messages: [], response_format: {schema}}}\n"

    assert formatted(of(4000)).problem is None
    assert calls(lambda: formatted(of(1000))) < 4.5 * calls(lambda: formatted(of(250)))


def test_what_is_no_prompt_file_has_no_layout() -> None:
    done, problems = format_file(source("promt: {}\n"), include, Rules())

    assert done is None
    assert {problem.severity for problem in problems} == {"error"}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(b"\r\n", b"\r\n", id="a checkout on Windows"),
        pytest.param(b"\r", b"\n", id="an old Mac"),
        pytest.param(b"\n", b"\n", id="all others"),
    ],
)
def test_line_ends(before: bytes, after: bytes) -> None:
    text = f"{BEGIN}  messages:\n{MESSAGE}".encode()

    assert formatted(b"\xef\xbb\xbf" + text.replace(b"\n", before)).data == text.replace(b"\n", after)
    assert formatted(text.replace(b"\n", b"\r\n", 1)).data == text


LONG = "".join(f"        line {number}\n" for number in range(5))


def test_a_long_text_moves_into_a_file_of_its_own_where_that_is_asked() -> None:
    text = (
        f"{BEGIN}  messages:\n    - role: system\n      # what it is told\n      content: |  # see the guide\n{LONG}"
        "    - role: user\n      content:\n        - type: text\n          text: |\n"
        + LONG.replace("        ", "            ")
        + MESSAGE
    )

    done = formatted(text, max_lines=4)
    kept = formatted(text, max_lines=5)

    assert kept.texts == {}
    assert done.texts == {
        "refund.1.md": "".join(f"line {number}\n" for number in range(5)) + "\n",
        "refund.2-1.md": "".join(f"line {number}\n" for number in range(5)) + "\n",
    }
    assert done.data.decode() == (
        f"{BEGIN}  messages:\n    - role: system\n      # what it is told\n"
        "      content_file: refund.1.md  # see the guide\n    - role: user\n      content:\n        - type: text\n"
        f"          content_file: refund.2-1.md\n{MESSAGE}"
    )
    before, _ = load_one(source(text), include)
    after, _ = load_one(source(done.data), lambda _, name: done.texts[name].removesuffix("\n"))
    assert before is not None
    assert after is not None
    assert identical(after.prompt.block, before.prompt.block)


def test_a_text_that_may_not_be_written_beside_stays() -> None:
    text = f"{BEGIN}  messages:\n    - role: system\n      content: |\n{LONG}"

    done, _ = format_file(source(text), include, Rules(max_lines=2), lambda text: text.name != "refund.1.md")

    assert done == Formatted(text.encode())


def test_no_key_that_stands_in_a_file_is_shown() -> None:
    text = f"{BEGIN}  messages:\n    - role: user\n      content: secret-key-of-the-target\n"

    done, problems = format_file(source(text), include, Rules(api_keys=["secret-key-of-the-target"]))

    assert done is None
    assert "secret-key" not in repr(problems)
    assert replace(problems[0], snippet=None) == problems[0]


def test_an_anchor_of_a_key_is_left_and_told() -> None:
    text = f"&name display_name: A\ndescription: *name\n{BEGIN.partition(chr(10))[2]}  messages:\n{MESSAGE}"

    assert formatted(text).data == text.encode()
    assert formatted(text).problem is not None
