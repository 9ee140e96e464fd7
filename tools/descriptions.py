"""Takes what the service's OpenAPI document says of each field, for the schema that editors show.

`tools.openapi` calls this with the whole document. The result is kept in promptsync/model/descriptions.json, by the
name of our shape and of the field. Where several of the document's shapes are one of ours and do not agree, none is
heard; what a request says goes before an answer: model/json_schema.py has words of our own for what is missing.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator

Json: TypeAlias = dict[str, Any]
Prose: TypeAlias = dict[str, dict[str, str]]

KEPT = Path(__file__).parents[1] / "promptsync" / "model" / "descriptions.json"

_TAGS = ("role", "type", "id")
"""The fields that tell one kind of message, part or plugin from another."""
_NOT_SAID = re.compile(r"\s*\bLearn more\.\s*")
"""A link that has lost its address."""


def descriptions(document: Json, ours: Json) -> Prose:
    """The document's words for the fields of our schema, which is `ours` with its `$defs`."""
    paths = document["paths"]
    create = paths["/v2/prompts"]["post"]["requestBody"]
    answer = paths["/v2/prompts/{id}"]["get"]["responses"]["200"]
    said: Prose = {}
    for body in (answer, create):
        found: dict[str, dict[str, set[str]]] = {}
        _compare("File", ours, [body["content"]["application/json"]["schema"]], (ours, document), found)
        for shape, fields in found.items():
            agreed = {field: prose.pop() for field, prose in fields.items() if len(prose) == 1}
            said[shape] = said.get(shape, {}) | agreed
    return {shape: dict(sorted(fields.items())) for shape, fields in sorted(said.items()) if fields}


def _compare(
    name: str, ours: Json, theirs: list[Json], wholes: tuple[Json, Json], found: dict[str, dict[str, set[str]]]
) -> None:
    """Takes over what the shapes `theirs` say of the fields of the shape `ours`, and of those within them."""
    for field, inner in ours.get("properties", {}).items():
        said = [shape["properties"][field] for shape in theirs if field in shape.get("properties", {})]
        prose = {_prose(each) for each in said} - {""}
        found.setdefault(name, {}).setdefault(field, set()).update(prose)
        shapes = [shape for each in said for _, shape in _shapes(each, wholes[1])]
        for called, shape in _shapes(inner, wholes[0]):
            alike = [other for other in shapes if _is_same_kind(shape, other)]
            if called and alike:
                _compare(called, shape, alike, wholes, found)


def _prose(shape: Json) -> str:
    text = _NOT_SAID.sub(" ", shape.get("description", "")).strip()
    return re.sub(r"[^\S\n]+", " ", text).replace(" \n", "\n").replace("\n ", "\n")


def _shapes(schema: Json, whole: Json) -> Iterator[tuple[str, Json]]:
    """The shapes that may stand at a place, themselves or in a list, with their names where they have one."""
    if "$ref" in schema:
        target: Any = whole
        for step in schema["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        name = schema["$ref"].rpartition("/")[2]
        yield from ((called or name, shape) for called, shape in _shapes(target, whole))
    if "properties" in schema:
        yield "", schema
    for word in ("anyOf", "oneOf", "allOf"):
        for inner in schema.get(word, ()):
            yield from _shapes(inner, whole)
    if isinstance(schema.get("items"), dict):
        yield from _shapes(schema["items"], whole)


def _is_same_kind(one: Json, other: Json) -> bool:
    for tag in _TAGS:
        words = [_words(shape.get("properties", {}).get(tag, {})) for shape in (one, other)]
        if all(words):
            return not words[0].isdisjoint(words[1])
    return True


def _words(schema: Json) -> set[Any]:
    return {*schema.get("enum", ()), *([schema["const"]] if "const" in schema else ())}
