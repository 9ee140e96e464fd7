"""A prompt file that was not there yet, with the texts beside it: written, if nothing else is lost by that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptsync.files.disk import read_bytes, write_atomic
from promptsync.files.emit import emit
from promptsync.model.errors import PromptsyncError

if TYPE_CHECKING:
    from pathlib import Path

    from promptsync.files.emit import Emitted
    from promptsync.files.layers import Layers
    from promptsync.files.target import Target
    from promptsync.model.prompt import RemotePrompt


def emit_at(target: Target, remote: RemotePrompt, key: str, layers: Layers) -> Emitted:
    """What the service holds of a prompt as the file of `key`, which stands in `layers`. Raises as `emit` does."""
    folder, _, stem = key.rpartition("/")
    lines, size = target.config.max_lines, target.config.max_file_bytes
    return emit(remote, stem=stem, folder=folder, layers=layers, max_bytes=size, max_lines=lines)


def check_beside(path: Path, emitted: Emitted) -> None:
    """Raises PromptsyncError where a text beside the file of `path` would take the place of another."""
    for name, text in emitted.texts.items():
        if read_bytes(path.with_name(name)) not in (None, text.encode()):
            raise PromptsyncError(f"{path.with_name(name)} is there already, and says something else")


def write_new(path: Path, emitted: Emitted, root: Path) -> None:
    """Writes the texts, and then the file that names them; `root` is that of the prompts."""
    for name, text in emitted.texts.items():
        write_atomic(path.with_name(name), text.encode(), root=root)
    write_atomic(path, emitted.text.encode(), root=root)
