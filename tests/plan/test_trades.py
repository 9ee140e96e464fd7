"""Files that traded places: which pairs are seen, and that all else is left to other rules."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptsync.model.canonical import RULES_1, remote_hash, source_hash
from promptsync.model.lockfile import Lockfile
from promptsync.model.prompt import CURRENT
from promptsync.plan import trades as module
from promptsync.plan.changes import Move
from promptsync.plan.trades import Trades, exchanged, find_trades
from tests.factories import block, entry, file, held, locked, plan, with_schema

if TYPE_CHECKING:
    from promptsync.model.lockfile import LockEntry
    from promptsync.model.prompt import Json, PromptFile

ONE, TWO, THREE, FOUR = (block(n=number) for number in range(1, 5))


def entries(old: list[PromptFile]) -> dict[str, LockEntry]:
    return {one.key: entry(one, held(one, f"id-{number}")) for number, one in enumerate(old)}


def trades(new: list[PromptFile], old: list[PromptFile]) -> Trades:
    sources = {one.key: source_hash(one.prompt) for one in new}
    return find_trades({one.key: one for one in new}, entries(old), sources)


def files(*contents: tuple[str, Json], **about: Any) -> list[PromptFile]:
    return [file(key, content, **about) for key, content in contents]


SEEN: list[tuple[str, list[PromptFile], list[PromptFile], dict[str, str]]] = [
    ("a swap", files(("A/a", TWO), ("A/b", ONE)), files(("A/a", ONE), ("A/b", TWO)), {"A/a": "A/b", "A/b": "A/a"}),
    (
        "a swap across folders",
        files(("A/x", TWO), ("B/x", ONE)),
        files(("A/x", ONE), ("B/x", TWO)),
        {"A/x": "B/x", "B/x": "A/x"},
    ),
    (
        "names of their own",
        [file("A/a", ONE, name="M"), file("A/b", ONE, name="N")],
        [file("A/a", ONE, name="N"), file("A/b", ONE, name="M")],
        {"A/a": "A/b", "A/b": "A/a"},
    ),
    ("a chain", files(("A/b", ONE), ("A/c", TWO)), files(("A/a", ONE), ("A/b", TWO)), {"A/b": "A/a", "A/c": "A/b"}),
    (
        "beside an edited file",
        files(("A/a", TWO), ("A/b", ONE), ("A/c", FOUR)),
        files(("A/a", ONE), ("A/b", TWO), ("A/c", THREE)),
        {"A/a": "A/b", "A/b": "A/a"},
    ),
]
LEFT: list[tuple[str, list[PromptFile], list[PromptFile], dict[str, str]]] = [
    ("nothing changed", files(("A/a", ONE), ("A/b", TWO)), files(("A/a", ONE), ("A/b", TWO)), {}),
    ("a mere rename", files(("A/c", ONE)), files(("A/a", ONE)), {}),
    ("a rename beside an edit", files(("A/c", ONE), ("A/b", THREE)), files(("A/a", ONE), ("A/b", TWO)), {}),
    ("over another", files(("A/b", ONE)), files(("A/a", ONE), ("A/b", TWO)), {"A/b": "A/a"}),
    ("one is edited too", files(("A/a", THREE), ("A/b", ONE)), files(("A/a", ONE), ("A/b", TWO)), {"A/b": "A/a"}),
    ("a copy over another", files(("A/a", ONE), ("A/b", ONE)), files(("A/a", ONE), ("A/b", TWO)), {}),
    ("a backup, then an edit", files(("A/a", TWO), ("A/b", ONE)), files(("A/a", ONE)), {"A/b": "A/a"}),
    (
        "two entries alike",
        files(("A/a", TWO), ("A/b", ONE), ("A/c", FOUR)),
        files(("A/a", ONE), ("A/b", TWO), ("A/c", ONE)),
        {"A/a": "A/b"},
    ),
    (
        "alike to one at home",
        files(("A/a", TWO), ("A/b", ONE), ("A/c", ONE)),
        files(("A/a", ONE), ("A/b", TWO), ("A/c", ONE)),
        {"A/a": "A/b"},
    ),
    (
        "two files alike",
        files(("A/b", ONE), ("A/c", TWO), ("A/d", TWO)),
        files(("A/a", ONE), ("A/b", TWO)),
        {"A/b": "A/a"},
    ),
    (
        "a swap of copies",
        files(
            (
                "A/a",
                TWO,
            ),
            ("A/b", TWO),
        ),
        files(("A/a", ONE), ("A/b", ONE)),
        {},
    ),
]


@pytest.mark.parametrize(("new", "old", "pairs"), [each[1:] for each in SEEN], ids=[each[0] for each in SEEN])
def test_what_traded_places(new: list[PromptFile], old: list[PromptFile], pairs: dict[str, str]) -> None:
    assert trades(new, old) == Trades(pairs)


@pytest.mark.parametrize(("new", "old", "left"), [each[1:] for each in LEFT], ids=[each[0] for each in LEFT])
def test_what_is_no_trade(new: list[PromptFile], old: list[PromptFile], left: dict[str, str]) -> None:
    assert trades(new, old) == Trades({}, left)


def test_of_more_names_than_are_tried_only_the_content_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_RENAMES", 3)
    turned, before = (("A/a", TWO), ("A/b", ONE)), (("A/a", ONE), ("A/b", TWO))

    assert trades(files(*turned), files(*before)) == Trades()
    assert trades(files(*turned, name="N"), files(*before, name="N")).pairs == {"A/a": "A/b", "A/b": "A/a"}


def test_an_entry_that_has_its_new_key_already_is_at_home() -> None:
    one, two = files(("A/a", ONE), ("A/b", TWO))
    there = entries([one, two])
    now = {"A/a": file("A/a", TWO), "A/b": file("A/b", ONE)}
    sources = {key: source_hash(one.prompt) for key, one in now.items()}
    lock = exchanged(Lockfile(there), find_trades(now, there, sources).pairs)
    assert {key: each.id for key, each in lock.prompts.items()} == {"A/a": "id-1", "A/b": "id-0"}
    assert find_trades(now, lock.prompts, sources) == Trades()


def test_a_key_that_an_open_create_speaks_for_ends_no_chain() -> None:
    new, old = files(("A/b", ONE), ("A/c", TWO)), files(("A/a", ONE), ("A/b", TWO))
    sources = {one.key: source_hash(one.prompt) for one in new}
    found = find_trades({one.key: one for one in new}, entries(old), sources, {"A/c"})
    assert found.pairs == {}


def test_the_groups_are_whole_swaps_and_chains() -> None:
    pairs = {"c": "b", "b": "a", "x": "y", "y": "x", "new": "z", "z": "old"}
    assert set(Trades(pairs).groups()) == {frozenset("cb"), frozenset("xy"), frozenset({"new", "z"})}


def test_a_path_that_was_never_sent_is_sent_under_another_key() -> None:
    one, two = files(("A/a", ONE), ("B/b", TWO))
    old = {"A/a": entry(one, held(one, "id-0"), path=None), "B/b": entry(two, held(two, "id-1"))}
    lock = exchanged(Lockfile(old), {"A/a": "B/b", "B/b": "A/a"})
    assert {key: each.path for key, each in lock.prompts.items()} == {"A/a": "B", "B/b": ""}


_ORDERS = list(permutations(range(4)))


@given(
    st.sampled_from(_ORDERS),
    st.lists(st.sampled_from(["A", "B", "A/C"]), min_size=4, max_size=4),
    st.lists(st.booleans(), min_size=4, max_size=4),
    st.booleans(),
)
def test_ids_follow_any_permutation(
    order: tuple[int, ...], folders: list[str], named: list[bool], offline: bool
) -> None:
    keys = [f"{folder}/{number}" for number, folder in enumerate(folders)]
    names = [f"Name {number}" if own else None for number, own in enumerate(named)]
    contents = [ONE, TWO, THREE, FOUR]
    old = [file(key, contents[n], name=names[n]) for n, key in enumerate(keys)]
    new = [file(keys[n], contents[source], name=names[source]) for n, source in enumerate(order)]
    there = [held(one, f"id-{n}") for n, one in enumerate(old)]
    lock = locked(*((one.key, entry(one, remote)) for one, remote in zip(old, there, strict=True)))
    made = plan(new, lock, None if offline else there)
    moved = {keys[n]: f"id-{source}" for n, source in enumerate(order) if source != n}
    assert {change.key: change.id for change in made.changes} == moved
    assert all(isinstance(change, Move) for change in made.changes)
    assert exchanged(lock, made.traded).ids() == lock.ids()


@pytest.mark.parametrize("older", [("A/a", "A/b"), ("A/a",)], ids=["a lock of rules 1", "rules side by side"])
@pytest.mark.parametrize("name", ["Both", None])
def test_hashes_of_older_rules_are_known(older: tuple[str, ...], name: str | None) -> None:
    one, two = (with_schema({"n": {}, "a": {}}, seed=seed) for seed in (1, 2))
    old, new = files(("A/a", one), ("A/b", two), name=name), files(("A/a", two), ("A/b", one), name=name)
    there = [held(each, f"id-{number}") for number, each in enumerate(old)]
    made = {each.key: entry(each, remote) for each, remote in zip(old, there, strict=True)}
    made |= {
        each.key: replace(
            made[each.key],
            source=source_hash(each.prompt, RULES_1),
            remote=remote_hash(remote, CURRENT, form=RULES_1),
        )
        for each, remote in zip(old, there, strict=True)
        if each.key in older
    }
    planned = plan(new, locked(*made.items()), there)
    assert planned.traded == {"A/a": "A/b", "A/b": "A/a"}
    assert {(change.key, change.action, change.id) for change in planned.changes} == {
        ("A/a", "move", "id-1"),
        ("A/b", "move", "id-0"),
    }
    assert plan(old, locked(*made.items()), there).changes == ()
