"""Text to prompts: every file read, checked and, where something is wrong, told with its place.

Pure: bytes come in, and the texts of `content_file` through a function that is handed in.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from promptsync.errors import LoadError
from promptsync.models import CURRENT, DIALECTS, MAX_DISPLAY_NAME, Json, Problem, Prompt, PromptFile
from promptsync.shapes import ShapeProblem, check
from promptsync.yamlscalars import quoted
from promptsync.yamlsyntax import Complaint, line_of
from promptsync.yamltext import Document, decode, read

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

Include: TypeAlias = Callable[[str, str], str]
"""From a prompt's key and its `content_file` to the text; raises IncludeError."""

_TOP = {"display_name", "description", "metadata", "protected", *DIALECTS}
_SNIPPET = 200


@dataclass(frozen=True, slots=True)
class Source:
    """A prompt file that is not read yet. `file` is the path to show in messages."""

    key: str
    file: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Loaded:
    """All prompts by key, and what was found that is no error."""

    files: dict[str, PromptFile] = field(default_factory=dict)
    warnings: tuple[Problem, ...] = ()


class IncludeError(Exception):
    """A `content_file` that cannot be used: what is wrong, and what to do."""

    def __init__(self, message: str, hint: str | None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


def load(
    sources: Iterable[Source],
    include: Include,
    *,
    allow_fields: Collection[str] = (),
    problems: Iterable[Problem] = (),
) -> Loaded:
    """Every prompt in `sources`. Raises LoadError with every complaint about any of them, and with `problems`.

    `allow_fields` are dotted paths, without indexes, of keys that are passed on though they are not known.
    """
    files: dict[str, PromptFile] = {}
    found = list(problems)
    for source in sources:
        file, complaints = load_one(source, include, allow_fields=allow_fields)
        found += complaints
        if file is not None:
            files[file.key] = file
    found.sort(key=lambda problem: (problem.file, problem.line, problem.column))
    errors = [problem for problem in found if problem.severity == "error"]
    if errors:
        raise LoadError(errors)
    return Loaded(files, tuple(found))


def load_one(
    source: Source, include: Include, *, allow_fields: Collection[str] = ()
) -> tuple[PromptFile | None, list[Problem]]:
    """One prompt, or None where something is wrong with it, and everything found."""
    text, complaints = decode(source.data)
    if complaints:
        return None, [_problem(source, text, complaint) for complaint in complaints]
    document = read(text)
    problems = [_problem(source, text, complaint) for complaint in document.complaints]
    if not document.fatal:
        found = check(document.data, allow_fields=allow_fields)
        problems += [_shape_problem(source, document, problem) for problem in found]
    if any(problem.severity == "error" for problem in problems):
        return None, problems
    reader = _Reader(source, document, include)
    file = reader.file()
    problems += reader.problems
    return (None if reader.problems else file), problems


def included_text(data: bytes, name: str) -> str:
    """The text of an included file: without a byte order mark, CR before LF and one final newline."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise IncludeError(
            f"{name} is not UTF-8: byte 0x{data[error.start]:02x} on line {line}", "save it as UTF-8"
        ) from None
    if "\0" in text:
        raise IncludeError(f"{name} holds a NUL character, expected text", "save it as UTF-8 text")
    return text.replace("\r\n", "\n").removesuffix("\n")


class _Reader:
    """Makes the prompt of a document that has the right shape."""

    def __init__(self, source: Source, document: Document, include: Include) -> None:
        self._source = source
        self._document = document
        self._include = include
        self._includes: list[str] = []
        self.problems: list[Problem] = []

    def file(self) -> PromptFile:
        data: Json = self._document.data
        dialect = next((name for name in DIALECTS if name in data), CURRENT)
        stem = self._source.key.rpartition("/")[2]
        block = dict(data[dialect])
        block["messages"] = self._messages(block["messages"], (dialect, "messages"))
        name = data.get("display_name", stem)
        prompt = Prompt(
            display_name=name,
            description=data.get("description"),
            metadata=data.get("metadata") or {},
            dialect=dialect,
            block=block,
            extra={key: value for key, value in data.items() if key not in _TOP},
        )
        if "display_name" not in data and len(stem) > MAX_DISPLAY_NAME:
            self._complain(
                (), f"the file's name has {len(stem)} characters, expected at most 128", "give a `display_name`"
            )
        return PromptFile(
            key=self._source.key,
            file=self._source.file,
            prompt=prompt,
            named="display_name" in data,
            protected=data.get("protected", False),
            includes=tuple(self._includes),
        )

    def _messages(self, messages: list[Any], place: tuple[Any, ...]) -> list[Any]:
        return [self._message(message, (*place, index)) for index, message in enumerate(messages)]

    def _message(self, message: Json, place: tuple[Any, ...]) -> Json:
        message = self._with_text(message, "content", place)
        content = message.get("content")
        if not isinstance(content, list):
            return message
        parts = [self._with_text(part, "text", (*place, "content", index)) for index, part in enumerate(content)]
        return {**message, "content": parts}

    def _with_text(self, holder: Json, field_name: str, place: tuple[Any, ...]) -> Json:
        """`holder` with the text of its `content_file` in the place of that key."""
        if not isinstance(holder.get("content_file"), str):
            return holder
        name = holder["content_file"]
        try:
            text = self._include(self._source.key, name)
        except IncludeError as error:
            self._complain((*place, "content_file"), error.message, error.hint)
            return holder
        self._includes.append(name)
        return {
            **{field_name if key == "content_file" else key: value for key, value in holder.items()},
            field_name: text,
        }

    def _complain(self, place: tuple[Any, ...], message: str, hint: str | None) -> None:
        line, column = self._document.place(place)
        self.problems.append(_problem(self._source, self._document.text, Complaint(line, column, message, hint)))


def _shape_problem(source: Source, document: Document, problem: ShapeProblem) -> Problem:
    line, column = document.place(problem.loc, key=problem.at_key)
    hint = problem.hint
    if problem.wants_text:
        written = document.raw(problem.loc)
        hint = f"write {quoted(written)}" if written else 'write "" for an empty text, or remove the key'
    complaint = Complaint(line, column, problem.message, hint)
    return _problem(source, document.text, complaint, severity=problem.severity)


def _problem(source: Source, text: str, complaint: Complaint, *, severity: Any = "error") -> Problem:
    line = complaint.line
    snippet = line_of(text, line - 1) if text else _raw_line(source.data, line)
    return Problem(
        source.file,
        line,
        complaint.column,
        complaint.message,
        complaint.hint,
        snippet[: complaint.column + _SNIPPET],
        severity,
    )


def _raw_line(data: bytes, line: int) -> str:
    lines = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n", line)
    return lines[line - 1].decode("utf-8", "replace") if line <= len(lines) else ""
