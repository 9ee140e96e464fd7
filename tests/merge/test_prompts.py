"""What only the service changed comes into the file; what both changed is told; the service's rewriting is nothing."""

from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promptsync.files.loader import Source, load_one
from promptsync.files.yaml.editor import edit, text_of_file
from promptsync.files.yaml.edits import Edit, apply, get
from promptsync.merge.prompts import FieldConflict, Merged, document, merge
from promptsync.merge.texts import merge_texts
from promptsync.model.canonical import canonical
from promptsync.model.prompt import Prompt
from tests.factories import with_schema

BASE = Prompt(
    "Refund",
    "Answers refunds.",
    {"language": "English"},
    "prompt",
    {
        "model": "openai/gpt-4o",
        "temperature": 0.7,
        "messages": [
            {"role": "system", "content": "You help.\nBe kind.\nBe brief.\nBe right."},
            {"role": "user", "content": "{{question}}"},
        ],
    },
)


def changed(prompt: Prompt, **fields: Any) -> Prompt:
    block = copy.deepcopy(prompt.block) | fields
    return replace(prompt, block={name: value for name, value in block.items() if value is not None})


def say(prompt: Prompt, index: int, text: str) -> Prompt:
    messages = copy.deepcopy(prompt.block["messages"])
    messages[index]["content"] = text
    return changed(prompt, messages=messages)


def test_a_field_that_only_the_service_changed_is_brought_in() -> None:
    merged = merge(BASE, BASE, changed(BASE, temperature=0.2))

    assert merged.edits == [Edit(("prompt", "temperature"), "set", 0.2)]
    assert merged.conflicts == []


def test_a_field_that_only_the_file_changed_is_left_alone() -> None:
    merged = merge(BASE, changed(BASE, temperature=0.2), BASE)

    assert (merged.edits, merged.conflicts) == ([], [])


def test_a_field_that_both_changed_alike_is_no_conflict() -> None:
    merged = merge(BASE, changed(BASE, temperature=1), changed(BASE, temperature=1.0))

    assert (merged.edits, merged.conflicts) == ([], [])


def test_a_field_that_both_changed_is_a_conflict_with_both_sides() -> None:
    merged = merge(BASE, changed(BASE, temperature=0.2), changed(BASE, temperature=0.9))

    assert merged.edits == []
    assert merged.conflicts == [FieldConflict("prompt.temperature", 0.7, 0.2, 0.9)]


@pytest.mark.parametrize(
    ("resolve", "edits"), [("ours", []), ("theirs", [Edit(("prompt", "temperature"), "set", 0.9)])]
)
def test_a_conflict_can_be_decided(resolve: Any, edits: list[Edit]) -> None:
    merged = merge(BASE, changed(BASE, temperature=0.2), changed(BASE, temperature=0.9), resolve=resolve)

    assert (merged.edits, merged.conflicts) == (edits, [])
    assert merged.decided == [FieldConflict("prompt.temperature", 0.7, 0.2, 0.9)]


def test_name_description_and_metadata_are_merged_too() -> None:
    theirs = replace(BASE, display_name="Refunds", description=None, metadata={"language": "German"})

    assert merge(BASE, BASE, theirs).edits == [
        Edit(("display_name",), "set", "Refunds"),
        Edit(("metadata", "language"), "set", "German"),
        Edit(("description",), "remove"),
    ]


def test_what_the_service_rewrites_is_no_edit() -> None:
    theirs = replace(
        BASE,
        block={
            "top_p": None,
            "messages": [{"content": m["content"], "role": m["role"], "name": None} for m in BASE.block["messages"]],
            "temperature": 0.7,
            "model": "gpt-4o",
            "stop": [],
        },
    )

    assert merge(BASE, BASE, theirs, provider="openai").edits == []
    assert merge(theirs, BASE, BASE, provider="openai").edits == []


def test_the_services_own_fields_stay_its_own_and_a_persons_come_in() -> None:
    base = changed(BASE, top_k=40)
    theirs = changed(BASE, top_k=20, seed=7)

    merged = merge(base, BASE, theirs, added=["prompt.top_k"])

    assert merged.edits == [Edit(("prompt", "seed"), "set", 7)]
    assert merged.conflicts == []
    assert merged.left == ["prompt.top_k"]


def test_an_own_field_within_messages() -> None:
    messages = [{**message, "audio": {"id": "x"}} for message in BASE.block["messages"]]

    assert merge(BASE, BASE, changed(BASE, messages=messages), added=["prompt.messages[1].audio"]).edits == []


def test_a_field_taken_out_on_the_service_is_taken_out() -> None:
    theirs = replace(BASE, block={name: value for name, value in BASE.block.items() if name != "temperature"})

    assert merge(BASE, BASE, theirs).edits == [Edit(("prompt", "temperature"), "remove")]
    assert merge(BASE, changed(BASE, temperature=1), theirs).conflicts == [
        FieldConflict("prompt.temperature", 0.7, 1, None)
    ]


def test_lines_of_a_text_that_do_not_overlap_are_merged() -> None:
    ours = say(BASE, 0, "You help people.\nBe kind.\nBe brief.\nBe right.")
    theirs = say(BASE, 0, "You help.\nBe kind.\nBe brief.\nBe exact.\n")

    assert merge(BASE, ours, theirs).edits == [
        Edit(("prompt", "messages", 0, "content"), "set", "You help people.\nBe kind.\nBe brief.\nBe exact.\n")
    ]


def test_lines_that_overlap_are_a_conflict_of_the_text() -> None:
    ours, theirs = say(BASE, 0, "You help.\nBe nice.\nBe brief.\nBe right."), say(BASE, 0, "You help.\nBe sweet.")

    (conflict,) = merge(BASE, ours, theirs).conflicts

    assert conflict.field == "prompt.messages[0].content"
    assert conflict.theirs == "You help.\nBe sweet."


def test_deciding_keeps_the_lines_that_do_not_overlap() -> None:
    ours = say(BASE, 0, "You help people.\nBe kind.\nBe BRIEF.\nBe right.")
    theirs = say(BASE, 0, "You help.\nBe kind.\nBe short.\nBe right.")

    (edit,) = merge(BASE, ours, theirs, resolve="theirs").edits

    assert edit.value == "You help people.\nBe kind.\nBe short.\nBe right."
    kept = merge(BASE, ours, theirs, resolve="ours")
    assert (kept.edits, [one.field for one in kept.decided]) == ([], ["prompt.messages[0].content"])
    apart = say(BASE, 0, "You help.\nBe kind.\nBe brief.\nBe RIGHT.")
    assert merge(BASE, say(BASE, 0, "You HELP.\nBe kind.\nBe brief.\nBe right."), apart, resolve="ours").decided == []


def test_an_inserted_message_is_one_edit_and_no_cascade() -> None:
    new = {"role": "assistant", "content": "Sure."}
    theirs = changed(BASE, messages=[BASE.block["messages"][0], new, BASE.block["messages"][1]])

    assert merge(BASE, BASE, theirs).edits == [Edit(("prompt", "messages", 1), "insert", new)]


def test_messages_keep_their_place_when_the_file_has_more() -> None:
    one, two = BASE.block["messages"]
    ours = changed(BASE, messages=[one, {"role": "assistant", "content": "Example of ours."}, two])
    theirs = changed(BASE, messages=[one, {**two, "content": "Ask: {{question}}"}])

    merged = merge(BASE, ours, theirs)

    assert merged.edits == [Edit(("prompt", "messages", 2, "content"), "set", "Ask: {{question}}")]
    assert merged.conflicts == []


def test_a_message_taken_out_there_and_changed_here_is_a_conflict() -> None:
    one, two = BASE.block["messages"]
    ours = changed(BASE, messages=[one, {**two, "content": "Ask: {{question}}"}])

    merged = merge(BASE, ours, changed(BASE, messages=[one]))

    assert merged.edits == []
    assert merged.conflicts == [FieldConflict("prompt.messages[1]", two, {**two, "content": "Ask: {{question}}"}, None)]


def test_two_messages_put_in_at_one_place() -> None:
    mine, other = {"role": "assistant", "content": "Mine."}, {"role": "assistant", "content": "Other."}
    messages = BASE.block["messages"]
    ours, theirs = changed(BASE, messages=[*messages, mine]), changed(BASE, messages=[*messages, other])

    assert merge(BASE, ours, theirs).conflicts == [FieldConflict("prompt.messages[2]", None, mine, other)]
    assert merge(BASE, ours, ours).edits == []
    assert apply(document(ours), merge(BASE, ours, theirs, resolve="theirs").edits) == document(theirs)


def test_the_same_message_and_one_more() -> None:
    mine, other = {"role": "assistant", "content": "Mine."}, {"role": "user", "content": "More."}
    messages = BASE.block["messages"]

    merged = merge(BASE, changed(BASE, messages=[*messages, mine]), changed(BASE, messages=[*messages, mine, other]))

    assert (merged.edits, merged.conflicts) == ([Edit(("prompt", "messages", 3), "insert", other)], [])


def test_a_model_keeps_the_style_of_the_file() -> None:
    ours = BASE
    theirs = changed(BASE, model="claude-3")

    assert merge(BASE, ours, theirs, provider="anthropic").edits == [
        Edit(("prompt", "model"), "set", "anthropic/claude-3")
    ]


@pytest.mark.parametrize(
    ("block", "edits"),
    [
        ({"model": "openai/gpt-4o"}, [("model", "anthropic/claude-3")]),
        ({"model": "gpt-4o", "provider": "openai"}, [("model", "claude-3"), ("provider", "anthropic")]),
        (
            {"model": "openai/gpt-4o", "provider": "openai"},
            [("model", "anthropic/claude-3"), ("provider", "anthropic")],
        ),
    ],
)
def test_a_classic_model_of_another_provider(block: Any, edits: list[tuple[str, str]]) -> None:
    ours = Prompt("x", None, {}, "prompt_config", block)
    base = replace(ours, block={"model": "gpt-4o", "provider": "openai", "model_db_id": "1"})
    theirs = replace(ours, block={"model": "claude-3", "provider": "anthropic", "model_db_id": "2"})
    added = ["prompt_config.provider"]

    merged = merge(base, ours, theirs, added)

    assert sorted(merged.edits, key=lambda edit: edit.path) == [
        Edit(("prompt_config", name), "set", value) for name, value in edits
    ]
    assert merged.conflicts == []


def test_a_number_keeps_the_way_the_file_writes_it() -> None:
    (edit,) = merge(BASE, BASE, changed(BASE, temperature=1)).edits

    assert repr(edit.value) == "1.0"


def test_a_message_keeps_the_keys_that_its_shape_asks_for() -> None:
    ours = Prompt("x", None, {}, "prompt_config", {"messages": [{"role": "user", "content": "Hi"}]})
    call = {"role": "assistant", "content": None, "tool_calls": [{"id": "1"}]}
    theirs = replace(ours, block={"messages": [{"role": "user", "content": None}, call]})

    assert merge(ours, ours, theirs).edits == [
        Edit(("prompt_config", "messages", 1), "insert", call),
        Edit(("prompt_config", "messages", 0, "content"), "set", None),
    ]


def test_without_a_base_every_difference_is_a_conflict() -> None:
    theirs = changed(say(BASE, 1, "Other"), seed=1, temperature=None)

    merged = merge(None, BASE, theirs)

    assert merged.edits == []
    assert sorted(conflict.field for conflict in merged.conflicts) == [
        "prompt.messages[1].content",
        "prompt.seed",
        "prompt.temperature",
    ]
    assert merge(None, BASE, theirs, resolve="ours").edits == []
    decided = apply(document(BASE), merge(None, BASE, theirs, resolve="theirs").edits)
    assert decided["prompt"] == theirs.block


def test_without_a_common_dialect_the_block_as_a_whole_differs() -> None:
    theirs = replace(BASE, dialect="prompt_config", block={"model": "dall-e-3"}, display_name="Image")

    merged = merge(BASE, BASE, theirs)

    assert merged.edits == [Edit(("display_name",), "set", "Image")]
    assert sorted(conflict.field for conflict in merged.conflicts) == ["prompt", "prompt_config"]
    told = apply(document(BASE), merge(BASE, BASE, theirs, resolve="theirs").edits)
    assert "prompt" not in told
    assert told["prompt_config"] == {"model": "dall-e-3"}


@pytest.mark.parametrize(
    ("ours", "theirs", "merged"),
    [
        ("a\nb\nc", "a\nb\nc", "a\nb\nc"),
        ("A\nb\nc", "a\nb\nC", "A\nb\nC"),
        ("A\nb\nc", "a\nB\nc", None),
        ("a\nc", "a\nb\nc\nd", "a\nc\nd"),
        ("x\na\nb\nc", "a\nb\nc\ny", "x\na\nb\nc\ny"),
        ("a\nX\nc", "a\nX\nc", "a\nX\nc"),
        ("", "a\nb\nc", ""),
    ],
)
def test_texts(ours: str, theirs: str, merged: str | None) -> None:
    assert merge_texts("a\nb\nc", ours, theirs) == merged


WORDS = st.sampled_from(["a", "b", "c d", "a\nb", "a\nb\nc", "x\n\ny\n", "b\nc"])
LEAVES = WORDS | st.integers(0, 3) | st.sampled_from([0.5, 1.0, True, None])
MESSAGES = st.lists(
    st.fixed_dictionaries(
        {"role": st.sampled_from(["system", "user"]), "content": WORDS},
        optional={"name": WORDS, "tool_calls": st.lists(st.fixed_dictionaries({"id": WORDS, "n": LEAVES}), max_size=2)},
    ),
    max_size=4,
)
BLOCKS = st.fixed_dictionaries(
    {"messages": MESSAGES},
    optional={
        "temperature": LEAVES,
        "stop": st.lists(WORDS, max_size=3),
        "thinking": st.dictionaries(st.sampled_from("abc"), LEAVES, max_size=3),
        "fallbacks": st.lists(st.fixed_dictionaries({"model": WORDS}), max_size=2),
    },
)
PROMPTS = st.builds(
    Prompt,
    display_name=WORDS,
    description=st.none() | WORDS,
    metadata=st.dictionaries(st.sampled_from(["language", "use_cases"]), LEAVES, max_size=2),
    dialect=st.just("prompt"),
    block=BLOCKS,
)


def after(prompt: Prompt, edits: list[Edit]) -> Any:
    told = apply(document(prompt), edits)
    return canonical(replace(prompt, **{k: told.get(k) for k in ("display_name", "description")},
                             metadata=told["metadata"], block=told["prompt"]))  # fmt: skip


@given(PROMPTS, PROMPTS)
@settings(max_examples=300)
def test_when_only_the_service_changed_the_file_becomes_exactly_that(base: Prompt, theirs: Prompt) -> None:
    merged = merge(base, base, theirs)

    assert merged.conflicts == []
    assert after(base, merged.edits) == canonical(theirs)


@given(PROMPTS, PROMPTS)
def test_when_only_the_file_changed_there_is_nothing_to_do(base: Prompt, ours: Prompt) -> None:
    assert merge(base, ours, base) == merge(base, base, base)
    assert merge(base, base, base).edits == []


@given(PROMPTS, PROMPTS)
def test_when_both_say_the_same_there_is_nothing_to_do(base: Prompt, both: Prompt) -> None:
    merged = merge(base, both, copy.deepcopy(both))

    assert (merged.edits, merged.conflicts) == ([], [])


@given(PROMPTS, PROMPTS)
@settings(max_examples=300)
def test_without_a_base_the_service_can_be_taken_as_a_whole(ours: Prompt, theirs: Prompt) -> None:
    assert merge(None, ours, theirs).edits == []
    assert after(ours, merge(None, ours, theirs, resolve="theirs").edits) == canonical(theirs)


@given(PROMPTS, PROMPTS, PROMPTS)
@settings(max_examples=300)
def test_decided_for_the_file_or_not_decided_nothing_of_the_file_is_lost(
    base: Prompt, ours: Prompt, theirs: Prompt
) -> None:
    open_ = merge(base, ours, theirs)

    after(ours, open_.edits)
    after(ours, merge(base, ours, theirs, resolve="theirs").edits)
    if not open_.conflicts:
        assert merge(base, ours, theirs, resolve="ours").edits == open_.edits
        assert merge(base, ours, theirs, resolve="theirs").edits == open_.edits


@given(PROMPTS, PROMPTS, PROMPTS)
@settings(max_examples=300)
def test_changes_of_different_fields_are_united(base: Prompt, one: Prompt, other: Prompt) -> None:
    ours = replace(base, description=one.description, block={**base.block, "messages": one.block["messages"]})
    theirs = replace(other, description=base.description, block={**other.block, "messages": base.block["messages"]})

    merged = merge(base, ours, theirs)

    assert merged.conflicts == []
    united = replace(theirs, description=ours.description, block={**theirs.block, "messages": ours.block["messages"]})
    assert after(ours, merged.edits) == canonical(united)


CORPUS = sorted((Path(__file__).parent.parent / "corpus" / "yaml").glob("*.yaml"))
TEXTS = {"system.md": "First line.\r\nSecond line.\r\n", "part.txt": "One part\nof it"}


def load(data: bytes, texts: dict[str, str]) -> Prompt:
    found, problems = load_one(Source("k", "k.yaml", data), lambda _file, name: text_of_file(texts[name]))
    assert [problem for problem in problems if problem.severity == "error"] == []
    assert found is not None
    return found.prompt


@pytest.mark.parametrize("distance", [1, 7, 13, 20])
@pytest.mark.parametrize("index", range(len(CORPUS)), ids=[file.stem for file in CORPUS])
def test_a_file_takes_over_the_content_of_any_other(index: int, distance: int) -> None:
    raw = CORPUS[index].read_bytes()
    ours, theirs = load(raw, TEXTS), load(CORPUS[(index + distance) % len(CORPUS)].read_bytes(), TEXTS)
    resolve: Any = None if ours.dialect == theirs.dialect else "theirs"

    edited = edit(raw.decode(), merge(ours, ours, theirs, resolve=resolve).edits, texts=TEXTS)

    after = load(edited.text.encode(), TEXTS | edited.texts)
    assert canonical(after) == canonical(theirs)
    comments = [line for line in raw.decode().split("\n") if line.startswith("# ")]
    assert [line for line in edited.text.split("\n") if line.startswith("# ")] == comments


PROPERTIES = ("prompt", "response_format", "json_schema", "schema", "properties")


def of(names: str, **more: Any) -> Prompt:
    """A prompt that asks for JSON with one property for each letter, a capital for another type."""
    kinds = {name.lower(): {"type": "string" if name.islower() else "number"} for name in names}
    return replace(BASE, block=with_schema(kinds, **more))


def names_in(prompt: Prompt, edits: list[Edit]) -> str:
    found = get(apply(document(prompt), edits), PROPERTIES)
    return "".join(name if item["type"] == "string" else name.upper() for name, item in found.items())


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "after"),
    [
        pytest.param("abc", "abc", "cab", "cab", id="turned there"),
        pytest.param("abc", "cab", "abc", "cab", id="turned here"),
        pytest.param("abc", "cab", "cab", "cab", id="turned alike"),
        pytest.param("abc", "abc", "axbc", "axbc", id="put in there"),
        pytest.param("abc", "abxc", "abc", "abxc", id="put in here"),
        pytest.param("abc", "abxc", "aybc", "aybxc", id="put in on both sides"),
        pytest.param("abc", "abxc", "cab", "cabx", id="put in here and turned there"),
        pytest.param("abc", "cab", "abyc", "caby", id="turned here and put in there"),
        pytest.param("abc", "abc", "cBa", "cBa", id="turned and edited there"),
        pytest.param("abc", "abc", "ca", "ca", id="turned and taken out there"),
        pytest.param("abc", "bc", "cab", "cb", id="taken out here and turned there"),
    ],
)
def test_the_order_of_keys_below_a_schema_is_merged(base: str, ours: str, theirs: str, after: str) -> None:
    merged = merge(of(base), of(ours), of(theirs))

    assert merged.conflicts == []
    assert names_in(of(ours), merged.edits) == after


@pytest.mark.parametrize(("resolve", "after"), [("ours", "cab"), ("theirs", "bca"), (None, "cab")])
def test_an_order_that_both_changed_is_a_conflict(resolve: Any, after: str) -> None:
    merged = merge(of("abc"), of("cab"), of("bca"), resolve=resolve)

    assert [item.field for item in merged.conflicts] == ([".".join(PROPERTIES)] if resolve is None else [])
    assert names_in(of("cab"), merged.edits) == after


@given(
    st.permutations("abcde"), st.permutations("abcde"), st.text("abcde", min_size=1).map(lambda text: "".join({*text}))
)
def test_of_an_order_that_only_the_service_changed_nothing_is_left(
    ours: list[str], theirs: list[str], kept: str
) -> None:
    file, service = of("".join(ours)), of("".join(name for name in theirs if name in kept))

    merged = merge(file, file, service)

    assert merged.conflicts == []
    assert canonical(replace(file, block=apply(document(file), merged.edits)["prompt"])) == canonical(service)


LINES = "You help.\nBe kind.\n"


@pytest.mark.parametrize(
    ("base", "theirs", "after"),
    [
        pytest.param("You help.\nBe kind.", "You help.\nBe right.", "You help.\nBe right.\n", id="trimmed"),
        pytest.param("You help.\nBe kind.\n", "You help.\nBe right.\n", "You help.\nBe right.\n", id="kept"),
        pytest.param("You help.\nBe kind.\n", "You help.\nBe right.", "You help.\nBe right.", id="taken out there"),
    ],
)
def test_an_edit_beside_the_services_own_writing_is_no_conflict(base: str, theirs: str, after: str) -> None:
    merged = merge(say(BASE, 0, base), say(BASE, 0, LINES), say(BASE, 0, theirs))

    assert merged == Merged([Edit(("prompt", "messages", 0, "content"), "set", after)], [])


def test_what_the_service_only_wrote_differently_is_no_edit() -> None:
    held = changed(say(BASE, 0, LINES.strip()), temperature=0.699999988079071)

    assert merge(held, say(BASE, 0, LINES), held) == Merged([], [])
    assert merge(held, say(BASE, 0, LINES), changed(held, temperature=0.5)).edits == [
        Edit(("prompt", "temperature"), "set", 0.5)
    ]


def test_use_cases_keep_the_files_order() -> None:
    base, theirs = (replace(BASE, metadata={"use_cases": cases}) for cases in (["SQL", "Agents"], ["Chatbots", "SQL"]))

    assert merge(base, base, theirs).edits == [Edit(("metadata", "use_cases"), "set", ["SQL", "Chatbots"])]
    assert merge(base, base, replace(BASE, metadata={"use_cases": ["Agents", "SQL"]})).edits == []
