"""YAML that several rooms are tested with: the corpus, and a look at every byte of it."""

from __future__ import annotations

import difflib
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from promptsync.files.yaml.editor import text_of_file
from promptsync.files.yaml.edits import get
from promptsync.files.yaml.reader import decode, read

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptsync.files.yaml.edits import Edit

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

CORPUS = sorted((Path(__file__).parent / "corpus" / "yaml").glob("*.yaml"))
TEXTS = {"system.md": "\ufeffFirst line.\r\nSecond line.\r\n", "part.txt": "One part\nof it"}


def data_of(raw: str) -> Any:
    text, complaints = decode(raw.encode())
    document = read(text)
    assert not complaints
    assert not document.complaints
    return document.data


def expanded(data: Any, texts: dict[str, str]) -> Any:
    if isinstance(data, list):
        return [expanded(item, texts) for item in data]
    if not isinstance(data, dict):
        return data
    key = "text" if data.get("type") == "text" else "content"
    return {
        key if name == "content_file" else name: text_of_file(texts[item]) if name == "content_file"
        else expanded(item, texts)
        for name, item in data.items()
    }  # fmt: skip


def region(raw: str, path: tuple[str | int, ...]) -> tuple[int, int] | None:
    """The first and last line of a field, as another reader of YAML sees it; None if it is not in the text itself."""
    node: Any = yaml.compose(raw, Loader=_Loader)
    begin = node.start_mark.line
    for step in path:
        if isinstance(node, yaml.MappingNode):
            found = [(key, value) for key, value in node.value if key.value == step]
            if not found:
                return None
            begin, node = found[-1][0].start_mark.line, found[-1][1]
        else:
            node = node.value[step]
            begin = node.start_mark.line
    return min(begin, node.start_mark.line), _end_line(node)


def _end_line(node: Any) -> int:
    if isinstance(node, yaml.ScalarNode) or node.flow_style or not node.value:
        mark = node.end_mark
        return int(mark.line if mark.column else max(mark.line - 1, node.start_mark.line))
    last = node.value[-1]
    return _end_line(last[1] if isinstance(last, tuple) else last)


def allowed_lines(raw: str, item: Edit, before: Any) -> Iterator[int]:
    """The lines of the field itself; those of what is around it where it stands in braces or gets empty."""
    body = raw.removeprefix("\ufeff")
    path = item.path
    if item.op == "remove" and len(get(before, path[:-1])) == 1:
        path = path[:-1]
    found = region(body, path) if item.op != "insert" else None
    file_path = (*path[:-1], "content_file")
    found = found or (region(body, file_path) if item.op != "insert" else None)
    if found:
        yield from range(found[0], found[1] + 1)
        yield from around(body.split("\n"), *found)
    node: Any = yaml.compose(body, Loader=_Loader)
    for step in path[:-1]:
        if isinstance(node, yaml.MappingNode):
            node = next((value for key, value in node.value if key.value == step), None)
        else:
            node = node.value[step] if isinstance(step, int) else None
        if node is None:
            return
    if node.flow_style and not node.value:
        yield node.start_mark.line
    if node.flow_style and item.op != "remove":
        inner = [part for pair in node.value for part in (pair if isinstance(pair, tuple) else [pair])]
        yield from {part.end_mark.line for part in inner if not found}
    if node.flow_style and item.op == "remove" and found:
        yield from (found[0] - 1, found[1] + 1)


def around(lines: list[str], first: int, last: int) -> Iterator[int]:
    """A dash above the field that stands alone, and comments below it that stand deeper."""
    depth = len(lines[first]) - len(lines[first].lstrip(" -"))
    if re.match(r" *-( *#.*)?$", lines[first - 1]):
        yield first - 1
        depth = lines[first - 1].index("-")
    elif lines[first].lstrip().startswith("-"):
        depth = lines[first].index("-")
    while last + 1 < len(lines) and re.match(rf" {{{depth + 1},}}#", lines[last + 1]):
        last += 1
        yield last


def is_harmless(lines: list[str], number: int) -> bool:
    """A last line that gets its end, and the header of a last block that has none."""
    if lines[-1].endswith("\n"):
        return False
    return number == len(lines) - 1 or bool(re.search(r"[|>][-+]?\s*$", lines[number]))


def assert_elsewhere_untouched(raw: str, new: str, item: Edit, before: Any) -> None:
    old_lines, new_lines = raw.splitlines(keepends=True), new.splitlines(keepends=True)
    if len(re.findall(r"\*\w", raw)) > len(re.findall(r"\*\w", new)):
        return  # An alias had to take over what it stood for.
    allowed = set(allowed_lines(raw, item, before))
    if allowed and new_lines[: min(allowed)] == old_lines[: min(allowed)]:
        below = old_lines[max(allowed) + 1 :]
        if new_lines[len(new_lines) - len(below) :] == below:
            return
    matcher = difflib.SequenceMatcher(None, old_lines, new_lines, autojunk=False)
    for tag, from_old, to_old, _, _ in matcher.get_opcodes():
        if tag in ("replace", "delete"):
            touched = set(range(from_old, to_old))
            elsewhere = {n for n in touched - allowed if not is_harmless(old_lines, n)}
            assert not elsewhere, "\n" + "".join(difflib.unified_diff(old_lines, new_lines, n=1))
    assert new.startswith("\ufeff") == raw.startswith("\ufeff")


class _Quoted(yaml.SafeDumper):
    """Texts in quotes: PyYAML leaves off those that only YAML 1.1 can do without."""


_Quoted.add_representer(str, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"'))


def quoted_dump(value: Any) -> str:
    return yaml.dump(value, Dumper=_Quoted, width=40)
