from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptsync.model.canonical import source_hash
from promptsync.plan.changes import Intent
from promptsync.plan.unmanaged import Matches, by_name, latest, made_since, match_intents, match_names, same_content
from tests.factories import block, classic, file, intent, remote

if TYPE_CHECKING:
    from promptsync.model.prompt import PromptFile, RemotePrompt

ONE, TWO, THREE = block(n=1), block(n=2), block(n=3)
START = intent().time


def ids(found: Matches) -> tuple[dict[str, str], dict[str, list[str]]]:
    """What was found, by id."""
    doubtful = {key: [prompt.id for prompt in prompts] for key, prompts in found.doubtful.items()}
    return {key: prompt.id for key, prompt in found.certain.items()}, doubtful


def x(number: int, content: Any, **changes: Any) -> RemotePrompt:
    """A prompt called x."""
    return remote(f"id-{number}", "x", content, **changes)


def for_intents(files: list[PromptFile], prompts: list[RemotePrompt]) -> tuple[dict[str, str], dict[str, list[str]]]:
    """What is found for files that were all being created."""
    intents = [intent(one.key, "x", one.folder, source_hash(one.prompt)) for one in files]
    return ids(match_intents(intents, {one.key: one for one in files}, by_name(prompts)))


def for_names(files: list[PromptFile], prompts: list[RemotePrompt]) -> tuple[dict[str, str], dict[str, list[str]]]:
    """What is found for files on an exclusive target."""
    return ids(match_names(files, by_name(prompts)))


A1, B1, B2, C3 = file("A/x", ONE), file("B/x", ONE), file("B/x", TWO), file("C/x", THREE)

BOTH = [
    # files, prompts, certain, doubtful
    ([A1], [], {}, {}),
    ([A1], [x(1, ONE)], {"A/x": "id-1"}, {}),
    ([A1], [x(1, TWO)], {"A/x": "id-1"}, {}),
    ([A1], [x(1, ONE), x(2, TWO)], {"A/x": "id-1"}, {}),
    ([A1], [x(1, ONE), x(2, ONE)], {}, {"A/x": ["id-1", "id-2"]}),
    ([A1], [x(1, TWO), x(2, THREE)], {}, {"A/x": ["id-1", "id-2"]}),
    ([A1, B2], [x(1, TWO), x(2, ONE)], {"A/x": "id-2", "B/x": "id-1"}, {}),
    ([A1, B2], [x(1, TWO)], {"B/x": "id-1"}, {}),
    ([A1, B2], [x(1, THREE)], {}, {"A/x": ["id-1"], "B/x": ["id-1"]}),
    ([A1, B1], [x(1, ONE)], {"A/x": "id-1"}, {}),
    ([A1, B1], [x(1, ONE), x(2, ONE)], {"A/x": "id-1", "B/x": "id-2"}, {}),
    ([A1, B1], [x(1, ONE), x(2, ONE), x(3, ONE)], {}, {k: ["id-1", "id-2", "id-3"] for k in ("A/x", "B/x")}),
    ([A1, B2, C3], [x(1, THREE), x(2, TWO)], {"C/x": "id-1", "B/x": "id-2"}, {}),
]


@pytest.mark.parametrize(("files", "prompts", "certain", "doubtful"), BOTH)
def test_what_belongs_to_whom(files: Any, prompts: Any, certain: Any, doubtful: Any) -> None:
    assert for_intents(files, prompts) == (certain, doubtful)
    assert for_names(files, prompts) == (certain, doubtful)


def test_what_is_left_alone_on_both_sides_is_a_pair_only_where_no_one_else_makes_prompts() -> None:
    files, prompts = [A1, B2], [x(1, ONE), x(2, THREE)]
    assert for_names(files, prompts) == ({"A/x": "id-1", "B/x": "id-2"}, {})
    assert for_intents(files, prompts) == ({"A/x": "id-1"}, {"B/x": ["id-2"]})


def test_a_prompt_that_says_more_than_one_file_is_not_given_to_the_other_by_chance() -> None:
    less, more = file("A/x", block()), file("B/x", ONE)
    assert for_names([less, more], [x(1, ONE)]) == ({}, {"A/x": ["id-1"], "B/x": ["id-1"]})


@pytest.mark.parametrize(
    ("created", "expected"),
    [
        ("2026-01-01T00:00:00.000Z", True),
        ("2026-01-01T00:00:10Z", True),
        ("2025-12-31T23:59:55Z", True),
        ("2025-12-31T23:59:54Z", False),
        ("2026-01-01T01:00:00+01:00", True),
        ("2026-01-01T00:59:00+01:00", False),
        ("2025-12-31T23:59:54", False),
        ("2026-01-01T00:00:00", True),
        (None, True),
        ("", True),
        ("yesterday", True),
        ("0001-01-01T00:00:00+23:00", False),
    ],
)
def test_when_a_prompt_was_made(created: str | None, expected: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Pacific/Kiritimati")
    assert made_since(remote(created=created), START) is expected


def test_what_was_there_before_is_not_what_we_made() -> None:
    old, new = x(1, ONE, created="2025-01-01T00:00:00Z"), x(2, TWO, created="2026-01-01T00:01:00Z")
    assert for_intents([A1], [old, new]) == ({"A/x": "id-2"}, {})
    assert for_intents([A1], [old]) == ({}, {})


def test_of_several_the_hash_as_sent_tells_even_where_the_file_has_changed_or_gone() -> None:
    sent = intent("A/x", "x", "A", source_hash(A1.prompt))
    there = by_name([x(1, ONE), x(2, TWO)])
    assert ids(match_intents([sent], {}, there)) == ({"A/x": "id-1"}, {})
    assert ids(match_intents([sent], {"A/x": file("A/x", THREE)}, there)) == ({"A/x": "id-1"}, {})


def test_two_intents_of_one_key_want_one_prompt() -> None:
    tries = [intent("A/x", "x", "A", "s", START), intent("A/x", "x", "A", "s", START + 60)]
    assert ids(match_intents(tries, {"A/x": A1}, by_name([x(1, ONE)]))) == ({"A/x": "id-1"}, {})
    both = ids(match_intents(tries, {"A/x": A1}, by_name([x(1, ONE), x(2, ONE)])))
    assert both == ({}, {"A/x": ["id-1", "id-2"]})
    renamed = [intent("A/x", "x"), intent("A/x", "y", time=START + 60)]
    both = ids(match_intents(renamed, {"A/x": A1}, by_name([x(1, ONE), remote("id-2", "y", ONE)])))
    assert both == ({"A/x": "id-1"}, {})
    assert latest(reversed(renamed))["A/x"].display_name == "y"


def test_copies_have_no_known_place() -> None:
    found = match_names([A1, B1], by_name([x(1, ONE), x(2, ONE)]))
    assert found.unplaced == {"A/x", "B/x"}
    assert match_names([A1], by_name([x(1, ONE)])).unplaced == set()


def test_names_are_exact() -> None:
    assert for_names([A1], [remote("id-1", "X", ONE), remote("id-2", "x ", ONE)]) == ({}, {})
    assert [prompt.id for prompt in by_name([x(2, ONE), x(1, TWO)])["x"]] == ["id-1", "id-2"]


def test_the_same_content() -> None:
    assert same_content(A1, x(1, block(n=1.0, top_k=5)))
    assert not same_content(A1, x(1, block()))
    assert same_content(file("A/x", block()), x(1, classic(), dialect="prompt_config"))
    assert same_content(A1, x(1, ONE, description="D"))
    assert not same_content(file("A/x", ONE, description="E"), x(1, ONE, description="D"))


_FILES = st.lists(
    st.builds(file, st.sampled_from(["A/x", "B/x", "C/x", "D/x"]), st.sampled_from([ONE, TWO, block()])),
    max_size=4,
    unique_by=lambda one: one.key,
)
_PROMPTS = st.lists(
    st.builds(x, st.integers(0, 5), st.sampled_from([ONE, TWO, THREE])), max_size=4, unique_by=lambda one: one.id
)


@given(_FILES, _PROMPTS, st.randoms(use_true_random=False))
def test_the_order_never_matters_and_no_prompt_is_given_twice(files: Any, prompts: Any, random: Any) -> None:
    first = for_intents(files, prompts), for_names(files, prompts)
    random.shuffle(files)
    random.shuffle(prompts)
    assert (for_intents(files, prompts), for_names(files, prompts)) == first
    for certain, doubtful in first:
        assert len(set(certain.values())) == len(certain)
        assert not certain.keys() & doubtful.keys()
        assert not set(certain.values()) & {id_ for found in doubtful.values() for id_ in found}


@pytest.mark.parametrize(
    ("prompts", "certain"),
    [
        ([x(1, TWO)], {}),
        ([x(1, ONE)], {"A/x": "id-1"}),
        ([x(1, TWO), x(2, ONE), x(3, THREE)], {"A/x": "id-2"}),
    ],
)
def test_where_others_make_prompts_of_our_names_the_words_tell_whose_one_is(prompts: Any, certain: Any) -> None:
    """Whatever the file says since."""
    begun = replace(intent("A/x", "x", "A"), asked=A1.prompt)
    for files in ({}, {"A/x": A1}, {"A/x": file("A/x", THREE)}):
        assert ids(match_intents([begun], files, by_name(prompts))) == (certain, {})


def test_an_intent_is_a_value() -> None:
    assert intent() == Intent("Default/refund", "refund", "Default", "sha256:asked", START)
