from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptsync.files.disk import find_sources
from promptsync.files.names import MAX_BYTES, file_names, windows_fault
from promptsync.model.prompt import RemotePrompt

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path


def remote(id: str, name: str) -> RemotePrompt:
    return RemotePrompt(id, name, None, {}, {})


def names(*display_names: str, taken: Collection[str] = (), folder: str = "In") -> list[str]:
    """The keys of prompts of these names, whose ids are in this order."""
    prompts = [remote(f"{number:04}", name) for number, name in enumerate(display_names)]
    keys = file_names(prompts, taken, folder)
    return [keys[prompt.id] for prompt in prompts]


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("Refund assistant", "Refund assistant"),
        ("v1.2_final (new) & more", "v1.2_final (new) & more"),
        ("Übersetzung 日本語 हिन्दी 👩\u200d🚀", "Übersetzung 日本語 हिन्दी 👩\u200d🚀"),
        ("Cafe\u0301", "Café"),
        ("support/refund: v2?", "support-refund- v2-"),
        ('a\\b*c"d<e>f|g', "a-b-c-d-e-f-g"),
        ("two\nlines\tand\u3000spaces", "two lines and spaces"),
        ("bell\x07", "bell-"),
        ("hidden\u202egnp.exe", "hiddengnp.exe"),
        (".hidden", "hidden"),
        ("_private", "private"),
        ("  ../../etc/passwd", "etc-passwd"),
        ("--prune", "prune"),
        ("ends. . ", "ends"),
        ("CON", "prompt-CON"),
        ("nul.txt", "prompt-nul.txt"),
        ("Com¹", "prompt-Com¹"),
        ("Console", "Console"),
        ("", "prompt"),
        ("???", "prompt"),
        ("...", "prompt"),
        ("🙂", "🙂"),
        ("half \ud800", "half"),
        ("promptsync", "promptsync"),
    ],
)
def test_a_name_stays_readable(name: str, stem: str) -> None:
    assert names(name) == [f"In/{stem}"]


def test_a_long_name_is_cut_between_characters() -> None:
    (key,) = names("é" * 128)

    assert key == "In/" + "é" * (MAX_BYTES // 2)


def test_twins_are_numbered_by_id() -> None:
    assert names("Refund", "refund", "REFUND", "Refund-2") == [
        "In/Refund",
        "In/refund-3",
        "In/REFUND-4",
        "In/Refund-2",
    ]


def test_a_name_that_can_stay_goes_before_one_that_must_change() -> None:
    assert names("a/b", "a-b") == ["In/a-b-2", "In/a-b"]


def test_a_numbered_long_name_keeps_the_limit() -> None:
    first, second = names("x" * 200, "x" * 200)

    assert (first, second) == ("In/" + "x" * MAX_BYTES, "In/" + "x" * (MAX_BYTES - 2) + "-2")


def test_keys_that_are_taken_are_left_alone() -> None:
    assert names("Café", "New", taken=["In/CAFE\u0301", "Elsewhere/New"]) == ["In/Café-2", "In/New"]


def test_a_folder_that_is_there_keeps_its_spelling() -> None:
    assert names("New", taken=["Default/Support/refund"], folder="default/SUPPORT/new") == ["Default/Support/new/New"]


def test_a_file_may_bear_the_name_of_a_folder_beside_it() -> None:
    assert names("Support", taken=["In/Support/refund"]) == ["In/Support"]


def test_directly_under_the_root_the_configuration_keeps_its_name() -> None:
    assert names("promptsync", "Promptsync", folder="") == ["promptsync-2", "Promptsync-3"]


TRICKY = st.text(st.sampled_from(" .-_/aAäÄ\u0308\u0301eſßẞİıKK①1²\u200d🙂\u202e\0:CONnul~中") | st.characters())
PROMPTS = st.lists(TRICKY, max_size=12).map(
    lambda found: [remote(f"{number:04}", name) for number, name in enumerate(found)]
)


@given(PROMPTS, st.lists(TRICKY, max_size=3), st.integers())
def test_the_order_of_the_prompts_does_not_matter(prompts: list[RemotePrompt], taken: list[str], seed: int) -> None:
    shuffled = random.Random(seed).sample(prompts, len(prompts))

    assert file_names(shuffled, taken, "In") == file_names(prompts, taken, "In")


@given(PROMPTS, st.sampled_from(["In", "In/Deep", ""]))
def test_every_name_becomes_a_file_that_is_found(
    tmp_path_factory: pytest.TempPathFactory, prompts: list[RemotePrompt], folder: str
) -> None:
    root: Path = tmp_path_factory.mktemp("root")
    (root / "In" / "Deep").mkdir(parents=True)
    (root / "promptsync.yaml").touch()
    (root / "In" / "taken.yaml").touch()
    (root / "In" / "Deep" / "taken.yaml").touch()
    taken = ["In/taken", "In/Deep/taken"]

    keys = file_names(prompts, taken, folder)
    for key in keys.values():
        with (root / f"{key}.yaml").open("x"):
            pass
    sources, problems = find_sources(root)

    assert problems == []
    assert {source.key for source in sources} == {*keys.values(), *taken}
    assert len(sources) == len(prompts) + len(taken)
    assert all(len(key.rpartition("/")[2].encode()) <= MAX_BYTES for key in keys.values())


@given(PROMPTS)
def test_a_second_import_finds_other_names(prompts: list[RemotePrompt]) -> None:
    first = file_names(prompts, [], "In")

    second = file_names(prompts, first.values(), "In")

    assert set(first.values()).isdisjoint(second.values())


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("a:b", "a : in the name, which Windows keeps for itself"),
        ("a|b.md", "a | in the name, which Windows keeps for itself"),
        ("C:", "a : in the name, which Windows keeps for itself"),
        ("refund.", "a name that ends in a dot or a blank, which Windows drops"),
        ("refund ", "a name that ends in a dot or a blank, which Windows drops"),
        ("aux", "the name of a device on Windows"),
        ("Con.md", "the name of a device on Windows"),
        ("COM1.tar.gz", "the name of a device on Windows"),
        ("auxiliary", None),
        ("a.con", None),
        ("größe 日本.md", None),
    ],
)
def test_what_windows_cannot_call_a_file(name: str, why: str | None) -> None:
    assert windows_fault(name) == why
