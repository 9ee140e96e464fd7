from __future__ import annotations

import pytest

from promptsync.model.naming import few


@pytest.mark.parametrize(
    ("names", "told"),
    [
        ([], ""),
        (["a"], "a"),
        (["a", "b"], "a, b"),
        (["a", "b", "c"], "a, b and 1 more"),
        (list("abcde"), "a, b and 3 more"),
    ],
)
def test_a_long_list_is_told_by_its_first_names_and_a_number(names: list[str], told: str) -> None:
    assert few(names, 2) == told
