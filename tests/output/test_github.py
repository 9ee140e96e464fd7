"""Workflow commands, read as a runner reads them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from promptsync.model.prompt import Problem
from promptsync.output.formats import render
from promptsync.output.github import MOST, annotate, annotation
from promptsync.output.layout import Layout
from tests.output import examples
from tests.output.corpus import CORPUS
from tests.output.golden import same_as_golden

if TYPE_CHECKING:
    from promptsync.plan.changes import Plan

COMMAND = re.compile(r"::(?P<name>[a-z-]+)(?: (?P<properties>[^:]*))?::(?P<data>.*)")


def shown(plan: Plan) -> str:
    return render(plan, Layout(), "github")


def commands(text: str) -> list[tuple[str, dict[str, str], str]]:
    """What a runner obeys: lines that begin with `::`, after blanks. Everything else is log."""
    found = []
    for line in re.split(r"\r\n|\r|\n", text):
        if line.lstrip().startswith("::"):
            match = COMMAND.fullmatch(line)
            assert match, line
            properties = dict(item.split("=", 1) for item in (match["properties"] or "").split(",") if item)
            plain = {name: _read(value).replace("%3A", ":").replace("%2C", ",") for name, value in properties.items()}
            found.append((match["name"], plain, _read(match["data"])))
    return found


def _read(text: str) -> str:
    return text.replace("%0A", "\n").replace("%0D", "\r").replace("%25", "%")


def test_a_plan_with_every_kind_of_change() -> None:
    same_as_golden("plan.github.txt", shown(examples.every_kind()))


def test_the_worst_comes_first() -> None:
    names = [name for name, _, _ in commands(shown(examples.every_kind()))]
    assert names == sorted(names, key=["error", "warning", "notice"].index)
    assert set(names) == {"error", "warning", "notice"}


@pytest.mark.parametrize("text", [pytest.param(text, id=name) for name, text in CORPUS.items()])
def test_hostile_text_begins_no_command_and_ends_none(text: str) -> None:
    plan = examples.hostile(text)
    found = commands(shown(plan))
    assert len(found) == len(plan.changes)
    assert {name for name, _, _ in found} <= {"error", "warning", "notice"}
    assert {key for _, properties, _ in found for key in properties} <= {"file", "line", "title"}
    assert not re.search(r"##\w*\[", shown(plan))


def test_of_more_than_a_step_shows_the_rest_is_counted() -> None:
    changes = [examples.create(f"Default/Support/greeting-{number:02}") for number in range(25)]
    found = commands(shown(examples.plan_of(*changes)))
    assert len(found) == MOST
    assert found[-1] == ("notice", {"title": "promptsync"}, "and 16 more prompts, in the summary of the job")


def test_an_annotation_stands_at_its_file() -> None:
    line = annotation("warning", "a, b: c", "50 % of\n::error::it", "prompts/a,b:c.yaml", 7)
    assert commands(line) == [
        (
            "warning",
            {"file": "prompts/a,b:c.yaml", "line": "7", "title": "a, b: c"},
            "50 % of\n:\\x3aerror::it",
        )
    ]


def test_complaints_about_files_stand_at_their_lines_the_errors_first() -> None:
    text = annotate(
        [
            Problem("prompts/a.yaml", 3, 7, "odd", severity="warning"),
            Problem("prompts/b.yaml", 0, 0, "wrong", "rename it"),
        ]
    )

    assert commands(text) == [
        ("error", {"title": "promptsync", "file": "prompts/b.yaml", "line": "1"}, "wrong\nrename it"),
        ("warning", {"title": "promptsync", "file": "prompts/a.yaml", "line": "3"}, "odd"),
    ]


def test_of_more_complaints_than_a_step_shows_the_rest_is_counted() -> None:
    told = commands(annotate([Problem(f"{number}.yaml", 1, 1, "wrong") for number in range(MOST + 2)]))

    assert len(told) == MOST
    assert told[-1] == ("error", {"title": "promptsync"}, "and 3 more problems")
