from __future__ import annotations

from functools import partial
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promptsync.output import matching
from promptsync.output.matching import Matcher, too_much
from tests.work import calls

ITEMS = st.lists(st.sampled_from("aaabcdefg"), max_size=40)


@pytest.mark.parametrize("limits", [(2_000, 100_000, 8), (4, 4, 8), (0, 0, 0), (0, 0, 2)], ids=str)
@settings(deadline=None)
@given(ITEMS, ITEMS)
def test_the_blocks_are_equal_in_order_and_joined(limits: tuple[int, int, int], old: list[str], new: list[str]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        for name, limit in zip(("_MAX_ITEMS", "_MAX_PAIRS", "_MAX_DEPTH"), limits, strict=True):
            patch.setattr(matching, name, limit)
        blocks = Matcher(old, new).get_matching_blocks()

    assert blocks[-1] == (len(old), len(new), 0)
    for block in blocks[:-1]:
        assert block.size > 0
        assert old[block.a :][: block.size] == new[block.b :][: block.size]
    for first, second in pairwise(blocks):
        assert first.a + first.size <= second.a
        assert first.b + first.size <= second.b
        assert second.size == 0 or (first.a + first.size, first.b + first.size) != (second.a, second.b)


def test_what_difflib_would_choke_on_is_not_given_to_it() -> None:
    assert not too_much(["a"] * 300, ["a"] * 300)
    assert too_much(["a"] * 400, ["a"] * 400)
    assert too_much([str(number) for number in range(2_001)], [])


def changed(old: list[str], new: list[str]) -> int:
    """How many items are told as taken away."""
    return sum(to - since for tag, since, to, _, _ in Matcher(old, new).get_opcodes() if tag != "equal")


@pytest.mark.parametrize(
    "old",
    [
        [f"line {number}" for number in range(150_000)],
        ["", *(str(number % 7) for number in range(150_000)), "end"],
        ["same"] * 150_000,
    ],
    ids=["all other", "few kinds", "all alike"],
)
def test_three_changes_among_very_many_items_are_found_in_no_time(old: list[str]) -> None:
    new = list(old)
    for place in (5, 70_000, 149_990):
        new[place] = "changed"

    assert changed(old, new) == 3
    assert calls(partial(changed, old, new)) < 20 * len(old)
