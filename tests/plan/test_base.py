"""What was agreed, and whether the service still holds it: the hash decides, then the version, then what people set."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptsync.model.canonical import remote_hash
from promptsync.model.prompt import CLASSIC, CURRENT
from promptsync.plan.base import changed_since, changed_without_file, own_fields, says_the_same, with_news
from tests.factories import MY_PROMPT, MY_PROMPT_ANSWERED, block, classic, entry, file, held

if TYPE_CHECKING:
    from promptsync.model.lockfile import LockEntry
    from promptsync.model.prompt import PromptFile, RemotePrompt

ENGLISH, DUTCH = {"language": "English"}, {"language": "Dutch"}
CHATBOTS, AGENTS = {"use_cases": ["Chatbots"]}, {"use_cases": ["Agents"]}
TOLD = {"description": "D", "metadata": {**DUTCH, **CHATBOTS}}


def agreed(asked: PromptFile, **there: Any) -> LockEntry:
    """The entry of a file that was written when the service held it, with `there` of its own."""
    return entry(asked, held(asked, **there))


def of_older_rules(one: LockEntry) -> LockEntry:
    """The same entry, hashed by rules that are no longer known."""
    return replace(one, source="sha256:old", remote="sha256:old")


PLAIN, TOLD_ALL, FURTHER = file(), file(**TOLD), file(extra={"team": "a"})

# What the file asks for, what of its own the service held then, what it answers now, and whether that is a change.
CHANGES: list[tuple[str, PromptFile, dict[str, Any], dict[str, Any], bool]] = [
    ("all is as it was", PLAIN, {}, {}, False),
    ("all that can be told is as it was", TOLD_ALL, {}, {}, False),
    ("same hash, another version", PLAIN, {}, {"version": "v2"}, False),
    ("same hash, no version any more", PLAIN, {}, {"version": None}, False),
    ("nulls and 1.0 for 1", file(content=block(top_k=1)), {}, {"content": block(top_k=1.0, seed=None)}, False),
    ("another block under another version", PLAIN, {}, {"content": block(top_k=1), "version": "v2"}, True),
    ("another block, and there are no versions", PLAIN, {"version": None}, {"content": block(top_k=1)}, True),
    ("a version vanished with another block", PLAIN, {}, {"content": block(top_k=1), "version": None}, True),
    ("a field newly told", PLAIN, {}, {"content": block(new_thing=1)}, False),
    ("a known field newly told", PLAIN, {}, {"content": block(top_k=1)}, False),
    (
        "a field of a message newly told",
        PLAIN,
        {},
        {"content": block(messages=[{**block()["messages"][0], "id": "m"}])},
        False,
    ),
    ("metadata of a new kind", PLAIN, {}, {"metadata": {"new": 1}}, False),
    ("the default language newly told", PLAIN, {}, {"metadata": ENGLISH}, False),
    ("both newly told", PLAIN, {}, {"metadata": ENGLISH, "content": block(new_thing=1)}, False),
    ("a field of its own no longer told", PLAIN, {"content": block(new_thing=1)}, {}, False),
    ("the default language no longer told", PLAIN, {"metadata": ENGLISH}, {}, False),
    ("the same content in other words", PLAIN, {}, {"content": block(model="gpt-4o")}, False),
    ("renamed", PLAIN, {}, {"name": "other"}, True),
    ("renamed, with news", PLAIN, {}, {"name": "other", "content": block(new_thing=1)}, True),
    ("a description", PLAIN, {}, {"description": "edited"}, True),
    ("an empty description", PLAIN, {}, {"description": ""}, False),
    ("a description, with news", PLAIN, {}, {"description": "edited", "content": block(new_thing=1)}, True),
    ("another description", TOLD_ALL, {}, {"description": "edited"}, True),
    ("no description", TOLD_ALL, {}, {"description": None}, True),
    ("another language", PLAIN, {}, {"metadata": DUTCH}, True),
    ("another language than the default", PLAIN, {"metadata": ENGLISH}, {"metadata": DUTCH}, True),
    ("another language than its own", PLAIN, {"metadata": DUTCH}, {"metadata": ENGLISH}, False),
    ("use cases", PLAIN, {}, {"metadata": CHATBOTS}, True),
    ("other use cases of its own", PLAIN, {"metadata": CHATBOTS}, {"metadata": AGENTS}, True),
    ("the file's language", TOLD_ALL, {}, {"metadata": {**ENGLISH, **CHATBOTS}}, True),
    ("the file's language is gone", TOLD_ALL, {}, {"metadata": CHATBOTS}, True),
    ("the file's use cases", TOLD_ALL, {}, {"metadata": {**DUTCH, **AGENTS}}, True),
    ("a further field is as it was", FURTHER, {"raw": {"team": "a"}}, {}, False),
    ("a further field", FURTHER, {"raw": {"team": "a"}}, {"raw": {"team": "b"}}, True),
    ("a further field is gone", FURTHER, {"raw": {"team": "a"}}, {"raw": {}}, True),
    ("a further field, with news", FURTHER, {"raw": {"team": "a"}}, {"raw": {}, "content": block(n=1)}, True),
    ("a further field newly told as asked", FURTHER, {}, {"raw": {"team": "a"}}, False),
    ("news besides a further field", FURTHER, {"raw": {"team": "a"}}, {"content": block(n=1)}, False),
    ("a field that no one asked for", PLAIN, {"raw": {"team": "a"}}, {"raw": {"team": "b"}}, False),
]


@pytest.mark.parametrize(
    ("asked", "before", "now", "is_change"),
    [each[1:] for each in CHANGES],
    ids=[each[0].replace(" ", "-") for each in CHANGES],
)
def test_what_is_a_change(asked: PromptFile, before: dict[str, Any], now: dict[str, Any], is_change: bool) -> None:
    assert changed_since(asked, agreed(asked, **before), held(asked, **{**before, **now}), comparable=True) == is_change


@pytest.mark.parametrize(
    ("team", "more", "is_change"),
    [("a", {}, False), ("b", {}, False), ("b", {"x": 1}, False), ("b", {"description": "edited"}, True)],
)
def test_a_further_field_that_the_file_asks_for_only_now_was_never_agreed(
    team: str, more: dict[str, Any], is_change: bool
) -> None:
    """What the service always held of it is no edit: the file's word is new."""
    now = (
        held(PLAIN, raw={"team": team}, content=block(**more))
        if "x" in more
        else held(PLAIN, raw={"team": team}, **more)
    )
    assert changed_since(FURTHER, agreed(PLAIN), now, comparable=True) == is_change


def test_what_a_service_adds_inside_a_further_field_is_its_own() -> None:
    asked = file(extra={"team": {"name": "a", "size": 1}})
    one = agreed(asked, raw={"team": {"name": "a", "size": 1}})
    for team, is_change in [
        ({"name": "a", "size": 1.0, "id": "t"}, False),
        ({"name": "b", "size": 1, "id": "t"}, True),
    ]:
        assert changed_since(asked, one, held(asked, raw={"team": team}), comparable=True) == is_change


# What differs where the hashes are by other rules: only what can be told without them is a change.
NOT_COMPARABLE: list[tuple[str, PromptFile, dict[str, Any], dict[str, Any], bool]] = [
    ("all is as it was", PLAIN, {}, {}, False),
    ("more is told", PLAIN, {}, {"content": block(top_k=1, new_thing=1)}, False),
    ("another version", PLAIN, {}, {"version": "v2"}, True),
    ("no version", PLAIN, {"version": None}, {}, True),
    ("renamed", PLAIN, {}, {"name": "other"}, True),
    ("a description", PLAIN, {}, {"description": "edited"}, True),
    ("the file's language", TOLD_ALL, {}, {"metadata": {**ENGLISH, **CHATBOTS}}, True),
    ("metadata of its own", PLAIN, {"metadata": {**DUTCH, **CHATBOTS}}, {}, False),
    (
        "other metadata of its own",
        PLAIN,
        {"metadata": {**DUTCH, **CHATBOTS}},
        {"metadata": {**ENGLISH, **AGENTS}},
        False,
    ),
    ("use cases that it had not", PLAIN, {"metadata": ENGLISH}, {"metadata": {**ENGLISH, **CHATBOTS}}, True),
    ("a further field", FURTHER, {"raw": {"team": "a"}}, {"raw": {"team": "b"}}, True),
]


@pytest.mark.parametrize(
    ("asked", "before", "now", "is_change"),
    [each[1:] for each in NOT_COMPARABLE],
    ids=[each[0].replace(" ", "-") for each in NOT_COMPARABLE],
)
def test_what_is_a_change_since_an_entry_of_older_rules(
    asked: PromptFile, before: dict[str, Any], now: dict[str, Any], is_change: bool
) -> None:
    one = of_older_rules(agreed(asked, **before))
    assert changed_since(asked, one, held(asked, **{**before, **now}), comparable=False) == is_change


def in_classic(asked: PromptFile, **changes: Any) -> RemotePrompt:
    """The same, answered in the classic dialect alone."""
    return held(asked, **{"content": classic(), "dialect": CLASSIC, **changes})


@pytest.mark.parametrize(
    ("changes", "is_change"),
    [
        ({}, False),
        ({"version": "v2"}, True),
        ({"name": "other"}, True),
        ({"description": "edited"}, True),
        ({"metadata": CHATBOTS}, True),
        ({"metadata": ENGLISH}, False),
    ],
)
def test_a_service_that_answers_the_other_dialect_is_judged_by_version_and_words(
    changes: dict[str, Any], is_change: bool
) -> None:
    assert changed_since(PLAIN, agreed(PLAIN), in_classic(PLAIN, **changes), comparable=True) == is_change


def test_metadata_of_its_own_is_no_change_in_the_other_dialect() -> None:
    """No hash tells whether it was the same."""
    one = agreed(PLAIN, metadata=CHATBOTS)
    assert not changed_since(PLAIN, one, in_classic(PLAIN, metadata=AGENTS), comparable=True)
    assert changed_since(PLAIN, one, held(PLAIN, metadata=AGENTS), comparable=True)


def test_one_of_both_dialects_is_judged_in_that_of_the_entry() -> None:
    one = entry(PLAIN, held(PLAIN))
    assert not changed_since(PLAIN, one, held(PLAIN, other=classic(provider="azure")), comparable=True)
    assert changed_since(PLAIN, one, held(PLAIN, content=block(n=1), version="v2", other=classic()), comparable=True)


# What the service answers now, whether that is a change where it only matters, and where the prompt is to be deleted.
WITHOUT_FILE: list[tuple[str, RemotePrompt, bool, bool]] = [
    ("as it was", held(PLAIN), False, False),
    ("same hash, another version", held(PLAIN, version="v2"), False, False),
    ("same hash, no version", held(PLAIN, version=None), False, False),
    ("another block under another version", held(PLAIN, content=block(n=1), version="v2"), True, True),
    ("another block and no version", held(PLAIN, content=block(n=1), version=None), True, True),
    ("renamed", held(PLAIN, name="other"), True, True),
    ("a field newly told", held(PLAIN, content=block(new_thing=1)), False, True),
    ("a description", held(PLAIN, description="edited"), False, True),
    ("metadata", held(PLAIN, metadata=ENGLISH), False, True),
    ("the other dialect", in_classic(PLAIN), False, False),
    ("the other dialect, renamed", in_classic(PLAIN, name="other"), True, True),
    ("the other dialect, another version", in_classic(PLAIN, version="v2"), True, True),
]
without_file = pytest.mark.parametrize(
    ("now", "matters", "deletes"),
    [each[1:] for each in WITHOUT_FILE],
    ids=[each[0].replace(" ", "-") for each in WITHOUT_FILE],
)


@without_file
def test_without_a_file_what_is_to_be_deleted_must_be_certain(now: RemotePrompt, matters: bool, deletes: bool) -> None:
    one = agreed(PLAIN)
    assert changed_without_file(one, now, comparable=True, deletes=False) == matters
    assert changed_without_file(one, now, comparable=True, deletes=True) == deletes


@without_file
def test_by_older_rules_version_and_name_are_all_there_is(now: RemotePrompt, matters: bool, deletes: bool) -> None:
    one = of_older_rules(agreed(PLAIN))
    for to_delete in (False, True):
        told = changed_without_file(one, now, comparable=False, deletes=to_delete)
        assert told == (now.version() != "v1" or now.display_name != "refund")


OWN: list[tuple[str, PromptFile, RemotePrompt, tuple[str, ...]]] = [
    ("nothing", PLAIN, held(PLAIN), ()),
    (
        "sorted",
        PLAIN,
        held(PLAIN, content=block(z=1, a=1), metadata=ENGLISH),
        ("metadata.language", "prompt.a", "prompt.z"),
    ),
    ("nulls and nothing", PLAIN, held(PLAIN, content=block(a=None, b=[], c={}), description=""), ()),
    ("what the file has too", file(content=block(a=1)), held(PLAIN, content=block(a=2)), ()),
    ("what the service has not", file(content=block(a=1)), held(PLAIN), ()),
    ("a description", PLAIN, held(PLAIN, description="D"), ("description",)),
    ("as a whole", PLAIN, held(PLAIN, content=block(a={"b": 1})), ("prompt.a",)),
    ("inside", file(content=block(a={"b": 1})), held(PLAIN, content=block(a={"b": 1, "c": 2})), ("prompt.a.c",)),
    (
        "no message",
        PLAIN,
        held(PLAIN, content=block(messages=[*block()["messages"], {"role": "user", "content": "?"}])),
        (),
    ),
    ("not asked for", PLAIN, held(PLAIN, raw={"team": "a"}), ()),
    ("in the words of the wire", PLAIN, in_classic(PLAIN, content=classic(x=1)), ("prompt_config.x",)),
]


@pytest.mark.parametrize(
    ("asked", "there", "added"), [each[1:] for each in OWN], ids=[each[0].replace(" ", "-") for each in OWN]
)
def test_what_only_the_service_has_is_its_own(asked: PromptFile, there: RemotePrompt, added: tuple[str, ...]) -> None:
    assert own_fields(asked, there, CURRENT) == added


def test_of_the_documents_own_example_the_id_of_the_model_is_the_services() -> None:
    asked = file(content=MY_PROMPT, dialect=CLASSIC)
    there = held(asked, content=MY_PROMPT_ANSWERED, version="05wlf2wpw1z83cxz")
    assert own_fields(asked, there, CLASSIC) == ("prompt_config.model_db_id",)
    assert not changed_since(asked, entry(asked, there), there, comparable=True)


NEWS: list[tuple[str, dict[str, Any], dict[str, Any], tuple[str, ...]]] = [
    ("nothing", {}, {}, ()),
    ("a field", {}, {"content": block(new_thing=1)}, ("prompt.new_thing",)),
    ("a known field", {}, {"content": block(top_k=1)}, ("prompt.top_k",)),
    ("besides what was known", {"content": block(a=1)}, {"content": block(a=1, b=1)}, ("prompt.a", "prompt.b")),
    ("inside of what was known", {"content": block(a={"x": 1})}, {"content": block(a={"x": 1, "y": 2})}, ("prompt.a",)),
    ("under another version", {}, {"content": block(new_thing=1), "version": "v2"}, ()),
    ("without versions", {"version": None}, {"content": block(new_thing=1)}, ()),
    ("the default language", {}, {"metadata": ENGLISH}, ("metadata.language",)),
    ("what a person may have set", {}, {"metadata": DUTCH, "description": "D"}, ()),
    ("that beside something new", {}, {"metadata": CHATBOTS, "content": block(new_thing=1)}, ("prompt.new_thing",)),
    ("metadata of a new kind", {}, {"metadata": {"new": 1}}, ("metadata.new",)),
]


@pytest.mark.parametrize(
    ("before", "now", "added"), [each[1:] for each in NEWS], ids=[each[0].replace(" ", "-") for each in NEWS]
)
def test_what_is_newly_told_becomes_the_services_own(
    before: dict[str, Any], now: dict[str, Any], added: tuple[str, ...]
) -> None:
    one = agreed(PLAIN, **before)
    assert with_news(PLAIN, one, held(PLAIN, **{**before, **now})) == replace(one, added=added)


@pytest.mark.parametrize(
    ("taken_out", "now", "added"),
    [
        ({"top_k": 1}, {"top_k": 1}, ()),
        ({"top_k": 1}, {"top_k": 1, "new_thing": 1}, ("prompt.new_thing",)),
        ({"top_k": 1}, {"top_k": 1, "seed": 1}, ()),
    ],
)
def test_a_field_that_was_taken_out_of_the_file_is_no_news(
    taken_out: dict[str, Any], now: dict[str, Any], added: tuple[str, ...]
) -> None:
    """It must be cleared. So where the file changed too, only what no file could have held is the service's own."""
    before = file(content=block(**taken_out))
    one = agreed(before)
    assert with_news(PLAIN, one, held(before, content=block(**now))).added == added


def test_the_same_of_the_parameters_of_a_classic_model() -> None:
    def with_parameters(**parameters: int) -> dict[str, Any]:
        return {"content": classic(model_parameters={"temperature": 1, **parameters}), "dialect": CLASSIC}

    before, now = file(**with_parameters(topK=1)), file(**with_parameters())
    there = held(before, **with_parameters(topK=1, newThing=1))
    assert with_news(now, agreed(before), there).added == ("prompt_config.model_parameters.newThing",)


MORE = st.dictionaries(
    st.sampled_from(["new_thing", "top_k", "seed", "x", "verbosity"]),
    st.none() | st.integers(0, 2) | st.just([]) | st.dictionaries(st.sampled_from("ab"), st.integers(0, 1), max_size=2),
    max_size=3,
)
ABOUT = st.fixed_dictionaries(
    {},
    optional={
        "description": st.sampled_from([None, "", "D", "E"]),
        "metadata": st.dictionaries(st.sampled_from(["language", "new"]), st.sampled_from(["English", "Dutch"])),
        "name": st.sampled_from(["refund", "other"]),
        "version": st.sampled_from([None, "v1", "v2"]),
    },
)


@given(MORE, MORE, ABOUT)
def test_what_was_just_recorded_is_never_a_change(asked_for: Any, more: Any, about: Any) -> None:
    asked = file(content=block(**asked_for))
    there = held(asked, **{**about, "content": block(**{**more, **asked_for})})
    one = entry(asked, there)
    assert not changed_since(asked, one, there, comparable=True)
    assert not changed_without_file(one, there, comparable=True, deletes=True)
    assert with_news(asked, one, there) == one


@given(MORE, ABOUT, ABOUT)
def test_what_is_certain_enough_to_delete_is_no_change_by_any_measure(more: Any, before: Any, now: Any) -> None:
    one = entry(PLAIN, held(PLAIN, **before))
    there = held(PLAIN, **{**before, **now, "content": block(**more)})
    if not changed_without_file(one, there, comparable=True, deletes=True):
        assert remote_hash(there, CURRENT) == one.remote
        assert not changed_without_file(one, there, comparable=True, deletes=False)
        assert not changed_since(PLAIN, one, there, comparable=True)


@given(MORE, MORE)
def test_whatever_a_service_tells_of_the_same_version_is_no_change_and_is_news_once(before: Any, now: Any) -> None:
    one = agreed(PLAIN, content=block(**before))
    there = held(PLAIN, content=block(**{**now, **before}))
    assert not changed_since(PLAIN, one, there, comparable=True)
    fresh = with_news(PLAIN, one, there)
    assert set(one.added) <= set(fresh.added)
    assert with_news(PLAIN, fresh, there) == fresh


def test_to_ask_changes_nothing() -> None:
    asked, there = file(**TOLD), held(file(**TOLD), content=block(new_thing={"a": 1}), metadata=AGENTS)
    one = agreed(asked)
    before = copy.deepcopy((asked.prompt, there, one))
    changed_since(asked, one, there, comparable=True)
    with_news(asked, one, there)
    own_fields(asked, there, CURRENT)
    assert (asked.prompt, there, one) == before


SAYS_THE_SAME: list[tuple[str, PromptFile, RemotePrompt, bool]] = [
    ("word for word", PLAIN, held(PLAIN), True),
    ("with fields of its own", PLAIN, held(PLAIN, content=block(top_k=1), metadata=ENGLISH), True),
    ("in other words", PLAIN, held(PLAIN, content=block(model="gpt-4o", top_k=1)), True),
    ("in the other dialect", PLAIN, in_classic(PLAIN), True),
    ("another value", file(content=block(temperature=0.2)), held(file(content=block(temperature=0.9, top_k=1))), False),
    ("another name", PLAIN, held(PLAIN, name="other"), False),
    ("another value in the other dialect", file(content=block(temperature=0.2)), in_classic(PLAIN), False),
]


@pytest.mark.parametrize(
    ("asked", "there", "is_same"),
    [each[1:] for each in SAYS_THE_SAME],
    ids=[each[0].replace(" ", "-") for each in SAYS_THE_SAME],
)
def test_what_says_the_same_is_found_out_without_the_hashes_of_the_entry(
    asked: PromptFile, there: RemotePrompt, is_same: bool
) -> None:
    one = replace(entry(asked, there), source="sha256:forged", remote="sha256:forged")
    assert says_the_same(asked, one, there) == is_same
