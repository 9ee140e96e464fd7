"""Fmt: lays the files out in one way. What they ask for stays the same."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from promptsync.commands.results import Laid, Reformatted
from promptsync.commands.validate import chosen_keys
from promptsync.files.disk import include_reader, look_around, read_bytes, write_atomic
from promptsync.files.formatter import Rules, format_defaults, format_file
from promptsync.files.tree import read_layers
from promptsync.model.errors import PromptsyncError
from promptsync.model.prompt import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable

    from promptsync.files.content_files import Movable
    from promptsync.files.formatter import Formatted
    from promptsync.files.loader import Source
    from promptsync.files.target import Target


def fmt(target: Target, only: Iterable[str] = (), *, write: bool = True) -> Laid:
    """Lays out the files `only`, or all; without `write` it only tells what would change.

    A file that is no valid prompt file is left and told. Raises UsageError for a name that is no prompt file.
    """
    config = target.config
    sources = look_around(target.root, max_bytes=config.max_file_bytes)
    names = tuple(only)
    shared = {source.key: source for source in sources.defaults()}
    keys = chosen_keys(target, names, sources.keys() | shared.keys()) or sources.keys() | shared.keys()
    layers = read_layers(target)
    include = include_reader(target.root, max_bytes=config.max_file_bytes)
    rules = Rules(config.allow_fields, target.api_keys, config.max_file_bytes, config.max_lines)
    changed: list[Reformatted] = []
    problems: list[Problem] = []
    files: set[str] = set()
    for source in [*(shared[key] for key in sorted(shared.keys() & keys)), *sources.among(keys)]:
        files.add(source.file)
        beside = _Beside(source)
        if source.key in shared:
            formatted, found = format_defaults(source, rules)
        else:
            layered = replace(source, layers=layers.of(source.key))
            formatted, found = format_file(layered, include, rules, beside.may_write)
        problems += [*found, *beside.problems]
        if formatted is None:
            continue
        problem = formatted.problem or _link(source, formatted)
        if problem is not None:
            problems.append(problem)
        elif formatted.data != source.data:
            changed.append(_reformatted(source, formatted))
            if write:
                _write(target.root, source, formatted)
    problems += [problem for problem in sources.problems if not names or problem.file in files]
    problems.sort(key=lambda one: (one.file, one.line, one.column))
    return Laid(len(keys), tuple(problems), tuple(changed))


class _Beside:
    """The folder of a prompt file: which texts may be put into it."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.problems: list[Problem] = []

    def may_write(self, text: Movable) -> bool:
        """Whether no other text would be lost by it; else a problem tells why."""
        path = Path(self.source.file).with_name(text.name)
        try:
            if read_bytes(path) in (None, text.text.encode()):
                return True
            why = f"{path} is there already, and says something else"
        except PromptsyncError as error:
            why = error.message
        hint = "rename that file, or name a content_file by hand"
        message = f"a text of {text.lines} lines stays in the file: {why}"
        self.problems.append(Problem(self.source.file, 0, 0, message, hint, severity="warning"))
        return False


def _link(source: Source, formatted: Formatted) -> Problem | None:
    """Why a link is left: written to, it would be one no more."""
    if formatted.data == source.data or not Path(source.file).is_symlink():
        return None
    message = "it is left as it is: it is a symbolic link"
    return Problem(source.file, 0, 0, message, "lay out the file that it leads to", severity="warning")


def _reformatted(source: Source, formatted: Formatted) -> Reformatted:
    beside = Path(source.file)
    texts = tuple(beside.with_name(name).as_posix() for name in formatted.texts)
    return Reformatted(source.file, source.data.decode(), formatted.data.decode(), texts)


def _write(root: Path, source: Source, formatted: Formatted) -> None:
    """The texts first, and then the file that names them."""
    path = Path(source.file)
    for name, text in formatted.texts.items():
        write_atomic(path.with_name(name), text.encode(), root=root)
    write_atomic(path, formatted.data, root=root)
