from __future__ import annotations

from dataclasses import replace
from typing import Any

from promptsync.output.shown import facts, shown
from promptsync.plan.changes import Change, Sides
from tests.output import examples

TOLD = "[image/png, 204 bytes, sha256:"


def shown_of(change: Change, **others: Any) -> str:
    return repr(replace(shown(examples.plan_of(replace(change, **others))).changes[0], **plain(change)))


def plain(change: Change) -> dict[str, Any]:
    """What a change rests on, and which is not for showing, without pictures."""
    return {name: None for name in ("file", "remote", "entry") if hasattr(change, name)}


def test_every_text_and_value_of_a_change_is_masked() -> None:
    url = examples.PICTURE
    diff = (examples.replaced(f"prompt.{url}", {url: [url]}, url),)
    others = {"display_name": url, "path": url, "warnings": (url,), "diff": diff}
    sides = Sides(url, diff, diff)

    for change in examples.every_kind().changes:
        more = {"sides": sides} if change.action in ("drift", "conflict") else {}
        more |= {"reason": url, "hint": url} if change.action == "conflict" else {}
        text = shown_of(change, **others, **more)
        assert "base64" not in text
        assert text.count(TOLD) == 7 + 9 * ("sides" in more) + 2 * ("reason" in more)


def test_names_and_all_that_decides_stay() -> None:
    plan = examples.every_kind()

    for before, after in zip(plan.changes, shown(plan).changes, strict=True):
        assert (after.key, after.id, after.digest, after.action) == (
            before.key,
            before.id,
            before.digest,
            before.action,
        )
    assert shown(plan).summary == plan.summary


def test_facts_of_a_new_prompt_are_masked_and_in_few_words() -> None:
    messages = [{"role": role} for role in "abcdefgh"]
    block = {"model": examples.PICTURE, "messages": messages, "tools": []}
    change = replace(examples.create("a/b"), file=examples.prompt_file("a/b", block=block), path=None)

    told = dict(facts(change))

    assert list(told) == ["name", "model", "messages"]
    assert told["model"].startswith(TOLD)
    assert told["messages"] == "8 (a, b, c, d, e, f, …)"
