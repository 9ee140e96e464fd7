"""Schema: what an editor needs to know of the files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptsync.files.config_schema import CONFIG_SCHEMA
from promptsync.model.json_schema import defaults_schema, prompt_schema

if TYPE_CHECKING:
    from promptsync.files.target import Target
    from promptsync.model.prompt import Json


def schema(target: Target, kind: str) -> Json:
    """The JSON Schema of prompt files (`prompt`), `_defaults.yaml` (`defaults`), or the configuration (`config`).

    The first two have what that lets through.
    """
    if kind == "config":
        return CONFIG_SCHEMA
    return (defaults_schema if kind == "defaults" else prompt_schema)(target.config.allow_fields)
