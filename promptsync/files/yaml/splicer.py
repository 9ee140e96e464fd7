"""Edits of a text by replacing the characters concerned: all at once those that do not depend on each other.

After that the text is read anew and must say exactly what was meant. Where a first way to write it does not, the edits
are made in smaller parts, at last one by one with all ways that there are, and then refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from promptsync.files.yaml import place
from promptsync.files.yaml.edits import Edit, EditError, Path, apply, get, identical
from promptsync.files.yaml.reader import decode, read
from promptsync.files.yaml.styles import Page, page_of
from promptsync.files.yaml.tree import Node, parse, path_to, walk
from promptsync.model.canonical import schemas_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from promptsync.files.yaml.place import Splices

_MISSING: Any = object()


@dataclass(frozen=True, slots=True)
class Step:
    """A smallest edit, and the one asked for that it is a part of."""

    edit: Edit
    asked: Edit


class Splicer:
    """A text with plain line ends, which says `data`, and edits of it."""

    def __init__(self, text: str, data: Any) -> None:
        self.text = text
        self.data = data
        self._page: Page | None = None

    def make(self, steps: Sequence[Step]) -> None:
        """Makes the edits, one after the other: the path of each counts from what those before it left.

        Raises EditError if one cannot be made.
        """
        while steps:
            batch = self.independent(steps)
            if len(batch) == 1:
                self.make_one(batch[0])
            elif not self.make_together(batch):
                half = len(batch) // 2
                self.make(batch[:half])
                self.make(batch[half:])
            steps = steps[len(batch) :]

    def page(self, asked: Edit) -> Page:
        """The text as it is now, with its tree."""
        if self._page is None or self._page.text != self.text:
            root = parse(self.text)
            if root is None:
                raise _refused(asked)
            self._page = page_of(self.text, root)
        return self._page

    def independent(self, steps: Sequence[Step]) -> Sequence[Step]:
        """The first of `steps` whose paths all count from the text as it is now; one at least."""
        page = self.page(steps[0].asked)
        touched = _Touched()
        for count, step in enumerate(steps):
            if not (_is_written_out(page.root, step.edit) and touched.add(step.edit, page.root)):
                return steps[: max(count, 1)]
        return steps

    def make_together(self, batch: Sequence[Step]) -> bool:
        """Whether all could be made at once, each in the way that is best for it."""
        page = self.page(batch[0].asked)
        ways: list[tuple[Edit, Splices]] = []
        for step in batch:
            way = next(place.splices(page, step.edit), None)
            if way is None:
                return False
            ways.append((step.edit, way))
        splices = _combined(ways)
        return splices is not None and self.try_each([splices], apply(self.data, [step.edit for step in batch]))

    def make_one(self, step: Step) -> None:
        """Makes a single edit in the first way that says what was meant."""
        item, asked = step.edit, step.asked
        expected = apply(self.data, [item])
        for _ in range(100):
            item = self.in_the_open(item, asked)
            if not self.move_anchor(item, asked):
                break
        self.try_or_refuse(place.splices(self.page(asked), item), expected, asked)

    def in_the_open(self, item: Edit, asked: Edit) -> Edit:
        """The edit for a place that is written out: what comes through an alias or `<<` gets a value of its own."""
        node = self.page(asked).root
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
                inherited = look(self.data, item.path[: length + 1], _MISSING) is not _MISSING
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
                item = Edit((*path, name), "set", value)
                self.try_or_refuse(place.splices(self.page(asked), item), self.data, asked)
        mapping = place.find(self.page(asked).root, path)
        self.try_or_refuse(place.without_merges(self.text, mapping), self.data, asked)

    def move_anchor(self, item: Edit, asked: Edit) -> bool:
        """Whether an anchor had to move to its first alias, because what it names is about to change."""
        page = self.page(asked)
        chain = place.chain(page.root, item.path if item.op != "insert" else item.path[:-1])
        target = chain[-1] if len(chain) == len(item.path) + 1 and item.op != "insert" else None
        for node in [*chain, *(walk(target) if target else ())]:
            outside = [user for user in node.users if target is None or not target.start <= user.start < target.end]
            if not outside:
                continue
            value = get(self.data, path_to(node))
            if self.try_each(place.anchor_moved(page, node, outside[0], value), self.data):
                return True
            raise EditError(
                f"{asked.field} is used again elsewhere in the file as *{node.anchor}",
                edit=asked,
                hint="write the value out there, or make this change by hand",
            )
        return False

    def try_or_refuse(self, found: Iterable[Splices], expected: Any, asked: Edit) -> None:
        if not self.try_each(found, expected):
            raise _refused(asked)

    def try_each(self, found: Iterable[Splices], expected: Any) -> bool:
        """Whether one of the ways makes the text say `expected`; then it is made."""
        for item in found:
            changed = _spliced(self.text, item)
            if _says(changed, expected):
                self.text, self.data = changed, expected
                return True
        return False


class _Touched:
    """The places that edits concern whose paths all count from one text."""

    def __init__(self) -> None:
        self.changed: set[Path] = set()
        self.around: set[Path] = set()
        self.grown: set[Path] = set()
        self.moved: dict[Path, Edit] = {}

    def add(self, edit: Edit, root: Node) -> bool:
        """Whether the path of a further edit counts from that text too, and nothing else is changed there."""
        path, inserts = edit.path, edit.op == "insert"
        outer = [path[:length] for length in range(len(path))]
        is_new = not inserts and len(place.chain(root, path)) <= len(path)
        if any(around in self.changed for around in outer) or (is_new and outer[-1] in self.grown):
            return False
        if not inserts and (path in self.changed or path in self.around):
            return False
        if any(self.is_moved(edit, around) for around in outer if around in self.moved):
            return False
        self.around.update(outer)
        if is_new:
            self.grown.add(outer[-1])
        if not inserts:
            self.changed.add(path)
        if inserts or (edit.op == "remove" and isinstance(path[-1], int)):
            self.moved[outer[-1]] = edit
        return True

    def is_moved(self, edit: Edit, around: Path) -> bool:
        """Whether the elements of the list at `around` that `edit` speaks of are elsewhere by now."""
        last = self.moved[around]
        if edit.path == last.path and edit.op == last.op == "insert":
            return False
        return int(edit.path[len(around)]) >= int(last.path[-1])


def look(data: Any, path: Path, default: Any = None) -> Any:
    """The value at `path`, or `default`."""
    try:
        return get(data, path)
    except LookupError:
        return default


def _is_written_out(root: Node, edit: Edit) -> bool:
    """Whether no alias, anchor in use or `<<` has to do with the place of an edit."""
    chain = place.chain(root, edit.path if edit.op != "insert" else edit.path[:-1])
    reached = len(chain) > len(edit.path) - (edit.op in ("set", "insert"))
    below = walk(chain[-1]) if len(chain) > len(edit.path) else ()
    return reached and not any(node.kind == "alias" or node.users or node.merges for node in (*chain, *below))


def _combined(ways: Sequence[tuple[Edit, Splices]]) -> Splices | None:
    """All splices in the order of the text; None where two of them concern the same characters.

    Of items that are put in at one place, the last one comes to stand first.
    """
    found = [(start, end, new, edit) for edit, way in reversed(ways) for start, end, new in way]
    found.sort(key=lambda splice: splice[:2])
    for (*one, _, edit), (*two, _, other) in pairwise(found):
        both_in_one_list = edit.op == other.op == "insert" and edit.path == other.path
        if two[0] < one[1] or (one == two and edit is not other and not both_in_one_list):
            return None
    return [splice[:3] for splice in found]


def _spliced(text: str, splices: Splices) -> str:
    parts: list[str] = []
    at = 0
    for start, end, new in sorted(splices, key=lambda splice: splice[:2]):
        parts += [text[at:start], new]
        at = end
    return "".join([*parts, text[at:]])


def _says(text: str, expected: Any) -> bool:
    plain, complaints = decode(text.encode("utf-8", "surrogatepass"))
    if complaints or plain != text:
        return False
    document = read(text)
    if document.fatal or document.complaints or not identical(document.data, expected):
        return False
    return list(schemas_of(document.data)) == list(schemas_of(expected))


def _refused(asked: Edit) -> EditError:
    hint = "make this change by hand"
    return EditError(f"{asked.field} cannot be changed without changing something else", edit=asked, hint=hint)
