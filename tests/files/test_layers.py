"""What stands in other files than a prompt's own: `_defaults.yaml` of its folders, and what a target overrides."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from promptsync.files.layers import Layer, Layers, Override, Stack, every_value, layer_of, read_defaults
from promptsync.files.loader import Source
from promptsync.files.yaml.reader import read
from promptsync.model.schema import ShapeProblem

FOLDERS = ["", "Default", "Default/Support", "Default/Support/EU", "Other"]
DATA = st.dictionaries(st.sampled_from(["n", "seed", "top_k"]), st.integers(0, 9) | st.none(), max_size=3)


def default(folder: str, prompt: Any) -> Layer:
    key = f"{folder}/_defaults" if folder else "_defaults"
    source = Source(key, f"prompts/{key}.yaml", yaml.safe_dump({"prompt": prompt}).encode())
    return read_defaults([source], (), ())[0][folder]


def override(match: str, text: str, loc: tuple[str | int, ...]) -> Override:
    document = read(text)
    data: Any = document.data
    for step in loc:
        data = data[step]
    return Override(match, layer_of("prompts/promptsync.yaml", data, document, loc))


@given(st.permutations(FOLDERS), st.lists(DATA, min_size=len(FOLDERS), max_size=len(FOLDERS)))
def test_the_place_of_a_folder_alone_decides_what_wins(order: list[str], prompts: list[Any]) -> None:
    said = dict(zip(FOLDERS, prompts, strict=True))
    layers = Layers({folder: default(folder, said[folder]) for folder in order})
    wins: dict[str, Any] = {}
    for folder in ("", "Default", "Default/Support"):
        wins |= said[folder]
    assert layers.far("Default/Support/refund", {"prompt": {}})["prompt"] == wins


def test_the_layers_of_a_file_are_its_folders_the_outermost_first_and_then_the_overrides() -> None:
    text = "overrides:\n  - {match: 'Default/**', set: {prompt: {n: 3}}}\n  - {match: Other, set: {prompt: {n: 4}}}\n"
    overrides = [override(match, text, ("overrides", at, "set")) for at, match in enumerate(("Default/**", "Other"))]
    layers = Layers({folder: default(folder, {"n": 1}) for folder in reversed(FOLDERS)}, overrides)
    assert [layer.place for layer in layers.of("Default/Support/refund")] == [
        "_defaults.yaml",
        "Default/_defaults.yaml",
        "Default/Support/_defaults.yaml",
        "promptsync.yaml",
    ]
    assert [layer.place for layer in layers.of("top")] == ["_defaults.yaml"]


def test_a_complaint_stands_where_the_value_does() -> None:
    document = read("prompt:\n  seed: 1\n  messages: []\n")
    text = "overrides:\n  - match: '**'\n    set:\n      prompt: {stop: 3}\n"
    over = override("**", text, ("overrides", 0, "set"))
    stack = Stack("refund.yaml", document, (default("", {"n": "x"}), over.layer))
    places = [
        stack.problem(ShapeProblem(loc, "wrong", at_key=at_key)).place
        for loc, at_key in [
            (("prompt", "n"), False),
            (("prompt", "n"), True),
            (("prompt", "seed"), False),
            (("prompt", "stop"), False),
            (("prompt",), False),
            (("metadata",), False),
        ]
    ]
    assert places == [
        "prompts/_defaults.yaml:2:6",
        "prompts/_defaults.yaml:2:3",
        "refund.yaml:2:9",
        "prompts/promptsync.yaml:4:22",
        "refund.yaml:2:3",
        "refund.yaml:1:1",
    ]


def test_it_is_known_of_each_value_that_stands_elsewhere() -> None:
    document = read("prompt:\n  seed: 1\n  n: null\n  messages: []\n")
    near, far = default("Default", {"top_k": 2, "n": 2, "seed": 7}), default("", {"top_k": 1, "top_p": 1})
    assert [tuple(origin) for origin in Stack("refund.yaml", document, (far, near)).origins()] == [
        ("prompt.top_p", "_defaults.yaml", 3, "default"),
        ("prompt.top_k", "Default/_defaults.yaml", 4, "default"),
    ]


@pytest.mark.parametrize("data", [b"", b"# nothing yet\n", b"{}\n"])
def test_defaults_may_say_nothing(data: bytes) -> None:
    found, problems = read_defaults([Source("Default/_defaults", "Default/_defaults.yaml", data)], (), ())
    assert (found["Default"].data, problems) == ({}, [])


def test_every_value_down_to_what_is_one() -> None:
    data = {"a": {"b": [1, 2], "c": []}, "d": [{"e": "x"}, 3], "f": {}}
    assert list(every_value(data)) == [
        (("a", "b"), [1, 2]),
        (("a", "c"), []),
        (("d", 0, "e"), "x"),
        (("d", 1), 3),
        (("f",), {}),
    ]
