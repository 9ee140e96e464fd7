from __future__ import annotations

import pytest

from promptsync.model.errors import ConfigError, LoadError, RefusedError
from promptsync.model.prompt import Problem
from promptsync.output.problems import render_error, render_problems
from tests.output.golden import same_as_golden

PROBLEMS = (
    Problem("prompts/a.yaml", 3, 3, "unknown key `temprature`", "did you mean `temperature`?", "  temprature: 0.2"),
    Problem("prompts/a.yaml", 12, 14, "a tab where blanks were expected", None, "\tmessages:\t\t[]"),
    Problem("prompts/b.yaml", 4, 9, "expected a number, got text", None, "日本語: \u202e'x'", "warning"),
    Problem("prompts/b.yaml", 5, 200, "too long", None, "x" * 199 + "HERE" + "y" * 300),
    Problem("prompts/b.yaml", 6, 99, "the line ends here", None, "short"),
    Problem("prompts/c.yaml", 0, 0, "the file is empty", "write a prompt into it, or remove it"),
    Problem("::error::evil.yaml", 1, 1, "\x1b[31m::set-output name=x::y\n::add-mask::z", None, "::warning::w"),
)


@pytest.mark.parametrize("color", [False, True])
def test_problems(color: bool) -> None:
    same_as_golden(f"problems{'.ansi' * color}.txt", render_problems(PROBLEMS, color=color))


def test_no_problems_are_no_text() -> None:
    assert render_problems([], color=True) == ""


def test_an_error_tells_what_to_do_next() -> None:
    error = ConfigError("the key is missing", hint="set ORQ_API_KEY")

    assert render_error(error, color=False) == "error: the key is missing\nhelp: set ORQ_API_KEY"
    assert (
        render_error(error, color=True)
        == "\x1b[31merror:\x1b[0m the key is missing\n\x1b[36mhelp:\x1b[0m set ORQ_API_KEY"
    )


def test_an_error_tells_the_services_own_words_once() -> None:
    error = RefusedError("the service refuses the prompt", detail="model \x1b[2J unknown")

    assert render_error(error, color=False).splitlines()[1] == "  the service says: model \\x1b[2J unknown"
    assert render_error(RefusedError("refused: no", detail="no"), color=False) == "error: refused: no"


def test_a_load_error_tells_all_its_problems_first() -> None:
    shown = render_error(LoadError(PROBLEMS[-2:-1]), color=False)

    assert shown == (
        "prompts/c.yaml: error: the file is empty\n"
        "    help: write a prompt into it, or remove it\n"
        "\n"
        "error: 1 problem in the prompt files"
    )
