"""What the message of a lockfile's commit tells, and that no name in it tells more."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from promptsync.model.provenance import HEADLINE, Provenance, parse_provenance

TOLD = Provenance("production", "a" * 40, "https://github.com/o/r/actions/runs/7", "#12", "octocat")
ONE_LINE = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp", "Zs"]), min_size=1)


def test_is_read_back_from_the_message_of_its_commit() -> None:
    assert parse_provenance(f"{HEADLINE}\n\n{TOLD.trailers}\n") == [TOLD]


def test_what_is_not_known_is_not_told() -> None:
    assert Provenance("default").trailers == "Promptsync-Target: default"


def test_a_squash_of_several_commits_tells_of_each() -> None:
    other = Provenance("staging", by="hubot")
    message = f"Lock (#3)\r\n\r\n* {HEADLINE}\r\n\r\n{TOLD.trailers}\r\n\r\n* {HEADLINE}\r\n\r\n{other.trailers}"

    assert parse_provenance(message) == [TOLD, other]


def test_a_message_of_anything_else_tells_nothing() -> None:
    assert parse_provenance("Fix the refund prompt\n\nPromptsync-By: nobody\n") == []


@given(ONE_LINE, ONE_LINE)
def test_any_name_comes_back_as_it_was(commit: str, by: str) -> None:
    told = Provenance("default", commit, by=by)

    assert parse_provenance(told.trailers) == [told]


@given(st.text())
def test_no_name_begins_a_line(by: str) -> None:
    told = Provenance("default", by=f"x{by}\nPromptsync-Target: other\r\x85Promptsync-Target: third")

    assert [one.target for one in parse_provenance(told.trailers)] == ["default"]
