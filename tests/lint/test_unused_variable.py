"""unused-variable: what is declared and not used."""

from __future__ import annotations

from tests.lint.findings import in_block


def found(block: dict[str, object], *declared: str) -> list[tuple[object, str]]:
    return [one[:2] for one in in_block("unused-variable", block, declared)]


def test_what_no_text_uses() -> None:
    block = {"messages": [{"role": "user", "content": "{{a}}"}]}

    assert found(block, "a", "b") == [(("variables", 1), "the variable `b` is not used")]


def test_any_text_of_the_block_may_use_it() -> None:
    image = {"type": "image_url", "image_url": {"url": "{{photo}}"}}

    assert found({"messages": [{"role": "user", "content": [image]}]}, "photo") == []
