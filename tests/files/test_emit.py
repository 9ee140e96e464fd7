from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from promptsync.files.emit import Emitted, emit
from promptsync.files.loader import Source, included_text, load_one
from promptsync.model.canonical import canonical, source_hash
from promptsync.model.errors import PromptsyncError
from promptsync.model.json_schema import PROMPT_URL, modeline
from promptsync.model.lockfile import Lockfile, entry_for
from promptsync.model.prompt import CLASSIC, CURRENT, Dialect, Json, PromptFile, RemotePrompt
from promptsync.plan.base import own_fields
from promptsync.plan.differ import Scope, diff
from tests.factories import MY_PROMPT_ANSWERED

GOLDEN = Path(__file__).parents[1] / "golden" / "emit"

SYSTEM: Json = {"role": "system", "content": "Be kind"}


def remote(
    block: Json | None = None,
    dialect: Dialect = CURRENT,
    *,
    name: str = "refund",
    description: str | None = None,
    metadata: Json | None = None,
    **more: Json,
) -> RemotePrompt:
    given = block if block is not None else {"messages": [SYSTEM]}
    return RemotePrompt("01J0", name, description, metadata or {}, {dialect: given, **more})  # type: ignore[dict-item]


def with_content(content: Any, role: str = "user") -> RemotePrompt:
    return remote({"messages": [{"role": role, "content": content}]})


def load(emitted: Emitted, stem: str = "refund") -> PromptFile:
    """The prompt of an emitted file, which must load without a complaint but warnings."""

    def include(key: str, name: str) -> str:
        raise AssertionError(f"{key} would read {name}")

    source = Source(f"Default/{stem}", "refund.yaml", emitted.text.encode())
    file, problems = load_one(source, include, allow_fields=emitted.allow_fields)
    assert [problem for problem in problems if problem.severity == "error"] == []
    assert file is not None
    return file


def said(emitted: Emitted) -> str:
    """An emitted file behind its first line, which is the same in all."""
    return emitted.text.removeprefix(modeline(PROMPT_URL))


def written(content: str) -> str:
    """How a text stands in a file, from behind `content:`."""
    return emit(with_content(content), stem="refund").text.partition("content: ")[2]


LONG_TEXT = """\
You answer refund requests for {{shop}}.

Rules:
  1. Quote the policy: never invent one.
  2. Amounts are "as printed" # not rounded.
"""

EXAMPLES: dict[str, RemotePrompt] = {
    "MyPrompt": RemotePrompt(
        id="01J0",
        display_name="MyPrompt",
        description="Prompt Description",
        metadata={"use_cases": [], "language": "English"},
        blocks={CLASSIC: MY_PROMPT_ANSWERED},
    ),
    "structured-output": remote(
        {
            "messages": [
                {"content": "You read invoices: copy what is printed.", "role": "system"},
                {"content": [{"text": "{{invoice}}", "type": "text"}], "role": "user"},
            ],
            "response_format": {
                "type": "json_schema",
                "json_schema": {
                    "name": "invoice",
                    "strict": True,
                    "schema": {
                        "type": "object",
                        "additionalProperties": False,
                        "required": ["supplier", "no", "total"],
                        "properties": {
                            "supplier": {"type": "string", "default": None},
                            "no": {"type": ["string", "null"], "pattern": "^[0-9]{4}: #\\d+$"},
                            "total": {"type": "number", "maximum": 1e-7, "examples": [{}, []]},
                        },
                    },
                },
            },
            "temperature": 0,
            "guardrails": [],
            "seed": None,
            "model": "openai/gpt-4o",
            "version": "v1",
        },
        name="Invoice: extraction",
        metadata={"language": "English", "use_cases": ["Extraction", "Documents QA"]},
    ),
    "tool-calls": remote(
        {
            "model": "openai/gpt-4o",
            "tool_choice": "auto",
            "stop": ["---", "no"],
            "tools": [{"type": "function", "function": {"name": "get_order", "parameters": {"a": None}}}],
            "messages": [
                {"role": "user", "content": "Where is order A-1042?"},
                {
                    "role": "assistant",
                    "content": None,
                    "tool_calls": [
                        {
                            "id": "call_1",
                            "type": "function",
                            "function": {"name": "get_order", "arguments": '{"order_id": "A-1042"}'},
                        }
                    ],
                },
                {"role": "tool", "content": 'It\'s "in transit"', "tool_call_id": "call_1"},
            ],
        },
    ),
    "long-text": remote(
        {
            "model": "anthropic/claude-3-5-sonnet-20241022",
            "messages": [
                {"role": "system", "content": LONG_TEXT},
                {"role": "user", "content": "    indented, and no line end\nat the last line"},
                {"role": "user", "content": "one line that is too long for a line: " + "{{word}} " * 12 + "end"},
                {"role": "user", "content": "two line ends\n\n"},
                {"role": "assistant", "content": "a blank at the end: \n  and\ta tab\r\n\n"},
            ],
        },
        description="Yes: \u202ehidden",
    ),
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_file_reads_well(name: str) -> None:
    emitted = emit(EXAMPLES[name], stem=name)
    golden = GOLDEN / f"{name}.yaml"
    if os.environ.get("PROMPTSYNC_GOLDEN") == "write":
        golden.write_text(emitted.text, encoding="utf-8")

    assert emitted.text == golden.read_text(encoding="utf-8")


def test_the_first_line_names_the_schema_for_editors() -> None:
    assert emit(remote(), stem="refund").text.startswith(f"# yaml-language-server: $schema={PROMPT_URL}\nprompt:\n")


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_import_followed_by_a_plan_is_empty(name: str) -> None:
    held = EXAMPLES[name]
    emitted = emit(held, stem=name)

    file = load(emitted, name)
    entry = entry_for(file, held, emitted.dialect, None, own_fields(file, held, emitted.dialect))
    plan = diff({file.key: file}, Lockfile({file.key: entry}), {held.id: held}, Scope("default"))

    assert plan.changes == ()
    assert emitted.left_out == entry.added
    offline = diff({file.key: file}, Lockfile({file.key: entry}), None, Scope("default"))
    assert offline.changes == ()


def test_what_the_service_made_is_named() -> None:
    emitted = emit(EXAMPLES["MyPrompt"], stem="MyPrompt")

    assert emitted.dialect == CLASSIC
    assert emitted.left_out == ("prompt_config.model_db_id",)
    assert emitted.allow_fields == ()


def test_the_current_dialect_goes_first_where_both_are_answered() -> None:
    told = {"model": "gpt-4o", "provider": "openai", "model_type": "chat", "stream": False, "messages": [SYSTEM]}
    both = remote({"model": "openai/gpt-4o", "messages": [SYSTEM]}, prompt_config=told)

    assert emit(both, stem="refund").dialect == CURRENT


def test_the_classic_dialect_where_only_that_has_messages() -> None:
    both = remote({"messages": []}, prompt_config={"messages": [SYSTEM], "provider": "openai"})

    assert emit(both, stem="refund").dialect == CLASSIC


IMAGE: Json = {
    "model": "dall-e-3", "provider": "openai", "model_type": "image", "integration_id": "i-1",
    "model_parameters": {"numImages": 2, "quality": "hd"}, "messages": [{"role": "developer", "content": "A cat"}],
}  # fmt: skip


def test_the_block_that_says_more_is_written() -> None:
    derived = {"model": "openai/dall-e-3", "messages": [{"role": "system", "content": "A cat"}]}
    image = emit(remote(derived, prompt_config=IMAGE), stem="refund")
    rich = {"messages": [], "stop": ["x"], "max_completion_tokens": 9, "cache": {"type": "exact_match"}}
    chat = emit(remote(rich, prompt_config={"messages": [], "model_parameters": {"maxTokens": 9}}), stem="refund")

    assert (image.dialect, load(image).prompt.block) == (CLASSIC, IMAGE)
    assert (chat.dialect, load(chat).prompt.block) == (CURRENT, rich)


def test_of_two_blocks_that_say_all_the_one_whose_shape_is_known_is_written() -> None:
    """A classic `index` that comes through in the other block has a home in the classic one alone."""
    call = {"id": "c", "type": "function", "index": 0, "function": {"name": "f", "arguments": "{}"}}
    messages = [{"role": "assistant", "content": "Hi", "tool_calls": [call]}]
    held = remote({"messages": messages, "name": None}, prompt_config={"messages": messages})

    assert (emit(held, stem="refund").dialect, emit(held, stem="refund").allow_fields) == (CLASSIC, ())
    both = remote({"messages": [SYSTEM], "new": 1, "name": None}, prompt_config={"messages": [SYSTEM], "new": 1})
    assert (emit(both, stem="refund").dialect, emit(both, stem="refund").allow_fields) == (CURRENT, ("prompt.new",))


def test_two_blocks_of_which_none_says_all_are_left_out_with_what_each_lacks() -> None:
    with pytest.raises(PromptsyncError) as caught:
        emit(remote({"messages": [], "stop": ["x"]}, prompt_config={**IMAGE, "messages": []}), stem="refund")

    assert caught.value.message == (
        "the prompt “refund” (01J0) cannot be said in a file: its `prompt` does not say prompt_config.model, "
        "prompt_config.provider, prompt_config.model_type, prompt_config.integration_id, "
        "prompt_config.model_parameters.numImages and 1 more and its `prompt_config` does not say prompt.stop, "
        "which a write of it would take away"
    )


def test_a_block_that_is_none_is_left_out() -> None:
    odd = replace(remote(), raw={"prompt": {"messages": [SYSTEM]}, "prompt_config": "gone"})

    with pytest.raises(PromptsyncError, match="something else than a block there"):
        emit(odd, stem="refund")


def beside(held: RemotePrompt, max_bytes: int = 4000) -> Emitted:
    """Emitted into files of at most so many bytes, loaded again with the texts beside."""
    emitted = emit(held, stem="refund", max_bytes=max_bytes)
    texts = {name: included_text(text.encode(), name) for name, text in emitted.texts.items()}
    source = Source("Default/refund", "refund.yaml", emitted.text.encode())
    file, problems = load_one(source, lambda _key, name: texts[name], allow_fields=emitted.allow_fields)
    assert (problems, max(len(text.encode()) for text in (emitted.text, *emitted.texts.values())) <= max_bytes) == (
        [], True,
    )  # fmt: skip
    assert file is not None
    assert canonical(file.prompt) == canonical(held.prompt(emitted.dialect))
    return emitted


LONG = "A line of some length.\n" * 150


def test_what_would_be_too_large_has_its_longest_texts_in_files_beside_it() -> None:
    parts = [{"type": "text", "text": LONG[:-1]}, {"type": "text", "text": "short"}]
    messages = [SYSTEM, {"role": "user", "content": LONG}, {"role": "user", "name": "al", "content": parts}]

    emitted = beside(remote({"model": "a/b", "messages": messages}))

    assert emitted.texts == {"refund.2.md": LONG + "\n", "refund.3-1.md": LONG}
    assert (
        said(emitted)
        == """\
prompt:
  model: a/b
  messages:
    - role: system
      content: Be kind
    - role: user
      content_file: refund.2.md
    - role: user
      name: al
      content:
        - type: text
          content_file: refund.3-1.md
        - type: text
          text: short
"""
    )
    assert emit(remote({"messages": messages}), stem="refund", max_bytes=1 << 20).texts == {}


def test_a_text_that_no_file_gives_back_word_for_word_stays_in_the_prompt() -> None:
    crlf = {"role": "user", "content": LONG[:2000].replace("\n", "\r\n")}

    emitted = beside(remote({"messages": [crlf, {"role": "user", "content": LONG}]}))

    assert emitted.texts.keys() == {"refund.2.md"}


@pytest.mark.parametrize(
    "block",
    [
        {"messages": [{"role": "user", "content": "x" * 5000}]},
        {"messages": [{"role": "user", "content": "\r\n" * 2000}]},
        {"messages": [SYSTEM], "stop": ["x" * 5000]},
        {"messages": [SYSTEM] * 200},
    ],
)
def test_what_cannot_be_made_small_enough_is_left_out(block: Json) -> None:
    with pytest.raises(PromptsyncError, match=r"it is larger than `max_file_bytes`, which is 4,000"):
        emit(remote(block), stem="refund", max_bytes=4000)


def test_numbers_are_kept_to_the_digit() -> None:
    numbers = [2**53 + 1, -(2**64), 0.1, 1e22, 10**22]
    emitted = emit(remote({"messages": [SYSTEM], "seed": 2**63 - 1, "new": numbers}), stem="refund")

    block = load(emitted).prompt.block
    assert block["seed"] == 2**63 - 1
    assert [(type(one), one) for one in block["new"]] == [(type(one), one) for one in numbers]


def test_the_name_is_said_where_the_file_does_not_say_it() -> None:
    assert "display_name" not in emit(remote(name="Café"), stem="Café").text
    assert said(emit(remote(name="a/b"), stem="a-b")).startswith("display_name: a/b\n")
    assert said(emit(remote(name="Cafe\u0301"), stem="Cafe\u0301")).startswith("display_name: ")


def test_nothing_is_made_up_and_nothing_empty_is_said() -> None:
    block = {"model": None, "stop": [], "cache": {}, "messages": [SYSTEM | {"name": None}], "new": None}

    emitted = emit(remote(block, description="", metadata={"use_cases": [], "language": None}), stem="refund")

    assert said(emitted) == "prompt:\n  messages:\n    - role: system\n      content: Be kind\n"
    assert emitted.allow_fields == ()


def test_a_classic_message_without_content_says_so() -> None:
    call = {"type": "function", "function": {"name": "f", "arguments": "{}"}}

    emitted = emit(remote({"messages": [{"role": "assistant", "tool_calls": [call]}]}, CLASSIC), stem="refund")

    assert "content: null\n" in emitted.text
    load(emitted)


def test_unknown_fields_stay_as_they_are_and_are_named() -> None:
    block = {
        "messages": [{"role": "user", "content": [{"type": "text", "text": "Hi", "lang": {"a": None}}], "mood": []}],
        "new_thing": {"deep": [None, {}, {"x": []}]},
        "retry": {"count": 1, "jitter": True},
        "empty": {},
    }

    emitted = emit(remote(block, metadata={"team": "a"}), stem="refund")

    assert emitted.allow_fields == (
        "metadata.team",
        "prompt.messages.content.lang",
        "prompt.new_thing",
        "prompt.retry.jitter",
    )
    assert yaml.safe_load(emitted.text)["prompt"]["new_thing"] == block["new_thing"]


def test_the_order_of_a_file_is_that_of_the_shapes_and_messages_come_last() -> None:
    part = {"text": "Hi", "type": "text", "mood": "good"}
    message = {"tool_calls": [], "content": [part], "name": "a", "role": "assistant", "mood": "good"}
    block = {"messages": [message], "new": 1, "retry": {"on_codes": [500], "count": 1}, "top_p": 1, "model": "a/b"}

    emitted = emit(remote(block, description="why", metadata={"use_cases": ["Agents"], "language": "Dutch"}), stem="x")

    assert (
        said(emitted)
        == """\
display_name: refund
description: why
metadata:
  language: Dutch
  use_cases: [Agents]
prompt:
  model: a/b
  top_p: 1
  retry:
    count: 1
    on_codes: [500]
  new: 1
  messages:
    - role: assistant
      name: a
      content:
        - type: text
          text: Hi
          mood: good
      mood: good
"""
    )


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("plain, with {{variable}} and url http://x", "plain, with {{variable}} and url http://x"),
        ("{{variable}}", "'{{variable}}'"),
        ("", "''"),
        (" ", "' '"),
        ("no", "'no'"),
        ("1e3", "'1e3'"),
        ("2024-01-01", "'2024-01-01'"),
        ("12:30", "'12:30'"),
        ("a: b", "'a: b'"),
        ("it's: so", '"it\'s: so"'),
        ('say "it\'s" # so', "'say \"it''s\" # so'"),
        ("a\n", "|\n        a"),
        ("a\nb", "|-\n        a\n        b"),
        ("a\n\n\n", "|+\n        a\n\n"),
        ("\n a\n  b", "|2-\n\n         a\n          b"),
        ("# a\n--- b\n... c", "|-\n        # a\n        --- b\n        ... c"),
        ("\n\n", "|2+\n\n"),
        ("a \nb", "|-\n        a \n        b"),
        ("a\n b\t\n\nc\n", "|\n        a\n         b\t\n\n        c"),
        ("a\rb\x85c\u2028d\ufeffe\x07f\U000e0001", '"a\\rb\\Nc\\Ld\\ufeffe\\x07f\U000e0001"'),
        ("x" * 130, "|-\n        " + "x" * 130),
    ],
)
def test_how_a_text_is_written(content: str, expected: str) -> None:
    assert written(content) == expected + "\n"


def test_a_key_of_any_length_is_written() -> None:
    schema = {"k" * 2000: {"k\n" * 400: [[1, [2, {"a": 1}]]]}, "": None, "<<": {}, "on": "a: b\n"}
    response = {"type": "json_schema", "json_schema": {"name": "n", "schema": schema}}

    file = load(emit(remote({"messages": [SYSTEM], "response_format": response}), stem="refund"))

    assert file.prompt.block["response_format"]["json_schema"]["schema"] == schema


@pytest.mark.parametrize(
    ("number", "expected"),
    [(1, "1"), (0.7, "0.7"), (1e-7, "1.0e-07"), (-1.5e300, "-1.5e+300"), (2**63 - 1, "9223372036854775807")],
)
def test_how_a_number_is_written(number: float, expected: str) -> None:
    held = remote({"messages": [SYSTEM], "seed": number})

    emitted = emit(held, stem="refund")

    assert f"  seed: {expected}\n" in emitted.text
    assert canonical(load(emitted).prompt) == canonical(held.prompt(CURRENT))


API_KEY = "sk-orq-01jx-4f9a0Qm27LxTeR8dVbN3"
DEEP: Any = 1
for _ in range(900):
    DEEP = [DEEP]


@pytest.mark.parametrize(
    ("held", "message"),
    [
        (RemotePrompt("01J0", "refund", None, {}, {}), "the service's answer has neither `prompt` nor `prompt_config`"),
        (with_content("\ud800"), "half a character (U+D800), which YAML cannot carry (at prompt.messages[0].content)"),
        (with_content("a\0"), "a NUL character, which YAML cannot carry (at prompt.messages[0].content)"),
        (remote({"messages": [SYSTEM], "seed": 10**400}), "its number is too large to hold (at prompt.seed)"),
        (remote({"messages": [SYSTEM], "seed": float("nan")}), "it is no finite number, which JSON cannot carry"),
        (remote({"messages": [SYSTEM], "x": DEEP}), "it is nested deeper than 64 levels"),
        (remote({"messages": [SYSTEM], "temperature": 3}), "`temperature` is 3, expected at most 2"),
        (with_content("x", role="developer"), "`role` is 'developer', expected system, user, assistant or tool"),
        (remote({"messages": ["Hi"]}), "`messages[0]` is text, expected a mapping with `role`"),
        (remote({"messages": [SYSTEM], "x": [0] * 100_000}), "more than 100,000 values"),
        (remote({}), "the key `messages` is missing in `prompt`"),
        (remote(name="\x1b[2J" + "x" * 128), "`display_name` has 132 characters, expected at most 128"),
        (with_content(f"Call us with {API_KEY}."), "it holds an API key of orq.ai (at prompt.messages[0].content)"),
        (remote(name=" "), "`display_name` is empty, expected something in it"),
        (
            remote({"messages": [{"role": "user", "content_file": "../../.env"}]}),
            "`prompt.messages[0].content_file` would stand for the content of a file of yours",
        ),
        (
            with_content([{"type": "text", "content_file": "a"}]),
            "`prompt.messages[0].content[0].content_file` would stand for the content of a file of yours",
        ),
    ],
)
def test_what_cannot_be_said_is_refused_by_name(held: RemotePrompt, message: str) -> None:
    with pytest.raises(PromptsyncError) as caught:
        emit(held, stem="refund")

    assert message in caught.value.message
    assert "(01J0) cannot be said in a file: " in caught.value.message
    assert caught.value.message.isprintable()


CHARACTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
SPICE = st.sampled_from(
    [" ", "\n", "\t", "\r", "\r\n", "\x85", "\u2028", "\ufeff", "\xa0", "#", " #", ": ", ":", "- ", "-", "---", "...",
     "? ", "|", ">", "'", '"', "\\", "{{", "}}", "[", "]", ",", "&", "*", "!", "%", "@", "`", "~", "=", "<<", "no", "y",
     "null", "true", "0", "1", "_", ".", "e", "+", "0x", ":30", "日本", "🙂", "\u202e", "x" * 40]
)  # fmt: skip
TEXT = st.lists(SPICE | CHARACTERS, max_size=14).map("".join)
KEY = st.one_of(
    TEXT, st.sampled_from(["type", "content", "schema", "json_schema", "text", "k" * 1100, "version", "name"])
)
NUMBER = st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False)
ANY_JSON = st.recursive(
    st.none() | st.booleans() | NUMBER | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEY, inner, max_size=4),
    max_leaves=12,
)
UNKNOWN = st.dictionaries(
    KEY.map(lambda key: f"new{key}"),
    ANY_JSON,
    max_size=2,
)


def record(required: dict[str, Any], optional: dict[str, Any] | None = None) -> st.SearchStrategy[Json]:
    """A mapping with unknown fields beside the known ones, in any order."""
    known = st.fixed_dictionaries(required, optional=optional or {})
    both = st.builds(lambda one, other: {**other, **one}, known, UNKNOWN)
    return both.flatmap(lambda fields: st.permutations(list(fields.items())).map(dict))


TEXT_PART = record({"type": st.just("text"), "text": TEXT})
IMAGE_PART = record({"type": st.just("image_url"), "image_url": record({"url": TEXT})})
CALL = record({"id": TEXT, "type": st.just("function"), "function": record({"name": TEXT, "arguments": TEXT})})
CURRENT_MESSAGE = st.one_of(
    record({"role": st.just("system"), "content": TEXT}, {"name": TEXT | st.none()}),
    record({"role": st.just("user"), "content": TEXT | st.lists(TEXT_PART | IMAGE_PART, max_size=3)}),
    record(
        {"role": st.just("assistant")},
        {"content": TEXT | st.none() | st.lists(TEXT_PART, max_size=2), "tool_calls": st.lists(CALL, max_size=2)},
    ),
    record({"role": st.just("tool"), "content": TEXT}, {"tool_call_id": TEXT | st.none()}),
)
CLASSIC_MESSAGE = record(
    {"role": st.sampled_from(["system", "developer", "user", "assistant", "expected_output"])},
    {
        "content": TEXT | st.none() | st.lists(record({"type": st.just("text"), "text": TEXT}), max_size=2),
        "tool_calls": st.lists(CALL, max_size=2),
        "tool_call_id": TEXT | st.none(),
    },
)
SCHEMA = st.dictionaries(KEY, ANY_JSON, max_size=4)
RESPONSE_FORMAT = record(
    {"type": st.just("json_schema"), "json_schema": record({"name": TEXT, "schema": SCHEMA}, {"strict": st.booleans()})}
)
CURRENT_BLOCK = record(
    {"messages": st.lists(CURRENT_MESSAGE, max_size=4), "version": TEXT},
    {
        "model": TEXT | st.none(),
        "temperature": st.floats(0, 2) | st.none(),
        "max_tokens": st.integers(0, 2**60) | st.none(),
        "seed": NUMBER | st.none(),
        "stop": st.none() | TEXT | st.lists(TEXT, max_size=4),
        "response_format": RESPONSE_FORMAT,
        "fallbacks": st.lists(record({"model": TEXT}), max_size=2),
        "retry": record({}, {"on_codes": st.lists(st.integers(100, 599), min_size=1)}),
        "model_db_id": TEXT | st.none(),
    },
)
CLASSIC_BLOCK = record(
    {"messages": st.lists(CLASSIC_MESSAGE, max_size=4), "version": TEXT},
    {
        "model": TEXT | st.none(),
        "provider": TEXT | st.none(),
        "model_type": TEXT | st.none(),
        "model_db_id": TEXT | st.none(),
        "integration_id": TEXT | st.none(),
        "stream": st.booleans(),
        "model_parameters": record(
            {}, {"temperature": NUMBER, "dimensions": TEXT, "responseFormat": RESPONSE_FORMAT | st.none() | TEXT}
        ),
    },
)
NAME = TEXT.filter(lambda text: text.strip() and len(text) <= 128)
REMOTE = st.builds(
    lambda blocks, name, description, metadata: RemotePrompt("01J0", name, description, metadata, blocks),
    blocks=st.fixed_dictionaries({CURRENT: CURRENT_BLOCK}) | st.fixed_dictionaries({CLASSIC: CLASSIC_BLOCK}),
    name=NAME,
    description=st.none() | TEXT,
    metadata=record({}, {"language": TEXT | st.none(), "use_cases": st.lists(TEXT, max_size=3)}),
)


def held_without(remote: RemotePrompt, dialect: Dialect, left_out: tuple[str, ...]) -> Json:
    """What the service holds, without what the emitted file says that it leaves out."""
    content = canonical(remote.prompt(dialect))
    for name in left_out:
        del content[dialect][name.removeprefix(f"{dialect}.")]
    return content


@given(REMOTE, TEXT.filter(lambda text: "/" not in text) | st.none())
def test_a_file_says_exactly_what_the_service_holds(remote: RemotePrompt, other: str | None) -> None:
    stem = other if other is not None or "/" in remote.display_name else remote.display_name
    stem = "refund" if stem is None else stem

    emitted = emit(remote, stem=stem)
    file = load(emitted, stem)

    assert canonical(file.prompt) == held_without(remote, emitted.dialect, emitted.left_out)
    added = own_fields(file, remote, emitted.dialect)
    assert added == emitted.left_out
    assert emit(as_remote(file, emitted), stem=stem).text == emitted.text


def as_remote(file: PromptFile, emitted: Emitted) -> RemotePrompt:
    said = file.prompt
    return RemotePrompt("01J0", said.display_name, said.description, said.metadata, {emitted.dialect: said.block})


@given(TEXT)
@example("\n")
@example(" \n")
@example("\n \n")
@example("\n\n a")
@example("a\n \n")
def test_any_text_is_the_same_to_every_reader(text: str) -> None:
    emitted = emit(with_content(text), stem="refund")

    for loader in (yaml.SafeLoader, yaml.CSafeLoader):
        data = yaml.load(emitted.text, Loader=loader)
        assert data["prompt"]["messages"][0]["content"] == text
    assert load(emitted).prompt.block["messages"][0]["content"] == text
    if "content: |" not in emitted.text:
        assert not any(line.endswith((" ", "\t")) for line in emitted.text.split("\n"))


@given(ANY_JSON)
def test_any_schema_is_kept_to_the_letter(value: Any) -> None:
    schema = {"deep": [{"deeper": value}], "value": value}
    response = {"type": "json_schema", "json_schema": {"name": "n", "schema": schema}}
    held = remote({"messages": [SYSTEM], "response_format": response})

    file = load(emit(held, stem="refund"))

    assert source_hash(file.prompt) == source_hash(held.prompt(CURRENT))


@given(st.text(st.characters(), max_size=8))
def test_any_unicode_is_kept_or_refused(text: str) -> None:
    try:
        emitted = emit(with_content(text), stem="refund")
    except PromptsyncError:
        assert "\0" in text or any("\ud800" <= char <= "\udfff" for char in text)
    else:
        assert load(emitted).prompt.block["messages"][0]["content"] == text
