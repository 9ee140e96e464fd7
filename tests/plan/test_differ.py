"""The plan's table, row by row; then what must hold for any files, lock and service."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from promptsync.model.lockfile import Lockfile
from promptsync.model.prompt import CLASSIC, CURRENT
from promptsync.plan.base import own_fields
from promptsync.plan.changes import Adopt, Conflict, Create, Delete, Move, Orphan, Recreate, Update
from promptsync.plan.differ import Scope
from tests.factories import (
    MY_PROMPT,
    MY_PROMPT_ANSWERED,
    answered,
    block,
    classic,
    entry,
    fields,
    file,
    held,
    intent,
    lock,
    locked,
    plan,
    remote,
    told,
)

if TYPE_CHECKING:
    from promptsync.model.prompt import PromptFile, RemotePrompt

EXCLUSIVE = Scope("staging", exclusive=True)
KEY = "Default/refund"


def warm(**more: Any) -> PromptFile:
    """The file of `refund` after an edit."""
    return file(content=block(temperature=0.9, **more))


def test_a_new_file_is_created() -> None:
    made = plan([file(content=block(temperature=1, top_k=None), description="D", metadata={"language": "Dutch"})])
    assert told(made) == [("create", KEY, None)]
    assert made.changes[0].path == "Default"
    assert fields(made.changes[0]) == [
        ("path", "add", None, "Default"),
        ("display_name", "add", None, "refund"),
        ("metadata.language", "add", None, "Dutch"),
        ("prompt.model", "add", None, "openai/gpt-4o"),
        ("prompt.messages[0].role", "add", None, "system"),
        ("prompt.messages[0].content", "add", None, "Be kind"),
        ("prompt.temperature", "add", None, 1),
        ("description", "add", None, "D"),
    ]


def test_prompts_of_other_names_are_no_obstacle() -> None:
    assert told(plan([file()], service=[remote(name="Refund"), remote("id-2", "refunds")])) == [("create", KEY, None)]


def test_a_prompt_of_that_name_is_a_conflict() -> None:
    made = plan([warm()], service=[remote("id-1"), remote("id-2", content=block(temperature=0.9, top_k=5))])
    assert told(made) == [("conflict", KEY, None)]
    change = made.changes[0]
    assert isinstance(change, Conflict)
    assert change.reason == (
        "2 prompts of this name are already there: id-1 (differs in prompt.temperature), id-2 (says the same)"
    )
    assert change.hint == f"`promptsync adopt {KEY} ID` takes one of them over, `--create-twins` makes another one"
    assert change.candidates == ("id-1", "id-2")


def test_create_twins_makes_another_one() -> None:
    assert told(plan([file()], service=[remote()], create_twins=True)) == [("create", KEY, None)]


@pytest.mark.parametrize("create_twins", [True, False])
def test_an_exclusive_target_adopts_the_one_prompt_of_that_name(create_twins: bool) -> None:
    made = plan([warm()], service=[remote()], scope=EXCLUSIVE, create_twins=create_twins)
    assert told(made) == [("adopt", KEY, "id-1")]
    assert fields(made.changes[0]) == [("prompt.temperature", "add", None, 0.9)]


def test_what_only_the_service_has_of_an_adopted_prompt_is_its_own() -> None:
    made = plan([file()], service=[remote(content=block(top_k=5))], scope=EXCLUSIVE)
    assert told(made) == [("adopt", KEY, "id-1")]
    assert fields(made.changes[0]) == []


def test_an_exclusive_target_with_several_of_that_name_is_a_conflict() -> None:
    there = [remote("id-1", content=block(n=1)), remote("id-2", content=block(n=2))]
    assert told(plan([file()], service=there, scope=EXCLUSIVE)) == [("conflict", KEY, None)]


def test_an_exclusive_target_tells_namesakes_apart_by_content() -> None:
    here = [file("A/system", block(n=1)), file("B/system", block(n=2)), file("C/system", block(n=3))]
    there = [remote("id-2", "system", block(n=2)), remote("id-3", "system", block(n=3))]
    made = plan(here, service=there, scope=EXCLUSIVE)
    assert told(made) == [("create", "A/system", None), ("adopt", "B/system", "id-2"), ("adopt", "C/system", "id-3")]


def test_copies_that_an_exclusive_target_has_lost_are_each_put_in_its_place() -> None:
    here = [file("A/system"), file("B/system")]
    made = plan(here, service=[remote("id-2", "system"), remote("id-1", "system")], scope=EXCLUSIVE)
    assert told(made) == [("adopt", "A/system", "id-1"), ("adopt", "B/system", "id-2")]
    assert fields(made.changes[0]) == [("path", "add", None, "A")]
    assert fields(made.changes[1]) == [("path", "add", None, "B")]


def test_one_unmanaged_prompt_and_two_files_that_it_does_not_fit_is_a_conflict() -> None:
    here = [file("A/system", block(n=1)), file("B/system", block(n=2))]
    made = plan(here, service=[remote(name="system", content=block(n=3))], scope=EXCLUSIVE)
    assert told(made) == [("conflict", "A/system", None), ("conflict", "B/system", None)]


def test_a_prompt_of_another_target_is_managed() -> None:
    scope = Scope("staging", exclusive=True, elsewhere=frozenset({"id-1"}))
    assert told(plan([file()], service=[remote()], scope=scope)) == [("create", KEY, None)]


def test_a_prompt_that_this_lock_holds_is_managed() -> None:
    other = file("Default/Sub/refund")
    made = plan([file(), other], locked((other.key, entry(other, held(other)))), [held(other)])
    assert told(made) == [("create", KEY, None)]


def test_two_files_of_one_name_are_two_creates() -> None:
    assert told(plan([file("A/x"), file("B/x")])) == [("create", "A/x", None), ("create", "B/x", None)]


def test_an_unmanaged_prompt_without_a_file_is_never_touched() -> None:
    assert told(plan([], service=[remote()], prune=True, overwrite=("**",), scope=EXCLUSIVE)) == []


def test_nothing_changed() -> None:
    made = plan([file()], lock(refund=entry(file(), held(file()))), [held(file())])
    assert told(made) == []
    assert made.unchanged == 1
    assert made.refreshed == {}


def test_the_file_changed() -> None:
    made = plan([warm()], lock(refund=entry(file(), held(file()))), [held(file())])
    assert told(made) == [("update", KEY, "id-1")]
    assert fields(made.changes[0]) == [("prompt.temperature", "add", None, 0.9)]
    assert made.changes[0].path == "Default"


@pytest.mark.parametrize(
    ("here", "there"),
    [
        (block(), block(temperature=None)),
        (block(temperature=1), block(temperature=1.0)),
        (block(stop=[]), block()),
        (block(response_format={"type": "text"}), {"response_format": {"type": "text"}, **block()}),
    ],
)
def test_the_services_rewriting_is_no_difference(here: Any, there: Any) -> None:
    asked = file(content=here)
    made = plan([asked], lock(refund=entry(asked, held(asked))), [remote(content=there, version="v2")])
    assert told(made) == []


def test_the_documents_answer_is_no_difference() -> None:
    asked = file("Default/Prompts/MyPrompt", MY_PROMPT, dialect=CLASSIC, metadata={"language": "English"})
    sent = remote(name="MyPrompt", content=MY_PROMPT, dialect=CLASSIC, metadata={"language": "English"}, version="v1")
    fetched = remote(
        name="MyPrompt", content=MY_PROMPT_ANSWERED, dialect=CLASSIC, version="v1",
        metadata={"use_cases": ["Chatbots"], "language": "English"},
    )  # fmt: skip
    assert told(plan([asked], locked((asked.key, entry(asked, fetched))), [fetched])) == []
    # use_cases is what a person may have set: no field of a newer service
    late = plan([asked], locked((asked.key, entry(asked, sent))), [answered(fetched, metadata={"language": "English"})])
    assert told(late) == []
    assert late.refreshed == {}


def test_the_service_changed() -> None:
    there = held(file(), content=block(temperature=0.1), version="v2")
    made = plan([file()], lock(refund=entry(file(), held(file()))), [there])
    assert told(made) == [("drift", KEY, "id-1")]
    assert fields(made.changes[0]) == [("prompt.temperature", "remove", 0.1, None)]
    assert made.decided == ()


def test_a_change_of_the_services_own_field_is_drift_that_shows_it() -> None:
    before, after = held(file(), content=block(top_k=5)), held(file(), content=block(top_k=6), version="v2")
    made = plan([file()], lock(refund=entry(file(), before)), [after])
    assert told(made) == [("drift", KEY, "id-1")]
    assert fields(made.changes[0]) == [("prompt.top_k", "remove", 6, None)]
    decided = plan([file()], lock(refund=entry(file(), before)), [after], overwrite=("**",))
    assert told(decided) == [("adopt", KEY, "id-1")]


def test_both_changed_to_the_same() -> None:
    made = plan([warm()], lock(refund=entry(file(), held(file()))), [held(warm(), version="v2")])
    assert told(made) == [("adopt", KEY, "id-1")]
    assert fields(made.changes[0]) == []


def test_both_changed_otherwise() -> None:
    there = held(file(), content=block(temperature=0.1), version="v2")
    made = plan([warm()], lock(refund=entry(file(), held(file()))), [there])
    assert told(made) == [("conflict", KEY, "id-1")]
    assert fields(made.changes[0]) == [("prompt.temperature", "replace", 0.1, 0.9)]
    change = made.changes[0]
    assert isinstance(change, Conflict)
    assert change.reason == "changed here and on the service"


@pytest.mark.parametrize(
    ("overwrite", "action"),
    [("**", "update"), ("Default/*", "update"), (KEY, "update"), ("default/*", "conflict"), ("*", "conflict")],
)
def test_overwrite_decides_for_the_file(overwrite: str, action: str) -> None:
    there = held(file(), content=block(temperature=0.1), version="v2")
    made = plan([warm()], lock(refund=entry(file(), held(file()))), [there], overwrite=(overwrite,))
    assert told(made) == [(action, KEY, "id-1")]


def test_overwrite_brings_drift_back() -> None:
    there = held(file(), content=block(temperature=0.1), version="v2")
    made = plan([file()], lock(refund=entry(file(), held(file()))), [there], overwrite=("**",))
    assert told(made) == [("update", KEY, "id-1")]
    assert fields(made.changes[0]) == [("prompt.temperature", "remove", 0.1, None)]


def test_a_field_taken_out_of_the_file_is_an_update_that_clears_it() -> None:
    made = plan([file()], lock(refund=entry(warm(), held(warm()))), [held(warm())])
    assert fields(made.changes[0]) == [("prompt.temperature", "remove", 0.9, None)]


def test_the_services_own_fields_are_never_sent_or_cleared() -> None:
    there = held(file(), content=block(top_k=5, messages=[{"role": "system", "content": "Be kind", "name": "x"}]))
    base = lock(refund=entry(file(), there))
    assert base.prompts[KEY].added == ("prompt.messages[0].name", "prompt.top_k")
    assert fields(plan([warm()], base, [there]).changes[0]) == [("prompt.temperature", "add", None, 0.9)]
    longer = file(content=block(messages=[{"role": "user", "content": "Hi"}, {"role": "system", "content": "Be kind"}]))
    assert fields(plan([longer], base, [there]).changes[0]) == [
        ("prompt.messages[0].role", "add", None, "user"),
        ("prompt.messages[0].content", "add", None, "Hi"),
    ]


def test_deleted_on_the_service() -> None:
    made = plan([file()], lock(refund=entry(file(), held(file()))))
    assert told(made) == [("conflict", KEY, "id-1")]
    assert made.gone == 1
    change = made.changes[0]
    assert isinstance(change, Conflict)
    assert change.reason == "deleted on the service"


def test_deleted_on_the_service_and_wanted_back() -> None:
    made = plan([file()], lock(refund=entry(file(), held(file()))), overwrite=("**",))
    assert told(made) == [("recreate", KEY, "id-1")]
    change = made.changes[0]
    assert isinstance(change, Recreate)
    assert change.warnings == ("applications that call id-1 must be changed to the new id",)
    assert change.diff[0].field == "path"


def test_what_is_wanted_back_does_not_become_a_twin() -> None:
    base = lock(refund=entry(file(), held(file())))
    assert told(plan([file()], base, [remote("id-9")], overwrite=("**",))) == [("conflict", KEY, None)]
    assert told(plan([file()], base, [remote("id-9")], overwrite=("**",), create_twins=True)) == [
        ("recreate", KEY, "id-1")
    ]


def test_file_and_prompt_are_gone() -> None:
    made = plan([], lock(refund=entry(file(), held(file()))))
    assert told(made) == [("forget", KEY, "id-1")]


def test_an_orphan_is_a_warning() -> None:
    made = plan([], lock(refund=entry(file(), held(file()))), [held(file())])
    assert told(made) == [("orphan", KEY, "id-1")]
    assert made.decided == ()
    assert made.changes[0].warnings == (
        "the file is gone and the prompt stays on the service: `--prune` would delete it",
    )


def test_prune_deletes_an_orphan() -> None:
    made = plan([], lock(refund=entry(file(), held(file()))), [held(file())], prune=True)
    assert told(made) == [("delete", KEY, "id-1")]
    assert ("prompt.model", "remove", "openai/gpt-4o", None) in fields(made.changes[0])


def test_a_protected_prompt_is_never_deleted_even_without_its_file() -> None:
    kept = file(protected=True)
    made = plan([], lock(refund=entry(kept, held(kept))), [held(kept)], prune=True, overwrite=("**",))
    assert told(made) == [("orphan", KEY, "id-1")]
    assert made.changes[0].warnings == (
        "the file is gone and the prompt stays on the service: it is protected, "
        f"and `--prune` deletes it only after `promptsync lock unprotect {KEY}`",
    )


@pytest.mark.parametrize("prune", [True, False])
def test_an_orphan_that_changed_on_the_service_is_a_conflict(prune: bool) -> None:
    base, there = lock(refund=entry(file(), held(file()))), held(warm(), version="v2")
    assert told(plan([], base, [there], prune=prune)) == [("conflict", KEY, "id-1")]
    decided = "delete" if prune else "orphan"
    assert told(plan([], base, [there], prune=prune, overwrite=("**",))) == [(decided, KEY, "id-1")]


@pytest.mark.parametrize("change", [{"description": "edited"}, {"metadata": {"language": "Dutch"}}])
def test_an_orphan_whose_words_were_edited_without_a_new_version_is_not_deleted(change: Any) -> None:
    base, there = lock(refund=entry(file(), held(file()))), held(file(), **change)
    assert told(plan([], base, [there], prune=True)) == [("conflict", KEY, "id-1")]


def test_an_orphan_of_which_the_service_answers_more_is_no_conflict() -> None:
    base, there = lock(refund=entry(file(), held(file()))), held(file(), content=block(new=1))
    assert told(plan([], base, [there])) == [("orphan", KEY, "id-1")]


def test_a_new_prefix_moves_every_prompt() -> None:
    scope = Scope("default", path_prefix="/Team/")
    made = plan([file()], lock(refund=entry(file(), held(file()))), [held(file())], scope=scope)
    assert told(made) == [("update", KEY, "id-1")]
    assert made.changes[0].path == "Team/Default"
    assert fields(made.changes[0]) == [("path", "replace", "Default", "Team/Default")]


def test_a_file_under_the_root_has_the_prefix_as_its_path() -> None:
    assert plan([file("refund")], scope=Scope("x", path_prefix="Team")).changes[0].path == "Team"


def test_a_path_never_sent_equals_any_and_is_not_sent() -> None:
    base = lock(refund=entry(file(), held(file()), path=None))
    scope = Scope("default", path_prefix="Team")
    assert told(plan([file()], base, [held(file())], scope=scope)) == []
    made = plan([warm()], base, [held(file())], scope=scope)
    assert told(made) == [("update", KEY, "id-1")]
    assert made.changes[0].path is None
    assert [name for name, *_ in fields(made.changes[0])] == ["prompt.temperature"]
    same = plan([warm()], base, [held(warm(), version="v2")], scope=scope)
    assert told(same) == [("adopt", KEY, "id-1")]
    assert same.changes[0].path is None


def test_a_path_never_sent_is_sent_when_the_key_changes() -> None:
    made = plan([file("Default/new")], lock(refund=entry(file(), held(file()), path=None)), [held(file())])
    assert told(made) == [("move", "Default/new", "id-1")]
    assert fields(made.changes[0]) == [
        ("path", "add", None, "Default"),
        ("display_name", "replace", "refund", "new"),
    ]


def test_a_new_prefix_and_a_change_there_is_a_conflict() -> None:
    there = held(warm(), version="v2")
    made = plan([file()], lock(refund=entry(file(), held(file()))), [there], scope=Scope("x", path_prefix="Team"))
    assert told(made) == [("conflict", KEY, "id-1")]


def test_a_renamed_file_keeps_its_id() -> None:
    made = plan([file("Default/Support/refund")], lock(refund=entry(file(), held(file()))), [held(file())], prune=True)
    assert told(made) == [("move", "Default/Support/refund", "id-1")]
    change = made.changes[0]
    assert isinstance(change, Move)
    assert change.old_key == KEY
    assert fields(change) == [("path", "replace", "Default", "Default/Support")]


@pytest.mark.parametrize("name", [None, "Refund"])
def test_a_renamed_file_that_was_changed_there_too_is_a_conflict_and_not_deleted(name: str | None) -> None:
    before, after = file(name=name), file("Default/new", name=name)
    there = held(before, content=block(temperature=0.5), version="v2")
    made = plan([after], lock(refund=entry(before, held(before))), [there], prune=True)
    assert told(made) == [("conflict", "Default/new", "id-1")]
    change = made.changes[0]
    assert isinstance(change, Conflict)
    assert change.reason == "moved here and changed on the service"


@pytest.mark.parametrize("overwrite", [(), ("**",)])
def test_a_renamed_file_that_says_what_the_service_says_by_now_is_a_move(overwrite: tuple[str, ...]) -> None:
    """An adopt would leave the old key in the lock, with the same id."""
    before, after = file(name="Refund"), file("Default/new", block(temperature=0.9), name="Refund")
    there = held(after, version="v2")
    made = plan([after], lock(refund=entry(before, held(before))), [there], overwrite=overwrite)
    assert told(made) == [("move", "Default/new", "id-1")]
    assert fields(made.changes[0]) == []


def test_a_case_only_rename_is_a_move() -> None:
    made = plan([file("default/Refund")], lock(refund=entry(file(), held(file()))), [held(file())])
    assert told(made) == [("move", "default/Refund", "id-1")]
    assert fields(made.changes[0]) == [
        ("path", "replace", "Default", "default"),
        ("display_name", "replace", "refund", "Refund"),
    ]


def test_a_renamed_file_whose_prompt_is_gone_is_made_anew() -> None:
    made = plan([file("Default/new")], lock(refund=entry(file(), held(file()))), [])
    assert told(made) == [("create", "Default/new", None), ("forget", KEY, "id-1")]


def two_alike() -> tuple[Lockfile, list[RemotePrompt]]:
    one, two = file("Default/one"), file("Default/two")
    there = [held(one, "id-1"), held(two, "id-2")]
    return lock(one=entry(one, there[0]), two=entry(two, there[1])), there


@pytest.mark.parametrize("prune", [True, False])
def test_a_new_file_that_may_be_either_is_a_conflict_and_neither_is_deleted(prune: bool) -> None:
    base, there = two_alike()
    made = plan([file("Default/three")], base, there, prune=prune)
    assert told(made) == [
        ("orphan", "Default/one", "id-1"),
        ("conflict", "Default/three", None),
        ("orphan", "Default/two", "id-2"),
    ]
    change = made.changes[1]
    assert isinstance(change, Conflict)
    assert change.reason == "this new file may be one of the prompts whose files are gone: Default/one, Default/two"
    assert change.hint == "`promptsync mv OLD Default/three` keeps the id of one, `--create-twins` makes a new prompt"
    assert change.candidates == ("id-1", "id-2")


def test_create_twins_settles_that_too() -> None:
    base, there = two_alike()
    made = plan([file("Default/three")], base, there, prune=True, create_twins=True)
    assert told(made) == [
        ("delete", "Default/one", "id-1"),
        ("create", "Default/three", None),
        ("delete", "Default/two", "id-2"),
    ]


def test_a_renamed_folder_of_many_with_copies_in_it() -> None:
    old = [file(f"Old/{team}/{name}") for team in "abc" for name in ("system", "user")]
    there = [held(one, f"id-{number}") for number, one in enumerate(old)]
    base = locked(*((one.key, entry(one, two)) for one, two in zip(old, there, strict=True)))
    new = [file(one.key.replace("Old", "New")) for one in old]
    for service in (there, None):
        made = plan(new, base, service, prune=True)
        assert told(made) == [("move", one.key, f"id-{number}") for number, one in enumerate(new)]


def test_what_an_interrupted_run_made_is_adopted() -> None:
    made = plan([file()], service=[remote()], intents=[intent()])
    assert told(made) == [("adopt", KEY, "id-1")]
    assert fields(made.changes[0]) == []


def test_what_an_interrupted_run_made_is_updated_if_the_file_changed_since() -> None:
    made = plan(
        [file("Default/refund", block(temperature=0.9), name="Refunds")], service=[remote()], intents=[intent()]
    )
    assert told(made) == [("adopt", KEY, "id-1")]
    assert fields(made.changes[0]) == [
        ("display_name", "replace", "refund", "Refunds"),
        ("prompt.temperature", "add", None, 0.9),
    ]


def test_an_intent_that_made_nothing_is_a_create() -> None:
    older = remote(created="2025-12-31T23:59:54Z")
    assert told(plan([file()], service=[], intents=[intent()])) == [("create", KEY, None)]
    assert told(plan([file()], service=[older], intents=[intent()])) == [("conflict", KEY, None)]


def test_an_intent_that_any_of_several_may_have_met_is_a_conflict_even_with_create_twins() -> None:
    there = [remote("id-1"), remote("id-2")]
    for create_twins in (False, True):
        made = plan([file()], service=there, intents=[intent()], scope=EXCLUSIVE, create_twins=create_twins)
        assert told(made) == [("conflict", KEY, None)]
        change = made.changes[0]
        assert isinstance(change, Conflict)
        assert change.reason == (
            "an interrupted run may have made any of 2 prompts of this name: id-1 (says the same), id-2 (says the same)"
        )
        assert "create-twins" not in change.hint


def test_a_doubtful_prompt_is_not_given_to_another_file() -> None:
    there = [remote("id-1", content=block(n=2)), remote("id-2", content=block(n=1)), remote("id-3", content=block(n=2))]
    here = [file(content=block(n=2)), file("Other/refund", block(n=1))]
    made = plan(here, service=there, intents=[intent()], scope=EXCLUSIVE)
    assert told(made) == [("conflict", KEY, None), ("adopt", "Other/refund", "id-2")]


def test_an_intent_whose_file_is_gone_is_recorded() -> None:
    made = plan([], service=[remote()], intents=[intent()])
    assert told(made) == [("adopt", KEY, "id-1")]
    change = made.changes[0]
    assert isinstance(change, Adopt)
    assert (change.file, change.source, change.path, change.diff) == (None, "sha256:asked", "Default", ())


def test_an_intent_whose_file_is_gone_and_an_entry_that_is_gone_too_are_one_change() -> None:
    base = lock(refund=entry(file(), held(file(), "id-0")))
    assert told(plan([], base, [remote()], intents=[intent()])) == [("adopt", KEY, "id-1")]


def test_an_intent_whose_file_was_renamed_makes_no_duplicate() -> None:
    made = plan([file("Support/refund")], service=[remote(content=block(new=1))], intents=[intent()])
    assert told(made) == [("adopt", "Support/refund", "id-1")]
    assert fields(made.changes[0]) == [("path", "replace", "Default", "Support")]


def test_the_same_for_a_recreate() -> None:
    base = lock(refund=entry(file(), held(file(), "id-0")))
    made = plan([file("Support/refund")], base, [remote()], intents=[intent()])
    assert told(made) == [("forget", KEY, "id-0"), ("adopt", "Support/refund", "id-1")]


def test_an_interrupted_recreate_is_adopted() -> None:
    base = lock(refund=entry(file(), held(file(), "id-0")))
    made = plan([file()], base, [remote()], intents=[intent()])
    assert told(made) == [("adopt", KEY, "id-1")]


def test_an_intent_whose_key_is_locked_asks_for_nothing() -> None:
    base = lock(refund=entry(file(), held(file())))
    assert told(plan([file()], base, [held(file()), remote("id-2")], intents=[intent()])) == []


def test_intents_of_namesakes_are_told_apart_by_content() -> None:
    here = [file("A/x", block(n=1)), file("B/x", block(n=2)), file("C/x", block(n=3))]
    there = [remote("id-3", "x", block(n=3)), remote("id-2", "x", block(n=2))]
    intents = [intent(one.key, "x", one.folder) for one in here]
    expected = [("create", "A/x", None), ("adopt", "B/x", "id-2"), ("adopt", "C/x", "id-3")]
    assert told(plan(here, service=there, intents=intents)) == expected
    assert told(plan(here, service=there, intents=intents[::-1])) == expected


def test_copies_of_an_interrupted_run_are_adopted_and_put_in_their_place() -> None:
    here = [file("A/x"), file("B/x")]
    intents = [intent(one.key, "x", one.folder, "sha256:same") for one in here]
    made = plan(here, service=[remote("id-1", "x")], intents=intents)
    assert told(made) == [("adopt", "A/x", "id-1"), ("create", "B/x", None)]
    assert fields(made.changes[0]) == [("path", "add", None, "A")]


def test_two_attempts_of_one_create_that_both_came_through_are_a_conflict() -> None:
    intents = [intent(), intent(time=intent().time + 60)]
    made = plan([file()], service=[remote("id-1"), remote("id-2")], intents=intents)
    assert told(made) == [("conflict", KEY, None)]
    assert told(plan([file()], service=[remote("id-1")], intents=intents)) == [("adopt", KEY, "id-1")]


def test_a_service_that_answers_with_more_fields_is_no_drift() -> None:
    there = held(file(), content=block(new_thing=1, messages=[{"role": "system", "content": "Be kind", "id": "m1"}]))
    made = plan([file()], lock(refund=entry(file(), held(file()))), [there])
    assert told(made) == []
    assert made.refreshed[KEY].added == ("prompt.messages[0].id", "prompt.new_thing")
    assert told(plan([file()], lock(refund=made.refreshed[KEY]), [there])) == []
    assert plan([file()], lock(refund=made.refreshed[KEY]), [there]).refreshed == {}


def test_the_same_with_metadata_of_the_services_own() -> None:
    before = held(file(), metadata={"use_cases": ["Chatbots"], "language": "English"})
    after = answered(before, blocks={CURRENT: {**before.blocks[CURRENT], "new_thing": 1}})
    made = plan([file()], lock(refund=entry(file(), before)), [after])
    assert told(made) == []
    assert made.refreshed[KEY].added == ("metadata.language", "metadata.use_cases", "prompt.new_thing")


def test_a_service_that_begins_to_tell_its_default_language_is_no_drift() -> None:
    made = plan(
        [file()], lock(refund=entry(file(), held(file()))), [held(file(), metadata={"language": "English", "new": "x"})]
    )
    assert told(made) == []
    assert made.refreshed[KEY].added == ("metadata.language", "metadata.new")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({}, {"description": "edited"}),
        ({}, {"name": "edited"}),
        ({}, {"metadata": {"language": "Dutch"}}),
        ({}, {"metadata": {"use_cases": ["Chatbots"]}}),
        ({"metadata": {"language": "English"}}, {"metadata": {"language": "Dutch"}}),
        ({"metadata": {"use_cases": ["Chatbots"]}}, {"metadata": {"use_cases": ["Agents"]}}),
    ],
)
@pytest.mark.parametrize("more", [{}, {"new_thing": 1}])
def test_an_edit_of_words_without_a_new_version_is_drift(before: Any, after: Any, more: Any) -> None:
    base = lock(refund=entry(file(), held(file(), **before)))
    made = plan([file()], base, [held(file(), content=block(**more), **after)])
    assert told(made) == [("drift", KEY, "id-1")]


def test_an_edit_of_the_files_own_metadata_is_drift() -> None:
    asked = file(metadata={"language": "Dutch"}, description="D")
    base = lock(refund=entry(asked, held(asked)))
    changes: list[dict[str, Any]] = [{"metadata": {"language": "English"}}, {"metadata": {}}, {"description": None}]
    for change in changes:
        assert told(plan([asked], base, [held(asked, **change)])) == [("drift", KEY, "id-1")]


def test_a_default_language_that_the_lock_knows_stays_the_services_own() -> None:
    there = held(file(), metadata={"language": "English"})
    base = lock(refund=entry(file(), there))
    assert base.prompts[KEY].added == ("metadata.language",)
    assert told(plan([file()], base, [there])) == []
    assert [name for name, *_ in fields(plan([warm()], base, [there]).changes[0])] == ["prompt.temperature"]


def test_a_new_version_that_says_the_same_is_recorded() -> None:
    made = plan([file()], lock(refund=entry(file(), held(file()))), [held(file(), version="v2")])
    assert told(made) == []
    assert made.unchanged == 1
    assert made.refreshed[KEY].version == "v2"


def test_a_new_version_with_more_fields_is_drift() -> None:
    there = held(file(), content=block(top_k=5), version="v2")
    assert told(plan([file()], lock(refund=entry(file(), held(file()))), [there])) == [("drift", KEY, "id-1")]


def test_without_versions_the_hash_alone_decides() -> None:
    base = lock(refund=entry(file(), held(file(), version=None)))
    assert told(plan([file()], base, [held(file(), version=None)])) == []
    assert told(plan([file()], base, [held(file(), content=block(n=1), version=None)])) == [("drift", KEY, "id-1")]


def older(base: Lockfile) -> Lockfile:
    """The same written under other rules: no hash in it can be compared."""
    entries = {key: replace(one, source="sha256:old", remote="sha256:old") for key, one in base.prompts.items()}
    return replace(base, prompts=entries, canonical=0)


def test_a_lock_of_older_rules_is_no_drift() -> None:
    there = held(file(), metadata={"language": "English", "use_cases": ["Chatbots"]}, content=block(top_k=5))
    made = plan([file()], older(lock(refund=entry(file(), there))), [there])
    assert told(made) == []
    assert made.refreshed[KEY] == entry(file(), there)


def test_a_lock_of_older_rules_and_an_edit() -> None:
    base = older(lock(refund=entry(file(), held(file()))))
    assert told(plan([warm()], base, [held(file())])) == [("update", KEY, "id-1")]
    assert told(plan([file()], base, [held(file(), description="edited")])) == [("conflict", KEY, "id-1")]
    assert told(plan([file()], base, [held(warm(), version="v2")])) == [("conflict", KEY, "id-1")]
    assert told(plan([], base, [held(file())])) == [("orphan", KEY, "id-1")]
    assert told(plan([], base, [held(file())], prune=True)) == [("delete", KEY, "id-1")]


def test_a_classic_file_on_todays_service() -> None:
    asked = file(content=classic(model_parameters={"temperature": 1}), dialect=CLASSIC)
    there = remote(content=block(temperature=1))
    base = lock(refund=entry(asked, there))
    assert base.prompts[KEY].dialect == CURRENT
    assert told(plan([asked], base, [there])) == []
    edited = file(content=classic(model_parameters={"temperature": 0.5, "maxTokens": 5}), dialect=CLASSIC)
    assert fields(plan([edited], base, [there]).changes[0]) == [
        ("prompt_config.model_parameters.temperature", "replace", 1, 0.5),
        ("prompt_config.model_parameters.maxTokens", "add", None, 5),
    ]


def test_a_current_file_on_a_classic_service_is_told_in_its_own_words() -> None:
    there = remote(content=classic(), dialect=CLASSIC)
    base = lock(refund=entry(file(), there))
    assert told(plan([file()], base, [there])) == []
    edited = file(content=block(temperature=0.5, thinking={"type": "enabled", "budget_tokens": 2000}))
    assert fields(plan([edited], base, [there]).changes[0]) == [
        ("prompt.temperature", "add", None, 0.5),
        ("prompt.thinking.budget_tokens", "add", None, 2000),
    ]


@pytest.mark.parametrize(("dialect", "other"), [(CURRENT, CLASSIC), (CLASSIC, CURRENT)])
def test_a_service_that_changes_its_dialect_is_no_drift_and_hides_none_later(dialect: Any, other: Any) -> None:
    """With the hash of an absent block in the lock, no edit would ever be seen again."""
    asked = file()
    blocks = {CURRENT: block(), CLASSIC: classic()}
    before = remote(content=blocks[dialect], dialect=dialect)
    after = remote(content=blocks[other], dialect=other)
    made = plan([asked], lock(refund=entry(asked, before)), [after])
    assert told(made) == []
    assert made.refreshed[KEY].dialect == other
    edited = {**blocks[other], "messages": [{"role": "system", "content": "Be rude"}]}
    later = remote(content=edited, dialect=other, version="v2")
    assert told(plan([asked], lock(refund=made.refreshed[KEY]), [later])) == [("drift", KEY, "id-1")]


def test_an_answer_without_any_block_is_drift() -> None:
    empty = answered(held(file()), blocks={})
    assert told(plan([file()], lock(refund=entry(file(), held(file()))), [empty])) == [("drift", KEY, "id-1")]


def test_another_provider_in_the_file_is_an_update_even_where_the_answer_has_none() -> None:
    there = held(file(), content={**block(), "model": "gpt-4o"})
    base = lock(refund=entry(file(), there))
    assert told(plan([file()], base, [there])) == []
    made = plan([file(content={**block(), "model": "azure/gpt-4o"})], base, [there])
    assert told(made) == [("update", KEY, "id-1")]
    assert fields(made.changes[0]) == [("prompt.model", "replace", "gpt-4o", "azure/gpt-4o")]


def test_an_edit_of_a_further_field_there_is_drift() -> None:
    asked = file(extra={"team": "a"})
    base = lock(refund=entry(asked, held(asked, raw={"team": "a"})))
    assert told(plan([asked], base, [held(asked, raw={"team": "a"})])) == []
    made = plan([asked], base, [held(asked, raw={"team": "b"}, version="v2")])
    assert told(made) == [("drift", KEY, "id-1")]
    assert fields(made.changes[0]) == [("team", "replace", "b", "a")]


def test_only_shows_and_counts_what_it_names() -> None:
    here = [file("A/x", block(n=1)), file("A/y"), file("B/x", block(n=2))]
    base = locked((here[1].key, entry(here[1], held(here[1]))))
    gone = file("A/z", block(n=9), name="Z")
    base = replace(base, prompts={**base.prompts, gone.key: entry(gone, held(gone, "id-z"))})
    made = plan(here, base, [held(here[1]), held(gone, "id-z")], only=("A/*",), prune=True)
    assert told(made) == [("create", "A/x", None), ("delete", "A/z", "id-z")]
    assert (made.unchanged, made.locked) == (1, 2)


def test_only_the_new_key_of_a_move_is_enough() -> None:
    base = lock(refund=entry(file(), held(file())))
    new = file("Support/refund")
    assert told(plan([new], base, [held(file())], only=("Support/**",))) == [("move", new.key, "id-1")]
    assert told(plan([new], base, [held(file())], only=("Default/**",), prune=True)) == []


def test_offline_only_the_lock_is_known() -> None:
    base = lock(refund=entry(file(), held(file())))
    assert told(plan([file()], base, None)) == []
    assert told(plan([warm()], base, None)) == [("update", KEY, "id-1")]
    assert told(plan([file("Default/new")], Lockfile(), None)) == [("create", "Default/new", None)]
    assert told(plan([], base, None)) == [("orphan", KEY, "id-1")]
    assert told(plan([], base, None, prune=True)) == [("delete", KEY, "id-1")]
    moved = plan([file("Support/refund")], base, None)
    assert told(moved) == [("move", "Support/refund", "id-1")]
    assert fields(moved.changes[0]) == [("path", "replace", "Default", "Support")]
    assert moved.offline
    assert moved.gone == 0


def test_offline_another_name_is_told() -> None:
    made = plan([file(name="Refunds")], lock(refund=entry(file(), held(file()))), None)
    assert fields(made.changes[0]) == [("display_name", "replace", "refund", "Refunds")]


def _digests(**changes: Any) -> str:
    asked = changes.get("asked", warm())
    base = changes.get("base", entry(file(), held(file())))
    there = changes.get("there", held(file()))
    return plan([asked], lock(refund=base), [there], scope=changes.get("scope", Scope("default"))).changes[0].digest


@pytest.mark.parametrize(
    "change",
    [
        {"asked": warm(n=1)},
        {"asked": replace(warm(), protected=True)},
        {"scope": Scope("default", path_prefix="Team")},
        {"base": entry(file(), held(file()), version="v0")},
        {"base": entry(file(), held(file()), added=("prompt.top_k",))},
        {"base": entry(file(), held(file()), protected=True)},
        {"there": held(file(), version="v9")},
        {"there": held(file(), content=block(top_k=1))},
        {"there": held(file(), description="x")},
    ],
)
def test_a_digest_changes_with_what_it_rests_on(change: dict[str, Any]) -> None:
    assert _digests(**change) != _digests()


@pytest.mark.parametrize(
    "change",
    [
        {"asked": replace(warm(), file="elsewhere.yaml", includes=("x.md",))},
        {"asked": warm(top_k=None)},
        {"there": answered(held(file()), updated="2026-02-02", owner="x")},
        {"there": held(file(), content=block(top_k=None))},
    ],
)
def test_a_digest_stays_where_nothing_changed(change: dict[str, Any]) -> None:
    assert _digests(**change) == _digests()


def test_a_plans_digest_is_the_targets_too() -> None:
    assert plan([file()], scope=Scope("a")).digest != plan([file()], scope=Scope("b")).digest
    assert plan([file()]).digest != plan([file("x/y")]).digest


def test_what_a_plan_decides() -> None:
    made = plan(
        [file("A/new"), warm()],
        locked(
            (KEY, entry(file(), held(file()))),
            ("A/z", entry(file("A/z", block(n=9)), held(file("A/z", block(n=9)), "id-z"))),
        ),
        [held(file()), held(file("A/z", block(n=9)), "id-z")],
        prune=True,
    )
    assert [type(change) for change in made.decided] == [Create, Delete, Update]
    assert made.summary == {
        "create": 1, "update": 1, "move": 0, "adopt": 0, "recreate": 0, "delete": 1,
        "forget": 0, "drift": 0, "conflict": 0, "orphan": 0, "unchanged": 0,
    }  # fmt: skip


def test_own_fields_are_in_the_words_of_the_wire() -> None:
    asked = file(content=classic(), dialect=CLASSIC)
    assert own_fields(asked, remote(content=block(top_k=1)), CLASSIC) == ("prompt.top_k",)
    there = remote(content=classic(model_db_id="x"), dialect=CLASSIC, metadata={"language": "English"}, description="D")
    assert own_fields(file(), there, CURRENT) == ("description", "metadata.language", "prompt_config.model_db_id")


def test_a_deleted_orphan_is_not_an_orphan_twice() -> None:
    assert not any(isinstance(change, Orphan) for change in plan([], lock(a=entry(file(), held(file())))).changes)
