"""What a service may write differently from what it was sent, without meaning anything else by it."""

from __future__ import annotations

import struct
import unicodedata
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from promptsync.sandbox.behaviour import Writing


def written(body: Mapping[str, Any], writing: Writing) -> dict[str, Any]:
    """The body of a create or update as the service keeps it."""
    result = dict(body)
    for name, rewrite in _WAYS.items():
        if writing == name or (writing == "all" and name != "closed"):
            result = {key: rewrite(value) for key, value in result.items()}
    metadata = result.get("metadata")
    if writing in ("sorted", "all") and isinstance(metadata, dict) and isinstance(metadata.get("use_cases"), list):
        result["metadata"] = {**metadata, "use_cases": sorted(metadata["use_cases"])}
    return result


def _texts(rewrite: Callable[[str], str]) -> Callable[[Any], Any]:
    def inner(value: Any) -> Any:
        if isinstance(value, str):
            return rewrite(value)
        if isinstance(value, dict):
            return {name: inner(item) for name, item in value.items()}
        return [inner(item) for item in value] if isinstance(value, list) else value

    return inner


def _single(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _single(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_single(item) for item in value]
    return struct.unpack("f", struct.pack("f", value))[0] if isinstance(value, float) else value


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _sorted(value[name]) for name in sorted(value)}
    return [_sorted(item) for item in value] if isinstance(value, list) else value


def _closed(text: str) -> str:
    return text if not text or "\n" not in text or text.endswith("\n") else f"{text}\n"


_WAYS: dict[str, Callable[[Any], Any]] = {
    "lf": _texts(lambda text: text.replace("\r\n", "\n")),
    "nfc": _texts(lambda text: unicodedata.normalize("NFC", text)),
    "trimmed": _texts(lambda text: text.rstrip("\r\n")),
    "closed": _texts(_closed),
    "single": _single,
    "sorted": _sorted,
}
