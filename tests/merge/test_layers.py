"""Edits of a prompt as edits of its file, over what its folders give by default."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptsync.files.yaml.edits import Edit, apply, refine
from promptsync.merge.layers import edits_over
from promptsync.model.layers import resolved

FAR = {"prompt": {"model": "m", "n": 1, "retry": {"count": 2, "on_codes": [429]}}, "metadata": {"language": "Dutch"}}
OWN = {"prompt": {"seed": 3, "messages": []}}

NAMES = st.sampled_from(["a", "b", "c"])
VALUES = st.recursive(
    st.booleans() | st.integers(0, 2) | st.lists(st.integers(0, 2), max_size=2),
    lambda inner: st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)
DOCUMENTS = st.dictionaries(NAMES, VALUES, max_size=3)


def after(edits: list[Edit], own: Any = OWN, far: Any = FAR) -> Any:
    """The file with the edits of its prompt made in it."""
    wanted = apply(resolved([far, own], own), edits)
    return apply(own, edits_over(edits, own, far, wanted))


@pytest.mark.parametrize(
    ("edit", "prompt"),
    [
        pytest.param(Edit(("prompt", "seed"), "set", 4), {"seed": 4, "messages": []}, id="no default"),
        pytest.param(Edit(("prompt", "n"), "set", 2), {"seed": 3, "messages": [], "n": 2}, id="another value"),
        pytest.param(Edit(("prompt", "n"), "remove"), {"seed": 3, "messages": [], "n": None}, id="taken away"),
        pytest.param(
            Edit(("prompt", "retry", "count"), "set", 3),
            {"seed": 3, "messages": [], "retry": {"count": 3}},
            id="within",
        ),
        pytest.param(
            Edit(("prompt", "retry", "on_codes", 0), "set", 500),
            {"seed": 3, "messages": [], "retry": {"on_codes": [500]}},
            id="an element of a list",
        ),
        pytest.param(
            Edit(("prompt", "retry"), "set", {"count": 2}),
            {"seed": 3, "messages": [], "retry": {"on_codes": None}},
            id="a mapping with less in it",
        ),
    ],
)
def test_the_file_says_what_the_defaults_do_not(edit: Edit, prompt: Any) -> None:
    assert after([edit]) == {"prompt": prompt}


def test_what_is_as_the_default_again_leaves_the_file() -> None:
    own = {"prompt": {"n": 5, "messages": []}}
    assert after([Edit(("prompt", "n"), "set", 1)], own) == {"prompt": {"messages": []}}


@given(DOCUMENTS, DOCUMENTS, DOCUMENTS)
def test_over_the_defaults_the_file_says_what_was_meant(far: Any, own: Any, wanted: Any) -> None:
    edits = refine(resolved([far, own], own), wanted)
    assert resolved([far, after(edits, own, far)], after(edits, own, far)) == wanted
