"""Keeps what the service held of a prompt before it is deleted."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from promptsync.files import write_atomic

if TYPE_CHECKING:
    from pathlib import Path

    from promptsync.models import RemotePrompt

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


def archive(folder: Path, key: str, remote: RemotePrompt) -> Path:
    """Writes the whole entity as JSON into `folder`, named by key and id, and gives the file's path."""
    name = _UNSAFE.sub("_", f"{key}.{remote.id}")[-200:]
    path = folder / f"{name}.json"
    folder.mkdir(parents=True, exist_ok=True)
    write_atomic(path, (json.dumps({"key": key, "prompt": remote.raw}, indent=2) + "\n").encode())
    return path
