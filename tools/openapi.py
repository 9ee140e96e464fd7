"""Trims the service's OpenAPI document to what the sandbox and the tests read of it.

    python -m tools.openapi DOCUMENT

DOCUMENT is the whole document that orq.ai publishes, as JSON, or what this made of it: that comes out as it went in.
The result is written to promptsync/sandbox/openapi.json.

Kept are the shapes of the requests and answers of `/v2/prompts`, by names of our own, and the shapes that they refer
to. Prose, titles, examples and discriminators, which say again what constants say, are left out.

No document tells what the service took when `prompt_config` was all there was. These shapes, `Classic…`, are what the
document says that the service answers as `prompt_config`, in requests like those of today, with the lists that have
grown since left open. SDK 3.8 (`CreatePromptRequestBody`, `UpdatePromptRequestBody`) knows no other fields.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any, TypeAlias

Json: TypeAlias = dict[str, Any]

KEPT = Path(__file__).parents[1] / "promptsync" / "sandbox" / "openapi.json"

COMMENT = (
    "Trimmed by tools/openapi.py from the OpenAPI document that orq.ai publishes (August 2026; MIT, orq.ai): the "
    "shapes of /v2/prompts without prose, titles, examples and discriminators. The classic shapes are derived from it."
)
REQUESTS = {"CreatePromptRequest": ("/v2/prompts", "post"), "UpdatePromptRequest": ("/v2/prompts/{id}", "patch")}
ANSWERS = {
    "Prompt": ("/v2/prompts/{id}", "get"),
    "PromptVersion": ("/v2/prompts/{prompt_id}/versions/{version_id}", "get"),
}
LEFT_OUT = ("description", "title", "example", "examples", "discriminator")
GROWN = ("provider", "model_type", "reasoningEffort", "verbosity", "thinkingLevel", "language", "use_cases")
"""Fields of the classic dialect whose lists of words are of today."""


def trimmed(document: Json) -> Json:
    """What is kept of the whole document, or of what was kept before."""
    shapes = document["components"]["schemas"]
    if "paths" in document:
        shapes = shapes | _of_paths(document["paths"])
    shapes = {name: _without_prose(shape) for name, shape in shapes.items()}
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


if __name__ == "__main__":
    KEPT.write_text(dump(trimmed(json.loads(Path(sys.argv[1]).read_bytes()))), encoding="utf-8")
