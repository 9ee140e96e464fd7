"""The nouns: what two of them share to be the same, and what of an answer is kept, forgotten and decoded again."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace
from typing import Any

import pytest

from promptsync.model.prompt import (
    CLASSIC,
    CURRENT,
    DIALECTS,
    Dialect,
    Json,
    Problem,
    Prompt,
    other_dialect,
)
from tests.factories import answered, block, file, prompt, remote


def test_the_other_dialect_of_the_other_is_the_same() -> None:
    assert [other_dialect(dialect) for dialect in DIALECTS] == list(reversed(DIALECTS))
    assert [other_dialect(other_dialect(dialect)) for dialect in DIALECTS] == list(DIALECTS)


@pytest.mark.parametrize(
    ("line", "column", "place"),
    [
        (0, 0, "prompts/a.yaml"),
        (0, 7, "prompts/a.yaml"),
        (1, 1, "prompts/a.yaml:1:1"),
        (12, 3, "prompts/a.yaml:12:3"),
        (3, 0, "prompts/a.yaml:3:0"),
    ],
)
def test_a_place_is_the_file_with_line_and_column_where_there_is_a_line(line: int, column: int, place: str) -> None:
    assert Problem("prompts/a.yaml", line, column, "it is wrong").place == place


@pytest.mark.parametrize(
    ("key", "folder", "stem"),
    [("Default/refund", "Default", "refund"), ("A/b/c.d", "A/b", "c.d"), ("top", "", "top")],
)
def test_a_key_is_folder_and_stem(key: str, folder: str, stem: str) -> None:
    asked = file(key)
    assert (asked.folder, asked.stem) == (folder, stem)


@pytest.mark.parametrize(
    "other",
    [
        file("Default/other"),
        file(content=block(temperature=0.5)),
        file(name="refund"),
        file(protected=True),
        replace(file(), includes=("a.md",)),
        replace(file(), file="elsewhere.yaml"),
    ],
)
def test_whatever_else_differs_does(other: object) -> None:
    assert other != file()


def test_a_noun_stays_as_it_is() -> None:
    for noun, name in [
        (file(), "key"),
        (prompt(), "block"),
        (Problem("f", 1, 1, "m"), "line"),
    ]:
        with pytest.raises(FrozenInstanceError):
            setattr(noun, name, "other")


TOLD: Json = {"description": "D", "metadata": {"language": "Dutch"}, "raw": {"_id": "id-1", "new": [1]}}


def test_what_is_known_of_its_hashes_makes_no_other_prompt() -> None:
    one, other = remote(), remote()
    one.hashes[CURRENT] = "sha256:one"
    assert one == other


@pytest.mark.parametrize(
    "changes",
    [
        {"id": "id-2"},
        {"display_name": "other"},
        {"owner": "other"},
        {"description": "other"},
        {"metadata": {"language": "Dutch"}},
        {"blocks": {CURRENT: block(version="v2")}},
        {"blocks": {}},
        {"path": "Default"},
        {"created": None},
        {"updated": "2026-01-02"},
        {"updated_by_id": "u-1"},
        {"raw": {"new": 1}},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_whatever_else_the_service_tells_makes_another(changes: dict[str, Any]) -> None:
    other = answered(remote(), **changes)
    assert other != remote()


def test_a_prompt_equals_nothing_of_another_kind_and_is_in_no_set() -> None:
    assert remote() != "id-1"
    with pytest.raises(TypeError, match="unhashable"):
        hash(remote())


VERSIONS: list[tuple[dict[Dialect, Json], Dialect | None, str | None]] = [
    ({}, None, None),
    ({}, CURRENT, None),
    ({CURRENT: {"version": "v1"}}, None, "v1"),
    ({CURRENT: {"version": "v1"}}, CURRENT, "v1"),
    ({CURRENT: {"version": "v1"}}, CLASSIC, "v1"),
    ({CURRENT: {"version": "v1"}, CLASSIC: {"version": "v2"}}, CLASSIC, "v2"),
    ({CURRENT: {"version": "v1"}, CLASSIC: {"version": "v2"}}, None, "v1"),
    ({CURRENT: {}, CLASSIC: {"version": "v2"}}, None, "v2"),
    ({CURRENT: {}, CLASSIC: {"version": "v2"}}, CURRENT, None),
    ({CURRENT: {"version": None}}, CURRENT, None),
    ({CURRENT: {"version": 7}}, None, None),
    ({CURRENT: {"version": ""}}, None, ""),
    ({CURRENT: {"version": "v\n1"}}, None, None),
    ({CURRENT: {"version": "v" * 129}}, None, None),
]


@pytest.mark.parametrize(("blocks", "dialect", "version"), VERSIONS)
def test_the_version_is_that_of_the_block_or_of_the_one_there_is(
    blocks: dict[Dialect, Json], dialect: Dialect | None, version: str | None
) -> None:
    there = answered(remote(), blocks=blocks)
    assert there.version(dialect) == version


@pytest.mark.parametrize(
    ("blocks", "preferred", "dialect"),
    [
        ({}, CURRENT, CURRENT),
        ({}, CLASSIC, CLASSIC),
        ({CURRENT: {}}, CLASSIC, CURRENT),
        ({CLASSIC: {}}, CURRENT, CLASSIC),
        ({CLASSIC: {}, CURRENT: {}}, CURRENT, CURRENT),
        ({CLASSIC: {}, CURRENT: {}}, CLASSIC, CLASSIC),
    ],
)
def test_the_dialect_is_the_preferred_or_the_one_there_is(
    blocks: dict[Dialect, Json], preferred: Dialect, dialect: Dialect
) -> None:
    assert answered(remote(), blocks=blocks).dialect(preferred) == dialect


def test_what_can_be_compared_is_without_the_version_and_what_else_is_told() -> None:
    there = remote(**TOLD)
    assert there.prompt(CURRENT) == Prompt("refund", "D", {"language": "Dutch"}, CURRENT, block())
    assert there.prompt(CLASSIC) == Prompt("refund", "D", {"language": "Dutch"}, CLASSIC, {})
    assert there.blocks[CURRENT]["version"] == "v1"
