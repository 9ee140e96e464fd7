from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptsync.model.prompt import CLASSIC, PromptFile, RemotePrompt
from promptsync.plan import moves as module
from promptsync.plan.moves import Moves, find_moves
from tests.factories import block, classic, entry, file, held, remote

if TYPE_CHECKING:
    from promptsync.model.lockfile import LockEntry


def moves(new: list[PromptFile], old: list[PromptFile], *, offline: bool = False, **held_changes: Any) -> Moves:
    """The moves from files that are gone, and which the service holds, to new ones."""
    service, entries = known(old, **held_changes)
    return find_moves(new, entries, None if offline else service)


def known(old: list[PromptFile], **changes: Any) -> tuple[dict[str, RemotePrompt], dict[str, LockEntry]]:
    there = {one.key: held(one, f"id-{number}") for number, one in enumerate(old)}
    entries = {one.key: entry(one, there[one.key]) for one in old}
    now = [held(one, f"id-{number}", **changes) for number, one in enumerate(old)]
    return {one.id: one for one in now}, entries


ONE, TWO, THREE = block(n=1), block(n=2), block(n=3)


@pytest.mark.parametrize(
    ("new", "old", "pairs"),
    [
        # alike in block
        ([file("B/y", ONE)], [file("A/x", ONE)], {"B/y": "A/x"}),
        ([file("B/y", ONE), file("B/z", TWO)], [file("A/x", TWO), file("A/w", ONE)], {"B/y": "A/w", "B/z": "A/x"}),
        ([file("B/y", ONE, description="D")], [file("A/x", ONE)], {"B/y": "A/x"}),
        # or else in explicit name
        ([file("B/y", TWO, name="N")], [file("A/x", ONE, name="N")], {"B/y": "A/x"}),
        ([file("B/y", TWO, name="x")], [file("A/x", ONE)], {"B/y": "A/x"}),
        # or else in stem
        ([file("B/x", TWO)], [file("A/x", ONE)], {"B/x": "A/x"}),
        ([file("B/x", TWO, name="M")], [file("A/x", ONE, name="N")], {"B/x": "A/x"}),
        # the block goes before the name, and the name before the stem
        (
            [file("B/x", ONE, name="N"), file("B/y", TWO, name="M")],
            [file("A/y", ONE, name="M"), file("A/x", TWO, name="N")],
            {"B/x": "A/y", "B/y": "A/x"},
        ),
        # nothing alike
        ([file("B/y", TWO)], [file("A/x", ONE)], {}),
        ([], [file("A/x", ONE)], {}),
        ([file("B/y", TWO)], [], {}),
        # copies are told apart by the whole of what they say, then by the end of the key
        (
            [file("B/y", ONE, name="M"), file("B/z", ONE, name="O")],
            [file("A/x", ONE, name="N"), file("A/w", ONE, name="M")],
            {"B/y": "A/w", "B/z": "A/x"},
        ),
        ([file("B/x", ONE), file("B/y", ONE)], [file("A/y", ONE), file("A/x", ONE)], {"B/x": "A/x", "B/y": "A/y"}),
        (
            [file("B/p/x", ONE), file("B/q/x", ONE)],
            [file("A/q/x", ONE), file("A/p/x", ONE)],
            {"B/p/x": "A/p/x", "B/q/x": "A/q/x"},
        ),
    ],
)
def test_which_file_was_renamed(new: list[PromptFile], old: list[PromptFile], pairs: dict[str, str]) -> None:
    found = moves(new, old)
    assert found.pairs == pairs
    assert found.doubtful == {}


@pytest.mark.parametrize(
    ("new", "old", "doubtful"),
    [
        ([file("B/z", ONE)], [file("A/y", ONE), file("A/x", ONE)], {"B/z": ("A/x", "A/y")}),
        ([file("B/z", ONE), file("B/w", ONE)], [file("A/x", ONE)], {"B/z": ("A/x",), "B/w": ("A/x",)}),
        (
            [file("B/z", ONE), file("B/w", ONE)],
            [file("A/x", ONE), file("A/y", ONE)],
            {"B/z": ("A/x", "A/y"), "B/w": ("A/x", "A/y")},
        ),
        (
            [file("B/y", THREE, name="N")],
            [file("A/x", ONE, name="N"), file("A/w", TWO, name="N")],
            {"B/y": ("A/w", "A/x")},
        ),
        ([file("C/x", THREE)], [file("A/x", ONE), file("B/x", TWO)], {"C/x": ("A/x", "B/x")}),
    ],
)
def test_several_candidates_are_for_a_person_to_decide(
    new: list[PromptFile], old: list[PromptFile], doubtful: dict[str, tuple[str, ...]]
) -> None:
    found = moves(new, old)
    assert found.pairs == {}
    assert found.doubtful == doubtful


def test_what_is_doubtful_by_block_is_not_guessed_by_stem() -> None:
    found = moves([file("B/x", ONE)], [file("A/x", ONE, name="N"), file("A/y", ONE, name="M")])
    assert found == Moves({}, {"B/x": ("A/x", "A/y")})


def test_the_services_own_fields_do_not_hide_a_rename() -> None:
    asked = file("A/x", ONE)
    told = block(n=1, top_k=5, messages=[{"role": "system", "content": "Be kind", "id": "m1"}])
    there = remote("id-0", "x", told)
    found = find_moves([file("B/y", ONE)], {"A/x": entry(asked, there)}, {"id-0": there})
    assert found.pairs == {"B/y": "A/x"}


def test_neither_does_a_model_without_its_prefix() -> None:
    asked = file("A/x", ONE)
    there = remote("id-0", "x", {**ONE, "model": "gpt-4o"})
    found = find_moves([file("B/y", ONE, description="D")], {"A/x": entry(asked, there)}, {"id-0": there})
    assert found.pairs == {"B/y": "A/x"}


def test_neither_does_the_dialect_on_the_wire() -> None:
    asked = file("A/x", classic(), dialect=CLASSIC)
    there = remote("id-0", "x", block())
    new = file("B/y", classic(), dialect=CLASSIC, description="D")
    assert find_moves([new], {"A/x": entry(asked, there)}, {"id-0": there}).pairs == {"B/y": "A/x"}


def test_a_rename_is_seen_by_what_was_asked_even_where_the_service_drifted() -> None:
    assert moves([file("B/y", ONE)], [file("A/x", ONE)], content=THREE).pairs == {"B/y": "A/x"}
    both = moves([file("B/y", ONE)], [file("A/x", ONE), file("A/w", ONE)], content=THREE)
    assert both.pairs == {}


@pytest.mark.parametrize(
    ("new", "old", "pairs"),
    [
        (file("B/x", ONE), file("A/x", ONE), {"B/x": "A/x"}),
        (file("B/y", ONE), file("A/x", ONE), {"B/y": "A/x"}),
        (file("B/y", ONE, name="N"), file("A/x", TWO, name="N"), {"B/y": "A/x"}),
        (file("B/x", TWO), file("A/x", ONE), {"B/x": "A/x"}),
        (file("B/y", TWO), file("A/x", ONE), {}),
    ],
)
def test_offline_the_hashes_of_the_lock_are_enough(new: PromptFile, old: PromptFile, pairs: dict[str, str]) -> None:
    assert moves([new], [old], offline=True).pairs == pairs


_FILES = st.lists(
    st.builds(
        file,
        st.builds("{}/{}".format, st.sampled_from("ABCDE"), st.sampled_from("xyz")),
        st.sampled_from([ONE, TWO]),
        name=st.sampled_from([None, None, "N"]),
    ),
    max_size=6,
    unique_by=lambda one: one.key,
)


@given(_FILES, _FILES, st.booleans(), st.randoms(use_true_random=False))
def test_the_order_never_matters_and_no_id_is_given_twice(
    new: list[PromptFile], old: list[PromptFile], offline: bool, random: Any
) -> None:
    service, entries = known(old)
    found = find_moves(new, entries, None if offline else service)
    shuffled = list(entries.items())
    random.shuffle(new)
    random.shuffle(shuffled)
    assert find_moves(new, dict(shuffled), None if offline else service) == found
    assert len(set(found.pairs.values())) == len(found.pairs)
    assert not found.pairs.keys() & found.doubtful.keys()
    assert not set(found.pairs.values()) & {key for keys in found.doubtful.values() for key in keys}


def test_of_more_names_than_are_tried_only_the_content_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    old, by_stem, by_name = [file("A/x", ONE)], [file("B/y", ONE)], [file("B/y", ONE, name="x")]
    assert moves(by_stem, old, offline=True).pairs == {"B/y": "A/x"}
    monkeypatch.setattr(module, "MOST_RENAMES", 0)

    assert moves(by_stem, old, offline=True).pairs == {}
    assert moves(by_name, old, offline=True).pairs == {"B/y": "A/x"}
