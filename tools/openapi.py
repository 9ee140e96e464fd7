"""Trims the service's OpenAPI document to what the sandbox and the tests read of it.

    python -m tools.openapi DOCUMENT

DOCUMENT is the whole document that orq.ai publishes, as JSON, or what this made of it: that comes out as it went in.
The result is written to promptsync/sandbox/openapi.json. What the whole document says of the fields is written to
promptsync/model/descriptions.json (see `tools.descriptions`).

Kept are the shapes of the requests and answers of `/v2/prompts`, by names of our own, and the shapes that they refer
to. Prose, titles, examples and discriminators, which say again what constants say, are left out.

No document tells what the service took when `prompt_config` was all there was. These shapes, `Classic…`, are what the
document says that the service answers as `prompt_config`, in requests like those of today, with the lists that have
grown since left open. SDK 3.8 (`CreatePromptRequestBody`, `UpdatePromptRequestBody`) knows no other fields.

What SDK 4.17 (November 2026) knows of `prompt` and the document does not is put in, as long as the document lacks it.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from promptsync.model.schema import adapter
from tools import descriptions

if TYPE_CHECKING:
    from collections.abc import Iterator

Json: TypeAlias = dict[str, Any]

KEPT = Path(__file__).parents[1] / "promptsync" / "sandbox" / "openapi.json"

COMMENT = (
    "Trimmed by tools/openapi.py from the OpenAPI document that orq.ai publishes (August 2026; MIT, orq.ai): the "
    "shapes of /v2/prompts without prose, titles, examples and discriminators. The classic shapes are derived from it, "
    "and what SDK 4.17 knows beside it is put in."
)
REQUESTS = {"CreatePromptRequest": ("/v2/prompts", "post"), "UpdatePromptRequest": ("/v2/prompts/{id}", "patch")}
ANSWERS = {
    "Prompt": ("/v2/prompts/{id}", "get"),
    "PromptVersion": ("/v2/prompts/{prompt_id}/versions/{version_id}", "get"),
}
LEFT_OUT = ("description", "title", "example", "examples", "discriminator")
GROWN = ("provider", "model_type", "reasoningEffort", "verbosity", "thinkingLevel", "language", "use_cases")
"""Fields of the classic dialect whose lists of words are of today."""

FALLBACK_ON_CODES: Json = {
    "type": "array",
    "items": {"type": "integer", "minimum": 400, "maximum": 599},
    "maxItems": 20,
}
EXTRA_CONTENT: Json = {
    "type": "object",
    "properties": {"google": {"type": "object", "properties": {"thought_signature": {"type": "string"}}}},
}
REASONING_EFFORT = ["none", "instant", "minimal", "low", "medium", "high", "xhigh", "max"]
PLUGINS = ("PIIRedactionPlugin", "ResponseHealingPlugin", "TraceScrubbingPlugin")
PII_REDACTION: Json = {
    "type": "object",
    "properties": {
        "id": {"type": "string", "enum": ["pii_redaction"]},
        "language": {"type": "string"},
        "regions": {"type": "array", "items": {"type": "string"}},
        "entities": {"type": "array", "items": {"type": "string"}},
        "entity_thresholds": {
            "type": "object",
            "additionalProperties": {"type": "number", "minimum": 0, "maximum": 1},
        },
        "threshold": {"type": "number", "minimum": 0, "maximum": 1},
        "on_failure": {"type": "string", "enum": ["block", "passthrough"]},
    },
    "required": ["id"],
}
"""In the place of one for each language, with a closed list of entities each."""


def trimmed(document: Json) -> Json:
    """What is kept of the whole document, or of what was kept before."""
    shapes = document["components"]["schemas"]
    if "paths" in document:
        shapes = shapes | _of_paths(document["paths"])
    shapes = {name: _without_prose(shape) for name, shape in shapes.items()}
    _put_in_what_came_since(shapes)
    shapes |= _classic(shapes)
    named = [*REQUESTS, *ANSWERS, *_classic(shapes)]
    kept = named + sorted(_referred(shapes, named) - set(named))
    return {
        "$comment": COMMENT,
        "openapi": document["openapi"],
        "info": {"title": "orq.ai API, the /v2/prompts paths only", "version": document["info"]["version"]},
        "components": {"schemas": {name: shapes[name] for name in kept}},
    }


def _of_paths(paths: Json) -> Json:
    shapes = {name: paths[path][verb]["requestBody"] for name, (path, verb) in REQUESTS.items()}
    shapes |= {name: paths[path][verb]["responses"]["200"] for name, (path, verb) in ANSWERS.items()}
    return {name: body["content"]["application/json"]["schema"] for name, body in shapes.items()}


def _without_prose(shape: Any, *, names: bool = False) -> Any:
    """A shape without what is left out. Among the `names` of fields there may be a `description`, which stays."""
    if isinstance(shape, list):
        return [_without_prose(item) for item in shape]
    if not isinstance(shape, dict):
        return shape
    return {
        key: _without_prose(value, names=key == "properties" and not names)
        for key, value in shape.items()
        if names or key not in LEFT_OUT
    }


def _put_in_what_came_since(shapes: Json) -> None:
    shapes["FileContentPartSchema"]["properties"].setdefault("file_id", {"type": "string"})
    shapes.setdefault("PIIRedactionPlugin", PII_REDACTION)
    for fields in _fields_of_prompts(list(shapes.values())):
        fields.setdefault("fallback_on_codes", FALLBACK_ON_CODES)
        fields["reasoning_effort"]["enum"] = REASONING_EFFORT
        fields["plugins"]["items"] = {"anyOf": [{"$ref": f"#/components/schemas/{name}"} for name in PLUGINS]}
        for message in fields["messages"]["items"]["oneOf"]:
            if message["properties"]["role"]["enum"] == ["assistant"]:
                message["properties"].setdefault("reasoning_content", {"type": "string"})
                call = message["properties"]["tool_calls"]["items"]["properties"]
                call.setdefault("extra_content", EXTRA_CONTENT)


def _fields_of_prompts(shape: Any) -> Iterator[Json]:
    """The fields of each `prompt`, wherever one is described."""
    inner = shape.values() if isinstance(shape, dict) else shape if isinstance(shape, list) else ()
    for value in inner:
        yield from _fields_of_prompts(value)
    if isinstance(shape, dict) and "plugins" in shape and "messages" in shape:
        yield shape


def _classic(shapes: Json) -> Json:
    """The shapes of the requests in the classic dialect."""
    config = _opened(shapes["Prompt"]["properties"]["prompt_config"])
    made = {"ClassicPromptConfig": {key: value for key, value in config.items() if key != "deprecated"}}
    for name in REQUESTS:
        fields = {key: value for key, value in shapes[name]["properties"].items() if key != "prompt"}
        fields["metadata"] = {key: value for key, value in _opened(fields["metadata"]).items() if key != "default"}
        fields["prompt_config"] = {"$ref": "#/components/schemas/ClassicPromptConfig"}
        request = {"type": "object", "properties": fields}
        if "required" in shapes[name]:
            request["required"] = [field.replace("prompt", "prompt_config") for field in shapes[name]["required"]]
        made[f"Classic{name}"] = request
    return made


def _opened(shape: Any, name: str = "") -> Any:
    """A shape in which the fields that have grown, and their items, may hold any word."""
    if isinstance(shape, list):
        return [_opened(item, name) for item in shape]
    if not isinstance(shape, dict):
        return shape
    return {
        key: {field: _opened(inner, field) for field, inner in value.items()}
        if key == "properties"
        else _opened(value, name)
        for key, value in shape.items()
        if not (key == "enum" and name in GROWN)
    }


def _referred(shapes: Json, names: list[str]) -> set[str]:
    """The shapes that those of `names` refer to, and those that these refer to."""
    found: set[str] = set()
    new = set(names)
    while new:
        found |= new
        text = json.dumps([shapes[name] for name in new])
        new = set(re.findall(r'"#/components/schemas/([^"]+)"', text)) - found
    return found


def dump(document: Json) -> str:
    """The text of the file."""
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def main() -> None:
    document = json.loads(Path(sys.argv[1]).read_bytes())
    KEPT.write_text(dump(trimmed(document)), encoding="utf-8")
    if "paths" in document:
        prose = descriptions.descriptions(document, adapter().json_schema())
        descriptions.KEPT.write_text(dump(prose), encoding="utf-8")


if __name__ == "__main__":
    main()
