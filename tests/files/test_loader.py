"""Text to prompts. The pairs in golden/loader say what a file becomes (.json) or what is said of it (.txt).

PROMPTSYNC_UPDATE_GOLDEN=1 writes them anew.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from promptsync.apply.payload import create_body
from promptsync.files import loader
from promptsync.files.loader import IncludeError, Loaded, Source, included_text, load, load_one
from promptsync.files.yaml.writer import dump
from promptsync.model import schema
from promptsync.model.errors import LoadError
from promptsync.model.json_schema import prompt_schema
from promptsync.model.prompt import Problem, Prompt, PromptFile
from tests.model.test_schema import mutated
from tests.strategies import documents, prompts
from tests.yaml_cases import quoted_dump

GOLDEN = Path(__file__).parents[1] / "golden" / "loader"
PAIRS = sorted(path.stem for path in GOLDEN.glob("*.yaml"))
TEXTS = {"refund.system.md": "You answer for {{shop}}.", "parts/question.md": "{{question}}"}

ITEMS = "  - 1\n" * 50_000
HELLO = "prompt:\n  messages:\n    - {role: user, content: hello}\n"


def include(key: str, name: str) -> str:
    if name not in TEXTS:
        raise IncludeError(f"the content_file {name} cannot be read", hint=f"it is named in {key}")
    return TEXTS[name]


def source(text: str | bytes, key: str = "Default/refund") -> Source:
    return Source(key, f"prompts/{key}.yaml", text.encode() if isinstance(text, str) else text)


def one(text: str | bytes, **options: Any) -> tuple[PromptFile | None, list[Problem]]:
    return load_one(source(text), include, **options)


def shown(problem: Problem) -> str:
    lines = [f"{problem.place}: {problem.severity}: {problem.message}"]
    if problem.snippet is not None:
        lines.append(f"  | {problem.snippet}")
    if problem.hint is not None:
        lines.append(f"  = {problem.hint}")
    return "\n".join(lines)


@pytest.mark.parametrize("name", PAIRS)
def test_a_file_becomes_what_the_golden_file_says(name: str) -> None:
    raw = (GOLDEN / f"{name}.yaml").read_bytes()
    file, problems = load_one(Source(f"Default/{name}", f"{name}.yaml", raw), include)

    if file is None:
        found, ending = "\n".join(map(shown, problems)), "txt"
    else:
        assert problems == []
        told = asdict(file)
        del told["prompt"]["hashes"]
        found, ending = json.dumps(told, indent=2, ensure_ascii=False), "json"
    golden = GOLDEN / f"{name}.{ending}"
    if os.environ.get("PROMPTSYNC_UPDATE_GOLDEN") == "1":
        golden.write_text(found + "\n", encoding="utf-8")
    assert found + "\n" == golden.read_text(encoding="utf-8")


def test_every_pair_is_complete() -> None:
    assert len(PAIRS) >= 15
    for name in PAIRS:
        assert (GOLDEN / f"{name}.json").exists() != (GOLDEN / f"{name}.txt").exists()


def test_the_name_is_the_stem_unless_the_file_gives_one() -> None:
    file, _ = one(HELLO)
    named, _ = one(f"display_name: My prompt\n{HELLO}")

    assert file is not None
    assert named is not None
    assert (file.prompt.display_name, file.named, file.folder, file.stem) == ("refund", False, "Default", "refund")
    assert (named.prompt.display_name, named.named) == ("My prompt", True)


def test_a_stem_that_is_no_name_needs_one_in_the_file() -> None:
    long = Source(f"Default/{'x' * 129}", "long.yaml", HELLO.encode())

    assert load_one(long, include)[1] == [
        Problem(
            "long.yaml",
            0,
            0,
            "the file's name has 129 characters, and a `display_name` at most 128",
            "add a `display_name` to the file",
        )
    ]
    assert load_one(Source(long.key, long.file, f"display_name: x\n{HELLO}".encode()), include)[1] == []
    assert [problem.message for problem in load_one(Source("Default/ ", "b.yaml", HELLO.encode()), include)[1]] == [
        "the file's name is blank, and it gives no `display_name`"
    ]


def test_the_block_is_the_data_as_written() -> None:
    file, _ = one("prompt:\n  max_tokens: 256.0\n  seed: null\n  temperature: 1\n  messages: []\n")

    assert file is not None
    assert json.dumps(file.prompt.block) == '{"max_tokens": 256.0, "seed": null, "temperature": 1, "messages": []}'
    assert file.prompt.metadata == {}
    assert file.prompt.description is None


def test_an_allowed_field_stays_where_it_is() -> None:
    text = "team: {a: [1]}\nprompt:\n  new_thing: {x: 1}\n  messages:\n    - {role: user, content: hello, foo: 1}\n"
    allowed = ["team", "prompt.new_thing", "prompt.messages.foo"]

    file, problems = one(text, allow_fields=allowed)

    assert problems == []
    assert file is not None
    assert file.prompt.extra == {"team": {"a": [1]}}
    assert file.prompt.block["new_thing"] == {"x": 1}
    assert file.prompt.block["messages"][0]["foo"] == 1
    assert [problem.line for problem in one(text)[1]] == [1, 3, 5]


KEY = "sk-orq-01jx-4f9a0Qm27LxTeR8dVbN3"


@pytest.mark.parametrize(
    ("text", "places"),
    [
        (HELLO.replace("hello", KEY), ["3:29"]),
        (HELLO.replace("hello", f"'say {KEY}, or {KEY}'"), ["3:29"]),
        (f"display_name: {KEY}\ndescription: {KEY}\n{HELLO}", ["1:15", "2:14"]),
        (HELLO.replace("hello", '"sk-\\x6frq-01jx-4f9a0Qm27LxTeR8dVbN3"'), ["3:29"]),
        (f"{HELLO}  verbosity: {KEY}\n", ["4:14"]),
        (f"{HELLO}  {KEY}: 1\n", ["4:37"]),
        (f"{HELLO}  model: a: {KEY}\n", ["4:11"]),
        (HELLO.replace("content: hello", "content_file: key.md"), ["3:34"]),
    ],
    ids=["value", "within-and-twice", "name-and-description", "escaped", "warned-of", "key", "no-yaml", "included"],
)
def test_a_key_of_the_service_is_told_where_it_stands_and_never_what_it_is(text: str, places: list[str]) -> None:
    file, problems = load_one(source(text), lambda key, name: f"Use {KEY}.")
    assert file is None
    assert [f"{problem.line}:{problem.column}" for problem in problems] == places
    assert KEY not in repr(problems)


def test_only_what_is_let_through_goes_to_the_service_besides(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key of ours that the shape and the noun of a file know is read, and nobody else hears of it."""

    @dataclass(frozen=True)
    class FrozenFile(PromptFile):
        frozen: bool = False

    class WithFrozen(schema.File, total=False):
        __pydantic_config__ = schema.File.__pydantic_config__  # type: ignore[attr-defined,misc]
        frozen: bool

    caches = (schema.adapter, schema._vocabulary, schema._hints)
    monkeypatch.setattr(schema, "File", WithFrozen)
    monkeypatch.setattr(loader, "PromptFile", FrozenFile)
    for cached in caches:
        cached.cache_clear()
    try:
        plain, _ = one(HELLO)
        file, problems = one(f"frozen: true\nteam: support\n{HELLO}", allow_fields=["team", "frozen", "not_there"])
    finally:
        for cached in caches:
            cached.cache_clear()
    assert problems == []
    assert plain is not None
    assert isinstance(file, FrozenFile)
    assert file.frozen
    assert file.prompt.extra == {"team": "support"}
    assert create_body(file.prompt, "Default") == create_body(plain.prompt, "Default") | {"team": "support"}


def test_a_warning_is_told_and_does_not_stand_in_the_way() -> None:
    file, problems = one("prompt:\n  reasoning_effort: hihg\n  messages: []\n")

    assert file is not None
    assert [(problem.line, problem.column, problem.severity, problem.hint) for problem in problems] == [
        (2, 21, "warning", "did you mean high?")
    ]


def test_a_text_that_is_cut_is_told_with_its_place() -> None:
    file, problems = one("description: Use issue #3\nprompt:\n  seed: 1 #low\n  messages: []\n")

    assert file is not None
    assert file.prompt.description == "Use issue"
    assert [(problem.place, problem.severity, problem.snippet) for problem in problems] == [
        ("prompts/Default/refund.yaml:1:24", "warning", "description: Use issue #3")
    ]


def test_what_git_left_in_an_included_text_is_refused_there(monkeypatch: pytest.MonkeyPatch) -> None:
    merge = "Be kind.\n<<<<<<< HEAD\nOne\n=======\nTwo\n>>>>>>> topic"
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 2"
    monkeypatch.setitem(TEXTS, "parts/merge.md", merge)
    monkeypatch.setitem(TEXTS, "pointer.md", pointer)
    names = ("pointer.md", "parts/merge.md", "parts/merge.md")
    messages = "".join(f"    - {{role: user, content_file: {name}}}\n" for name in names)

    file, problems = one(f"prompt:\n  messages:\n{messages}")

    assert file is None
    assert [(problem.place, problem.snippet) for problem in problems] == [
        ("prompts/Default/pointer.md:1:1", "version https://git-lfs.github.com/spec/v1"),
        ("prompts/Default/parts/merge.md:2:1", "<<<<<<< HEAD"),
    ]


@pytest.mark.parametrize(
    ("written", "hint"),
    [
        ("42", 'write "42"'),
        ("3.50", 'write "3.50"'),
        ("true", 'write "true"'),
        ("null", 'write "null" for the text, or remove the key'),
        ("~", 'write "~" for the text, or remove the key'),
        ("", "give it a text, or remove the key"),
    ],
)
def test_what_yaml_reads_as_no_text_is_shown_in_quotes(written: str, hint: str) -> None:
    _, problems = one(f"prompt:\n  messages: []\n  name: {written}\n")
    assert [(problem.line, problem.hint) for problem in problems] == [(3, hint)]


def test_a_long_line_is_cut_behind_its_place() -> None:
    _, problems = one(f"prompt:\n  messages: []\n  stop: ['{'x' * 1000}', 42, '{'y' * 100_000}']\n")

    (problem,) = problems
    assert problem.snippet is not None
    assert problem.snippet[problem.column - 1 :].startswith("42, 'yyy")
    assert len(problem.snippet) <= problem.column + 200


@pytest.mark.parametrize(
    ("text", "last"),
    [
        ("- no\n" * 50_000, "more than 1,000 problems; the rest of the file is not looked at"),
        (f"[{'no,' * 50_000}]", "more than 1,000 problems; the rest of the file is not looked at"),
        ("a: 1\n" * 50_000, "more than 1,000 problems; the rest of the file is not looked at"),
        (f"prompt:\n  messages:\n{ITEMS}", "more than 1,000 problems; the rest is not listed"),
        ("\n".join(f"key{n}: 1" for n in range(30_000)), "more than 1,000 problems; the rest is not listed"),
        (f"prompt: {{messages: [{'1,' * 50_000}]}}", "more than 1,000 problems; the rest is not listed"),
    ],
    ids=["words", "one line", "keys twice", "messages", "unknown keys", "messages in one line"],
)
def test_a_file_of_nothing_but_problems_costs_little(text: str, last: str) -> None:
    _, problems = one(text)

    assert last in [problem.message for problem in problems]
    assert len(problems) < 1010
    assert sum(len(problem.snippet or "") for problem in problems) < 8 << 20


def test_a_text_in_an_alias_is_taken_in_at_each_place() -> None:
    file, problems = one("prompt:\n  messages:\n    - &m {role: system, content_file: refund.system.md}\n    - *m\n")

    assert problems == []
    assert file is not None
    assert file.prompt.block["messages"] == [{"role": "system", "content": TEXTS["refund.system.md"]}] * 2
    assert file.includes == ("refund.system.md",)


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"one\ntwo\n", "one\ntwo"),
        (b"\xef\xbb\xbfone\r\ntwo\r\n", "one\ntwo"),
        (b"one\n\n", "one\n"),
        (b"one", "one"),
        (b"", ""),
        (b"\n", ""),
        (b"a\rb\n", "a\rb"),
    ],
)
def test_the_text_of_an_included_file(raw: bytes, text: str) -> None:
    assert included_text(raw, "x.md") == text


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"ok\n\xff", "the content_file x.md is not UTF-8: byte 0xff in line 2"),
        (b"\xef\xbb\xbf\n\n\xfe", "the content_file x.md is not UTF-8: byte 0xfe in line 3"),
        (b"a\0b", "the content_file x.md is no text: it holds a NUL character"),
    ],
)
def test_an_included_file_that_is_no_text(raw: bytes, message: str) -> None:
    with pytest.raises(IncludeError) as caught:
        included_text(raw, "x.md")
    assert caught.value.message == message


def test_all_errors_of_all_files_are_reported_at_once_and_in_order() -> None:
    sources = [
        source("prompt:\n  messages: {}\n  n: 1.5\n", "b"),
        source(HELLO, "ok"),
        source("prompt: [\n", "a"),
        source("prompt:\n  verbosity: loud\n  messages: []\n", "odd"),
    ]
    walk = [Problem("prompts/a.yaml", 0, 0, "said by the walk"), Problem("prompts/A.yaml", 0, 0, "a collision")]

    with pytest.raises(LoadError) as caught:
        load(sources, include, problems=walk)

    assert [(problem.file, problem.line) for problem in caught.value.problems] == [
        ("prompts/A.yaml", 0),
        ("prompts/a.yaml", 0),
        ("prompts/a.yaml", 2),
        ("prompts/b.yaml", 2),
        ("prompts/b.yaml", 3),
    ]
    assert caught.value.message == "5 problems in the prompt files"


def test_warnings_come_with_the_files() -> None:
    odd = source("prompt:\n  verbosity: loud\n  messages: []\n", "odd")
    noted = Problem("prompts/X.YAML", 0, 0, "not taken as a prompt", severity="warning")

    loaded = load([source(HELLO, "z"), odd], include, problems=[noted])

    assert list(loaded.files) == ["odd", "z"]
    assert [warning.file for warning in loaded.warnings] == ["prompts/X.YAML", "prompts/odd.yaml"]


def test_nothing_loads_to_nothing() -> None:
    assert load([], include) == Loaded({}, ())


@given(prompts())
def test_a_prompt_that_is_dumped_is_loaded_again(prompt: Prompt) -> None:
    document = {
        "display_name": prompt.display_name,
        "description": prompt.description,
        "metadata": prompt.metadata,
        prompt.dialect: prompt.block,
    }

    file, problems = one(quoted_dump(document))

    assert problems == []
    assert file is not None
    assert file.prompt == prompt


@given(documents(), st.data())
def test_no_damage_makes_it_raise(document: Any, data: st.DataObject) -> None:
    text = quoted_dump(document)
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(start, min(len(text), start + 8)))
        put = data.draw(
            st.sampled_from(["", "\n", "  ", "\t", ": ", "- ", '"', "{{", "]", "&a ", "*a", "!x ", "no", "<<: "])
        )
        text = text[:start] + put + text[end:]

    file, problems = one(text.encode("utf-8", "surrogatepass"))

    assert (file is None) == any(problem.severity == "error" for problem in problems)
    for problem in problems:
        assert problem.line >= 1
        assert problem.column >= 1
        assert problem.snippet is not None


@given(st.binary(max_size=80))
def test_no_bytes_make_it_raise(raw: bytes) -> None:
    file, problems = one(raw)
    assert file is None
    assert problems


def test_every_key_of_ours_is_a_field_of_the_file() -> None:
    assert schema.own_keys() <= {field.name for field in fields(PromptFile)}


EDITOR = Draft7Validator(prompt_schema())


def from_files(value: Any, data: st.DataObject) -> Any:
    """Some data of a prompt file, some of whose texts stand in files of their own."""
    if isinstance(value, list):
        return [from_files(item, data) for item in value]
    if not isinstance(value, dict):
        return value
    text = next((key for key in ("content", "text") if key in value), "")
    if isinstance(value.get(text), str) and data.draw(st.booleans()):
        value = {"content_file" if key == text else key: item for key, item in value.items()}
    return {key: from_files(item, data) for key, item in value.items()}


@given(documents(), st.data())
def test_what_a_file_may_say_is_what_the_schema_for_editors_takes(document: Any, data: st.DataObject) -> None:
    """Of a file that is YAML, is no copy of an API key, and whose `content_file` texts can be read."""
    document = from_files(document, data)
    if data.draw(st.booleans()):
        document = mutated(document, data) or {"prompt": None}

    file, problems = load_one(source(dump(document)), lambda key, name: "A text.")

    assert EDITOR.is_valid(document) == (file is not None), problems
