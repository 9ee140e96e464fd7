"""One form for all the ways of saying the same prompt, and its hash.

The service rewrites what it is sent: nulls stay or vanish, the `provider/` prefix of a model goes, keys are
reordered, 1 comes back as 1.0 (the documents' own example shows most of it). None of that is a difference, so
everything is brought into this form before it is compared or hashed.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from promptsync.model.errors import PromptsyncError
from promptsync.model.prompt import CLASSIC, Dialect, Json, Prompt, RemotePrompt

if TYPE_CHECKING:
    from collections.abc import Iterable

CANONICAL = 1
"""The version of the rules in this file, kept in the lockfile. A change of the rules must raise it."""

MAX_DEPTH = 200
"""Levels of nesting that are compared; deeper data would end in a RecursionError somewhere on the way."""

_EXACT_INTEGERS = 2**53
_ENCODER = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def canonical(prompt: Prompt) -> Json:
    """`prompt` as `{display_name, description, metadata, <dialect>: block, …extra}` in canonical form.

    Null, `[]` and `{}` say nothing and are left out, except inside a JSON schema, which is the user's own data.
    An integral float is an integer, and an integer that JavaScript cannot hold is the number that it would make of
    it. An empty description is left out. Raises PromptsyncError where the nesting is deeper than `MAX_DEPTH`.
    """
    content: Json = {
        "display_name": prompt.display_name,
        "metadata": _mapping(prompt.metadata),
        prompt.dialect: canonical_block(prompt.dialect, prompt.block),
    }
    if prompt.description:
        content["description"] = prompt.description
    return {**_mapping(prompt.extra), **content} if prompt.extra else content


def canonical_block(dialect: Dialect, block: Json) -> Json:
    """The block in canonical form; in the classic dialect without the provider's prefix in the model's name."""
    result = _mapping(block)
    if dialect == CLASSIC:
        model, provider = result.get("model"), result.get("provider")
        if isinstance(model, str) and isinstance(provider, str):
            result["model"] = model.removeprefix(f"{provider}/")
    return result


def digest(value: Any) -> str:
    """`sha256:…` over the sorted, compact UTF-8 JSON of `value`."""
    return _sha256(canonical_json(value))


def _sha256(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def canonical_json(value: Any) -> bytes:
    """Sorted, compact UTF-8 JSON. A lone surrogate, which a JSON escape can smuggle in, keeps its own encoding."""
    return _ENCODER.encode(value).encode("utf-8", "surrogatepass")


def is_same_json(one: Any, other: Any) -> bool:
    """Whether two values are the same JSON: to Python, `1` and `True` are equal."""
    return bool(one == other) and canonical_json(one) == canonical_json(other)


def source_hash(prompt: Prompt) -> str:
    """The hash of what a file asks for."""
    return digest(canonical(prompt))


def source_hashes(prompt: Prompt, names: Iterable[str]) -> dict[str, str]:
    """The hash of what a file would ask for under each of `names`, without writing all of it down for each."""
    content = canonical(prompt)
    place = digest(content)  # a text that the content cannot hold
    head, _, tail = canonical_json({**content, "display_name": place}).partition(canonical_json(place))
    return {name: _sha256(head + canonical_json(name) + tail) for name in names}


def remote_hash(remote: RemotePrompt, dialect: Dialect, asked: Prompt | None = None) -> str:
    """The hash of what the service holds of a prompt in `dialect`; version, ids, owner and times are not part of it.

    The further top-level fields that `asked` asks for are, so that a change of one of them is seen.
    """
    if asked is not None and asked.extra:
        return digest(without_ids(canonical(remote_content(remote, dialect, asked))))
    known = remote.hashes.get(dialect)
    if known is None:
        known = remote.hashes[dialect] = digest(without_ids(canonical(remote.prompt(dialect))))
    return known


def without_ids(content: Json) -> Json:
    """Canonical content without the id of the model: in the documents a create does not answer it, a retrieve does."""
    block = content.get(CLASSIC)
    if not block or "model_db_id" not in block:
        return content
    return {**content, CLASSIC: {name: value for name, value in block.items() if name != "model_db_id"}}


def remote_content(remote: RemotePrompt, dialect: Dialect, asked: Prompt | None) -> Prompt:
    """What the service holds in `dialect`, with those further top-level fields that `asked` asks for."""
    extra = {name: remote.raw[name] for name in asked.extra if name in remote.raw} if asked else {}
    return replace(remote.prompt(dialect), extra=extra)


def _mapping(value: Json, depth: int = 0, *, holds_schema: bool = False) -> Json:
    _bound(depth)
    result = {}
    for name, item in value.items():
        if type(item) is str:  # as most are
            result[name] = item
            continue
        if holds_schema and name == "schema" and item is not None:
            result[name] = _numbers(item, depth + 1)
            continue
        plain = _value(item, depth + 1, holds_schema=name == "json_schema")
        if plain is None or (not plain and isinstance(plain, list | dict)):
            continue
        result[name] = plain
    return result


def _value(value: Any, depth: int, *, holds_schema: bool = False) -> Any:
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        return _mapping(value, depth, holds_schema=holds_schema)
    if isinstance(value, list):
        _bound(depth)
        return [_value(item, depth + 1) for item in value]
    return _number(value)


def _numbers(value: Any, depth: int) -> Any:
    _bound(depth)
    if isinstance(value, dict):
        return {name: _numbers(item, depth + 1) for name, item in value.items()}
    if isinstance(value, list):
        return [_numbers(item, depth + 1) for item in value]
    return _number(value)


def _number(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT_INTEGERS:
        return int(value)
    if isinstance(value, int) and abs(value) >= _EXACT_INTEGERS:
        try:
            return float(value)
        except OverflowError:
            return value
    return value


def _bound(depth: int) -> None:
    if depth > MAX_DEPTH:
        raise PromptsyncError(
            f"a prompt is nested more than {MAX_DEPTH} levels deep, which is more than can be compared"
        )
