"""What the YAML parser could not read, said in plain words and with the place to look at."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import yaml

_MARKER = re.compile(r"(<{7}|\|{7}|={7}|>{7})(?: .*)?")
_VARIABLE = re.compile(r"(?:^|[:\-?]\s+|[\[,]\s*)(\{\{)")


class Complaint(NamedTuple):
    """What is wrong at a line and column of a text, both from 1, and what to write instead."""

    line: int
    column: int
    message: str
    hint: str | None = None


def complex_key(mark: yaml.Mark, text: str) -> Complaint:
    """A mapping, list or alias stands where a key belongs."""
    line = line_of(text, mark.line)
    if mark.column and line[mark.column - 1 : mark.column + 1] == "{{":
        return _variable(mark.line, mark.column - 1)
    if line[mark.column : mark.column + 2] == "{{":
        return _variable(mark.line, mark.column)
    return Complaint(mark.line + 1, mark.column + 1, "a key must be text", "put the key in quotes")


def line_of(text: str, index: int) -> str:
    """Line number `index` (from 0) of `text`, without its end."""
    lines = text.split("\n", index + 1)
    return lines[index] if index < len(lines) else ""


def plain_words(error: yaml.MarkedYAMLError, text: str) -> Complaint:
    """A complaint for what PyYAML or libyaml raised; both word the same mistakes differently."""
    problem = str(error.problem or error.context or "")
    mark = error.problem_mark or error.context_mark
    if mark is None:
        return Complaint(1, 1, f"this is not valid YAML: {problem}", None)
    line = line_of(text, mark.line)
    variable = _variable_before(line, mark.column)
    if variable is not None:
        return _variable(mark.line, variable)
    if error.context_mark is not None and problem.startswith("found unexpected end of stream"):
        opened = error.context_mark
        return Complaint(opened.line + 1, opened.column + 1, "the quote opened here is never closed", "close it")
    if error.context_mark is not None and "could not find expected ':'" in problem:
        mark = error.context_mark
    marker = _MARKER.fullmatch(line_of(text, mark.line))
    if marker is not None:
        hint = "finish the merge, and take its marker out"
        return Complaint(mark.line + 1, 1, f"{marker[1]} is a conflict marker of git", hint)
    for words, message, hint in _KNOWN:
        if any(part in problem for part in words):
            return Complaint(mark.line + 1, mark.column + 1, message, hint)
    return Complaint(mark.line + 1, mark.column + 1, *_by_look(error, problem, text))


def _variable_before(line: str, column: int) -> int | None:
    """Where a value begins with {{ at or before `column`: the usual reason for what YAML complains about there."""
    for found in _VARIABLE.finditer(line):
        if found.start(1) <= column:
            return found.start(1)
    return None


def _variable(line: int, column: int) -> Complaint:
    hint = 'put the whole value in quotes, as in "{{name}}", or in a block that begins with |'
    return Complaint(line + 1, column + 1, "a value that begins with {{ is a mapping to YAML, not text", hint)


_KNOWN = (
    (
        ("tab character", "found character '\\t'"),
        "a tab cannot stand here",
        "indent with spaces",
    ),
    (
        ("mapping values are not allowed",),
        "`: ` makes a key here, where none can stand",
        "put text that contains `: ` in quotes, or check the indentation of this line and the one above",
    ),
    (
        ("sequence entries are not allowed",),
        "a list item cannot begin here",
        "begin it on a line of its own, or put text that begins with `- ` in quotes",
    ),
    (
        ("could not find expected ':'",),
        "a line with neither `key: value` nor `- item`",
        "put a `:` after the key, or indent the line to belong to the text above",
    ),
    (
        ("escape character", "escape code", "hexadecimal numbers"),
        "an escape that YAML does not know inside double quotes",
        "write \\\\ for a backslash, or use single quotes or a block that begins with |",
    ),
    (
        ("expected alphabetic or numeric character",),
        "* and & begin an alias or an anchor in YAML",
        "put text that begins with * or & in quotes",
    ),
    (
        ("comment or line break", "comment or a line break", "chomping or indentation"),
        "text cannot stand on the line of the | or >",
        "begin it on the next line, indented, or put the value in quotes",
    ),
    (("',' or ']'",), "the list opened with [ is not closed", "close it with ], or separate its items with ,"),
    (("',' or '}'",), "the mapping opened with { is not closed", "close it with }, or put text with { in quotes"),
    (
        ("expected the node content", "expected node content"),
        "a value cannot begin with this character",
        "put the text in quotes",
    ),
    (("directive",), "a line that begins with % is a directive to YAML", "put the text in quotes or indent it"),
)


def _by_look(error: yaml.MarkedYAMLError, problem: str, text: str) -> tuple[str, str]:
    """What only the text itself tells apart."""
    mark = error.problem_mark or error.context_mark
    line = line_of(text, mark.line) if mark else ""
    column = mark.column if mark else 0
    char = line[column : column + 1]
    if "cannot start any token" in problem:
        if char == "\t":
            return "a tab cannot stand here", "indent with spaces"
        return f"a value cannot begin with {char}", "put the text in quotes"
    if "expected key" in problem or "block end" in problem or "'-' indicator" in problem:
        if line[:column].strip():
            return "more text follows where the value has already ended", _rest_hint(line[:column])
        return "this line is indented unlike the lines that it belongs to", "give it the same indentation"
    return f"this is not valid YAML: {problem}", "check quotes and indentation around here"


def _rest_hint(before: str) -> str:
    if before.rstrip().endswith("'"):
        return "write '' for a quote inside single quotes, or use double quotes"
    return 'put the whole value in quotes, and write \\" for a quote inside double quotes'
