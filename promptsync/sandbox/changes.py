"""What a PATCH makes of a prompt: merge or replace, which UNKNOWN of the service is settled by the behaviour."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from promptsync.sandbox.entity import NOT_THE_CALLERS, Block, Record

if TYPE_CHECKING:
    from promptsync.sandbox.behaviour import Behaviour, Patch

_BLOCKS: tuple[Block, Block] = ("prompt", "prompt_config")


def patched(record: Record, body: Mapping[str, Any], behaviour: Behaviour) -> Record:
    """The record after a PATCH with that (checked) body; version and times are not touched.

    Top-level fields that are not sent stay, but for metadata, which the OpenAPI document gives a default.
    """
    fields = dict(record.fields)
    for name, value in body.items():
        if name not in NOT_THE_CALLERS and name not in (*_BLOCKS, "path"):
            fields[name] = _patched_value(name, fields.get(name), value, behaviour.patch)
    if "metadata" not in body and behaviour.metadata_default:
        fields["metadata"] = {"language": "English"}
    record = replace(record, fields=fields, path=str(body.get("path", record.path)))
    for dialect in _BLOCKS:
        if dialect in body:
            return with_block(record, dialect, body[dialect], behaviour.patch)
    return record


def with_block(record: Record, dialect: Block, block: Mapping[str, Any], patch: Patch) -> Record:
    """The record with a block merged in, or replaced by it; `version` in the block is not the caller's to set."""
    sent = {name: value for name, value in block.items() if name != "version"}
    if patch != "replace":
        sent = merged(record.in_dialect(dialect).block, sent, deep=patch == "deep")
        inner = record.in_dialect(dialect).block.get("model_parameters")
        if patch == "merge" and isinstance(inner, dict) and isinstance(block.get("model_parameters"), dict):
            sent["model_parameters"] = merged(inner, block["model_parameters"], deep=False)
    return replace(record, dialect=dialect, block=sent)


def merged(old: Mapping[str, Any], new: Mapping[str, Any], *, deep: bool) -> dict[str, Any]:
    """`new` over `old`: null clears, lists are replaced; objects are merged too if `deep` (RFC 7386)."""
    result = dict(old)
    for name, value in new.items():
        if value is None:
            result.pop(name, None)
        elif deep and isinstance(value, Mapping):
            before = result.get(name)
            result[name] = merged(before if isinstance(before, Mapping) else {}, value, deep=True)
        else:
            result[name] = value
    return result


def needs_version(before: Record, after: Record, behaviour: Behaviour) -> bool:
    """Whether this change makes a new version, as the behaviour's `version_on` says."""
    if behaviour.version_on == "always":
        return True
    block_changed = before.in_dialect(after.dialect).block != after.block
    if behaviour.version_on == "block" or block_changed:
        return block_changed
    return (before.fields, before.path) != (after.fields, after.path)


def _patched_value(name: str, old: object, new: object, patch: Patch) -> object:
    if name == "metadata" and patch != "replace" and isinstance(old, Mapping) and isinstance(new, Mapping):
        return merged(old, new, deep=patch == "deep")
    return new
