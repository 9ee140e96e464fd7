"""One prompt: what differs is told field by field, whatever a lockfile says; its protection is a change."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptsync.model.canonical import IN_ORDER, RULES_1, WITHOUT_ORDER, remote_hash, source_hash
from promptsync.model.compare import differences, expand, file_differences
from promptsync.model.prompt import CLASSIC, CURRENT
from promptsync.plan.wording import NOT_PROVED, OVERWRITES, UNPROTECTED
from tests.factories import block, entry, fields, file, held, lock, plan, told, with_parameters, with_schema

if TYPE_CHECKING:
    from promptsync.model.lockfile import LockEntry, Lockfile
    from promptsync.model.prompt import Json, PromptFile, RemotePrompt

KEY = "Default/refund"
PROPERTIES = "prompt.response_format.json_schema.schema.properties"
NAME, AGE = {"type": "string"}, {"type": "number"}
ASKED, TURNED = {"n": NAME, "a": AGE}, {"a": AGE, "n": NAME}
LINES, TRIMMED = (block(messages=[{"role": "system", "content": text}]) for text in ("Be kind\n", "Be kind"))


def of(properties: Json, **more: Any) -> PromptFile:
    return file(content=with_schema(properties, **more))


def locked(one: LockEntry, **changes: Any) -> Lockfile:
    return replace(lock(refund=one), **changes)


def properties_of(block: Json) -> Json:
    properties: Json = block["response_format"]["json_schema"]["schema"]["properties"]
    return properties


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
        in_order = list(properties_of(asked.prompt.block)) == list(properties_of(there.blocks[CURRENT]))
        form = IN_ORDER if in_order else WITHOUT_ORDER
        assert (fresh.source, fresh.remote) == (source_hash(asked.prompt), remote_hash(there, CURRENT, form=form))
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


def test_what_a_lock_without_order_says_is_still_compared() -> None:
    """No entry hides another value behind the order that it knows nothing of."""
    asked, there = of(ASKED, n=1), held(of(TURNED, n=2))
    for base in (locked(lost_order(asked, there)), by_rules_1(asked, there)):
        made = plan([asked], base, [there])
        assert told(made) == [("drift", KEY, "id-1")]
        assert ("prompt.n", "replace", 2, 1) in fields(made.changes[0])


def test_a_lock_in_order_hides_no_other_order() -> None:
    made = plan([of(ASKED)], locked(entry(of(ASKED), held(of(TURNED)))), [held(of(TURNED))])
    assert told(made) == [("drift", KEY, "id-1")]
    assert [name for name, *_ in fields(made.changes[0])] == [PROPERTIES]


def test_where_the_service_writes_differently_protection_is_a_change_of_the_lock_alone() -> None:
    asked = of(ASKED, messages=LINES["messages"])
    there = held(of(TURNED, messages=TRIMMED["messages"]))
    for base in (locked(lost_order(asked, there)), by_rules_1(asked, there)):
        (change,) = plan([replace(asked, protected=True)], base, [there]).changes
        assert (change.action, fields(change)) == ("update", [("protected", "replace", False, True)])
        assert not change.is_sent


def test_a_renamed_file_is_known_by_a_hash_of_rules_1() -> None:
    asked = of(ASKED)
    moved = replace(asked, key="Default/Other/refund")
    assert told(plan([moved], by_rules_1(asked, held(asked)), [held(asked)])) == [
        ("move", "Default/Other/refund", "id-1")
    ]


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


PLAIN, EDITED = file(content=block(temperature=0.2)), file(content=block(temperature=0.7))
AGREED = entry(PLAIN, held(PLAIN))
THEIRS = held(file(content=block(temperature=0.9)), version="v2")
"""What a colleague made of it since."""


@pytest.mark.parametrize("is_protected", [True, False])
@pytest.mark.parametrize("online", [True, False])
def test_protection_put_in_or_taken_out_is_an_update(is_protected: bool, online: bool) -> None:
    before = replace(AGREED, protected=not is_protected)
    there = [held(PLAIN)] if online else None
    made = plan([replace(PLAIN, protected=is_protected)], lock(refund=before), there)
    assert told(made) == [("update", KEY, "id-1")]
    (change,) = made.changes
    assert fields(change) == [("protected", "replace", not is_protected, is_protected)]
    assert (change.is_sent, made.refreshed) == (False, {})
    assert change.warnings == (() if is_protected else (UNPROTECTED,))


def test_beside_another_change_it_is_told_too() -> None:
    made = plan([EDITED], lock(refund=replace(AGREED, protected=True)), [held(PLAIN)])
    assert told(made) == [("update", KEY, "id-1")]
    assert [name for name, *_ in fields(made.changes[0])] == ["prompt.temperature", "protected"]
    assert made.changes[0].is_sent


def test_a_prompt_that_is_made_again_tells_it_too() -> None:
    (change,) = plan([PLAIN], lock(refund=replace(AGREED, protected=True)), [], overwrite=("**",)).changes
    assert (change.action, fields(change)[-1]) == ("recreate", ("protected", "replace", True, False))


def test_a_move_takes_it_along_or_tells_it() -> None:
    moved = file("Default/repay", content=block(temperature=0.2), name="refund")
    named = entry(replace(moved, key=KEY), held(moved), protected=True)
    (change,) = plan([moved], lock(refund=named), [held(moved)]).changes
    assert (change.action, fields(change)) == ("move", [("protected", "replace", True, False)])
    assert (change.is_sent, change.warnings) == (False, (UNPROTECTED,))


@pytest.mark.parametrize(("asked", "action"), [(PLAIN, "drift"), (EDITED, "conflict")], ids=["drift", "conflict"])
def test_what_is_left_alone_keeps_its_protection_and_says_so(asked: PromptFile, action: str) -> None:
    made = plan([asked], lock(refund=replace(AGREED, protected=True)), [THEIRS])
    assert told(made) == [(action, KEY, "id-1")]
    assert made.changes[0].warnings == (
        "the file takes away `protected: true`, which is recorded with the next write of this prompt",
    )


def forged(**changes: Any) -> LockEntry:
    return replace(AGREED, **changes)


HASHES = {"source": source_hash(PLAIN.prompt), "remote": remote_hash(THEIRS, CURRENT)}

ATTACKS = [
    ("the version bumped", PLAIN, forged(version="v2"), "drift"),
    ("the service's hash taken over", PLAIN, forged(remote=HASHES["remote"]), "drift"),
    ("both", PLAIN, forged(version="v2", remote=HASHES["remote"]), "drift"),
    ("both, and the hash of the new file", EDITED, forged(version="v2", remote=HASHES["remote"],
                                                          source=source_hash(EDITED.prompt)), "drift"),
    ("both, under an edited file", EDITED, forged(version="v2", remote=HASHES["remote"]), "update"),
    ("the version bumped under an edited file", EDITED, forged(version="v2"), "update"),
    ("nothing forged", EDITED, AGREED, "conflict"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "locked", "action"), [each[1:] for each in ATTACKS], ids=[each[0].replace(" ", "-") for each in ATTACKS]
)
def test_a_lockfile_that_was_edited_hides_nothing(asked: PromptFile, locked: LockEntry, action: str) -> None:
    made = plan([asked], lock(refund=locked), [THEIRS])
    assert told(made) == [(action, KEY, "id-1")]
    after = asked.prompt.block["temperature"]
    assert fields(made.changes[0]) == [("prompt.temperature", "replace", 0.9, after)]


def test_what_the_version_alone_excuses_is_warned_of() -> None:
    (change,) = plan([EDITED], lock(refund=forged(version="v2")), [THEIRS]).changes
    assert change.warnings == (NOT_PROVED,)
    (change,) = plan([EDITED], lock(refund=forged(version="v2")), [THEIRS], overwrite=("**",)).changes
    assert change.warnings == (NOT_PROVED,)
    (change,) = plan([PLAIN], lock(refund=forged(version="v2")), [THEIRS], overwrite=("**",)).changes
    assert change.warnings == (OVERWRITES,)


def test_what_the_service_newly_tells_is_no_reason_to_warn() -> None:
    (change,) = plan([EDITED], lock(refund=AGREED), [held(PLAIN, content=block(temperature=0.2, new=1))]).changes
    assert (change.action, change.warnings) == ("update", ())
    team = file(content=block(temperature=0.7), extra={"team": "a"})
    (change,) = plan([team], lock(refund=AGREED), [held(PLAIN, raw={"team": "b"})]).changes
    assert (change.action, change.warnings) == ("update", ())


def test_an_id_of_another_teams_prompt_shows_all_that_would_be_lost() -> None:
    other = held(file(name="payments", content=block(temperature=0.1)), "id-2", version="v7")
    swapped = entry(PLAIN, held(PLAIN, "id-2", version="v7"), remote=remote_hash(other, CURRENT))
    (change,) = plan([PLAIN], lock(refund=swapped), [other, held(PLAIN)], create_twins=True).changes
    assert (change.action, change.id) == ("drift", "id-2")
    assert fields(change) == [
        ("display_name", "replace", "payments", "refund"),
        ("prompt.temperature", "replace", 0.1, 0.2),
    ]


def test_a_delete_names_what_the_service_holds() -> None:
    other = held(file(name="payments"), "id-1")
    (change,) = plan([], lock(refund=forged(remote=remote_hash(other, CURRENT))), [other], prune=True).changes
    assert (change.action, change.display_name) == ("delete", "payments")


TEMPERATURES = st.sampled_from([0.2, 0.7, 0.9])


@given(
    asked=TEMPERATURES,
    there=TEMPERATURES,
    source=TEMPERATURES,
    remote=TEMPERATURES | st.none(),
    version=st.sampled_from(["v1", "v2", None]),
    rules=st.sampled_from([0, 1, 2]),
    overwrite=st.sampled_from([(), ("**",)]),
)
def test_no_entry_makes_two_that_differ_look_alike(
    asked: float, there: float, source: float, remote: float | None, version: str | None, rules: int, overwrite: Any
) -> None:
    """The diff is from what the service holds to what the file says, never from what the lockfile says."""
    wanted = file(content=block(temperature=asked))
    on_service = held(file(content=block(temperature=there)), version="v2")
    said = "sha256:0" if remote is None else remote_hash(held(file(content=block(temperature=remote))), CURRENT)
    one = forged(source=source_hash(file(content=block(temperature=source)).prompt), remote=said, version=version)
    made = plan([wanted], replace(lock(refund=one), canonical=rules), [on_service], overwrite=overwrite)
    differing = tuple(expand(file_differences(wanted, on_service, CURRENT, ())))
    assert [change.diff for change in made.changes if change.diff] == ([differing] if differing else [])
