"""Edits the text of a prompt file so that everything that an edit does not touch stays as it is, to the byte.

Only the characters of the value concerned are replaced, at the places that the YAML parser itself tells. Comments,
order, quotes, blocks, anchors and line ends elsewhere are never read and written again. After each edit the text is
read anew and must say exactly what was meant; where a first way to write it does not, others are tried, and then the
edit is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import yaml

from promptsync.files.yaml import place
from promptsync.files.yaml.edits import Edit, Path, apply, get, identical, refine
from promptsync.files.yaml.inplace import unsayable
from promptsync.files.yaml.lineends import BOM, restore
from promptsync.files.yaml.reader import decode, read
from promptsync.files.yaml.tree import Node, parse, walk
from promptsync.model.errors import PromptsyncError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from promptsync.files.yaml.place import Splices

_Step: TypeAlias = str | int
_FROM_FILE = "content_file"


class EditError(PromptsyncError):
    """An edit that cannot be made so that nothing else changes; the text stays as it is. `edit` is the one meant."""

    def __init__(self, message: str, *, edit: Edit | None = None, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.edit = edit


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
    editor = _Editor(text, dict(texts or {}), frozenset(shared))
    for item in edits:
        editor.make(item)
    return Edited(editor.raw(), editor.changed)


class _Editor:
    def __init__(self, raw: str, texts: dict[str, str], shared: frozenset[str]) -> None:
        self.original = raw
        self.before = self.text = _readable(raw)
        self.data = read(self.text).data
        self.texts = texts
        self.shared = shared
        self.changed: dict[str, str] = {}

    def raw(self) -> str:
        """The text with the byte order mark and line ends that it had."""
        return self.original if self.text == self.before else restore(self.original, self.text, lone_cr=True)

    def make(self, item: Edit) -> None:
        """Makes an edit in its smallest parts, so that what stays the same within it stays as written."""
        reason = None if item.op == "remove" else unsayable(item.value)
        if reason:
            raise EditError(f"{item.field} cannot be written into the file: {reason}", edit=item)
        parts = [item]
        try:
            if item.op == "set":
                parts = refine(get(self.expanded(), item.path), item.value, item.path)
        except LookupError:
            parts = [self.with_parents(item)]
        for part in parts:
            for step in self.by_file(part):
                self.make_one(step, item)

    def with_parents(self, item: Edit) -> Edit:
        """A field whose mapping is missing too is set as that mapping."""
        for length in range(len(item.path)):
            found = _look(self.data, item.path[:length])
            if found is None and length:
                rest = apply({}, [Edit(item.path[length:], "set", item.value)]) if length < len(item.path) else None
                return Edit(item.path[:length], "set", rest)
        return item

    # --- Texts in files of their own --------------------------------------------------------------------------------

    def expanded(self) -> Any:
        """The data with the texts that `content_file` stands for."""
        return _expanded(self.data, self.texts)

    def by_file(self, item: Edit) -> Iterator[Edit]:
        """The edits that are left for the prompt file, after what belongs into the file of a text was done there."""
        holder = _look(self.data, item.path[:-1]) if item.path else None
        last = item.path[-1] if item.path else None
        stands_in = isinstance(holder, dict) and _FROM_FILE in holder and last in ("content", "text")
        if not stands_in or not isinstance(holder, dict) or last in holder:
            yield item
            return
        at_file = (*item.path[:-1], _FROM_FILE)
        if item.op == "set":
            if self.write_text(holder[_FROM_FILE], item):
                return
            yield item
        yield Edit(at_file, "remove")

    def write_text(self, name: str, item: Edit) -> bool:
        """Whether the text could be changed in its own file."""
        if name not in self.texts:
            raise EditError(
                f"the text of {item.field} stands in {name}, which is not at hand",
                edit=item,
                hint="change it there by hand",
            )
        if not isinstance(item.value, str) or name in self.shared or _uses(self.data, name) > 1:
            return False
        held = self.texts[name]
        body = held.removeprefix(BOM).replace("\r\n", "\n")
        new = item.value + ("\n" if body.endswith("\n") or item.value.endswith("\n") else "")
        raw = restore(held, new, lone_cr=False)
        if text_of_file(raw) != item.value:
            return False
        self.texts[name] = self.changed[name] = raw
        return True

    # --- The prompt file itself -------------------------------------------------------------------------------------

    def make_one(self, item: Edit, asked: Edit) -> None:
        try:
            expected = apply(self.data, [item])
        except (LookupError, TypeError):
            raise EditError(f"the file has no {asked.field}", edit=asked) from None
        for _ in range(100):
            tree = self.tree(asked)
            item = self.in_the_open(tree, item, asked)
            if not self.move_anchor(self.tree(asked), item, asked):
                break
        root = self.tree(asked)
        if not self.try_each(place.splices(self.text, root, item), expected):
            raise _refused(asked)

    def tree(self, asked: Edit) -> Node:
        root = parse(self.text)
        if root is None:
            raise _refused(asked)
        return root

    def in_the_open(self, root: Node, item: Edit, asked: Edit) -> Edit:
        """The edit for a place that is written out: what comes through an alias or `<<` gets a value of its own."""
        node = root
        for length, step in enumerate(item.path):
            if node.kind == "alias":
                return self.whole(item, length)
            if node.kind == "sequence" and isinstance(step, int):
                if step >= len(node.items):
                    break
                node = node.items[step]
                continue
            entry = node.entry(step) if isinstance(step, str) else None
            last = length == len(item.path) - 1
            if last and item.op == "remove" and place.brings(node, step):
                self.write_out(item.path[:-1], node, asked)
                break
            if entry is None:
                inherited = _look(self.data, item.path[: length + 1], _MISSING) is not _MISSING
                return self.whole(item, length + 1) if inherited else item
            node = entry.value
        else:
            if node.kind == "alias" and item.op == "insert":
                return self.whole(item, len(item.path) - 1)
        return item

    def whole(self, item: Edit, length: int) -> Edit:
        """The edit as one of the value around it, at the first `length` steps of its path."""
        if length == len(item.path) and item.op == "set":
            return item
        around = item.path[:length]
        value = apply(get(self.data, around), [Edit(item.path[length:], item.op, item.value)])
        return Edit(around, "set", value)

    def write_out(self, path: Path, node: Node, asked: Edit) -> None:
        """Replaces the `<<` of a mapping by the keys that it brings."""
        for name, value in get(self.data, path).items():
            if node.entry(name) is None:
                self.try_or_refuse(Edit((*path, name), "set", value), asked)
        root = self.tree(asked)
        self.try_or_refuse_splices(place.without_merges(self.text, place.find(root, path)), asked)

    def try_or_refuse(self, item: Edit, asked: Edit) -> None:
        self.try_or_refuse_splices(place.splices(self.text, self.tree(asked), item), asked)

    def try_or_refuse_splices(self, found: Iterator[Splices], asked: Edit) -> None:
        if not self.try_each(found, self.data):
            raise _refused(asked)

    def move_anchor(self, root: Node, item: Edit, asked: Edit) -> bool:
        """Whether an anchor had to move to its first alias, because what it names is about to change."""
        chain = place.chain(root, item.path if item.op != "insert" else item.path[:-1])
        target = chain[-1] if len(chain) == len(item.path) + 1 and item.op != "insert" else None
        below = list(walk(target)) if target else []
        for node in [*chain, *below]:
            if node.kind == "alias":
                continue
            outside = [user for user in node.users if target is None or not target.start <= user.start < target.end]
            if not outside:
                continue
            value = get(self.data, _path_of(root, node))
            for found in place.anchor_moved(self.text, root, node, outside[0], value):
                if self.fits(changed := _spliced(self.text, found), self.data):
                    self.text = changed
                    return True
            raise EditError(
                f"{asked.field} is used again elsewhere in the file as *{node.anchor}",
                edit=asked,
                hint="write the value out there, or make this change by hand",
            )
        return False

    def try_each(self, found: Iterator[Splices], expected: Any) -> bool:
        for item in found:
            changed = _spliced(self.text, item)
            if self.fits(changed, expected):
                self.text, self.data = changed, expected
                return True
        return False

    def fits(self, text: str, expected: Any) -> bool:
        plain, complaints = decode(text.encode("utf-8", "surrogatepass"))
        if complaints or plain != text:
            return False
        document = read(text)
        return not document.fatal and not document.complaints and identical(document.data, expected)


_MISSING: Any = object()


def text_of_file(raw: str) -> str:
    """The text that a `content_file` with this content stands for."""
    return raw.removeprefix(BOM).replace("\r\n", "\n").removesuffix("\n")


def _readable(raw: str) -> str:
    """The text as `text` reads it; EditError for a file with something wrong in it."""
    text, complaints = decode(raw.encode("utf-8", "surrogatepass"))
    found = complaints or read(text).complaints
    if not found:
        try:
            parse(text)
        except yaml.YAMLError:
            raise EditError("the file is not valid YAML") from None
        return text
    first = found[0]
    raise EditError(f"the file cannot be edited: line {first.line}: {first.message}", hint=first.hint)


def _refused(asked: Edit) -> EditError:
    hint = "make this change by hand"
    return EditError(f"{asked.field} cannot be changed without changing something else", edit=asked, hint=hint)


def _spliced(text: str, found: Splices) -> str:
    for start, end, new in sorted(found, reverse=True):
        text = text[:start] + new + text[end:]
    return text


def _look(data: Any, path: Path, default: Any = None) -> Any:
    try:
        return get(data, path)
    except LookupError:
        return default


def _expanded(data: Any, texts: Mapping[str, str]) -> Any:
    if isinstance(data, list):
        return [_expanded(item, texts) for item in data]
    if not isinstance(data, dict):
        return data
    result = {name: _expanded(item, texts) for name, item in data.items()}
    name = data.get(_FROM_FILE)
    key = "text" if data.get("type") == "text" else "content"
    if isinstance(name, str) and name in texts and key not in result:
        del result[_FROM_FILE]
        result[key] = text_of_file(texts[name])
    return result


def _uses(data: Any, name: str) -> int:
    if isinstance(data, list):
        return sum(_uses(item, name) for item in data)
    if not isinstance(data, dict):
        return 0
    return sum(_uses(item, name) for item in data.values()) + (data.get(_FROM_FILE) == name)


def _path_of(root: Node, wanted: Node) -> Path:
    steps: list[_Step] = []
    node = wanted
    while node.parent is not None:
        parent = node.parent
        if parent.kind == "sequence":
            steps.append(parent.items.index(node))
        else:
            steps.append(next(entry.name for entry in parent.entries if entry.value is node or entry.key is node))
        node = parent
    return tuple(reversed(steps))
