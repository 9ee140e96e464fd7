"""The JSON Schema of `promptsync.yaml`, for editors: what `config.parse_config` takes, as far as a schema can say it.

It is data and not made from pydantic's types, as that of prompt files is, since every command reads the configuration,
and pydantic takes longer to import than most of them take to run. `tests/files/test_config.py` holds the two together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, get_args

from promptsync.model.json_schema import DRAFT, FOLDER_URL
from promptsync.model.prompt import Level
from promptsync.model.schema import BLANK

if TYPE_CHECKING:
    from promptsync.model.prompt import Json

CONFIG_URL: Final = f"{FOLDER_URL}/promptsync.json"

_LINE_ENDS: Final = r"\u2028\u2029"
_FOLDER: Final = rf"(?![{BLANK}]*\.{{0,2}}[{BLANK}]*(/|$))[^/\\\x00-\x1f\x7f-\x9f{_LINE_ENDS}]+"
_PORT: Final = "([0-9]{1,4}|[0-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])"
_HTTPS: Final = "[Hh][Tt][Tt][Pp][Ss]"
_HOSTS: Final = (
    rf"{_HTTPS}://([A-Za-z0-9-]+\.)*[Oo][Rr][Qq]\.[Aa][Ii]"
    rf"|{_HTTPS}?://([Ll][Oo][Cc][Aa][Ll][Hh][Oo][Ss][Tt]|127\.0\.0\.1|\[::1\])"
)

_PART: Final = "[A-Za-z0-9_][A-Za-z0-9._-]*"
_OF_PEOPLE: Final = "[Hh][Ee][Aa][Dd]|[Mm][Aa][Ii][Nn]|[Mm][Aa][Ss][Tt][Ee][Rr]"
_BRANCH: Final = rf"^(?!({_OF_PEOPLE})$)(?!refs(/|$))(?!.*\.\.)(?!.*\.(lock)?(/|$)){_PART}(/{_PART})*$"

_TARGET: Final[Json] = {
    "base_url": {
        "description": "The host of the service: https://….orq.ai, or loopback. Another one is given by ORQ_BASE_URL "
        "or --base-url, since a pull request can edit this file.",
        "type": ["string", "null"],
        "pattern": rf"^({_HOSTS})(:{_PORT})?/?$",
        "patternErrorMessage": "It may only be https://….orq.ai or loopback here; see --base-url.",
        "default": "https://api.orq.ai",
        "examples": ["https://my.orq.ai"],
    },
    "api_key_env": {
        "description": "The environment variable that holds the key; its name begins with ORQ_.",
        "type": ["string", "null"],
        "pattern": "^ORQ_[A-Z0-9_]+$",
        "patternErrorMessage": "It must name a variable that begins with ORQ_.",
        "default": "ORQ_API_KEY",
        "examples": ["ORQ_STAGING_KEY"],
    },
    "path_prefix": {
        "description": "The folders on the service that stand before the path of every prompt; keys do not have it.",
        "type": "string",
        "pattern": f"^(/?|{_FOLDER}(/{_FOLDER})*/?)$",
        "patternErrorMessage": "It must be a path of folders, as in Staging/EU.",
        "examples": ["Staging/EU"],
    },
    "exclusive": {
        "description": "true says that no one else makes prompts where the key reaches: then what an interrupted run "
        "made, and its machine has lost, is found again by name.",
        "type": "boolean",
        "default": False,
    },
    "only": {
        "description": "Globs over keys: the prompts that this target holds; all, if left out.",
        "type": "array",
        "items": {"type": "string"},
        "examples": [["Default/EU/**"]],
    },
    "except": {
        "description": "Globs over keys: the prompts that this target does not hold.",
        "type": "array",
        "items": {"type": "string"},
        "examples": [["Default/Drafts/**"]],
    },
    "overrides": {
        "description": "What this target says of prompts, whatever their files say; later ones win.",
        "type": "array",
        "items": {
            "type": "object",
            "additionalProperties": False,
            "required": ["match", "set"],
            "properties": {
                "match": {
                    "description": "A glob over keys.",
                    "type": "string",
                    "minLength": 1,
                    "examples": ["Default/Support/**"],
                },
                "set": {
                    "description": "As in a prompt file, without `display_name` and messages; null takes a value away.",
                    "type": "object",
                    "minProperties": 1,
                    "examples": [{"prompt": {"model": "openai/gpt-4o-mini"}}],
                },
            },
        },
    },
}


_OF_A_SERVICE: Final = ("base_url", "api_key_env")
_NO_URL: Final[Json] = {
    "description": "None is given here: of `default` it is ORQ_BASE_URL or --base-url that names another host.",
    "type": "null",
}


def _target(own: Json) -> Json:
    return {"type": ["object", "null"], "additionalProperties": False, "properties": own}


CONFIG_SCHEMA: Final[Json] = {
    "$schema": DRAFT,
    "$id": CONFIG_URL,
    "title": "promptsync configuration",
    "description": "Targets and policies of a folder of prompt files.",
    "type": ["object", "null"],
    "additionalProperties": False,
    "properties": {
        "targets": {
            "description": "The places to apply to, by the name that --target takes. `default` and `sandbox` are there "
            "without being listed.",
            "type": "object",
            "propertyNames": {"pattern": "^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$"},
            "properties": {
                "default": _target({**_TARGET, "base_url": _NO_URL}),
                "sandbox": _target({name: shape for name, shape in _TARGET.items() if name not in _OF_A_SERVICE}),
            },
            "additionalProperties": _target(_TARGET),
            "examples": [{"staging": {"api_key_env": "ORQ_STAGING_KEY", "path_prefix": "Staging"}}],
        },
        "policies": {
            "description": "What is decided beforehand.",
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "overwrite": {
                    "description": "Globs over keys whose files win over what was changed on the service.",
                    "type": "array",
                    "items": {"type": "string"},
                    "examples": [["Default/Generated/**"]],
                },
                "create_twins": {
                    "description": "true creates prompts even where others bear their names.",
                    "type": "boolean",
                    "default": False,
                },
            },
        },
        "lock": {
            "description": "Where the lockfiles live, if not in the tree beside the prompts.",
            "type": "object",
            "additionalProperties": False,
            "required": ["branch"],
            "properties": {
                "branch": {
                    "description": "A branch with lockfiles alone. `promptsync lock move-home` writes this.",
                    "type": "string",
                    "pattern": _BRANCH,
                    "maxLength": 200,
                    "patternErrorMessage": "It must be the plain name of a branch of its own, as promptsync/state.",
                    "examples": ["promptsync/state"],
                },
            },
        },
        "preview": {
            "description": "Where previews are made, and with which key; by default those of the target.",
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "path_prefix": {
                    "description": "The folders on the service below which each preview has one of its own.",
                    "type": "string",
                    "pattern": f"^{_FOLDER}(/{_FOLDER})*/?$",
                    "patternErrorMessage": "It must be a path of folders, as in Preview.",
                    "default": "Preview",
                },
                "api_key_env": {name: value for name, value in _TARGET["api_key_env"].items() if name != "default"},
                "target": {
                    "description": "The target on whose service, and with whose key, previews are made.",
                    "type": ["string", "null"],
                },
            },
        },
        "allow_fields": {
            "description": "Fields that this release does not know, as dotted paths without indexes: they are sent as "
            "they are.",
            "type": "array",
            "items": {"type": "string"},
            "examples": [["prompt.new_field"]],
        },
        "content_files": {
            "description": "Which texts get a file of their own in `fmt` and `import`, named by `content_file`.",
            "type": ["string", "null"],
            "pattern": "^over [1-9][0-9]{0,5} lines?$",
            "patternErrorMessage": "It is written as: over 40 lines.",
            "examples": ["over 40 lines"],
        },
        "lint": {
            "description": "What the rules count for; `promptsync validate --explain RULE` tells what each is about.",
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "rules": {
                    "description": "The level of a rule, where it is not to be its own.",
                    "type": "object",
                    "additionalProperties": {"enum": [*get_args(Level)]},
                    "examples": [{"near-twin": "off"}],
                },
                "exceptions": {
                    "description": "By a glob over keys, the rules that do not count there.",
                    "type": "object",
                    "additionalProperties": {"type": "array", "items": {"type": "string"}},
                    "examples": [{"Default/Legacy/**": ["cut-text"]}],
                },
            },
        },
        "max_file_bytes": {
            "description": "The most bytes that a prompt file, or a text that it names, may have.",
            "type": "integer",
            "minimum": 1,
            "default": 1_048_576,
        },
    },
}
