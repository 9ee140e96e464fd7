"""What is decided where only the order of keys, or the service's way of writing, differs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptsync.model.canonical import RULES_1, WITHOUT_ORDER, remote_hash, source_hash
from promptsync.model.compare import differences, expand
from promptsync.model.prompt import CLASSIC, CURRENT
from tests.factories import block, entry, fields, file, held, lock, plan, told, with_parameters, with_schema

if TYPE_CHECKING:
    from promptsync.model.lockfile import LockEntry, Lockfile
    from promptsync.model.prompt import Json, PromptFile, RemotePrompt

KEY = "Default/refund"
PROPERTIES = "prompt.response_format.json_schema.schema.properties"
NAME, AGE = {"type": "string"}, {"type": "number"}
ASKED, TURNED = {"n": NAME, "a": AGE}, {"a": AGE, "n": NAME}


def of(properties: Json, **more: Any) -> PromptFile:
    return file(content=with_schema(properties, **more))


def locked(one: LockEntry, **changes: Any) -> Lockfile:
    return replace(lock(refund=one), **changes)


def lost_order(asked: PromptFile, there: RemotePrompt) -> LockEntry:
    """The entry of a write whose answer did not keep the order of keys."""
    return entry(asked, there, remote=remote_hash(there, CURRENT, form=WITHOUT_ORDER))


def by_rules_1(asked: PromptFile, there: RemotePrompt) -> Lockfile:
    one = entry(asked, there)
    source, remote = source_hash(asked.prompt, RULES_1), remote_hash(there, CURRENT, asked.prompt, RULES_1)
    return locked(replace(one, source=source, remote=remote), canonical=1)


def test_keys_that_change_places_in_the_file_are_an_update() -> None:
    there = held(of(ASKED))
    made = plan([of(TURNED)], locked(entry(of(ASKED), there)), [there])
    assert told(made) == [("update", KEY, "id-1")]
    assert fields(made.changes[0]) == [(PROPERTIES, "replace", ASKED, TURNED)]
    assert list(made.changes[0].diff[0].after) == ["a", "n"]


def test_so_they_are_in_the_classic_dialect() -> None:
    asked, turned = (file(content=with_parameters(one), dialect=CLASSIC) for one in (ASKED, TURNED))
    made = plan([turned], locked(entry(asked, held(asked))), [held(asked)])
    assert [name for name, *_ in fields(made.changes[0])] == [
        "prompt_config.model_parameters.responseFormat.json_schema.schema.properties"
    ]


def test_an_order_that_changes_with_something_else_is_told_too() -> None:
    there = held(of(ASKED))
    made = plan([of(TURNED, temperature=0.5)], locked(entry(of(ASKED), there)), [there])
    assert {name for name, *_ in fields(made.changes[0])} == {PROPERTIES, "prompt.temperature"}


def test_keys_that_change_places_on_the_service_are_drift() -> None:
    base = locked(entry(of(ASKED), held(of(ASKED))))
    made = plan([of(ASKED)], base, [held(of(TURNED), version="v2")])
    assert told(made) == [("drift", KEY, "id-1")]
    assert fields(made.changes[0]) == [(PROPERTIES, "replace", TURNED, ASKED)]
    assert told(plan([of(TURNED)], base, [held(of(TURNED), version="v2")])) == [("adopt", KEY, "id-1")]


def test_offline_they_are_an_update() -> None:
    base = locked(entry(of(ASKED), held(of(ASKED))))
    assert told(plan([of(ASKED)], base, None)) == []
    assert told(plan([of(TURNED)], base, None)) == [("update", KEY, "id-1")]


def test_a_digest_covers_the_order() -> None:
    there = held(of(ASKED))
    base = locked(entry(of(ASKED), there))
    one, other = (
        plan([asked], base, [there]).changes[0].digest
        for asked in (of(ASKED, temperature=0.5), of(TURNED, temperature=0.5))
    )
    assert one != other
    digests = {plan([of(ASKED, n=2)], base, [held(of(one), version="v2")]).changes[0].digest for one in (ASKED, TURNED)}
    assert len(digests) == 2


def test_a_service_that_does_not_keep_the_order_has_none() -> None:
    there = held(of(TURNED))
    base = locked(lost_order(of(ASKED), there))
    assert told(plan([of(ASKED)], base, [there])) == []
    assert told(plan([of(ASKED)], base, [held(of(ASKED))])) == []
    edited = plan([of(ASKED, temperature=0.5)], base, [there])
    assert fields(edited.changes[0]) == [("prompt.temperature", "add", None, 0.5)]
    assert plan([of(ASKED)], base, [there]).refreshed == {}


def test_there_too_the_file_is_compared_with_the_lock_in_order() -> None:
    third = {**TURNED, "z": NAME}
    asked = {"z": NAME, **ASKED}
    there = held(of(third))
    made = plan([of({**ASKED, "z": NAME})], locked(lost_order(of(asked), there)), [there])
    assert told(made) == [("update", KEY, "id-1")]
    assert [name for name, *_ in fields(made.changes[0])] == [PROPERTIES]


def test_a_version_that_tells_another_order_was_not_changed() -> None:
    base = locked(entry(of(ASKED), held(of(ASKED))))
    made = plan([of(ASKED)], base, [held(of(TURNED))])
    assert (told(made), made.unchanged) == ([], 1)
    again = plan([of(ASKED)], locked(made.refreshed[KEY]), [held(of(TURNED))])
    assert (told(again), again.refreshed) == ([], {})


@pytest.mark.parametrize("there", [held(of(ASKED)), held(of(TURNED)), held(of(TURNED), version="v2")])
def test_a_lock_of_rules_1_is_read_as_ever_and_hashed_anew(there: RemotePrompt) -> None:
    for asked in (of(ASKED), of(TURNED)):
        base = by_rules_1(asked, held(of(ASKED)))
        assert told(plan([asked], base, None)) == []
        made = plan([asked], base, [there])
        assert (told(made), made.unchanged) == ([], 1)
        fresh = made.refreshed[KEY]
        assert (fresh.source, fresh.remote) == (source_hash(asked.prompt), remote_hash(there, CURRENT))
        again = plan([asked], locked(fresh), [there])
        assert (told(again), again.refreshed) == ([], {})


def test_an_entry_of_rules_1_in_a_lock_of_todays_is_known_all_the_same() -> None:
    """An apply of some keys leaves the others as they were, under the new number."""
    base = replace(by_rules_1(of(ASKED), held(of(ASKED))), canonical=2)
    assert told(plan([of(ASKED)], base, [held(of(ASKED))])) == []
    assert told(plan([of(ASKED)], base, [held(of(ASKED, n=2), version="v2")])) == [("drift", KEY, "id-1")]
    edited = plan([of(TURNED, n=2)], base, [held(of(ASKED))])
    assert {name for name, *_ in fields(edited.changes[0])} == {PROPERTIES, "prompt.n"}


def test_use_cases_in_another_order_are_the_same() -> None:
    asked, turned = (file(metadata={"use_cases": cases}) for cases in (["SQL", "Agents"], ["Agents", "SQL"]))
    base = by_rules_1(asked, held(asked))
    assert told(plan([asked], base, [held(turned)])) == []
    assert told(plan([turned], locked(entry(asked, held(asked))), [held(asked)])) == []


def test_a_renamed_file_is_known_by_a_hash_of_rules_1() -> None:
    asked = of(ASKED)
    moved = replace(asked, key="Default/Other/refund")
    assert told(plan([moved], by_rules_1(asked, held(asked)), [held(asked)])) == [
        ("move", "Default/Other/refund", "id-1")
    ]


LINES, TRIMMED = (block(messages=[{"role": "system", "content": text}]) for text in ("Be kind\n", "Be kind"))


def test_what_the_service_wrote_in_its_own_way_is_as_agreed() -> None:
    asked, there = file(content=LINES), held(file(content=TRIMMED))
    made = plan([asked], locked(entry(asked, there)), [there])
    assert (told(made), made.refreshed) == ([], {})


def test_an_edit_there_is_drift_that_tells_the_edit_alone() -> None:
    asked = file(content={**LINES, "temperature": 0.7})
    there = held(asked, content={**TRIMMED, "temperature": 0.699999988079071})
    edited = held(asked, content={**TRIMMED, "temperature": 0.5}, version="v2")
    made = plan([asked], locked(entry(asked, there)), [edited])
    assert told(made) == [("drift", KEY, "id-1")]
    assert fields(made.changes[0]) == [("prompt.temperature", "replace", 0.5, 0.7)]


def test_an_edit_here_is_an_update_even_of_the_writing() -> None:
    asked, there = file(content=LINES), held(file(content=LINES))
    made = plan([file(content=TRIMMED)], locked(entry(asked, there)), [there])
    assert fields(made.changes[0]) == [("prompt.messages[0].content", "replace", "Be kind\n", "Be kind")]


def test_both_changed_to_what_is_only_written_differently() -> None:
    base = locked(entry(file(), held(file())))
    made = plan([file(content={**LINES, "n": 2})], base, [held(file(content={**TRIMMED, "n": 2}), version="v2")])
    assert told(made) == [("adopt", KEY, "id-1")]


def test_a_description_that_was_trimmed_is_no_edit_where_the_service_tells_more() -> None:
    asked = file(description="D\n")
    base = locked(entry(asked, held(asked, description="D")))
    assert told(plan([asked], base, [held(asked, description="D", content=block(new_thing=1))])) == []
    assert told(plan([asked], base, [held(asked, description="E", content=block(new_thing=1))])) != []


WROTE = block(
    temperature=0.7, messages=[{"role": "system", "content": "Be kind\n"}, {"role": "user", "content": "Hi\n"}]
)
HOLDS = block(
    temperature=0.699999988079071,
    messages=[{"role": "system", "content": "Be kind"}, {"role": "user", "content": "Hi"}],
)


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        pytest.param({"n": 2}, {"prompt.n"}, id="a field put in"),
        pytest.param({"temperature": 0.8}, {"prompt.temperature"}, id="a number of 32 bits"),
        pytest.param(
            {"messages": [{"role": "system", "content": "Be right\n"}, WROTE["messages"][1]]},
            {"prompt.messages[0].content"},
            id="a text that is trimmed",
        ),
        pytest.param(
            {"n": 2, "messages": [{"role": "system", "content": "Be kind\n\n"}, WROTE["messages"][1]]},
            {"prompt.n", "prompt.temperature", "prompt.messages[0].content", "prompt.messages[1].content"},
            id="a newline and a field",
        ),
        pytest.param(
            {"messages": WROTE["messages"][:1]},
            {
                "prompt.temperature",
                "prompt.messages[0].content",
                "prompt.messages[1].role",
                "prompt.messages[1].content",
            },
            id="a message taken out",
        ),
    ],
)
def test_beside_an_edit_only_what_may_be_one_is_told(edit: Json, expected: set[str]) -> None:
    """What the service wrote in its own way is left out where the hash proves that the file said so before."""
    asked, there = file(content=WROTE), held(file(content=HOLDS))
    made = plan([file(content={**WROTE, **edit})], locked(entry(asked, there)), [there])
    assert {name for name, *_ in fields(made.changes[0])} == expected


def test_a_field_taken_out_and_a_description_beside_it() -> None:
    asked, there = file(content={**WROTE, "n": 2}), held(file(content={**HOLDS, "n": 2}))
    made = plan([file(content=WROTE, description="D")], locked(entry(asked, there)), [there])
    assert fields(made.changes[0]) == [("prompt.n", "remove", 2, None), ("description", "add", None, "D")]


@given(st.dictionaries(st.sampled_from(["temperature", "n", "top_p"]), st.sampled_from([0.1, 0.7, 1])), st.data())
def test_no_edit_of_the_file_is_left_out(parameters: Json, data: st.DataObject) -> None:
    contents = st.lists(st.sampled_from(["Be kind\n", "Be kind", "Hi\n"]), min_size=1, max_size=3)
    first, second = (
        block(**parameters, messages=[{"role": "system", "content": text} for text in data.draw(contents)])
        for _ in range(2)
    )
    second |= data.draw(st.sampled_from([{}, {"n": 3}]))
    asked, there = file(content=first), held(file(content=first))
    base = locked(entry(asked, there))
    exact = [] if first == second else differences(file(content=second).prompt, asked.prompt)
    made = plan([file(content=second)], base, [there])
    assert [item for change in made.changes for item in change.diff] == expand(exact)
