"""One form for all the ways of saying the same prompt, and its hash.

The service rewrites what it is sent: nulls stay or vanish, the `provider/` prefix of a model goes, keys are
reordered, 1 comes back as 1.0 (the documents' own example shows most of it). None of that is a difference, so
everything is brought into this form before it is compared or hashed. Below a JSON schema the order of keys is content:
it steers what a model writes first.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from promptsync.model.errors import PromptsyncError
from promptsync.model.prompt import CLASSIC, Dialect, Json, Prompt, RemotePrompt

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

CANONICAL = 2
"""The version of the rules in this file, kept in the lockfile. A change of the rules must raise it."""

HASHED_BY = (1, 2)
"""The versions of the rules whose hashes can be told from each other, so that one lockfile may hold both."""

MAX_DEPTH = 200
"""Levels of nesting that are compared; deeper data would end in a RecursionError somewhere on the way."""

_EXACT_INTEGERS = 2**53
_ENCODER = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":"))


class Ordered(dict[str, Any]):
    """An object below a JSON schema: equal only to one that has its keys in the same order."""

    __slots__ = ()
    __hash__ = None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, dict) and list(self.items()) == list(other.items())

    def __ne__(self, other: object) -> bool:
        return not self == other


class Form(NamedTuple):
    """One way to say what a prompt says.

    `name` marks what is hashed where a JSON schema is, so that no hash of one form looks like that of another; none is
    empty. `schemas` names the objects that hold a JSON schema, and under which key.
    """

    name: str
    in_order: bool
    schemas: Mapping[str, str]
    has_sets: bool


_SCHEMAS = {"json_schema": "schema", "function": "parameters"}
IN_ORDER = Form("keys in order", in_order=True, schemas=_SCHEMAS, has_sets=True)
WITHOUT_ORDER = Form("keys in any order", in_order=False, schemas=_SCHEMAS, has_sets=True)
"""For a service that does not keep the order of keys."""
RULES_1 = Form("", in_order=False, schemas={"json_schema": "schema"}, has_sets=False)
"""What lockfiles of `canonical: 1` were hashed by."""
FORMS = (IN_ORDER, WITHOUT_ORDER, RULES_1)
"""The forms of which a lockfile may hold hashes, the likely one first."""
_SOURCE_FORMS = (IN_ORDER, RULES_1)
"""Those of them that a file is hashed by: it has an order."""


def canonical(prompt: Prompt, form: Form = IN_ORDER) -> Json:
    """`prompt` as `{display_name, description, metadata, <dialect>: block, …extra}` in canonical form.

    Null, `[]` and `{}` say nothing and are left out, except inside a JSON schema, which is the user's own data.
    An integral float is an integer, and an integer that JavaScript cannot hold is the number that it would make of
    it. An empty description is left out. Raises PromptsyncError where the nesting is deeper than `MAX_DEPTH`.
    """
    content: Json = {
        "display_name": prompt.display_name,
        "metadata": _metadata(prompt.metadata, form),
        prompt.dialect: canonical_block(prompt.dialect, prompt.block, form),
    }
    if prompt.description:
        content["description"] = prompt.description
    return {**_mapping(prompt.extra, form), **content} if prompt.extra else content


def canonical_block(dialect: Dialect, block: Json, form: Form = IN_ORDER) -> Json:
    """The block in canonical form; in the classic dialect without the provider's prefix in the model's name."""
    result = _mapping(block, form)
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


def exact_json(value: Any) -> bytes:
    """The same of canonical content, in which the order of keys tells where it is content."""
    return canonical_json(_marked(value, IN_ORDER.name))


def is_same_json(one: Any, other: Any) -> bool:
    """Whether two values are the same JSON: to Python, `1` and `True` are equal."""
    return bool(one == other) and canonical_json(one) == canonical_json(other)


def schemas_of(value: Any, key: str | None = None) -> Iterator[str]:
    """The text of each JSON schema in any data, keys in their order. `key` is under which this object may hold one."""
    if isinstance(value, dict):
        for name, item in sorted(value.items()):
            if name == key:
                yield json.dumps(item)
            else:
                yield from schemas_of(item, _SCHEMAS.get(name))
    elif isinstance(value, list):
        for item in value:
            yield from schemas_of(item)


def is_in_schema(field: str) -> bool:
    """Whether the path of a field leads to a JSON schema, or into one: there the order of keys is content."""
    names = [name.partition("[")[0] for name in field.split(".")]
    return any(_SCHEMAS.get(name) == inner for name, inner in pairwise(names))


def in_order(value: Any, depth: int = 0) -> Any:
    """A value of a JSON schema, as read from JSON, with the order of its keys as content; not below `MAX_DEPTH`."""
    if depth < MAX_DEPTH and isinstance(value, dict):
        return Ordered((name, in_order(item, depth + 1)) for name, item in value.items())
    if depth < MAX_DEPTH and isinstance(value, list):
        return [in_order(item, depth + 1) for item in value]
    return value


def is_turned(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether keys that both objects have stand in another order."""
    return [name for name in one if name in other] != [name for name in other if name in one]


def source_hash(prompt: Prompt, form: Form = IN_ORDER) -> str:
    """The hash of what a file asks for. It is kept: a plan and an apply ask for it again and again."""
    known = prompt.hashes.get(form.name)
    if known is None:
        known = prompt.hashes[form.name] = _hash(canonical(prompt, form), form)
    return known


def source_hashes(prompt: Prompt) -> Iterator[str]:
    """The hashes that a lockfile may hold of what a file asks for, today's first."""
    return (source_hash(prompt, form) for form in _SOURCE_FORMS)


def source_hashes_named(prompt: Prompt, names: Iterable[str]) -> dict[str, list[str]]:
    """The same under each of `names`, without writing all of the prompt down for each."""
    hashes: dict[str, list[str]] = {name: [] for name in names}
    for form in _SOURCE_FORMS:
        content = _to_hash(canonical(prompt, form), form)
        place = digest(content)  # a text that the content cannot hold
        head, _, tail = canonical_json({**content, "display_name": place}).partition(canonical_json(place))
        for name, found in hashes.items():
            found.append(_sha256(head + canonical_json(name) + tail))
    return hashes


def source_hash_like(prompt: Prompt, recorded: str | None) -> str:
    """The hash of what a file asks for: that which a lockfile has recorded, if it is one of them, else today's."""
    today = source_hash(prompt)
    if recorded is None or recorded == today:
        return today
    return next((other for other in source_hashes(prompt) if other == recorded), today)


def remote_hash(remote: RemotePrompt, dialect: Dialect, asked: Prompt | None = None, form: Form = IN_ORDER) -> str:
    """The hash of what the service holds of a prompt in `dialect`; version, ids, owner and times are not part of it.

    The further top-level fields that `asked` asks for are, so that a change of one of them is seen.
    """
    if form is not IN_ORDER or (asked is not None and asked.extra):
        return content_hash(canonical(remote_content(remote, dialect, asked), form), form)
    known = remote.hashes.get(dialect)
    if known is None:
        known = remote.hashes[dialect] = content_hash(canonical(remote.prompt(dialect)))
    return known


def content_hash(content: Json, form: Form = IN_ORDER) -> str:
    """The hash of canonical content of the service."""
    return _hash(without_ids(content), form)


def form_of(recorded: str, remote: RemotePrompt, dialect: Dialect, asked: Prompt | None = None) -> Form | None:
    """The form in which a hash that a lockfile holds is that of what the service holds now; None if it is not."""
    return next((form for form in FORMS if remote_hash(remote, dialect, asked, form) == recorded), None)


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


def _hash(content: Json, form: Form) -> str:
    text = canonical_json(content)
    # Without a key that may hold a JSON schema, as nearly always, there is nothing to mark.
    return digest(_to_hash(content, form)) if b'"schema"' in text or b'"parameters"' in text else _sha256(text)


def _to_hash(content: Json, form: Form) -> Json:
    """What is hashed of canonical content."""
    return _marked(content, form.name) if form.name else content


def _marked(value: Any, name: str) -> Any:
    """`value` with each JSON schema as its own text behind the name of the form."""
    if isinstance(value, Ordered):
        return {name: json.dumps(value)}
    if isinstance(value, dict):
        return {key: item if type(item) is str else _marked(item, name) for key, item in value.items()}
    return [_marked(item, name) for item in value] if isinstance(value, list) else value


def _metadata(metadata: Json, form: Form) -> Json:
    result = _mapping(metadata, form)
    use_cases = result.get("use_cases")
    if form.has_sets and isinstance(use_cases, list) and all(isinstance(item, str) for item in use_cases):
        result["use_cases"] = sorted(set(use_cases))
    return result


def _mapping(value: Json, form: Form, depth: int = 0, schema: str | None = None) -> Json:
    """`schema` is the key that holds a JSON schema, if one of this object may."""
    _bound(depth)
    result = {}
    for name, item in value.items():
        if type(item) is str:  # as most are
            result[name] = item
            continue
        if name == schema and item is not None:
            result[name] = _schema(item, form, depth + 1)
            continue
        plain = _value(item, form, depth + 1, form.schemas.get(name))
        if plain is None or (not plain and isinstance(plain, list | dict)):
            continue
        result[name] = plain
    return result


def _value(value: Any, form: Form, depth: int, schema: str | None = None) -> Any:
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        return _mapping(value, form, depth, schema)
    if isinstance(value, list):
        _bound(depth)
        return [_value(item, form, depth + 1) for item in value]
    return _number(value)


def _schema(value: Any, form: Form, depth: int) -> Any:
    _bound(depth)
    if isinstance(value, dict):
        names = value if form.in_order else sorted(value)
        return Ordered((name, _schema(value[name], form, depth + 1)) for name in names)
    if isinstance(value, list):
        return [_schema(item, form, depth + 1) for item in value]
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
