"""What the service refuses: bodies by the OpenAPI document itself, queries and cursors by its words.

`openapi.json` beside this file is the published document, trimmed by tools/openapi.py. It is data, so that the document
is the judge and not a second reading of it.
"""

from __future__ import annotations

import json
import re
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Literal, NoReturn

from promptsync.sandbox.errors import BadRequest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from jsonschema.exceptions import ValidationError
    from jsonschema.protocols import Validator

    from promptsync.sandbox.behaviour import Behaviour

Operation = Literal["create", "update"]

_FOREIGN = {"prompt": "prompt_config", "prompt_config": "prompt"}
_SHAPES = {
    ("prompt", "create"): "CreatePromptRequest",
    ("prompt", "update"): "UpdatePromptRequest",
    ("prompt_config", "create"): "ClassicCreatePromptRequest",
    ("prompt_config", "update"): "ClassicUpdatePromptRequest",
}
"""What judges the body of an operation that has a block of this name."""
_MESSAGE_LENGTH = 300
# A ULID's letters: Crockford's base 32, which has no I, L, O and U.
_ULID = frozenset("0123456789ABCDEFGHJKMNPQRSTVWXYZ")


def parse_json(raw: bytes) -> Any:
    """The JSON of a request's body.

    Raises BadRequest for what is none, or holds what JSON or UTF-8 cannot carry (NaN, half a surrogate).
    """
    try:
        body = json.loads(raw.decode("utf-8"), parse_constant=_refuse_constant)
        # A lone surrogate passes the parser and would fail in the database.
        json.dumps(body, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError) as error:
        raise BadRequest("Malformed JSON in request body") from error
    return body


def parse_body(raw: bytes) -> dict[str, Any]:
    """The JSON object of a request's body. Raises BadRequest as `parse_json` does, and for any other JSON."""
    body = parse_json(raw)
    if not isinstance(body, dict):
        raise BadRequest(f"Expected an object in the request body, received {_kind(body)}")
    return body


def check_body(operation: Operation, body: Mapping[str, Any], behaviour: Behaviour) -> dict[str, Any]:
    """Judge the body of a create or update, and give what of it counts: at most one block, the service's own if it can.

    Keys that no shape names are kept. Raises BadRequest, `path.of.field: what is wrong`.
    """
    accepted = _without_foreign_block(operation, dict(body), behaviour)
    block = "prompt_config" if "prompt_config" in accepted else "prompt"
    if block not in accepted:
        block = behaviour.block
    judged = accepted
    if operation == "update" and behaviour.patch == "deep" and isinstance(accepted.get(block), dict):
        # A null there takes a field away, and is no value of it.
        judged = {**accepted, block: {name: _without_nulls(value) for name, value in accepted[block].items()}}
    error = _first_error(_validator(_SHAPES[block, operation]), judged)
    if error is not None:
        raise BadRequest(error)
    _check_path(accepted)
    return accepted


def _without_nulls(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return {name: _without_nulls(item) for name, item in value.items() if item is not None}


def check_edit(changes: Mapping[str, Any]) -> None:
    """Judge what the web page's form sends: as an update, whatever the behaviour. Raises BadRequest."""
    block = "prompt" if "prompt" in changes else "prompt_config"
    error = _first_error(_validator(_SHAPES[block, "update"]), changes)
    if error is not None:
        raise BadRequest(error)
    _check_path(changes)


def _check_path(body: Mapping[str, Any]) -> None:
    # Its first element names a project, so it is never nothing (the documents' path is `Default/Prompts`).
    if not body.get("path", "x").strip("/ "):
        raise BadRequest("path: must name a project")


def page_size(query: Mapping[str, str], behaviour: Behaviour) -> int:
    """The `limit` of a list, 1 to `max_page`, 10 if not said. Raises BadRequest."""
    text = query.get("limit", "10")
    # SDK 3.8 writes its numbers as `10.0`.
    match = re.fullmatch(r"([0-9]{1,9})(?:\.0+)?", text)
    if match is None or not 1 <= int(match[1]) <= behaviour.max_page:
        raise BadRequest(f"limit: must be a whole number from 1 to {behaviour.max_page}")
    return int(match[1])


def cursors(query: Mapping[str, str]) -> tuple[str | None, str | None]:
    """`starting_after` and `ending_before` of a list, of which there may be one. Raises BadRequest for both."""
    after, before = query.get("starting_after") or None, query.get("ending_before") or None
    if after and before:
        raise BadRequest("starting_after and ending_before exclude each other")
    return after, before


def check_prompt_cursor(cursor: str | None) -> None:
    """Refuse a cursor that is no prompt's id; whether that prompt still is there does not matter.

    Raises BadRequest.
    """
    if cursor is not None and not (len(cursor) == 26 and set(cursor) <= _ULID):
        raise BadRequest(f"Invalid cursor {cursor[:40]!r}: not an object id")


def _without_foreign_block(operation: Operation, body: dict[str, Any], behaviour: Behaviour) -> dict[str, Any]:
    own = behaviour.block
    foreign = _FOREIGN[own]
    if foreign not in body:
        return body
    if own in body:
        # As today's service would: the deprecated block stands in answers only.
        del body[foreign]
        return body
    if behaviour.dialect == "both":
        return body
    if behaviour.foreign == "refuse":
        raise BadRequest(f"{own}: Required; {foreign} is not accepted")
    del body[foreign]
    if operation == "create":
        body[own] = {"messages": []}
    return body


@cache
def document() -> Any:
    """The OpenAPI document shipped with the sandbox."""
    return json.loads(files("promptsync.sandbox").joinpath("openapi.json").read_text(encoding="utf-8"))


@cache
def _validator(shape: str) -> Validator:
    from jsonschema import Draft202012Validator  # late: slow to import, and most runs have no sandbox

    return Draft202012Validator({"$ref": f"#/components/schemas/{shape}", "components": document()["components"]})


def _first_error(validator: Validator, body: Mapping[str, Any]) -> str | None:
    error = next(iter(validator.iter_errors(body)), None)
    if error is None:
        return None
    words = ""
    while error.context and not words:
        branches = _branches(error.context)
        if all(any(map(_is_other_constant, branch)) for branch in branches):
            error, words = branches[0][0], f"expected one of {', '.join(_constants(branches))}"
        else:
            error = _likeliest(branches)
    where = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in error.absolute_path)
    return f"{where.removeprefix('.') or 'body'}: {words or _words(error)}"[:_MESSAGE_LENGTH]


def _branches(errors: Iterable[ValidationError]) -> list[list[ValidationError]]:
    """The complaints of a oneOf or anyOf, by alternative; the complaint about its constant first."""
    branches: dict[Any, list[ValidationError]] = {}
    for error in errors:
        branches.setdefault(error.schema_path[0], []).append(error)
    return [sorted(branch, key=lambda error: not _is_other_constant(error)) for branch in branches.values()]


def _likeliest(branches: list[list[ValidationError]]) -> ValidationError:
    """The complaint of the alternative that was meant: its constant fits, and it got furthest."""
    meant = min(branches, key=lambda branch: (any(map(_is_other, branch)), -max(map(_depth, branch))))
    return max(meant, key=_depth)


def _is_other(error: ValidationError) -> bool:
    return _is_other_constant(error) or (error.validator == "type" and not error.path)


def _is_other_constant(error: ValidationError) -> bool:
    """Whether it says that another alternative is meant: the document tells them apart by such a constant."""
    return error.validator == "enum" and bool(error.path) and error.path[-1] in ("role", "type", "id")


def _constants(branches: list[list[ValidationError]]) -> list[str]:
    constants = [str(value) for branch in branches for value in _rule(branch[0])]
    return list(dict.fromkeys(constants))


def _rule(error: ValidationError) -> Any:
    return error.validator_value


def _depth(error: ValidationError) -> int:
    return len(error.absolute_path)


def _words(error: ValidationError) -> str:
    rule = _rule(error)
    match error.validator:
        case "required":
            present: Any = error.instance
            return f"{', '.join(name for name in rule if name not in present)} required"
        case "type":
            wanted = rule if isinstance(rule, str) else " or ".join(rule)
            return f"expected {wanted}, received {_kind(error.instance)}"
        case "enum":
            return f"expected one of {', '.join(map(str, rule))}"
        case "maxLength":
            return f"must be at most {rule} characters"
    # The instance may be a whole message; its text has no place in an error.
    return f"{error.validator} {json.dumps(rule)[:80]} not met"


def _kind(value: object) -> str:
    if value is None:
        return "null"
    names = {bool: "boolean", str: "string", int: "number", float: "number", list: "array", dict: "object"}
    return names.get(type(value), type(value).__name__)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")
