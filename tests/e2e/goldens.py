"""Compares with the golden files; PROMPTSYNC_UPDATE_GOLDEN=1 writes them anew."""

from __future__ import annotations

import os
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "golden" / "e2e"


def same_as_golden(name: str, text: str) -> None:
    """Asserts that `text` is what the golden file says, to the byte."""
    path = FOLDER / name
    if os.environ.get("PROMPTSYNC_UPDATE_GOLDEN") == "1":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    assert text.encode() == path.read_bytes()
