"""Changes a setting of `promptsync.yaml`; comments, order and everything else in it stay as they are."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from promptsync.files.config import parse_config
from promptsync.files.disk import read_bytes, write_atomic
from promptsync.files.target import CONFIG_NAME
from promptsync.files.yaml.editor import edit
from promptsync.files.yaml.edits import Edit
from promptsync.files.yaml.reader import read
from promptsync.files.yaml.writer import dump

if TYPE_CHECKING:
    from promptsync.files.target import Target


def configured(target: Target, name: str, value: Any) -> Target:
    """The target with a top-level setting changed, or taken out where `value` is None; it stands in the file too.

    Raises LoadError, and writes nothing, where the configuration would not be one any more.
    """
    path = target.root / CONFIG_NAME
    before = (read_bytes(path) or b"").decode("utf-8")
    text = _without(before, name) if value is None else _with(before, name, value)
    config = parse_config(text.encode(), path.as_posix())
    if text.strip():
        write_atomic(path, text.encode())
    else:
        path.unlink(missing_ok=True)
    return replace(target, config=config)


def _with(text: str, name: str, value: Any) -> str:
    if _data(text) is not None:
        return edit(text, [Edit((name,), "set", value)]).text
    # Nothing or comments alone.
    return text + ("" if text == "" or text.endswith("\n") else "\n") + dump({name: value})


def _without(text: str, name: str) -> str:
    if list(_data(text) or ()) != [name]:
        return edit(text, [Edit((name,), "remove")]).text
    # A mapping of nothing cannot be written as a block: of the last setting only the comments around it stay.
    return "".join(line for line in text.splitlines(keepends=True) if line.lstrip().startswith("#"))


def _data(text: str) -> Any:
    return read(text.removeprefix("\ufeff").replace("\r\n", "\n")).data
