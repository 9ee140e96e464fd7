"""A prompt file in the one layout: key order, blocks, quotes, indentation. Pure: what is read is handed in.

What it asks for stays the same, and is read again to be sure; comments, anchors and single empty lines stay with what
they belong to.
"""

from __future__ import annotations

from collections import Counter
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from promptsync.files.content_files import movable_texts, move
from promptsync.files.layers import read_defaults
from promptsync.files.loader import included_text, load_one
from promptsync.files.yaml.edits import identical
from promptsync.files.yaml.layout import LayoutError, lay_out
from promptsync.files.yaml.reader import decode, read
from promptsync.model.canonical import schemas_of, source_hash
from promptsync.model.prompt import Problem
from promptsync.model.schema import in_order, own_keys

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from promptsync.files.content_files import Movable
    from promptsync.files.loader import Source
    from promptsync.model.prompt import Json, PromptFile

_BY_HAND = "lay it out by hand"


@dataclass(frozen=True, slots=True)
class Rules:
    """By what a file is read and laid out: `allow_fields` and `max_file_bytes` of the configuration, keys that none may
    hold, and the lines that a text may have in a prompt file (None: any number).
    """

    allow_fields: Collection[str] = ()
    api_keys: Collection[str] = ()
    max_bytes: int = 1 << 20
    max_lines: int | None = None


@dataclass(frozen=True, slots=True)
class Formatted:
    """A file as it should be: its bytes, and the texts to be put beside it, by name. `problem` tells what was left."""

    data: bytes
    texts: dict[str, str] = field(default_factory=dict)
    problem: Problem | None = None


def format_file(
    source: Source,
    include: Callable[[str, str], str],
    rules: Rules,
    may_write: Callable[[Movable], bool] = lambda _: True,
) -> tuple[Formatted | None, list[Problem]]:
    """`source` in the one layout, and the warnings about it; None with the errors where it is no valid prompt file.

    `include` reads a `content_file`, as for the loader. `may_write` tells whether a text can be put into the file that
    it would move to. What cannot be laid out so that it says the same is given back as it is, with a problem.
    """
    file, problems = load_one(source, include, allow_fields=rules.allow_fields, api_keys=rules.api_keys)
    if file is None:
        return None, problems
    text, _ = decode(source.data)
    data: Json = read(text).data
    texts = _to_be_moved(source, data, rules, may_write)
    moved = deepcopy(data)
    for item in texts:
        move(moved, item)
    why = ""
    for ordered in (in_order(moved), moved):
        try:
            new = lay_out(text, ordered, {item.path for item in texts})
        except LayoutError as error:
            why = str(error)
            continue
        formatted = Formatted(_with_line_ends(new, source.data), {item.name: item.text for item in texts})
        if len(formatted.data) > rules.max_bytes:
            why = f"it would be larger than `max_file_bytes`, which is {rules.max_bytes:,}"
        elif _says_the_same(source, include, rules, formatted, file, problems):
            return formatted, problems
        else:
            why = "read again, it would not say the same"
    problem = Problem(source.file, 0, 0, f"it is left as it is: {why}", _BY_HAND, severity="warning")
    return Formatted(source.data, problem=problem), problems


def format_defaults(source: Source, rules: Rules) -> tuple[Formatted | None, list[Problem]]:
    """The same for a `_defaults.yaml`."""
    found, problems = read_defaults([source], rules.allow_fields, rules.api_keys)
    errors = [problem for problem in problems if problem.severity == "error"]
    if errors:
        return None, errors
    text, _ = decode(source.data)
    data = next(iter(found.values())).data
    if not data:
        return Formatted(source.data), problems
    try:
        new = lay_out(text, in_order(data), ())
    except LayoutError as error:
        problem = Problem(source.file, 0, 0, f"it is left as it is: {error}", _BY_HAND, severity="warning")
        return Formatted(source.data, problem=problem), problems
    again = read(new).data
    if not identical(again, data) or list(schemas_of(again)) != list(schemas_of(data)):
        why = "it is left as it is: read again, it would not say the same"
        return Formatted(source.data, problem=Problem(source.file, 0, 0, why, _BY_HAND, severity="warning")), problems
    return Formatted(_with_line_ends(new, source.data)), problems


def _to_be_moved(source: Source, data: Json, rules: Rules, may_write: Callable[[Movable], bool]) -> list[Movable]:
    if rules.max_lines is None:
        return []
    stem = source.key.rpartition("/")[2]
    long = (item for item in movable_texts(data, stem) if item.lines > rules.max_lines)
    return [item for item in long if len(item.text.encode()) <= rules.max_bytes and may_write(item)]


def _with_line_ends(text: str, before: bytes) -> bytes:
    """CRLF where every line of the file had it, as in a checkout on Windows."""
    is_crlf = b"\r\n" in before and before.count(b"\n") == before.count(b"\r\n") == before.count(b"\r")
    return (text.replace("\n", "\r\n") if is_crlf else text).encode()


def _says_the_same(
    source: Source,
    include: Callable[[str, str], str],
    rules: Rules,
    new: Formatted,
    before: PromptFile,
    problems: list[Problem],
) -> bool:
    """Whether the file as it would be asks for what it asked for, and gives cause for the same warnings."""

    def included(key: str, name: str) -> str:
        return included_text(new.texts[name].encode(), name) if name in new.texts else include(key, name)

    changed = replace(source, data=new.data)
    after, found = load_one(changed, included, allow_fields=rules.allow_fields, api_keys=rules.api_keys)
    return (
        after is not None
        and source_hash(after.prompt) == source_hash(before.prompt)
        and identical(_content(after), _content(before))
        and list(schemas_of(after.prompt.block)) == list(schemas_of(before.prompt.block))
        and Counter(_said(found)) == Counter(_said(problems))
    )


def _content(file: PromptFile) -> Any:
    prompt = file.prompt
    own = [getattr(file, name) for name in sorted(own_keys())]
    said = [prompt.display_name, prompt.description, prompt.metadata, prompt.dialect, prompt.block, prompt.extra]
    return [*said, file.named, *own]


def _said(problems: list[Problem]) -> Iterator[tuple[str, str]]:
    return ((problem.message, problem.severity) for problem in problems)
