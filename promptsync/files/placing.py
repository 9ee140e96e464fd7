"""Where in its files a place of a prompt's data stands, and what a comment there says of rules. Pure.

Loading gives data alone; only who has to tell of a place asks for it here.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from promptsync.files.complaints import snippet
from promptsync.files.yaml.comments import comments
from promptsync.files.yaml.edits import field_of, get
from promptsync.files.yaml.place import chain
from promptsync.files.yaml.reader import decode, read
from promptsync.files.yaml.tree import Node, end_of_line, parse
from promptsync.model.compare import is_part

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptsync.files.yaml.edits import Path
    from promptsync.model.prompt import Included, Origin, PromptFile

_IGNORE = re.compile(r"#\s*lint:\s*ignore\s+([\w-]+(?:\s*,\s*[\w-]+)*)")


class Place(NamedTuple):
    """A line and column, from 1, of a file, and the line itself."""

    file: str
    line: int
    column: int
    snippet: str | None


class Remarks:
    """What the comments of a YAML file say of rules."""

    def __init__(self, data: bytes) -> None:
        self.text, _ = decode(data)
        self.root = parse(self.text)
        self.comments = comments(self.text, self.root) if self.root else None

    def ignored(self, loc: Path) -> Iterator[str]:
        """The rules that are to be left out: at a value, around it, or at the top of the file."""
        if self.root is None or self.comments is None:
            return
        lines = list(self.comments.top)
        for node in chain(self.root, loc):
            beside = self.comments.beside.get(node)
            lines += [*beside.above, beside.behind] if beside else []
        for found in _IGNORE.finditer("\n".join(lines)):
            yield from re.split(r"\s*,\s*", found[1])


class Placing(Remarks):
    """The places of a prompt file that was loaded from `data`."""

    def __init__(self, file: PromptFile, data: bytes) -> None:
        super().__init__(data)
        self.file = file
        self.document = read(self.text)

    def place(self, loc: Path, at: int | None = None) -> Place:
        """Where the value at `loc` stands, or of a text its character `at`: of an included one, in its own file."""
        holder = self.held(loc[:-1])
        name = holder.get("content_file") if isinstance(holder, dict) and loc[-1] not in holder else None
        part = self.part(loc, at)
        if part is not None and at is not None:
            text, at = str(get(self.asked(), loc))[part.start : part.end], max(at - part.start, 0)
            return _place(self.beside(part.place), text, text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at))
        elsewhere = self.origin(loc)
        if elsewhere is not None:
            return Place(self.beside(elsewhere.place), elsewhere.line, 1, None)
        line, column = self.document.place((*loc[:-1], "content_file") if name is not None else loc)
        if at is not None:
            line, column = self.inside(loc, at, line, column)
        return _place(self.file.file, self.text, line, column)

    def origin(self, loc: Path) -> Origin | None:
        """What gives the value at `loc`, where that is not the file itself."""
        return next((one for one in self.file.origins if is_part(field_of(loc), one.field)), None)

    def part(self, loc: Path, at: int | None) -> Included | None:
        """The included file that gives the character `at` of a text."""
        parts = (one for one in self.file.parts if at is not None and one.field == field_of(loc) and at <= one.end)
        return next(parts, None)

    def beside(self, place: str) -> str:
        """The path of a file at a place under the root, as messages show it."""
        return "/".join([*self.file.file.split("/")[: -1 - self.file.key.count("/")], place])

    def ignored(self, loc: Path) -> Iterator[str]:
        """The same of the prompt file, in which the name of an included text stands for the text."""
        holder = self.held(loc[:-1])
        is_included = isinstance(holder, dict) and "content_file" in holder
        return super().ignored((*loc[:-1], "content_file") if is_included else loc)

    def held(self, loc: Path) -> Any:
        """The value at `loc` as the file has it; None if there is none."""
        try:
            return get(self.document.data, loc)
        except LookupError:
            return None

    def asked(self) -> dict[str, Any]:
        """What the file asks for, with the texts that it includes."""
        return {self.file.prompt.dialect: self.file.prompt.block}

    def inside(self, loc: Path, at: int, line: int, column: int) -> tuple[int, int]:
        """The place of the character `at` of a text, or that of the text itself where its spelling hides the others."""
        nodes = chain(self.root, loc) if self.root else []
        if len(nodes) <= len(loc) or nodes[-1].kind != "scalar":
            return line, column
        node = nodes[-1]
        before = node.value[:at]
        if self.text[node.body] == "|":
            return line + 1 + before.count("\n"), self.margin(node) + at - (before.rfind("\n") + 1) + 1
        quote = len(node.style)
        if self.text.startswith(before, node.body + quote):
            return line, column + quote + at
        return line, column

    def margin(self, node: Node) -> int:
        """How far the lines of a literal block stand in."""
        first = next((line for line in node.value.split("\n") if line), "")
        for line in self.text[end_of_line(self.text, node.body) + 1 : node.end].split("\n"):
            if first and line.endswith(first):
                return len(line) - len(first)
        return 0


def _place(file: str, text: str, line: int, column: int) -> Place:
    return Place(file, line, column, snippet(text, line, column))
