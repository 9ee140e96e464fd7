"""The tree of a YAML text is built by looking at each part of the text once."""

from __future__ import annotations

from typing import Any

import pytest

from promptsync.files.yaml.events import walk
from promptsync.files.yaml.tree import _Builder


class Measured(str):
    """A text that counts the characters that are cut out of it."""

    cut = 0

    def __getitem__(self, place: Any) -> str:
        part = super().__getitem__(place)
        self.cut += len(part)
        return part


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("{" + ", ".join(f"p{n}: {{type: string}}" for n in range(1000)) + "}\n", id="keys"),
        pytest.param("{" + ", ".join(f"? p{n} : [a]" for n in range(1000)) + "}\n", id="marked keys"),
        pytest.param("[" + ", ".join(f"&a{n} {{a: b}}" for n in range(1000)) + "]\n", id="anchors"),
    ],
)
def test_no_line_is_looked_through_for_each_of_its_keys(text: str) -> None:
    measured = Measured(text)

    walk(text, _Builder(measured))

    assert measured.cut < 2 * len(text)
