"""What holds for every format, whichever there are."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings

from promptsync.output.escape import terminal
from promptsync.output.formats import DEFAULT, FORMATS, render
from promptsync.output.layout import Layout
from promptsync.plan.changes import Conflict
from tests.output import examples
from tests.output.test_text import HOSTILE

if TYPE_CHECKING:
    from promptsync.plan.changes import Plan

FOR_PROGRAMS = {"json"}
"""Formats that say exactly what a prompt says, in characters that act on nothing."""


def with_pictures() -> Plan:
    """Every kind of change with a data URL wherever a text can stand, keys and ids aside."""
    changes = []
    for change in examples.hostile(f"see {examples.PICTURE} here").changes:
        names = {name: "a/b" for name in ("key", "old_key") if hasattr(change, name)}
        changes.append(replace(change, **names, **({"id": "1"} if isinstance(change, Conflict) else {})))
    return examples.plan_of(*changes)


@pytest.fixture(params=FORMATS)
def form(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


def test_the_default_is_one_of_them() -> None:
    assert DEFAULT in FORMATS


@pytest.mark.parametrize("whole", [False, True])
def test_no_data_url_is_shown(form: str, whole: bool) -> None:
    text = render(with_pictures(), Layout(whole=whole), form)

    assert "base64" not in text
    assert "[image/png, 204 bytes, sha256:" in text


@pytest.mark.parametrize("name", sorted(FORMATS))
@settings(deadline=None)
@given(HOSTILE)
def test_nothing_acts_on_the_terminal_or_the_log(name: str, text: str) -> None:
    shown = render(examples.hostile(text), Layout(), name)

    if name in FOR_PROGRAMS:
        assert shown.isascii()
        assert shown.replace("\n", "").isprintable()
        assert not any(line.strip().startswith("::") for line in shown.splitlines())
    else:
        assert terminal(shown, newlines=True, tabs=True) == shown


def test_every_change_is_told_in_its_order(form: str) -> None:
    plan = examples.every_kind()
    text = render(plan, Layout(), form)

    places = [text.index(change.key) for change in plan.changes]
    assert places == sorted(places)


def test_there_is_no_final_newline(form: str) -> None:
    assert not render(examples.plan_of(), Layout(), form).endswith("\n")
