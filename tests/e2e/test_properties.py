"""What holds for any prompts and any service: a plan after an apply is empty, and order never matters."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from promptsync.commands.connect import connect
from promptsync.commands.state import scope_of
from promptsync.files.tree import load_tree
from promptsync.model.prompt import CLASSIC, CURRENT
from promptsync.plan.differ import diff
from promptsync.sandbox import Behaviour
from tests.e2e.strategies import REWRITINGS, Rewriting, trees
from tests.e2e.world import current
from tests.embedded import Tree, here

PATCHES = ["merge", "replace", "deep"]


def behaviours(block: str, rewriting: st.SearchStrategy[Rewriting] = REWRITINGS) -> st.SearchStrategy[Behaviour]:
    own = {"prompt": ["current", "both"], "prompt_config": ["classic", "both"]}[block]
    return st.builds(
        Behaviour,
        dialect=st.sampled_from(own),
        patch=st.sampled_from(PATCHES),
        metadata_default=st.booleans(),
        version_on=st.sampled_from(["block", "any", "always"]),
        rewriting=st.sampled_from(["documents", "none"]),
        rewriter=rewriting,
        max_page=st.sampled_from([200, 10]),
    )


quick = settings(
    max_examples=max(settings.default.max_examples // 4, 1) if settings.default else 25,
    suppress_health_check=list(HealthCheck),
    report_multiple_bugs=False,
)
blocks = pytest.mark.parametrize("block", [CURRENT, CLASSIC])


@blocks
@quick
@given(data=st.data())
def test_a_plan_after_an_apply_is_empty(block: str, data: st.DataObject) -> None:
    tree, behaviour = data.draw(trees(block)), data.draw(behaviours(block))
    with here(behaviour) as world:
        world.write(tree)
        code = world.apply(create_twins=True)
        assert code == 0, world.said
        assert world.pending() == []
        assert world.held() == world.asked()


@blocks
@quick
@given(data=st.data())
def test_a_change_of_all_files_arrives_or_is_told(block: str, data: st.DataObject) -> None:
    before, after, behaviour = data.draw(trees(block)), data.draw(trees(block)), data.draw(behaviours(block))
    with here(behaviour) as world:
        world.write(before)
        assert world.apply(create_twins=True) == 0, world.said
        prune = data.draw(st.booleans())
        world.write(after if prune else {**before, **after})
        code = world.apply(create_twins=True, prune=prune)
        event(f"{behaviour.patch}: {code!r}")
        missed = {key for key, status, _ in world.said if status == "not converged"}
        assert code == (4 if missed else 0), world.said
        assert {key for _, key, _ in world.pending()} == missed
        held, asked = world.held(), world.asked()
        assert {key: held[key] for key in held.keys() - missed} == {key: asked[key] for key in asked.keys() - missed}


@quick
@given(data=st.data())
def test_the_other_dialect_is_taken_whole_or_refused(data: st.DataObject) -> None:
    """A file in the dialect that the service does not take: the plan after the apply is empty, or it said why not."""
    block = data.draw(st.sampled_from([CURRENT, CLASSIC]))
    tree = data.draw(trees(block))
    behaviour = Behaviour(
        dialect="classic" if block == CURRENT else "current",
        foreign=data.draw(st.sampled_from(["refuse", "ignore"])),
        patch=data.draw(st.sampled_from(PATCHES)),
        rewriter=data.draw(REWRITINGS),
    )
    with here(behaviour) as world:
        world.write(tree)
        code = world.apply(create_twins=True)
        event(f"{block} on {behaviour.dialect}: {code!r}")
        refused = {key for key, status, _ in world.said if status != "done"}
        assert code == (4 if refused else 0), world.said
        assert {key for _, key, _ in world.pending()} == refused


@quick
@given(data=st.data())
def test_a_file_that_is_rewritten_in_the_other_dialect_arrives_or_is_told(data: st.DataObject) -> None:
    first = data.draw(st.sampled_from([CURRENT, CLASSIC]))
    before, after = data.draw(trees(first)), data.draw(trees(CLASSIC if first == CURRENT else CURRENT))
    behaviour = Behaviour(
        dialect=data.draw(st.sampled_from(["current", "classic", "both"])),
        foreign=data.draw(st.sampled_from(["refuse", "ignore"])),
        patch=data.draw(st.sampled_from(PATCHES)),
        rewriter=data.draw(REWRITINGS),
    )
    with here(behaviour) as world:
        world.write(before)
        world.apply(create_twins=True)
        world.write({**before, **after})
        code = world.apply(create_twins=True)
        event(f"{first} first on {behaviour.dialect}: {code!r}")
        refused = {key for key, status, _ in world.said if status != "done"}
        assert code == (4 if refused else 0), world.said
        assert {key for _, key, _ in world.pending()} == refused


@quick
@given(tree=trees(CURRENT), other=trees(CURRENT), seed=st.integers(0, 1000))
def test_the_order_of_files_entries_and_answers_never_changes_the_plan(tree: Tree, other: Tree, seed: int) -> None:
    with here(Behaviour()) as world:
        world.write(other)
        world.apply(create_twins=True)
        world.write(tree)
        files, lock, scope = load_tree(world.target).files, world.lock, scope_of(world.target)
        with connect(world.target) as api:
            service = {prompt.id: prompt for prompt in api.list_all()}
        made = diff(files, lock, service, scope)
        shuffle = random.Random(seed)

        def mixed(values: dict[str, Any]) -> dict[str, Any]:
            items = list(values.items())
            shuffle.shuffle(items)
            return dict(items)

        again = diff(mixed(files), lock.with_prompts(mixed(lock.prompts)), mixed(service), scope)
        assert again == made
        assert json.dumps([change.key for change in made.changes]) == json.dumps([c.key for c in again.changes])


@quick
@given(
    order=st.permutations(range(5)),
    folders=st.lists(st.sampled_from(["A", "B/C"]), min_size=5, max_size=5),
    named=st.lists(st.booleans(), min_size=5, max_size=5),
    fresh=st.sampled_from([None, "A", "D"]),
    behaviour=st.builds(Behaviour, patch=st.sampled_from(PATCHES), metadata_default=st.booleans()),
)
def test_ids_follow_the_content_of_files_that_traded_places(
    order: list[int], folders: list[str], named: list[bool], fresh: str | None, behaviour: Behaviour
) -> None:
    keys = [f"{folder}/prompt-{number}" for number, folder in enumerate(folders)]
    contents: list[dict[str, Any]] = [
        {**({"display_name": f"Name {number}"} if own else {}), **current(f"I am number {number}.")}
        for number, own in enumerate(named)
    ]
    with here(behaviour) as world:
        world.write(dict(zip(keys, contents, strict=True)))
        assert world.apply() == 0
        first = world.lock.prompts
        ids = {number: first[key].id for number, key in enumerate(keys)}
        places = [*keys[:-1], f"{fresh}/new"] if fresh else keys  # the last place is left for one that was not there
        world.write({places[at]: contents[number] for at, number in enumerate(order)})
        assert world.apply(prune=True) == 0, world.said
        assert {key: entry.id for key, entry in world.lock.prompts.items()} == {
            places[at]: ids[number] for at, number in enumerate(order)
        }
        assert world.pending() == []
        assert world.held() == world.asked()
        assert len(list(world.sandbox.prompts())) == len(keys)
