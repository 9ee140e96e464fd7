"""What an answer says of a write, for people: always in the words of the file."""

from __future__ import annotations

from typing import Any

import pytest

from promptsync.apply.payload import judge
from promptsync.apply.wording import not_as_asked, rewritten
from promptsync.model.prompt import CLASSIC, CURRENT
from tests.factories import block, classic, prompt, remote, with_schema

OWN_WAY = "in its own way (a final newline, line ends, the Unicode form or a number in 32 bits)"


def kind(text: str, **more: Any) -> Any:
    return block(messages=[{"role": "system", "content": text}], **more)


def test_an_answer_that_is_word_for_word_has_no_note() -> None:
    assert rewritten(judge(prompt(), remote()), CURRENT) == ""


def test_what_is_only_written_differently() -> None:
    verdict = judge(
        prompt(content=kind("Be kind\n", temperature=0.1)), remote(content=kind("Be kind", temperature=0.1))
    )
    assert rewritten(verdict, CURRENT) == f"the service writes prompt.messages[0].content {OWN_WAY}"


def test_an_order_that_is_not_kept() -> None:
    asked, answer = with_schema({"n": {}, "a": {}}), with_schema({"a": {}, "n": {}})
    assert rewritten(judge(prompt(content=asked), remote(content=answer)), CURRENT) == (
        "the service does not keep the order of keys in prompt.response_format.json_schema.schema.properties"
    )


def test_both() -> None:
    asked, answer = with_schema({"n": {}, "a": {}}, n=0.1), with_schema({"a": {}, "n": {}}, n=0.10000000149011612)
    told = rewritten(judge(prompt(content=asked), remote(content=answer)), CURRENT)
    assert told.startswith(f"the service writes prompt.n {OWN_WAY}, and the service does not keep the order")


def test_what_is_not_as_asked() -> None:
    verdict = judge(prompt(content=block(n=1)), remote(content=block(n=2, top_k=5)), {"prompt.top_k": 5})
    assert not_as_asked(verdict, CURRENT) == (
        "the service took the write and holds something else in prompt.n, and keeps prompt.top_k, "
        "which the file no longer has and the API does not clear"
    )


def test_of_many_fields_some_are_named() -> None:
    names = ["a", "b", "c", "d", "e", "f", "g"]
    verdict = judge(prompt(content=block(**dict.fromkeys(names, 1))), remote(content=block(**dict.fromkeys(names, 2))))
    assert not_as_asked(verdict, CURRENT).endswith("prompt.a, prompt.b, prompt.c, prompt.d, prompt.e and 2 more")


@pytest.mark.parametrize(
    ("asked", "answer", "names"),
    [
        pytest.param(
            prompt(content=classic(model_parameters={"maxTokens": 5, "budgetTokens": 1024}), dialect=CLASSIC),
            remote(content=block(max_tokens=6, thinking={"type": "enabled", "budget_tokens": 9})),
            "prompt_config.model_parameters.maxTokens, prompt_config.model_parameters.budgetTokens",
            id="a classic file",
        ),
        pytest.param(
            prompt(content=block(max_tokens=5)),
            remote(content=classic(model_parameters={"maxTokens": 6}), dialect=CLASSIC),
            "prompt.max_tokens",
            id="a current file",
        ),
    ],
)
def test_fields_are_named_as_in_the_file_whatever_the_dialect_on_the_wire(asked: Any, answer: Any, names: str) -> None:
    verdict = judge(asked, answer)
    assert not_as_asked(verdict, asked.dialect) == f"the service took the write and holds something else in {names}"
