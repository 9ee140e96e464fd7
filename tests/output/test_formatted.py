"""What fmt would change is told as a diff that acts on nothing."""

from __future__ import annotations

from promptsync.commands.results import Reformatted
from promptsync.output.formatted import render_reformatted
from promptsync.output.layout import Layout


def shown(before: str, after: str, texts: tuple[str, ...] = ()) -> list[str]:
    return render_reformatted(Reformatted("prompts/a.yaml", before, after, texts), Layout()).split("\n")


def test_a_diff_with_what_stays_around_it() -> None:
    assert shown("a: 1\nb:   2\nc: 3\n", "a: 1\nb: 2\nc: 3\n") == [
        "--- prompts/a.yaml",
        "+++ prompts/a.yaml",
        "@@ -1,3 +1,3 @@",
        "  a: 1",
        "- b:   2",
        "+ b: 2",
        "  c: 3",
    ]


def test_a_text_that_moves_is_named() -> None:
    assert shown("a: 1\n", "b: 1\n", ("prompts/a.1.md",))[-1] == "(a text moves into prompts/a.1.md)"


def test_line_ends_that_stay_are_not_shown_and_what_is_not_seen_is_escaped() -> None:
    assert shown("a:  1\r\n", "a: 1\r\n")[3:] == ["- a:  1", "+ a: 1"]
    assert shown("\ufeffa:  \x1b[31m\r\n", "a: x\n")[3:] == ["- \\ufeffa:  \\x1b[31m\\r", "+ a: x"]
