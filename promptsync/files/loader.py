"""Text of prompt files to PromptFiles, with every complaint at its line and column. Pure: what is read is handed in.

The YAML reader and the shapes are imported late: they take a while, and where every file is known they are not needed.
"""

from __future__ import annotations

import codecs
import posixpath
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from promptsync.model.errors import LoadError
from promptsync.model.prompt import CURRENT, CUT_TEXT, DIALECTS, MAX_DISPLAY_NAME, Json, Problem, Prompt, PromptFile
from promptsync.model.secrets import holds_key, may_hold_key, texts

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from promptsync.files.yaml.mistakes import Complaint
    from promptsync.files.yaml.reader import Document
    from promptsync.model.schema import ShapeProblem

MAX_COLUMN = 10_000
"""Beyond this column a line is not shown: a file of one long line could have as many complaints as characters."""

MAX_REST = 200
"""Characters of a line that are kept behind the column complained about."""

_REVOKE = "take it out; whoever can read the prompt or the repository can use it, so revoke it if it was ever there"


class IncludeError(Exception):
    """A `content_file` that cannot be read or must not be; the loader says where it is named."""

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Source:
    """One prompt file that was found, its bytes not parsed.

    `key` is its place under the root without its ending (NFC, `/`); `file` the path to show in messages.
    """

    key: str
    file: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Loaded:
    """The prompt files by key, in order of the keys, and what is odd about them."""

    files: dict[str, PromptFile]
    warnings: tuple[Problem, ...]


class Known(Protocol):
    """What was read before of files that have not changed since."""

    def get(self, source: Source) -> tuple[PromptFile, list[Problem]] | None:
        """What was read from the same bytes and the same included texts; None if that is not known."""

    def put(self, source: Source, file: PromptFile, problems: list[Problem]) -> None:
        """Remembers what was read."""


def load(
    sources: Iterable[Source],
    include: Callable[[str, str], str],
    *,
    allow_fields: Collection[str] = (),
    problems: Iterable[Problem] = (),
    known: Known | None = None,
    api_keys: Collection[str] = (),
) -> Loaded:
    """Load every source, or raise one LoadError with all errors of all files.

    `problems`, which may grow while the sources are read, are among them.

    `include` takes the key of a prompt and the `content_file` that its file names, and gives the text or raises
    IncludeError. `allow_fields` are dotted paths, without indexes, of unknown keys that are passed on. What is `known`
    is not parsed again. None of `api_keys` may stand in a file; no complaint shows one.
    """
    files: dict[str, PromptFile] = {}
    found: list[Problem] = []
    for source in sources:
        read = known.get(source) if known is not None else None
        if read is not None and api_keys and _holds_key(read[0], api_keys):
            read = None
        file, complaints = read or load_one(source, include, allow_fields=allow_fields, api_keys=api_keys)
        found += complaints
        if file is None:
            continue
        files[source.key] = file
        if known is not None and read is None:
            known.put(source, file, complaints)
    found += problems
    found.sort(key=lambda problem: (problem.file, problem.line, problem.column))
    errors = [problem for problem in found if problem.severity == "error"]
    if errors:
        raise LoadError(errors)
    return Loaded(dict(sorted(files.items())), tuple(found))


def load_one(
    source: Source,
    include: Callable[[str, str], str],
    *,
    allow_fields: Collection[str] = (),
    api_keys: Collection[str] = (),
) -> tuple[PromptFile | None, list[Problem]]:
    """One file and what is wrong with it, in order of line and column; no PromptFile if there is an error."""
    file, problems = _load_one(source, include, allow_fields, api_keys)
    return file, [
        replace(problem, snippet=None) if problem.snippet and holds_key(problem.snippet, api_keys) else problem
        for problem in problems
    ]


def _load_one(
    source: Source, include: Callable[[str, str], str], allow_fields: Collection[str], api_keys: Collection[str]
) -> tuple[PromptFile | None, list[Problem]]:
    from promptsync.files.yaml.reader import decode, read
    from promptsync.model.schema import check

    text, complaints = decode(source.data)
    if complaints:
        shown = source.data.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff")
        return None, [_problem(source, shown, complaint) for complaint in complaints]
    document = read(text)
    problems = [_problem(source, text, complaint) for complaint in document.complaints]
    problems += [
        replace(_problem(source, text, warning), severity="warning", rule=CUT_TEXT) for warning in document.warnings
    ]
    if document.fatal:
        return None, problems
    keys = _key_problems(source, document, api_keys)
    if keys:
        # Nothing else is told of the file: another complaint might show the key.
        return None, keys
    taken = {(problem.line, problem.column) for problem in problems}
    for shape in check(document.data, allow_fields=allow_fields):
        problem = _shape_problem(source, document, shape)
        # A value that YAML readers differ on is complained about as that, and not for its type too.
        if (problem.line, problem.column) not in taken:
            problems.append(problem)
    includes = _take_in(source, document, include, problems, api_keys)
    problems += _stem_problems(source, document.data)
    problems.sort(key=lambda problem: (problem.line, problem.column))
    if any(problem.severity == "error" for problem in problems):
        return None, problems
    return _prompt_file(source, document.data, includes, allow_fields), problems


def _prompt_file(source: Source, data: Json, includes: tuple[str, ...], allow_fields: Collection[str]) -> PromptFile:
    from promptsync.model.schema import own_keys, why_reserved

    let_through = {name for name in allow_fields if why_reserved(name) is None}
    dialect = next((name for name in DIALECTS if name in data), CURRENT)
    stem = source.key.rpartition("/")[2]
    prompt = Prompt(
        display_name=data.get("display_name", stem),
        description=data.get("description"),
        metadata=data.get("metadata", {}),
        dialect=dialect,
        block=data[dialect],
        extra={name: value for name, value in data.items() if name in let_through},
    )
    return PromptFile(
        source.key,
        source.file,
        prompt,
        named="display_name" in data,
        includes=includes,
        **{name: _frozen(data[name]) for name in own_keys() if name in data},
    )


def _frozen(value: Any) -> Any:
    """A list as what cannot be changed any more."""
    return tuple(value) if isinstance(value, list) else value


def _key_problems(source: Source, document: Document, api_keys: Collection[str]) -> list[Problem]:
    if not may_hold_key(document.text, api_keys):
        return []
    places = dict.fromkeys(document.place(loc) for loc, text in texts(document.data) if holds_key(text, api_keys))
    return [Problem(source.file, *place, "an API key of orq.ai stands here", _REVOKE) for place in places]


def _holds_key(file: PromptFile, api_keys: Collection[str]) -> bool:
    """Whether a file that was read before holds a key of now; what looks like one was found then."""
    asked = file.prompt
    parts = (asked.display_name, asked.description, asked.metadata, asked.block, asked.extra)
    return any(key in text for part in parts for _, text in texts(part) for key in api_keys)


def included_text(data: bytes, name: str) -> str:
    """The text of a `content_file` called `name`: without a byte order mark, CR before LF and one final newline.

    Raises IncludeError for what is no UTF-8 text.
    """
    data = data.removeprefix(codecs.BOM_UTF8)
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        message = f"the content_file {name} is not UTF-8: byte 0x{data[error.start]:02x} in line {line}"
        raise IncludeError(message, hint="save it as UTF-8") from None
    if "\0" in text:
        raise IncludeError(f"the content_file {name} is no text: it holds a NUL character", hint="name a text file")
    return text.replace("\r\n", "\n").removesuffix("\n")


class _Holder(NamedTuple):
    """A message or text part that names a file, where it stands, and the key that the text gets."""

    value: Json
    loc: tuple[str | int, ...]
    key: str


def _take_in(
    source: Source,
    document: Document,
    include: Callable[[str, str], str],
    problems: list[Problem],
    api_keys: Collection[str],
) -> tuple[str, ...]:
    """Replace each `content_file` by the text of that file; what is not to be taken in is added to `problems`."""
    from promptsync.files.yaml.guards import left_by_git

    includes: dict[str, None] = {}
    for holder in _holders(document.data):
        name = holder.value.get("content_file")
        if not isinstance(name, str) or not name or holder.key in holder.value:
            continue
        try:
            text = include(source.key, name)
            if holds_key(text, api_keys):
                raise IncludeError(f"the content_file {name} holds an API key of orq.ai", hint=_REVOKE)
        except IncludeError as error:
            line, column = document.place((*holder.loc, "content_file"))
            shown = snippet(document.text, line, column)
            problems.append(Problem(source.file, line, column, error.message, error.hint, shown))
            continue
        left = left_by_git(text)
        if left is not None and name not in includes:
            included = replace(source, file=posixpath.join(posixpath.dirname(source.file), name))
            problems.append(_problem(included, text, left))
        _replace(holder, text)
        includes[name] = None
    return tuple(includes)


def _replace(holder: _Holder, text: str) -> None:
    """Put the text where `content_file` stood, so that the order of the keys stays."""
    items = [(holder.key, text) if key == "content_file" else (key, value) for key, value in holder.value.items()]
    holder.value.clear()
    holder.value.update(items)


def _holders(data: Any) -> Iterator[_Holder]:
    for dialect in DIALECTS:
        block = data.get(dialect) if isinstance(data, dict) else None
        messages = block.get("messages") if isinstance(block, dict) else None
        for index, message in enumerate(messages if isinstance(messages, list) else ()):
            if isinstance(message, dict):
                yield from _in_message(message, (dialect, "messages", index))


def _in_message(message: Json, loc: tuple[str | int, ...]) -> Iterator[_Holder]:
    if "content_file" in message:
        yield _Holder(message, loc, "content")
    content = message.get("content")
    for index, part in enumerate(content if isinstance(content, list) else ()):
        if isinstance(part, dict) and part.get("type") == "text" and "content_file" in part:
            yield _Holder(part, (*loc, "content", index), "text")


def _problem(source: Source, text: str, complaint: Complaint) -> Problem:
    line, column, message, hint = complaint
    return Problem(source.file, line, column, message, hint, snippet(text, line, column))


def _shape_problem(source: Source, document: Document, shape: ShapeProblem) -> Problem:
    line, column = document.place(shape.loc, key=shape.at_key)
    hint = _quoting(document.raw(shape.loc)) if shape.wants_text else shape.hint
    shown = snippet(document.text, line, column)
    return Problem(source.file, line, column, shape.message, hint, shown, shape.severity)


def _quoting(raw: str | None) -> str:
    """What to write where text is expected and YAML reads `raw` as something else."""
    from promptsync.files.yaml.scalars import quoted, resolve

    if not raw:
        return "give it a text, or remove the key"
    if resolve(raw) is None:
        return f"write {quoted(raw)} for the text, or remove the key"
    return f"write {quoted(raw)}"


def _stem_problems(source: Source, data: Any) -> list[Problem]:
    """The stem is the name where the file gives none, and must then be fit for one."""
    stem = source.key.rpartition("/")[2]
    if not isinstance(data, dict) or "display_name" in data or (stem.strip() and len(stem) <= MAX_DISPLAY_NAME):
        return []
    if not stem.strip():
        message = "the file's name is blank, and it gives no `display_name`"
    else:
        message = f"the file's name has {len(stem)} characters, and a `display_name` at most {MAX_DISPLAY_NAME}"
    return [Problem(source.file, 0, 0, message, "add a `display_name` to the file")]


def snippet(text: str, line: int, column: int) -> str | None:
    """The line complained about, without what is far behind the place; None if the place itself is far out."""
    lines = _lines(text)
    if column > MAX_COLUMN or not 0 < line <= len(lines) + 1:
        return None
    return lines[line - 1][: column + MAX_REST] if line <= len(lines) else ""


@lru_cache(maxsize=1)
def _lines(text: str) -> list[str]:
    """The lines of one file, which are asked for once for each complaint about it."""
    return text.split("\n")
