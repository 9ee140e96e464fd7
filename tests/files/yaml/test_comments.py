"""What a comment belongs to."""

from __future__ import annotations

import pytest

from promptsync.files.yaml.comments import comments
from promptsync.files.yaml.tree import Node, parse, path_to


def told(text: str) -> dict[str, object]:
    """What stands beside each value, by the place of the value; `top` for what stands before all."""
    root = parse(text)
    assert root is not None
    found = comments(text, root)
    beside = {
        f"{_place(node)} {where}": lines
        for node, one in found.beside.items()
        for where, lines in (("above", one.above), ("behind", one.behind.strip()), ("below", one.below))
        if lines
    }
    return beside | ({"top": found.top} if found.top else {})


def _place(node: Node) -> str:
    return "/".join(map(str, path_to(node)))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("a: 1 # b\n", {"a behind": "# b"}, id="at the end of its line"),
        pytest.param("# b\na: 1\n", {"a above": ["# b"]}, id="above it"),
        pytest.param("a: 1\n# b\nc: 2\n", {"c above": ["# b"]}, id="above the next"),
        pytest.param("a:\n  b: 1\n  # b\nc: 2\n", {"a below": ["# b"]}, id="as deep as what ends"),
        pytest.param("a:\n  b: 1\n# b\nc: 2\n", {"c above": ["# b"]}, id="as deep as the next"),
        pytest.param("a:\n  b: 1\n  # b\n # c\n# d\n", {"a below": ["# b"], " below": ["# c", "# d"]}, id="at the end"),
        pytest.param("a:\n  b: 1\n# b\n  # c\n", {" below": ["# b", "# c"]}, id="never out of order"),
        pytest.param("a: # b\n  c: 1\n", {"a behind": "# b"}, id="behind a key with more below"),
        pytest.param("a:\n  # b\n  c: 1\n", {"a/c above": ["# b"]}, id="above the first inside"),
        pytest.param("a:\n  # b\n  x\n", {"a above": ["# b"]}, id="between a key and its text"),
        pytest.param("a: # b\n  x # c\n", {"a above": ["# b"], "a behind": "# c"}, id="two of one value"),
        pytest.param("a:\n- 1\n# b\n- 2\n", {"a/1 above": ["# b"]}, id="between items"),
        pytest.param("a:\n- # b\n  c: 1\n", {"a/0 behind": "# b"}, id="behind a dash"),
        pytest.param("a:\n- 1\n# b\nc: 1\n", {"c above": ["# b"]}, id="behind a list that does not stand in"),
        pytest.param("a: | # b\n  x # y\n", {"a behind": "# b"}, id="in a header, and none in a block"),
        pytest.param("a: \"x # y\"\nb: 'x # y'\n", {}, id="none in quotes"),
        pytest.param("a: [1, # b\n  2] # c\n", {"a/0 behind": "# b", "a behind": "# c"}, id="in brackets and behind"),
        pytest.param("a: {\n  # b\n  c: 1,\n  # d\n}\n", {"a/c above": ["# b"], "a below": ["# d"]}, id="in braces"),
        pytest.param("a: {b: [\n# c\n1], d: 2}\n", {"a/b/0 above": ["# c"]}, id="above the first, deep in"),
        pytest.param("a: {b: [1\n# c\n], d: 2}\n", {"a/b below": ["# c"]}, id="behind the last, deep in"),
        pytest.param("a: {b: [1],\n# c\nd: 2}\n", {"a/d above": ["# c"]}, id="between, deep in"),
        pytest.param("a: [ # b\n]\n", {"a behind": "# b"}, id="in empty brackets"),
        pytest.param("a: [\n# b\n]\n", {"a above": ["# b"]}, id="on a line of empty brackets"),
        pytest.param("{a: 1} # b\n", {" below": ["# b"]}, id="behind all"),
        pytest.param("--- # b\na: 1\n... # c\n", {"a above": ["# b"], "a behind": "# c"}, id="at marks"),
        pytest.param("# b\n\n# c\na: 1\n", {"top": ["# b", ""], "a above": ["# c"]}, id="at the top"),
        pytest.param("# yaml-language-server: x\na: 1\n", {"top": ["# yaml-language-server: x"]}, id="for the editor"),
        pytest.param("a: 1\n\n# b\n\nc: 2\n", {"c above": ["", "# b", ""]}, id="with empty lines around it"),
        pytest.param("a: |+\n  x\n\nc: 2\n", {}, id="the empty lines of a text are the text's"),
    ],
)
def test_what_it_belongs_to(text: str, expected: dict[str, object]) -> None:
    assert told(text) == expected
