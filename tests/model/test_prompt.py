"""The nouns: what two of them share to be the same, and what of an answer is kept, forgotten and decoded again."""

from __future__ import annotations

import copy
from dataclasses import FrozenInstanceError, replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptsync.model.canonical import remote_hash
from promptsync.model.prompt import (
    CLASSIC,
    CURRENT,
    DIALECTS,
    Answer,
    Dialect,
    Json,
    Problem,
    Prompt,
    RemotePrompt,
    other_dialect,
)
from tests.factories import answered, block, classic, file, prompt, remote

if TYPE_CHECKING:
    from collections.abc import Callable


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


def test_what_is_known_of_its_hash_makes_no_other_file() -> None:
    known = replace(file(), hashed="sha256:known")
    assert known == file()
    assert "sha256" not in repr(known)


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


def test_a_file_asks_for_more_where_it_has_further_fields() -> None:
    assert not file().has_extra
    assert file(extra={"owner_team": "support"}).has_extra


def test_a_noun_stays_as_it_is() -> None:
    for noun, name in [
        (file(), "key"),
        (prompt(), "block"),
        (remote().answer, "blocks"),
        (Problem("f", 1, 1, "m"), "line"),
    ]:
        with pytest.raises(FrozenInstanceError):
            setattr(noun, name, "other")


class Decoder:
    """Gives the same answer each time, made anew, and counts how often it was asked."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.calls = 0

    def __call__(self) -> Answer:
        self.calls += 1
        return copy.deepcopy(self.answer)


def remembered(there: RemotePrompt) -> tuple[RemotePrompt, Decoder]:
    """The same prompt as it is known from an earlier run."""
    decode = Decoder(there.answer)
    return RemotePrompt.remembered(there.id, there.display_name, there.owner, dict(there.versions), {}, decode), decode


TOLD: Json = {"description": "D", "metadata": {"language": "Dutch"}, "raw": {"_id": "id-1", "new": [1]}}
REMOTES = {
    "current": remote(**TOLD),
    "classic": remote(content=classic(), dialect=CLASSIC),
    "both": remote(other=classic()),
    "without-a-version": remote(version=None),
    "without-a-block": answered(remote(), blocks={}),
    "with-all-it-can-tell": answered(remote(**TOLD), path="Default", updated="2026-01-02", updated_by_id="u-1"),
}
remotes = pytest.mark.parametrize("there", REMOTES.values(), ids=list(REMOTES))


@remotes
def test_one_that_is_remembered_is_equal_to_one_that_was_read(there: RemotePrompt) -> None:
    again, _ = remembered(there)
    assert again == there
    assert there == again
    assert repr(again) == repr(there)


@remotes
def test_it_tells_the_same(there: RemotePrompt) -> None:
    again, _ = remembered(there)
    names = ["id", "display_name", "owner", "versions", *Answer.__slots__]
    assert {name: getattr(again, name) for name in names} == {name: getattr(there, name) for name in names}
    for dialect in DIALECTS:
        assert again.prompt(dialect) == there.prompt(dialect)
        assert again.version(dialect) == there.version(dialect)
        assert again.dialect(dialect) == there.dialect(dialect)
        assert remote_hash(again, dialect) == remote_hash(there, dialect)
    assert again.version() == there.version()


@pytest.mark.parametrize(
    "ask",
    [
        lambda there: there.version(CURRENT),
        lambda there: there.version(),
        lambda there: there.dialect(CLASSIC),
        lambda there: (there.id, there.display_name, there.owner, there.versions, there.hashes),
        lambda there: remote_hash(there, CURRENT),
    ],
    ids=["version", "any-version", "dialect", "names", "known-hash"],
)
def test_what_is_asked_of_every_prompt_decodes_nothing(ask: Callable[[RemotePrompt], object]) -> None:
    there, decode = remembered(remote())
    there.hashes[CURRENT] = "sha256:known"
    ask(there)
    assert decode.calls == 0


def test_what_is_decoded_is_decoded_once() -> None:
    there, decode = remembered(remote(**TOLD))
    assert (there.description, there.metadata, there.raw) == ("D", TOLD["metadata"], TOLD["raw"])
    assert (there.prompt(CURRENT).block, there.created, decode.calls) == (block(), "2026-01-01T00:00:00Z", 1)


def test_what_was_let_go_is_decoded_again() -> None:
    there, decode = remembered(remote())
    for times in (1, 2, 3):
        assert there.blocks == remote().blocks
        assert decode.calls == times
        there.let_go()
        there.let_go()
    assert there == remote()


def test_one_that_can_decode_keeps_its_answer_until_it_lets_it_go() -> None:
    decode = Decoder(remote().answer)
    there = answered(remote(), decode=decode)
    assert there.blocks == remote().blocks
    assert decode.calls == 0
    there.let_go()
    assert there == remote()
    assert decode.calls == 1


def test_one_that_cannot_be_decoded_again_is_kept() -> None:
    there = remote(**TOLD)
    before = there.answer
    there.let_go()
    assert there.answer is before


def test_versions_and_hashes_outlive_what_is_let_go() -> None:
    there, decode = remembered(remote(version="v7"))
    hashed = remote_hash(there, CURRENT)
    there.let_go()
    assert (there.version(CURRENT), remote_hash(there, CURRENT), decode.calls) == ("v7", hashed, 1)


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
    assert remembered(other)[0] != remembered(remote())[0]


def test_a_prompt_equals_nothing_of_another_kind_and_is_in_no_set() -> None:
    assert remote() != "id-1"
    assert remote() != remote().answer
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
]


@pytest.mark.parametrize(("blocks", "dialect", "version"), VERSIONS)
def test_the_version_is_that_of_the_block_or_of_the_one_there_is(
    blocks: dict[Dialect, Json], dialect: Dialect | None, version: str | None
) -> None:
    there = answered(remote(), blocks=blocks)
    assert there.version(dialect) == remembered(there)[0].version(dialect) == version


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


values = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
objects = st.dictionaries(st.sampled_from(["version", "model", "messages", "x"]), values, max_size=4)
blocks_of = st.dictionaries(st.sampled_from(DIALECTS), objects, max_size=2)


@given(blocks_of, objects, st.lists(st.sampled_from(["let_go", "blocks", "prompt", "version", "equal"]), max_size=6))
def test_whatever_is_asked_in_whatever_order_the_answer_is_the_same(
    blocks: dict[Dialect, Json], metadata: Json, steps: list[str]
) -> None:
    there = answered(remote(), blocks=blocks, metadata=metadata)
    again, _ = remembered(there)
    for step in steps:
        if step == "let_go":
            again.let_go()
        elif step == "blocks":
            assert again.blocks == blocks
        elif step == "equal":
            assert again == there
        else:
            for dialect in DIALECTS:
                assert getattr(again, step)(dialect) == getattr(there, step)(dialect)
                assert "version" not in again.prompt(dialect).block
    assert again == there
