"""A plan as Markdown, judged by a CommonMark parser and by what GitHub adds to CommonMark."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from markdown_it import MarkdownIt

from promptsync.output.formats import render
from promptsync.output.layout import Layout
from promptsync.output.markdown import fenced
from tests.output import examples
from tests.output.corpus import CORPUS
from tests.output.golden import same_as_golden
from tests.output.test_text import HOSTILE

if TYPE_CHECKING:
    from markdown_it.token import Token

    from promptsync.plan.changes import Plan

PARSER = MarkdownIt("commonmark").enable("table")
FACTS = ("Commit 0123abc of acme/shop",)
TAGS = {"details", "summary", "code", "b", "p", "sub", "br"}
KINDS = {"heading_open", "heading_close", "inline", "html_block", "fence"}
SAID = re.compile(r"Plan: [a-z0-9 ,;]+\.|No changes\. [A-Za-z0-9 ]+\.")


def markdown(plan: Plan, limit: int | None = None) -> str:
    return render(
        plan, Layout(facts=FACTS, limit=limit, link="https://github.com/acme/shop/actions/runs/42"), "markdown"
    )


def tokens(text: str) -> list[Token]:
    return PARSER.parse(text)


def raw(html: str) -> str:
    """What stands in a block of HTML outside of `<code>`, where GitHub looks for mentions and links."""
    return re.sub(r"<[^>]*>", " ", re.sub(r"<code>[^<]*</code>", " ", html))


def test_a_plan_with_every_kind_of_change() -> None:
    same_as_golden("plan.md", markdown(examples.every_kind()))


@pytest.mark.parametrize("text", [pytest.param(text, id=name) for name, text in CORPUS.items()])
def test_hostile_text_stays_text(text: str) -> None:
    plan = examples.hostile(text)
    found = tokens(markdown(plan))
    assert {token.type for token in found} <= KINDS
    assert [token.content for token in found if token.type == "inline" and not SAID.fullmatch(token.content)] == []
    assert sum(token.type == "fence" for token in found) == len(plan.changes)
    for token in found:
        if token.type == "html_block":
            assert set(re.findall(r"<[/!]?([^\s>]*)", token.content)) <= TAGS
            assert {tag for tag in re.findall(r"<[^>]*>", token.content) if " " in tag} <= {"<details open>"}
            assert not re.search(r"[@#:\[\]*`]|www|http", raw(token.content))


@settings(deadline=None)
@given(HOSTILE)
def test_whatever_a_text_is_it_opens_nothing(text: str) -> None:
    plan = examples.hostile(text)
    found = tokens(markdown(plan))
    assert {token.type for token in found} <= KINDS
    assert sum(token.type == "fence" for token in found) == len(plan.changes)


def test_the_texts_are_there_whole() -> None:
    lines = [f"Rule {number}: {'word ' * 60}{number}" for number in range(300)]
    change = examples.update()
    long = replace(change, diff=(examples.FieldDiff("prompt.messages[0].content", "add", None, "\n".join(lines)),))
    (fence,) = [token for token in tokens(markdown(examples.plan_of(long))) if token.type == "fence"]
    assert [line for line in lines if f"+ {line}" not in fence.content.split("\n")] == []


def test_what_does_not_fit_is_left_out_by_whole_prompts_and_counted() -> None:
    changes = [examples.update(f"Default/Support/refund-{number:03}") for number in range(200)]
    text = markdown(examples.plan_of(*changes), limit=65_536)
    assert len(text) <= 65_536
    found = tokens(text)
    fences = [token for token in found if token.type == "fence"]
    left = 200 - len(fences)
    assert 0 < left < 200
    assert f"**{left} prompts of 200 did not fit here and must be looked at elsewhere.**" in text
    assert "(https://github.com/acme/shop/actions/runs/42)" in text
    assert {fence.content for fence in fences} == {fences[0].content}


def test_one_prompt_that_is_too_large_hides_no_other() -> None:
    large = replace(
        examples.update("Default/A/large"), diff=(examples.FieldDiff("prompt.x", "add", None, "long text\n" * 9_000),)
    )
    text = markdown(examples.plan_of(large, examples.update("Default/B/small")), limit=65_536)
    assert "Default/B/small" in text
    assert "Default/A/large" not in text
    assert "**1 prompt of 2 did not fit here" in text


def test_an_offline_plan_says_so() -> None:
    text = markdown(replace(examples.plan_of(examples.update()), offline=True))
    assert "> [!WARNING]\n> Offline: the files against the lockfile alone." in text


@given(HOSTILE)
def test_a_fence_is_longer_than_any_run_in_it(text: str) -> None:
    lines = ["`" * 7 + text.replace("\n", " ").replace("\r", " "), "```"]
    (fence,) = PARSER.parse(fenced(lines, "diff"))
    assert fence.info == "diff"
    assert len(fence.markup) == 8 or "`" * 8 in text
