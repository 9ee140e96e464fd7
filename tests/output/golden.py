"""Compares with the golden files; PROMPTSYNC_UPDATE_GOLDEN=1 writes them anew."""

from __future__ import annotations

import os
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "golden" / "output"


def same_as_golden(name: str, text: str) -> None:
    """Asserts that `text` is what the golden file says, to the byte."""
    path = FOLDER / name
    if os.environ.get("PROMPTSYNC_UPDATE_GOLDEN") == "1":
        path.write_bytes(text.encode() + b"\n")
    assert text.encode() + b"\n" == path.read_bytes()
