"""What the service answers, read: prompts, versions and pages, and its own words where it complains.

The shapes are from its OpenAPI document of August 2026. What an answer holds besides is kept, what it lacks is None.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from math import isfinite
from typing import TYPE_CHECKING, Any

from promptsync.model.prompt import DIALECTS, ID, Dialect, Json, RemotePrompt
from promptsync.service.pagination import Page, T

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_DEPTH = 200
"""Levels of nesting in one answer; what walks it later does so by recursion."""

LONG = 200
"""Characters of a text that is worth looking for another of the same words."""

_SURROGATES = re.compile(
    r"\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[dD][89a-fA-F][0-9a-fA-F]{2}"
)


class ForeignError(ValueError):
    """An answer that cannot be from this API. Its text is what it should have been, such as “a prompt”."""


@dataclass(frozen=True, slots=True)
class RemoteVersion:
    """One version of a prompt, as the service answered it.

    `id` is the version's own id; that it equals the `version` inside its blocks is likely, not documented. The API
    tells neither name nor path of a version.
    """

    id: str
    blocks: dict[Dialect, Json]
    description: str | None
    metadata: Json
    timestamp: str | None
    updated_by_id: str | None
    created_by_id: str | None
    raw: Json = field(repr=False)


class Texts:
    """Long texts, each in memory once, however often it comes: in a file, in both dialects, in many prompts."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    def add(self, value: Any) -> None:
        """Takes in whatever JSON holds."""
        if isinstance(value, dict):
            self.share(value)
        parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        for item in parts:
            if type(item) is dict or type(item) is list:
                self.add(item)

    def share(self, fields: Json) -> Json:
        """The same object, its long texts replaced by equal ones that came before."""
        for name, value in fields.items():
            if type(value) is str and len(value) >= LONG:
                fields[name] = self._known.setdefault(value, value)
        return fields


def read_prompt(data: Any) -> RemotePrompt:
    """Raises ForeignError."""
    if not (_has_id(data) and ID.fullmatch(data["_id"]) and isinstance(data.get("display_name"), str)):
        raise ForeignError("a prompt")
    return RemotePrompt(
        id=data["_id"],
        display_name=data["display_name"],
        description=_text(data, "description"),
        metadata=_object(data, "metadata"),
        blocks=_blocks(data),
        owner=_text(data, "owner"),
        path=_text(data, "path"),
        created=_text(data, "created"),
        updated=_text(data, "updated"),
        updated_by_id=_text(data, "updated_by_id"),
        raw=data,
    )


def read_version(data: Any) -> RemoteVersion:
    """Raises ForeignError."""
    if not _has_id(data):
        raise ForeignError("a version of a prompt")
    return RemoteVersion(
        id=data["_id"],
        blocks=_blocks(data),
        description=_text(data, "description"),
        metadata=_object(data, "metadata"),
        timestamp=_text(data, "timestamp"),
        updated_by_id=_text(data, "updated_by_id"),
        created_by_id=_text(data, "created_by_id"),
        raw=data,
    )


def read_page(data: Any, read: Callable[[Any], T], limit: int) -> Page[T]:
    """A page for which `limit` items were asked, each of which `read` takes. Raises ForeignError."""
    items = data.get("data") if isinstance(data, dict) else None
    if not isinstance(items, list):
        raise ForeignError("a list")
    more = data.get("has_more")
    return Page([read(item) for item in items], more if isinstance(more, bool) else None, limit)


def parsed(body: bytes, each: Callable[[Json], Json] | None = None) -> tuple[Any, str]:
    """JSON and no fault, or None and the fault. `each` object is replaced by what that gives, the innermost first."""
    try:
        text = body.decode("utf-8-sig")
        if "\\ud" in text or "\\uD" in text:
            # Half a character, which JavaScript can hold and UTF-8 cannot: no file or hash could take it.
            text = _SURROGATES.sub(lambda found: found[0] if len(found[0]) != 6 else "\\ufffd", text)
        return json.loads(text, parse_constant=_not_json, parse_float=_finite, object_hook=each), ""
    except UnicodeDecodeError:
        return None, "answered with text that is not UTF-8"
    except RecursionError:
        return None, "answered with JSON that is nested too deeply"
    except ValueError:
        return None, "answered with something that is no JSON, or cut off" if body else "answered without content"


def _not_json(word: str) -> Any:
    raise ValueError(word)


def _finite(digits: str) -> float:
    number = float(digits)
    if not isfinite(number):
        raise ValueError("beyond the largest number")
    return number


def deeper_than(data: Any, levels: int) -> bool:
    """Whether JSON is nested deeper than that; without recursion, which the deepest would break."""
    level = [data] if isinstance(data, (dict, list)) else []
    for _ in range(levels):
        if not level:
            return False
        level = [
            item
            for parent in level
            for item in (parent.values() if type(parent) is dict else parent)
            if type(item) is dict or type(item) is list
        ]
    return bool(level)


def _has_id(data: Any) -> bool:
    return isinstance(data, dict) and isinstance(data.get("_id"), str) and data["_id"] != ""


def _text(data: Json, name: str) -> str | None:
    value = data.get(name)
    return value if isinstance(value, str) else None


def _object(data: Json, name: str) -> Json:
    value = data.get(name)
    return value if isinstance(value, dict) else {}


def _blocks(data: Json) -> dict[Dialect, Json]:
    return {name: data[name] for name in DIALECTS if isinstance(data.get(name), dict)}


def is_html(content_type: str, body: bytes) -> bool:
    """Whether an answer is a page for people."""
    return "html" in content_type.lower() or body[:200].lstrip().lower().startswith((b"<!doctype html", b"<html"))


def complaint(body: bytes) -> str:
    """The service's own words in the body of an answer that is an error."""
    data, fault = parsed(body)
    return body.decode("utf-8", "replace") if fault or deeper_than(data, MAX_DEPTH) else _words(data)


def _words(data: Any, depth: int = 0) -> str:
    """The sentences in an error, with the fields they are about: `message`, and what lists of issues say besides."""
    if isinstance(data, str):
        return data
    if isinstance(data, list) and depth <= 5:
        return "; ".join(_words(item, depth + 1) for item in data[:20])
    if not isinstance(data, dict) or depth > 5:
        return json.dumps(data, ensure_ascii=False)
    names = ("message", "error", "detail", "details", "errors", "issues")
    parts = [_words(data[name], depth + 1) for name in names if data.get(name)]
    if not parts:
        return json.dumps(data, ensure_ascii=False)
    path = data.get("path")
    where = ".".join(map(str, path)) if isinstance(path, list) else path if isinstance(path, str) else ""
    return (f"{where}: " if where else "") + "; ".join(dict.fromkeys(parts))
