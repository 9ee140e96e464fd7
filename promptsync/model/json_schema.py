"""The JSON Schema of a prompt file, for editors: draft-07, which is what they know.

It takes and refuses what `schema.check` does; lists that grow are suggestions. What the fields are for is told in the
words of the service's OpenAPI document (`descriptions.json`, made by tools/openapi.py), and here where that is silent,
or speaks of something else than a file.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from promptsync.model.prompt import DIALECTS, Json
from promptsync.model.schema import adapter

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

DRAFT: Final = "http://json-schema.org/draft-07/schema#"
FOLDER_URL: Final = "https://raw.githubusercontent.com/promptsync/promptsync/v0/docs/schema"
"""Where the schemas of this major version lie, for any editor to fetch."""
PROMPT_URL: Final = f"{FOLDER_URL}/prompt.json"
DEFAULTS_URL: Final = f"{FOLDER_URL}/defaults.json"

_OURS: Final = {
    "File.description": "What the prompt is for, as the web UI shows it.",
    "File.display_name": "The name that the web UI shows; without it, the file's name without its ending.",
    "File.metadata": "What the prompt is filed under.",
    "File.prompt": "Model, parameters and messages, in the service's current dialect. For chat models.",
    "File.prompt_config": "Model, parameters and messages, in the classic dialect. Images, speech and embeddings, too.",
    "CacheControl.type": "The kind of breakpoint; `ephemeral` is the only one.",
    "Cache.type": "Which requests are answered from the cache: those that are exactly alike.",
    "ClassicBlock.messages": "The messages that the model gets, in their order.",
    "ClassicBlock.model": "The model, as the provider calls it or with the provider before it, as in `openai/gpt-4o`.",
    "ClassicBlock.model_db_id": "The service's own id of the model.",
    "ClassicBlock.provider": "Who runs the model.",
    "ClassicBlock.stream": "Whether the answer comes piece by piece.",
    "ClassicJsonSchemaResponse.display_name": "The name of the schema that the web UI shows.",
    "ClassicToolCall.index": "The place of the call among those of the message.",
    "CurrentBlock.fallback_on_codes": "The HTTP status codes upon which a fallback is asked.",
    "CurrentBlock.thinking": "Whether, and for how many tokens, the model thinks before it answers.",
    "ExtraContent.google": "What Google's models want back.",
    "GoogleContent.thought_signature": "The encrypted thoughts that led to the call, for Google's models.",
    "Guardrail.id": "The guardrail: one of the service's own, or the id or key of an evaluator.",
    "PiiRedaction.entities": "What to redact. Left out: all that is found in the language.",
    "PiiRedaction.entity_thresholds": "How sure the detector must be, from 0 to 1, by the name of the entity.",
    "PiiRedaction.language": "The language of the text.",
    "PiiRedaction.regions": "The countries whose kinds of numbers are looked for.",
    "RedactedReasoningPart.type": "The kind of the part. Always `redacted_reasoning`.",
    "ReferredFile.file_id": "The id under which the provider has the file.",
    "WeightedBalancer.models": "The models among which requests are shared out.",
    "WeightedBalancer.type": "How requests are shared out: by weight.",
    "cache_control": "Lets the provider cache what comes up to here.",
    "content_file": "A file that holds the text, in place of it: a path relative to this file, inside the root.",
    "description": "What the format is for; the model reads it.",
    "extra_content": "What single providers want back with the call.",
    "file": "The file: its data, or where it is.",
    "function": "The function, by its name.",
    "id": "The id of the call.",
    "image_url": "Where the image is, or the image itself.",
    "input_audio": "The sound and its format.",
    "json_schema": "The schema of the answer and its name.",
    "name": "The name: letters, digits, `_` and `-`.",
    "reasoning_content": "The thoughts that led to the message, in plain words.",
    "schema": "The JSON Schema of the answer. The order of its keys steers what the model writes first.",
    "strict": "Whether the answer must fit the schema to the letter.",
    "text": "The text.",
    "tool_call_id": "The id of the call that this message answers.",
    "tool_calls": "The calls that the model made.",
    "type": "The kind, on which it depends which other fields there are.",
}
"""By shape and field, before the document; by field alone, after it."""


def prompt_schema(allow_fields: Iterable[str] = ()) -> Json:
    """The schema; `allow_fields` are dotted paths without indexes, as in the configuration, that may be there too."""
    made = _plain(adapter().json_schema(ref_template="#/definitions/{model}"))
    shapes = made.pop("$defs")
    described = {name: _described(name, shape) for name, shape in shapes.items()}
    schema = _described("File", made)
    for field in allow_fields:
        schema = _let_through(schema, field.split("."), described)
    return {
        "$schema": DRAFT,
        "$id": PROMPT_URL,
        "title": "orq.ai prompt file",
        **schema,
        "oneOf": [{"required": [name]} for name in DIALECTS],
        "definitions": described,
    }


def defaults_schema(allow_fields: Iterable[str] = ()) -> Json:
    """The schema of a `_defaults.yaml`, as `schema.check_shared` has it: all may be left out, and null takes away.

    Each prompt's own is not in it. Where a part of a value is missing, another layer may give it.
    """
    schema: Json = _partial(prompt_schema(allow_fields))
    fields = {name: field for name, field in schema.pop("properties").items() if name != "display_name"}
    del schema["oneOf"]
    return {**schema, "$id": DEFAULTS_URL, "title": "defaults of a folder of orq.ai prompt files", "properties": fields}


def _partial(schema: Any) -> Any:
    """A schema whose mappings need nothing, and hold null for what is to be taken away; blocks have no messages."""
    if isinstance(schema, list):
        return [_partial(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    made = {word: _partial(value) for word, value in schema.items() if word not in ("required", "properties")}
    fields = schema.get("properties")
    if isinstance(fields, dict):
        own = ("messages",) if {"model", "messages"} <= fields.keys() else ()
        made["properties"] = {name: _or_null(_partial(field)) for name, field in fields.items() if name not in own}
    return made


def _or_null(field: Any) -> Any:
    if not isinstance(field, dict):
        return field
    about = {"description": field["description"]} if "description" in field else {}
    rest = {word: value for word, value in field.items() if word != "description"}
    return {**about, "anyOf": [rest, {"type": "null"}]}


def as_text(schema: Json) -> str:
    """The schema as it lies in a file, without the final newline."""
    return json.dumps(schema, indent=2)


def modeline(url: str) -> str:
    """The comment by which editors find the schema of a YAML file."""
    return f"# yaml-language-server: $schema={url}\n"


def _plain(schema: Any) -> Any:
    """What pydantic made, without titles, which only say names again, and in the words of draft-07.

    What it calls oneOf is chosen by a tag; an editor need not know that no two of them fit. Beside a `$ref` nothing is
    read in draft-07.
    """
    if isinstance(schema, list):
        return [_plain(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    plain: Json = {}
    for word, value in schema.items():
        if word in ("properties", "$defs"):
            plain[word] = {name: _plain(inner) for name, inner in value.items()}
        elif word != "title":
            plain["anyOf" if word == "oneOf" else word] = _plain(value)
    if len(plain) > 1 and "$ref" in plain:
        plain["allOf"] = [{"$ref": plain.pop("$ref")}]
    return plain


def _described(name: str, shape: Json) -> Json:
    """A shape whose fields say what they are for."""
    fields = {field: _field(name, field, schema) for field, schema in shape.get("properties", {}).items()}
    return {**shape, "properties": fields} if fields else shape


def _field(shape: str, field: str, schema: Json) -> Json:
    prose = _OURS.get(f"{shape}.{field}") or _descriptions().get(shape, {}).get(field) or _OURS.get(field)
    rest = {"allOf": [schema]} if "$ref" in schema else schema
    return {"description": prose, **rest} if prose else schema


@cache
def _descriptions() -> dict[str, dict[str, str]]:
    text = files("promptsync.model").joinpath("descriptions.json").read_text(encoding="utf-8")
    found: dict[str, dict[str, str]] = json.loads(text)
    return found


def _let_through(schema: Json, path: Sequence[str], shapes: Json) -> Json:
    """The schema with a field of any content at a path; a shape that is changed stands in it itself."""
    if "$ref" in schema:
        schema = shapes[schema["$ref"].rpartition("/")[2]]
    opened = dict(schema)
    for word in ("anyOf", "allOf"):
        if word in schema:
            opened[word] = [_let_through(each, path, shapes) for each in schema[word]]
    if "items" in schema:
        opened["items"] = _let_through(schema["items"], path, shapes)
    fields, first = schema.get("properties"), path[0]
    if fields is not None and len(path) == 1:
        opened["properties"] = {first: True, **fields}
    elif fields is not None and first in fields:
        opened["properties"] = {**fields, first: _let_through(fields[first], path[1:], shapes)}
    return opened
