"""What an issue and a pull request say of drift: judged, as a plan is, by a CommonMark parser."""

from __future__ import annotations

import re

import pytest

from promptsync.commands.results import DryRun, Pulled
from promptsync.files.yaml.edits import Edit
from promptsync.merge.prompts import FieldConflict
from promptsync.model.compare import FieldDiff
from promptsync.output.drift import render_proposed, render_standing
from promptsync.output.layout import Layout
from tests.output import examples
from tests.output.corpus import CORPUS
from tests.output.golden import same_as_golden
from tests.output.test_markdown import KINDS, TAGS, raw, tokens

SET = Edit(("prompt", "temperature"), "set", 0.9)
TEMPERATURE = FieldDiff("prompt.temperature", "replace", 0.2, 0.9)
SINCE = {"Default/clean": "on the service since version v1: 1 newer version on 2026-11-27 by 01JUSER"}
HTML = {*TAGS, "ul", "li"}


def proposed(*done: Pulled, since: dict[str, str] | None = None, limit: int | None = None) -> str:
    made = DryRun(done, {}, {}, unsettled=("Default/unsettled",))
    return render_proposed(made, since or {}, "Someone edited these.", Layout(whole=True, limit=limit))


def harmless(text: str) -> None:
    for token in tokens(text):
        if token.type == "html_block":
            assert set(re.findall(r"<[/!]?([^\s>]*)", token.content)) <= HTML
            assert not re.search(r"[@#\[\]*`]|www|http", raw(token.content))


def test_who_is_ahead() -> None:
    same_as_golden("standing.md", render_standing(examples.every_kind()))


def test_what_a_pull_request_takes_over_and_leaves() -> None:
    done = [
        Pulled("Default/clean", (SET,), (TEMPERATURE, FieldDiff("description", "remove", "Old", None))),
        Pulled("Default/same"),
        Pulled("Default/both", (SET,), (TEMPERATURE,), (FieldConflict("prompt.top_p", 0.1, 0.2, 0.3),)),
        Pulled("Default/unsettled", (SET,), (TEMPERATURE,)),
        Pulled("Default/odd", problem="`prompt_config` has no place for prompt.audio, which the service holds"),
    ]
    same_as_golden("proposed.md", proposed(*done, since=SINCE))


@pytest.mark.parametrize("text", [pytest.param(text, id=name) for name, text in CORPUS.items()])
def test_hostile_text_stays_text(text: str) -> None:
    taken = FieldDiff(f"prompt.{text}", "replace", text, f"{text}!")
    pulled = Pulled(text, (SET,), (taken,), (FieldConflict(text, text, text, f"{text}?"),), problem=text)
    shown = proposed(pulled, since={text: text})
    found = tokens(shown)
    assert {token.type for token in found} <= KINDS | {"paragraph_open", "paragraph_close"}
    assert [token.type for token in found].count("fence") == 1
    harmless(shown)
    harmless(render_standing(examples.hostile(text)))


def test_very_many_are_named_in_part_and_a_long_name_too() -> None:
    changes = [examples.drift(f"Default/{'x' * 300}-{number}") for number in range(25)]
    text = render_standing(examples.plan_of(*changes))
    assert "and 5 others</li>" in text
    assert len(text) < 4_000


def test_what_does_not_fit_is_counted() -> None:
    done = [Pulled(f"Default/{number}", (SET,), (TEMPERATURE,)) for number in range(900)]
    text = proposed(*done, limit=65_536)
    assert len(text) <= 65_536
    assert "prompts of 900 did not fit here and must be looked at elsewhere." in text
