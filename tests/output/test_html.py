"""A plan as a page, read by Python's own parser of HTML; a browser judges it in the tests of the whole."""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest

from promptsync.output.escape import terminal
from promptsync.output.formats import render
from promptsync.output.layout import Layout
from tests.output import examples
from tests.output.corpus import CORPUS
from tests.output.golden import same_as_golden

if TYPE_CHECKING:
    from promptsync.plan.changes import Plan

ATTRIBUTES = {
    "html": {"lang"},
    "meta": {"charset", "http-equiv", "content", "name"},
    "input": {"type", "id", "placeholder", "aria-label"},
    "button": {"type", "data-action", "aria-pressed", "id", "title"},
    "details": {"class", "data-action", "open"},
}
TAGS = {
    *ATTRIBUTES,
    *("head", "title", "style", "body", "header", "h1", "h2", "p", "nav", "span", "main", "summary", "code", "div"),
    *("mark", "b", "script"),
}


class Page(HTMLParser):
    """What a browser would make of the tags; `text` is what it would show."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.attributes: set[tuple[str, str]] = set()
        self.text = ""
        self.policy = ""
        self.parts: dict[str, str] = {}
        self._within: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.attributes |= {(tag, name) for name, _ in attrs}
        values = dict(attrs)
        if values.get("http-equiv") == "Content-Security-Policy":
            self.policy = values["content"] or ""
        if tag not in ("meta", "input"):
            self._within.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._within.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._within and self._within[-1] in ("style", "script"):
            self.parts[self._within[-1]] = data
        else:
            self.text += data


def page(plan: Plan) -> str:
    return render(plan, Layout(facts=("Commit 0123abc of acme/shop",)), "html")


def test_a_page_with_every_kind_of_change() -> None:
    same_as_golden("plan.html", page(examples.every_kind()))


@pytest.mark.parametrize("text", [pytest.param(text, id=name) for name, text in CORPUS.items()])
def test_hostile_text_stays_text(text: str) -> None:
    found, harmless = Page(page(examples.hostile(text))), Page(page(examples.hostile("harmless")))
    assert set(found.tags) <= TAGS
    assert {tag for tag, name in found.attributes if name not in ATTRIBUTES.get(tag, {"class", "id", "role"})} == set()
    assert found.tags["script"] == found.tags["style"] == 1
    assert found.parts == harmless.parts
    assert terminal(text) in found.text


def test_nothing_runs_but_the_page_s_own_parts_and_nothing_is_loaded() -> None:
    found = Page(page(examples.every_kind()))
    hashes = {
        name: f"'sha256-{b64encode(hashlib.sha256(part.encode()).digest()).decode()}'"
        for name, part in found.parts.items()
    }
    assert found.policy == (
        f"default-src 'none'; style-src {hashes['style']}; script-src {hashes['script']}; "
        "base-uri 'none'; form-action 'none'"
    )
    assert not re.search(r"https?:|url\(|@import|src=|href=", page(examples.every_kind()))


def test_nothing_is_cut() -> None:
    old = "\n".join(f"Rule {number}: {'word ' * 60}" for number in range(500))
    new = old.replace("Rule 250: word", "Rule 250: WORD").replace("Rule 499: word", "Rule 499: LAST")
    line = " ".join(f"word{number}" for number in range(5_000))
    change = replace(
        examples.update(),
        diff=(
            examples.replaced("prompt.messages[0].content", old, new),
            examples.replaced("prompt.messages[1].content", line, line.replace("word2500", "here")),
        ),
    )
    shown = Page(page(examples.plan_of(change))).text
    assert [line for line in new.split("\n") if line not in shown] == []
    assert line in shown
    assert line.replace("word2500", "here") in shown


def test_changed_words_are_marked() -> None:
    text = page(examples.plan_of(examples.update()))
    assert "Never promise a refund<mark> before the order is checked</mark>." in text
    assert "Refunds take <mark>3 to </mark>5 days." in text


def test_many_lines_that_are_the_same_fold_away() -> None:
    old = "\n".join(f"line {number}" for number in range(100))
    change = replace(examples.update(), diff=(examples.replaced("prompt.x", old, old.replace("line 50", "changed")),))
    text = page(examples.plan_of(change))
    assert text.count('<details class="fold">') == 2
    assert "44 unchanged lines" in text
    assert "43 unchanged lines" in text


def test_each_kind_has_its_button_with_its_number() -> None:
    text = page(examples.plan_of(examples.create(), examples.create("a/b"), examples.conflict()))
    assert re.findall(r'data-action="(\w+)" aria-pressed="false">([^<]*)<', text) == [
        ("create", "2 to create"),
        ("conflict", "1 conflict"),
    ]
