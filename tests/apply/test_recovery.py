"""What becomes of writes that an interrupted run had begun, by what the service holds now."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from promptsync.apply.journal import Recovered
from promptsync.apply.recovery import OLD, Recovery, recover_writes, recovery_notes, still_open
from promptsync.plan.changes import Begun
from tests.factories import block, entry, file, held, intent, locked, plan
from tests.factories import told as changes

OLD_FILE = file("Default/a", block(temperature=0.1))
ASKED = file("Default/a", block(temperature=0.5))
SINCE = file("Default/a", block(temperature=0.9))
BEFORE = held(OLD_FILE, "id-a")
ENTRY = entry(OLD_FILE, BEFORE)
DONE = held(ASKED, "id-a", version="v2")


def begun(action: str = "update", key: str = "Default/a", **about: Any) -> Begun:
    return Begun(**{"action": action, "key": key, "id": "id-a", "time": 5.0, "asked": ASKED.prompt, **about})


def test_an_update_that_was_carried_out_is_recorded() -> None:
    recovery = recover_writes(locked(("Default/a", ENTRY)), {"id-a": DONE}, [begun(path="Default")])

    assert recovery.lock.prompts == {"Default/a": entry(ASKED, DONE)}
    assert recovery.notes == ("update of Default/a (id-a): it was carried out, and is recorded now",)


def test_so_a_file_that_changed_again_is_an_update_and_no_conflict() -> None:
    lock = locked(("Default/a", ENTRY))
    assert changes(plan([SINCE], lock, [DONE])) == [("conflict", "Default/a", "id-a")]

    recovery = recover_writes(lock, {"id-a": DONE}, [begun()])

    assert changes(plan([SINCE], recovery.lock, [DONE])) == [("update", "Default/a", "id-a")]
    assert changes(plan([OLD_FILE], recovery.lock, [DONE])) == [("update", "Default/a", "id-a")]
    assert changes(plan([ASKED], recovery.lock, [DONE])) == []


def test_an_update_that_was_not_carried_out_changes_nothing() -> None:
    lock = locked(("Default/a", ENTRY))

    recovery = recover_writes(lock, {"id-a": BEFORE}, [begun()])

    assert recovery.lock == lock
    assert recovery.notes == ("update of Default/a (id-a): it was not carried out, or not alone",)


def test_what_someone_else_changed_since_stays_theirs() -> None:
    lock = locked(("Default/a", ENTRY))
    theirs = held(ASKED, "id-a", content=block(temperature=0.5, seed=1, messages=[]), version="v3")

    assert recover_writes(lock, {"id-a": theirs}, [begun()]).lock == lock


def test_a_cleared_field_that_still_has_its_value_was_not_cleared() -> None:
    lock = locked(("Default/a", ENTRY))
    there = held(ASKED, "id-a", content=block(temperature=0.5, seed=7))

    assert recover_writes(lock, {"id-a": there}, [begun(cleared={"prompt.seed": 7})]).lock == lock
    assert recover_writes(lock, {"id-a": there}, [begun(cleared={"prompt.seed": 8})]).lock != lock


def test_a_move_that_was_carried_out_takes_the_entry_along() -> None:
    moved = file("New/a", block(temperature=0.5))
    recovery = recover_writes(
        locked(("Default/a", ENTRY)), {"id-a": DONE}, [begun("move", "New/a", old_key="Default/a", path="New")]
    )

    assert recovery.lock.prompts == {"New/a": entry(moved, DONE)}


def test_a_path_of_which_no_one_knows_whether_it_was_sent_is_sent_again() -> None:
    only_moved = begun("move", "New/a", old_key="Default/a", path="New", asked=OLD_FILE.prompt)

    recovery = recover_writes(locked(("Default/a", ENTRY)), {"id-a": BEFORE}, [only_moved])

    assert recovery.lock.prompts == {"Default/a": replace(ENTRY, path="")}
    assert changes(plan([OLD_FILE], recovery.lock, [BEFORE])) == [("update", "Default/a", "id-a")]
    for folder in ("New", "Third"):
        again = file(f"{folder}/a", block(temperature=0.1))
        made = plan([again], recovery.lock, [BEFORE])
        assert changes(made) == [("move", f"{folder}/a", "id-a")]
        assert "path" in [item.field for item in made.changes[0].diff]


def test_a_prompt_that_was_taken_over_and_not_recorded_is_recorded() -> None:
    recovery = recover_writes(locked(), {"id-a": DONE}, [begun("adopt", path="Default")])

    assert recovery.lock.prompts == {"Default/a": entry(ASKED, DONE)}


def test_a_key_that_has_another_prompt_by_now_keeps_it() -> None:
    lock = locked(("Default/a", replace(ENTRY, id="id-other")))

    assert recover_writes(lock, {"id-a": DONE}, [begun("adopt")]).lock == lock
    assert recover_writes(locked(("Else/b", ENTRY)), {"id-a": DONE}, [begun()]).lock == locked(("Else/b", ENTRY))


def test_a_delete_that_was_carried_out_forgets_the_entry_so_that_the_file_may_come_back() -> None:
    lock = locked(("Default/a", ENTRY))

    recovery = recover_writes(lock, {}, [begun("delete", asked=None)])

    assert recovery.lock.prompts == {}
    assert changes(plan([OLD_FILE], recovery.lock, [])) == [("create", "Default/a", None)]
    assert recover_writes(lock, {"id-a": BEFORE}, [begun("delete", asked=None)]).lock == lock


def test_the_last_of_several_writes_that_can_be_seen_counts() -> None:
    later = begun(asked=SINCE.prompt, time=9.0)

    recovery = recover_writes(locked(("Default/a", ENTRY)), {"id-a": DONE}, [begun(), later])

    assert recovery.lock.prompts["Default/a"].source == entry(ASKED, DONE).source


@pytest.mark.parametrize(("age", "remembered"), [(OLD - 1, True), (OLD + 1, False)])
def test_a_create_that_nothing_can_be_is_given_up_in_the_end(age: float, remembered: bool) -> None:
    asked = intent("Default/a", "a", time=1000.0)

    assert still_open([asked], locked(), {}, 1000.0 + age) == ((asked,) if remembered else ())


def test_a_create_that_a_prompt_may_be_is_remembered_however_old() -> None:
    asked = intent("Default/a", "a")
    there = {"id-a": held(OLD_FILE, "id-a", created="2026-01-01T00:00:01Z")}

    assert still_open([asked], locked(), there, asked.time + 1e6) == (asked,)
    assert still_open([asked], locked(("Default/a", ENTRY)), there, asked.time) == ()


def test_what_was_left_is_told() -> None:
    asked = (intent("Default/a", "a"), intent("Default/b", "b"))
    there = [held(OLD_FILE, "id-a", created="2026-01-01T00:00:01Z")]
    made = plan([OLD_FILE, file("Default/b")], None, there, intents=asked)

    notes = recovery_notes(Recovered({"Default/z": None}, asked), Recovery(locked()), made)

    assert notes == (
        "1 change that it made stood in the journal alone",
        "create of Default/a: it made id-a, which is taken over",
        "create of Default/b: it made nothing that can be found, and is done again",
    )
