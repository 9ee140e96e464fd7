from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from promptsync.model.canonical import RULES_1, WITHOUT_ORDER, remote_hash
from promptsync.model.prompt import CURRENT
from promptsync.plan.changes import Drift, Edited
from promptsync.plan.reverted import (
    caught_up,
    later_entries,
    seemingly_changed,
    with_other_branches,
    with_turned_back,
)
from tests.factories import block, entry, file, held, lock, locked, plan, with_schema

if TYPE_CHECKING:
    from promptsync.model.canonical import Form

ASKED = file()
OLD = held(ASKED, version="v1")
NEW = held(ASKED, content=block(temperature=0.7), version="v2")
BASE = entry(ASKED, OLD)
LATER = entry(file(content=block(temperature=0.7)), NEW)


def test_what_is_at_another_version_seems_changed() -> None:
    made = plan([ASKED], lock(refund=BASE), [NEW])
    assert isinstance(made.changes[0], Drift)
    assert seemingly_changed(made) == {"id-1": Edited(ASKED, BASE, NEW)}


def test_what_changed_within_one_version_was_edited_for_certain() -> None:
    made = plan([ASKED], lock(refund=BASE), [held(ASKED, description="Someone's", version="v1")])
    assert isinstance(made.changes[0], Drift)
    assert seemingly_changed(made) == {}


def test_both_sides_changed_seems_changed_too_and_an_update_does_not() -> None:
    edited = file(content=block(temperature=0.1))
    assert seemingly_changed(plan([edited], lock(refund=BASE), [NEW])).keys() == {"id-1"}
    assert seemingly_changed(plan([edited], lock(refund=BASE), [OLD])) == {}


def test_the_first_lock_that_says_what_the_service_holds_is_taken() -> None:
    changed = {"id-1": Edited(ASKED, BASE, NEW)}
    other = replace(LATER, version="v3")
    assert later_entries(changed, [lock(refund=BASE), lock(refund=other), lock(refund=LATER)]) == {"id-1": LATER}
    assert later_entries(changed, [lock(refund=BASE), lock(refund=other)]) == {}
    assert later_entries(changed, []) == {}


def test_a_lock_is_looked_at_no_longer_than_needed() -> None:
    def committed() -> object:
        yield lock(refund=LATER)
        raise AssertionError("all was found")

    assert later_entries({"id-1": Edited(ASKED, BASE, NEW)}, committed()) == {"id-1": LATER}  # type: ignore[arg-type]


def test_the_version_alone_does_not_do() -> None:
    edited = held(ASKED, content=block(temperature=0.9), name="Renamed", version="v2")
    assert later_entries({"id-1": Edited(ASKED, BASE, edited)}, [lock(refund=LATER)]) == {}
    no_version = held(ASKED, version=None)
    assert later_entries({"id-1": Edited(ASKED, BASE, no_version)}, [lock(refund=replace(LATER, version=None))]) == {}


def test_a_lock_that_says_the_version_and_other_content_is_not_taken() -> None:
    """It may have been committed to be reverted: then someone's edit would look like an apply of ours."""
    changed = {"id-1": Edited(ASKED, BASE, NEW)}
    forged = replace(LATER, remote="sha256:0")
    assert later_entries(changed, [lock(refund=forged)]) == {}
    assert later_entries(changed, [replace(lock(refund=forged), canonical=0)]) == {"id-1": forged}


def test_a_field_that_is_let_through_is_part_of_what_a_lock_holds() -> None:
    asked = file(extra={"team": "a"})
    there = held(asked, version="v2", raw={"team": "a"})
    changed = {"id-1": Edited(asked, BASE, there)}
    later = entry(asked, there)
    assert later_entries(changed, [lock(refund=later)]) == {"id-1": later}


def test_a_write_that_takes_an_apply_back_says_so() -> None:
    made = plan([ASKED], lock(refund=LATER), [NEW])
    (change,) = with_turned_back(made, {"id-1": LATER}).changes
    assert change.warnings == (
        "a later commit of the lockfile holds what the service holds: this takes that apply back",
    )
    assert with_turned_back(made, {}) == made


def test_a_lock_that_caught_up_keeps_its_keys_and_its_protection() -> None:
    base = locked(("New/key", replace(BASE, protected=True)), ("Default/other", replace(BASE, id="id-2")))
    after = caught_up(base, {"id-1": LATER})
    assert after.prompts == {"New/key": replace(LATER, protected=True), "Default/other": replace(BASE, id="id-2")}
    assert after.owner == base.owner


def test_only_what_another_branch_has_moved_on_is_told_so() -> None:
    made = plan([ASKED], lock(refund=BASE), [NEW])
    assert with_other_branches(made, {}) == made
    (change,) = with_other_branches(made, {"id-1": LATER}).changes
    assert change.warnings == (
        "not an edit in orq.ai: the lockfile of another branch holds this version; merge or rebase onto it",
    )


@pytest.mark.parametrize(("form", "canonical"), [(RULES_1, 1), (RULES_1, 2), (WITHOUT_ORDER, 2)])
def test_a_later_lock_is_known_by_whatever_rules_it_is(form: Form, canonical: int) -> None:
    asked = file(content=with_schema({"n": {}, "a": {}}))
    there = held(file(content=with_schema({"a": {}, "n": {}})), version="v2", name="Repay")
    later = replace(entry(asked, there), remote=remote_hash(there, CURRENT, form=form), display_name="Refund")
    committed = [replace(lock(refund=later), canonical=canonical)]
    assert later_entries({"id-1": Edited(asked, BASE, there)}, committed) == {"id-1": later}
    back = caught_up(replace(lock(refund=BASE), canonical=1), {"id-1": later})
    assert (back.canonical, back.prompts) == (2, lock(refund=later).prompts)
