"""What is wrong at a place of a YAML file, as a Problem with the line that it stands in. Pure."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from promptsync.model.prompt import CUT_TEXT, Problem
from promptsync.model.secrets import holds_key, may_hold_key, texts

if TYPE_CHECKING:
    from collections.abc import Collection

    from promptsync.files.yaml.mistakes import Complaint
    from promptsync.files.yaml.reader import Document
    from promptsync.model.schema import ShapeProblem

MAX_COLUMN = 10_000
"""Beyond this column a line is not shown: a file of one long line could have as many complaints as characters."""

MAX_REST = 200
"""Characters of a line that are kept behind the column complained about."""

A_KEY = "an API key of orq.ai stands here"
REVOKE = "take it out; whoever can read the prompt or the repository can use it, so revoke it if it was ever there"


def problem_at(file: str, text: str, complaint: Complaint) -> Problem:
    """What YAML says of a text."""
    line, column, message, hint = complaint
    return Problem(file, line, column, message, hint, snippet(text, line, column))


def shape_problem(file: str, document: Document, shape: ShapeProblem, below: tuple[str | int, ...] = ()) -> Problem:
    """What the shapes say of a document; their places count from `below`."""
    loc = (*below, *shape.loc)
    line, column = document.place(loc, key=shape.at_key)
    hint = _quoting(document.raw(loc)) if shape.wants_text else shape.hint
    return Problem(file, line, column, shape.message, hint, snippet(document.text, line, column), shape.severity)


def read_document(file: str, data: bytes, api_keys: Collection[str]) -> tuple[Document | None, list[Problem]]:
    """The YAML in the bytes of a file, None where there is nothing to go on with, and what is wrong with it.

    Where an API key stands in it that alone is told, since another complaint might show the key.
    """
    from promptsync.files.yaml.reader import decode, read

    text, complaints = decode(data)
    if complaints:
        shown = data.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff")
        return None, [problem_at(file, shown, complaint) for complaint in complaints]
    document = read(text)
    problems = [problem_at(file, text, complaint) for complaint in document.complaints]
    problems += [
        replace(problem_at(file, text, warning), severity="warning", rule=CUT_TEXT) for warning in document.warnings
    ]
    if document.fatal:
        return None, problems
    keys = _key_problems(file, document, api_keys)
    return (None, keys) if keys else (document, problems)


def without_keys(problems: list[Problem], api_keys: Collection[str]) -> list[Problem]:
    """The problems, without the lines in which a key stands."""
    return [
        replace(problem, snippet=None) if problem.snippet and holds_key(problem.snippet, api_keys) else problem
        for problem in problems
    ]


def snippet(text: str, line: int, column: int) -> str | None:
    """The line complained about, without what is far behind the place; None if the place itself is far out."""
    lines = _lines(text)
    if column > MAX_COLUMN or not 0 < line <= len(lines) + 1:
        return None
    return lines[line - 1][: column + MAX_REST] if line <= len(lines) else ""


def _key_problems(file: str, document: Document, api_keys: Collection[str]) -> list[Problem]:
    if not may_hold_key(document.text, api_keys):
        return []
    places = dict.fromkeys(document.place(loc) for loc, text in texts(document.data) if holds_key(text, api_keys))
    return [Problem(file, *place, A_KEY, REVOKE) for place in places]


def _quoting(raw: str | None) -> str:
    """What to write where text is expected and YAML reads `raw` as something else."""
    from promptsync.files.yaml.scalars import quoted, resolve

    if not raw:
        return "give it a text, or remove the key"
    if resolve(raw) is None:
        return f"write {quoted(raw)} for the text, or remove the key"
    return f"write {quoted(raw)}"


@lru_cache(maxsize=1)
def _lines(text: str) -> list[str]:
    """The lines of one file, which are asked for once for each complaint about it."""
    return text.split("\n")
