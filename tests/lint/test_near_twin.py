"""near-twin: two prompts that say almost the same."""

from __future__ import annotations

from promptsync.lint.rules import RULES
from promptsync.model.prompt import PromptFile
from tests import factories
from tests.work import calls

TEXT = [f"This is line number {number}, and it says something." for number in range(20)]


def file(key: str, lines: list[str]) -> PromptFile:
    block = factories.block(messages=[{"role": "system", "content": "\n".join(lines)}])
    return PromptFile(key, f"{key}.yaml", factories.prompt(content=block))


def found(**texts: list[str]) -> list[tuple[str, str]]:
    compare = RULES["near-twin"].compare
    assert compare is not None
    return [(key, one.message) for key, one in compare({key: file(key, lines) for key, lines in texts.items()})]


def test_a_copy_with_a_line_changed() -> None:
    told = [("b", "it says almost the same as a")]

    assert found(b=[*TEXT[:-1], "And this line is another one."], a=TEXT) == told
    assert found(a=TEXT, b=TEXT) == told


def test_what_shares_less_is_another_prompt() -> None:
    assert found(a=TEXT, b=[*TEXT[:15], *(line.upper() for line in TEXT[15:])]) == []
    assert found(a=TEXT[:4], b=TEXT[:4]) == []
    assert found(a=["short"] * 20, b=["short"] * 20) == []


def test_a_phrase_that_all_share_tells_nothing() -> None:
    many = {f"p{number}": [f"{line} {number}" for line in TEXT[:3]] + TEXT[3:6] for number in range(100)}

    assert found(**many) == []


def test_thousands_of_prompts_take_no_long_time() -> None:
    many = {f"p{number}": [f"{line} {number}" for line in TEXT] for number in range(3000)}

    assert found(**many) == []
    assert calls(lambda: found(**many)) < 200 * len(many)
