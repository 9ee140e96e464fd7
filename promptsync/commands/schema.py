"""Schema: what an editor needs to know of the files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptsync.files.config_schema import CONFIG_SCHEMA
from promptsync.model.json_schema import prompt_schema

if TYPE_CHECKING:
    from promptsync.files.target import Target
    from promptsync.model.prompt import Json


def schema(target: Target, kind: str) -> Json:
    """The JSON Schema of prompt files (`prompt`), with what the configuration lets through, or of that (`config`)."""
    return CONFIG_SCHEMA if kind == "config" else prompt_schema(target.config.allow_fields)
