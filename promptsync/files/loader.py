"""Text of prompt files to PromptFiles, with every complaint at its line and column. Pure: what is read is handed in.

The YAML reader and the shapes are imported late: they take a while, and where every file is known they are not needed.
"""

from __future__ import annotations

import codecs
import posixpath
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from promptsync.files.complaints import REVOKE, problem_at, read_document, without_keys
from promptsync.files.layers import Stack, Stated, every_value
from promptsync.files.yaml.edits import field_of
from promptsync.model.errors import LoadError
from promptsync.model.joined import joined, start_of_next
from promptsync.model.prompt import (
    CURRENT,
    DIALECTS,
    MAX_DISPLAY_NAME,
    MAX_FILES,
    Included,
    Json,
    Problem,
    Prompt,
    PromptFile,
)
from promptsync.model.secrets import holds_key, texts

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from promptsync.files.layers import Layer


class IncludeError(Exception):
    """A `content_file` that cannot be read or must not be; the loader says where it is named."""

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Source:
    """One prompt file that was found, its bytes not parsed.

    `key` is its place under the root without its ending (NFC, `/`); `file` the path to show in messages. `layers` are
    the defaults of its folders, the outermost first, and then what the target overrides.
    """

    key: str
    file: str
    data: bytes
    layers: tuple[Layer, ...] = ()


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
    # What is wrong in a layer is wrong in each prompt that it reaches.
    found = list(dict.fromkeys([*found, *problems]))
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
    return file, without_keys(problems, api_keys)


def _load_one(
    source: Source, include: Callable[[str, str], str], allow_fields: Collection[str], api_keys: Collection[str]
) -> tuple[PromptFile | None, list[Problem]]:
    from promptsync.model.schema import check

    document, problems = read_document(source.file, source.data, api_keys)
    if document is None:
        return None, problems
    stack = Stack(source.file, document, source.layers)
    taken = {(problem.file, problem.line, problem.column) for problem in problems}
    for shape in check(stack.data, allow_fields=allow_fields):
        problem = stack.problem(shape)
        # A value that YAML readers differ on is complained about as that, and not for its type too.
        if (problem.file, problem.line, problem.column) not in taken:
            problems.append(problem)
    included = _take_in(source, stack, include, problems, api_keys)
    problems += _stem_problems(source, stack.data)
    problems.sort(key=lambda problem: (problem.line, problem.column))
    if any(problem.severity == "error" for problem in problems):
        return None, problems
    return _prompt_file(source, stack, included, allow_fields), problems


def stated(source: Source, include: Callable[[str, str], str]) -> list[Stated]:
    """All that a valid prompt file says together with its layers, each value with the place where it stands."""
    from promptsync.model.schema import in_order

    document, _ = read_document(source.file, source.data, ())
    if document is None:
        return []
    stack = Stack(source.file, document, source.layers)
    root = source.file.split("/")[: -1 - source.key.count("/")]
    beside: dict[str, list[str]] = {}
    for part in _take_in(source, stack, include, [], ())[1]:
        beside.setdefault(part.field, []).append("/".join([*root, part.place]))
    found = [Stated("display_name", source.key.rpartition("/")[2], source.file, 0)]
    found = [] if "display_name" in stack.data else found
    for loc, value in every_value(in_order(stack.data)):
        field = field_of(loc)
        found.append(Stated(field, value, *((" + ".join(beside[field]), 0) if field in beside else stack.place(loc))))
    return found


def _prompt_file(
    source: Source,
    stack: Stack,
    included: tuple[tuple[str, ...], tuple[Included, ...]],
    allow_fields: Collection[str],
) -> PromptFile:
    from promptsync.model.schema import own_keys, why_reserved

    data = stack.data
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
        includes=included[0],
        origins=tuple(stack.origins()),
        parts=included[1],
        **{name: _frozen(data[name]) for name in own_keys() if name in data},
    )


def _frozen(value: Any) -> Any:
    """A list as what cannot be changed any more."""
    return tuple(value) if isinstance(value, list) else value


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
    stack: Stack,
    include: Callable[[str, str], str],
    problems: list[Problem],
    api_keys: Collection[str],
) -> tuple[tuple[str, ...], tuple[Included, ...]]:
    """Replace each `content_file` by the text of that file, or of those files; gives their names, and what is of which.

    What is not to be taken in is added to `problems`.
    """
    from promptsync.files.yaml.guards import left_by_git
    from promptsync.model.schema import ShapeProblem

    includes: dict[str, None] = {}
    parts: list[Included] = []
    for holder in _holders(stack.data):
        field, found = field_of((*holder.loc, holder.key)), ""
        for loc, name in _named(holder):
            try:
                text = include(source.key, name)
                if holds_key(text, api_keys):
                    raise IncludeError(f"the content_file {name} holds an API key of orq.ai", hint=REVOKE)
            except IncludeError as error:
                problems.append(stack.problem(ShapeProblem(loc, error.message, error.hint)))
                continue
            left = left_by_git(text)
            if left is not None and name not in includes:
                problems.append(problem_at(posixpath.join(posixpath.dirname(source.file), name), text, left))
            includes[name] = None
            place = posixpath.normpath(posixpath.join(posixpath.dirname(source.key), name))
            start = start_of_next(found) if parts and parts[-1].field == field else 0
            found = joined([found, text]) if start else text
            parts.append(Included(field, place, start, start + len(text)))
        if parts and parts[-1].field == field:
            _replace(holder, found)
    return tuple(includes), tuple(parts)


def _named(holder: _Holder) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """The names of files that stand for a text, in order, each with its place; none where the shapes complain."""
    named, loc = holder.value.get("content_file"), (*holder.loc, "content_file")
    if holder.key in holder.value:
        return
    if isinstance(named, str) and named:
        yield loc, named
    elif isinstance(named, list) and len(named) <= MAX_FILES and all(isinstance(name, str) and name for name in named):
        yield from (((*loc, index), name) for index, name in enumerate(named))


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
