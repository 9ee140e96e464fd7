"""One prompt: its protection is a change, and whatever a lockfile says, what goes live is told field by field."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptsync.model.canonical import remote_hash, source_hash
from promptsync.model.compare import expand, file_differences
from promptsync.model.prompt import CURRENT
from promptsync.plan.wording import NOT_PROVED, OVERWRITES, UNPROTECTED
from tests.factories import block, entry, fields, file, held, lock, plan, told

if TYPE_CHECKING:
    from promptsync.model.lockfile import LockEntry
    from promptsync.model.prompt import PromptFile

KEY = "Default/refund"
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
    rules=st.sampled_from([0, 1]),
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
