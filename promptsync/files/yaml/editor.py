"""Edits the text of a prompt file so that everything that an edit does not touch stays as it is, to the byte.

Only the characters of the value concerned are replaced, at the places that the YAML parser itself tells. Comments,
order, quotes, blocks, anchors and line ends elsewhere are never read and written again. The text that comes of it is
read anew and must say exactly what was meant; where no way to write it does, the edit is refused.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from promptsync.files.yaml.edits import Edit, EditError, Path, apply, get, make, refine
from promptsync.files.yaml.lineends import BOM, restore
from promptsync.files.yaml.reader import decode, read
from promptsync.files.yaml.splicer import Splicer, Step, look
from promptsync.files.yaml.writer import NotYamlError, refuse_unsayable
from promptsync.model.joined import changed_alone, joined

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

__all__ = ["EditError", "Edited", "edit", "text_of_file"]

_FROM_FILE = "content_file"


@dataclass(frozen=True, slots=True)
class Edited:
    """The new text of the file, and of those `content_file` texts that changed, by the path as the file names it."""

    text: str
    texts: dict[str, str]


def edit(
    text: str, edits: Iterable[Edit], *, texts: Mapping[str, str] | None = None, shared: Collection[str] = ()
) -> Edited:
    """The text of a prompt file with the edits made, one after the other.

    `text` and `texts` are as the files hold them (decoded as UTF-8, byte order mark and line ends untouched). `texts`
    has the text of each `content_file`, by the path as it is written in the file; an edit of `content` where
    `content_file` stands is made there. Those in `shared` belong to other prompts too and are left alone: then the
    text is written into the prompt file itself. So it is where two places of this file share one.

    Raises EditError if an edit cannot be made; nothing is made then.
    """
    before, data = _readable(text)
    parts = _Parts(apply(data, []), dict(texts or {}), frozenset(shared))
    steps = [step for item in edits for step in parts.of(item)]
    splicer = Splicer(before, data)
    splicer.make(steps)
    return Edited(text if splicer.text == before else restore(text, splicer.text, lone_cr=True), parts.changed)


class _Parts:
    """Takes edits into their smallest parts, so that what stays the same within one stays as written.

    `data` is what the file says with all that was taken so far. What belongs into the file of a text is done there.
    """

    def __init__(self, data: Any, texts: dict[str, str], shared: frozenset[str]) -> None:
        self.data = data
        self.texts = texts
        self.shared = shared
        self.changed: dict[str, str] = {}
        self.uses: Counter[str] | None = None

    def of(self, item: Edit) -> Iterator[Step]:
        """The steps that are left for the prompt file. Raises EditError for what it has no place for."""
        if item.op != "remove":
            _refuse(item)
        for part in self.parts(item):
            for step in self.by_file(part):
                try:
                    self.data = make(self.data, step)
                except (LookupError, TypeError):
                    raise EditError(f"the file has no {item.field}", edit=item) from None
                self.uses = None
                yield Step(step, item)

    def parts(self, item: Edit) -> list[Edit]:
        if item.op != "set":
            return [item]
        try:
            return refine(self.held(item.path), item.value, item.path)
        except LookupError:
            return [self.with_parents(item)]

    def with_parents(self, item: Edit) -> Edit:
        """A field whose mapping is missing too is set as that mapping."""
        for length in range(1, len(item.path)):
            if look(self.data, item.path[:length]) is None:
                rest = apply({}, [Edit(item.path[length:], "set", item.value)])
                return Edit(item.path[:length], "set", rest)
        return item

    def held(self, path: Path) -> Any:
        """The value at `path`, with the texts that `content_file` stands for. Raises LookupError if there is none."""
        text = _text(self.file_for(path), self.texts)
        if text is not None:
            return text
        return _expanded(get(self.data, path), self.texts)

    def file_for(self, path: Path) -> Any:
        """The name or names that `content_file` has where `path` asks for a text in place of it, else None."""
        holder = look(self.data, path[:-1]) if path else None
        stands_in = isinstance(holder, dict) and path[-1] in ("content", "text") and path[-1] not in holder
        return holder.get(_FROM_FILE) if stands_in and isinstance(holder, dict) else None

    def by_file(self, item: Edit) -> Iterator[Edit]:
        """The edits that are left for the prompt file, after what belongs into the file of a text was done there."""
        name = self.file_for(item.path)
        if name is None:
            yield item
            return
        if item.op == "set":
            if isinstance(name, list):
                self.write_part(name, item)
                return
            if self.write_text(name, item):
                return
            yield item
        yield Edit((*item.path[:-1], _FROM_FILE), "remove")

    def write_part(self, names: list[str], item: Edit) -> None:
        """Changes the one of several files in which their joined text changed. Raises EditError for all else."""
        for name in names:
            self.refuse_missing(name, item)
        found = changed_alone([text_of_file(self.texts[name]) for name in names], str(item.value))
        if len(found) != 1 or not isinstance(item.value, str):
            raise EditError(
                f"the text of {item.field} is joined from {', '.join(names)}, and which of them changed is not certain",
                edit=item,
                hint="change them by hand",
            )
        ((at, text),) = found.items()
        if not self.write_text(names[at], replace(item, value=text)):
            raise EditError(
                f"the text of {item.field} changed in {names[at]}, which other texts are made of, too",
                edit=item,
                hint="change it there by hand, or give this prompt a text of its own",
            )

    def refuse_missing(self, name: str, item: Edit) -> None:
        """Raises EditError where a text is not at hand."""
        if name not in self.texts:
            raise EditError(
                f"the text of {item.field} stands in {name}, which is not at hand",
                edit=item,
                hint="change it there by hand",
            )

    def write_text(self, name: str, item: Edit) -> bool:
        """Whether the text could be changed in its own file."""
        self.refuse_missing(name, item)
        if not isinstance(item.value, str) or name in self.shared or self.is_used_twice(name):
            return False
        held = self.texts[name]
        body = held.removeprefix(BOM).replace("\r\n", "\n")
        new = item.value + ("\n" if body.endswith("\n") or item.value.endswith("\n") else "")
        raw = restore(held, new, lone_cr=False)
        if text_of_file(raw) != item.value:
            return False
        self.texts[name] = self.changed[name] = raw
        return True

    def is_used_twice(self, name: str) -> bool:
        """Whether two places of this file stand for one text."""
        if self.uses is None:
            self.uses = Counter(_files_named(self.data))
        return self.uses[name] > 1


def text_of_file(raw: str) -> str:
    """The text that a `content_file` with this content stands for."""
    return raw.removeprefix(BOM).replace("\r\n", "\n").removesuffix("\n")


def _readable(raw: str) -> tuple[str, Any]:
    """The text as `reader` reads it, and its data; EditError for a file with something wrong in it."""
    text, found = decode(raw.encode("utf-8", "surrogatepass"))
    data: Any = None
    if not found:
        document = read(text)
        data, found = document.data, document.complaints
    if not found:
        return text, data
    first = found[0]
    raise EditError(f"the file cannot be edited: line {first.line}: {first.message}", hint=first.hint)


def _refuse(item: Edit) -> None:
    """Raises EditError for a value that no file can hold."""
    try:
        refuse_unsayable(item.value, item.path, len(item.path) + 1)
    except NotYamlError as error:
        raise EditError(f"{item.field} cannot be written into the file: {error.message}", edit=item) from None


def _expanded(data: Any, texts: Mapping[str, str]) -> Any:
    if isinstance(data, list):
        return [_expanded(item, texts) for item in data]
    if not isinstance(data, dict):
        return data
    result = {name: _expanded(item, texts) for name, item in data.items()}
    text = _text(data.get(_FROM_FILE), texts)
    key = "text" if data.get("type") == "text" else "content"
    if text is not None and key not in result:
        del result[_FROM_FILE]
        result[key] = text
    return result


def _text(named: Any, texts: Mapping[str, str]) -> str | None:
    """The text that a `content_file` stands for; None for what is none, or is not at hand."""
    names = [named] if isinstance(named, str) else named if isinstance(named, list) else []
    if not names or not all(isinstance(name, str) and name in texts for name in names):
        return None
    return joined(text_of_file(texts[name]) for name in names)


def _files_named(data: Any) -> Iterator[str]:
    named = data.get(_FROM_FILE) if isinstance(data, dict) else None
    yield from (named,) if isinstance(named, str) else named if isinstance(named, list) else ()
    for inner in data.values() if isinstance(data, dict) else data if isinstance(data, list) else ():
        yield from _files_named(inner)
