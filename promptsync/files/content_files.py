"""Long texts of a prompt in files of their own: which may be moved there, and how the prompt file then names them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from promptsync.files.loader import included_text
from promptsync.files.yaml.edits import get
from promptsync.model.prompt import DIALECTS, Json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptsync.files.yaml.edits import Path


class Movable(NamedTuple):
    """A text at `path` that a file would give back word for word: the file's name, and what it would hold."""

    path: Path
    name: str
    text: str

    @property
    def lines(self) -> int:
        """The lines of the text."""
        return self.text[:-1].removesuffix("\n").count("\n") + 1


def movable_texts(document: Json, stem: str) -> Iterator[Movable]:
    """The texts of a prompt file's data for which a file can stand. `stem` is its name without its ending."""
    for place, path, text in _texts(document):
        name, held = f"{stem}.{place}.md", f"{text}\n"
        if included_text(held.encode(), name) == text:
            yield Movable(path, name, held)


def move(document: Json, text: Movable) -> None:
    """Lets `content_file` stand in place of a text, so that the order of the keys stays."""
    holder: Json = get(document, text.path[:-1])
    key = text.path[-1]
    fields = [("content_file", text.name) if one == key else (one, value) for one, value in holder.items()]
    holder.clear()
    holder.update(fields)


def _texts(document: Json) -> Iterator[tuple[str, Path, str]]:
    """The number of the message (and part), the path, and the text."""
    dialect = next(name for name in DIALECTS if name in document)
    for number, message in enumerate(document[dialect].get("messages") or ()):
        place, content = (dialect, "messages", number), message.get("content")
        if isinstance(content, str):
            yield f"{number + 1}", (*place, "content"), content
        for at, part in enumerate(content if isinstance(content, list) else ()):
            if part.get("type") == "text" and isinstance(part.get("text"), str):
                yield f"{number + 1}-{at + 1}", (*place, "content", at, "text"), part["text"]
