"""Small builders: a file, what the service holds of it, the lockfile's entry, and a plan over them."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from promptsync.model.lockfile import LockEntry, Lockfile, entry_for
from promptsync.model.prompt import CLASSIC, CURRENT, Dialect, Json, Prompt, PromptFile, RemotePrompt
from promptsync.plan.base import own_fields
from promptsync.plan.changes import Begun, Intent, Plan, PlanOptions
from promptsync.plan.differ import Scope, diff
from tests.documents import RETRIEVED, SENT

if TYPE_CHECKING:
    from collections.abc import Iterable

SCOPE = Scope("default")

# The documents' own example: what they send, and what they get back when they fetch it.
MY_PROMPT: Json = SENT["prompt_config"]
MY_PROMPT_ANSWERED: Json = {**RETRIEVED["prompt_config"], "messages": MY_PROMPT["messages"]}


def block(**fields: Any) -> Json:
    """A current block with one message."""
    return {"model": "openai/gpt-4o", "messages": [{"role": "system", "content": "Be kind"}], **fields}


def classic(**fields: Any) -> Json:
    """A classic block with one message."""
    return {
        "model": "gpt-4o",
        "provider": "openai",
        "model_type": "chat",
        "messages": [{"role": "system", "content": "Be kind"}],
        **fields,
    }


def prompt(
    name: str = "refund",
    content: Json | None = None,
    *,
    description: str | None = None,
    metadata: Json | None = None,
    dialect: Dialect = CURRENT,
    extra: Json | None = None,
) -> Prompt:
    """A prompt; `content` is its block."""
    given = content if content is not None else (block() if dialect == CURRENT else classic())
    return Prompt(name, description, metadata or {}, dialect, given, extra or {})


def file(
    key: str = "Default/refund",
    content: Json | None = None,
    *,
    name: str | None = None,
    protected: bool = False,
    **about: Any,
) -> PromptFile:
    """A prompt file; `name` is an explicit display name, else the stem is."""
    stem = key.rpartition("/")[2]
    asked = prompt(name or stem, content, **about)
    return PromptFile(key, f"prompts/{key}.yaml", asked, named=name is not None, protected=protected)


def remote(
    id_: str = "id-1",
    name: str = "refund",
    content: Json | None = None,
    *,
    description: str | None = None,
    metadata: Json | None = None,
    dialect: Dialect = CURRENT,
    version: str | None = "v1",
    created: str | None = "2026-01-01T00:00:00Z",
    other: Json | None = None,
    raw: Json | None = None,
) -> RemotePrompt:
    """What the service answers; `other` is the block in the other dialect, if it answers both."""
    given = content if content is not None else (block() if dialect == CURRENT else classic())
    held: Json = copy.deepcopy(given)
    if version is not None:
        held["version"] = version
    blocks: dict[Dialect, Json] = {dialect: held}
    if other is not None:
        blocks[CLASSIC if dialect == CURRENT else CURRENT] = {**other, "version": version}
    return RemotePrompt(
        id_, name, description, copy.deepcopy(metadata or {}), blocks, owner="ws", created=created, raw=raw or {}
    )


def answered(there: RemotePrompt, **changes: Any) -> RemotePrompt:
    """The same prompt, answered with `changes`."""
    return replace(there, **changes)


def held(asked: PromptFile, id_: str = "id-1", **changes: Any) -> RemotePrompt:
    """The service holding exactly what a file says, but for `changes` of the answer."""
    told: dict[str, Any] = {
        "name": asked.prompt.display_name,
        "content": asked.prompt.block,
        "description": asked.prompt.description,
        "metadata": asked.prompt.metadata,
        "dialect": asked.prompt.dialect,
        **changes,
    }
    return remote(id_, **told)


def entry(asked: PromptFile, there: RemotePrompt, path: str | None = "", **changes: Any) -> LockEntry:
    """The entry of a file as it was written, the service then holding `there`; the path is the file's folder."""
    dialect = there.dialect(asked.prompt.dialect)
    sent = asked.folder if path == "" else path
    made = entry_for(asked, there, dialect, sent, own_fields(asked, there, dialect))
    return replace(made, **changes)


def lock(**entries: LockEntry) -> Lockfile:
    """A lockfile; keys are `Default/<name>`."""
    return Lockfile({f"Default/{name}": value for name, value in entries.items()}, "ws")


def locked(*pairs: tuple[str, LockEntry]) -> Lockfile:
    """A lockfile of keys and entries."""
    return Lockfile(dict(pairs), "ws")


def intent(
    key: str = "Default/refund",
    name: str = "refund",
    path: str | None = "Default",
    source: str = "sha256:asked",
    time: float = 1_767_225_600.0,
) -> Intent:
    """A create of ours that was begun at the start of 2026."""
    return Intent(key, name, path, source, time)


def begun(action: str = "update", key: str = "Default/a", **about: Any) -> Begun:
    """A write of ours that was begun."""
    return Begun(**{"action": action, "key": key, "id": "id-a", "time": 5.0, **about})


def plan(
    files: Iterable[PromptFile] = (),
    lockfile: Lockfile | None = None,
    service: Iterable[RemotePrompt] | None = (),
    *,
    scope: Scope = SCOPE,
    intents: Iterable[Intent] = (),
    **options: Any,
) -> Plan:
    """The plan; `service=None` is offline, and `options` are those of PlanOptions."""
    held_there = None if service is None else {one.id: one for one in service}
    wanted = {one.key: one for one in files}
    return diff(wanted, lockfile or Lockfile(owner="ws"), held_there, scope, PlanOptions(**options), intents)


def told(made: Plan) -> list[tuple[str, str, str | None]]:
    """The changes of a plan, each as action, key and id."""
    return [(change.action, change.key, change.id) for change in made.changes]


def fields(change: Any) -> list[tuple[str, str, Any, Any]]:
    """The differences that a change tells."""
    return [(item.field, item.op, item.before, item.after) for item in change.diff]


def with_schema(properties: Json, **fields: Any) -> Json:
    """A current block that asks for JSON with these properties."""
    schema = {"type": "object", "properties": properties}
    return block(response_format={"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}, **fields)


def with_parameters(properties: Json) -> Json:
    """A classic block that does so."""
    asked = with_schema(properties)["response_format"]
    return classic(model_parameters={"responseFormat": asked})
