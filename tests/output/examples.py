"""A plan with all ten kinds of change, as a team might meet it on a bad Monday."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import replace
from typing import Any

from promptsync.model.compare import FieldDiff
from promptsync.model.lockfile import LockEntry
from promptsync.model.prompt import Prompt, PromptFile, RemotePrompt
from promptsync.plan.changes import (
    Adopt,
    Change,
    Conflict,
    Create,
    Delete,
    Drift,
    Forget,
    Move,
    Orphan,
    Outcome,
    Plan,
    Recreate,
    Update,
)

PICTURE = "data:image/png;base64," + b64encode(b"\x89PNG" + bytes(range(200))).decode()
OTHER_PICTURE = "data:image/png;base64," + b64encode(b"\x89PNG" + bytes(range(100))).decode()

OLD_TEXT = """You are the refund assistant of Example Shop.

Be friendly and brief.
Answer in the customer's language.
Ask for the order number first.
Never promise a refund.
Never ask for card numbers.

Refunds take 5 days.
Thank the customer at the end.
"""
NEW_TEXT = """You are the refund assistant of Example Shop.

Be friendly and brief.
Answer in the customer's language.
Ask for the order number first.
Never promise a refund before the order is checked.
Never ask for card numbers.

Refunds take 3 to 5 days.
Thank the customer at the end.
If you do not know, say so.
"""
OLD_LINE = "Summarise the ticket in three sentences, " + "without names, " * 20 + "in English, and keep the tone of it."
NEW_LINE = "Summarise the ticket in three sentences, " + "without names, " * 20 + "in German, and keep the tone of it."


def prompt_file(key: str, *, name: str | None = None, block: dict[str, Any] | None = None) -> PromptFile:
    """A file with a system and a user message, unless `block` says otherwise."""
    messages = [{"role": "system", "content": OLD_TEXT}, {"role": "user", "content": "{{question}}"}]
    block = block or {"model": "openai/gpt-4o", "temperature": 0.7, "messages": messages}
    prompt = Prompt(name or key.rpartition("/")[2], None, {"language": "English"}, "prompt", block)
    return PromptFile(key, f"prompts/{key}.yaml", prompt, named=name is not None)


def entry(key: str, number: int) -> LockEntry:
    """The lock entry of a prompt whose id ends with `number`."""
    return LockEntry(
        id=prompt_id(number),
        version="05wlf2wpw1z83cxz",
        path=key.rpartition("/")[0],
        display_name=key.rpartition("/")[2],
        dialect="prompt",
        source="sha256:" + "a" * 64,
        remote="sha256:" + "b" * 64,
    )


def remote(key: str, number: int) -> RemotePrompt:
    """The prompt as the service holds it."""
    return RemotePrompt(prompt_id(number), key.rpartition("/")[2], None, {}, {"prompt": {"model": "openai/gpt-4o"}})


def prompt_id(number: int) -> str:
    """An id in the form of the service's."""
    return f"01JZ5K7Q8R9S0T1V2W3X4Y5Z{number:02}"


def base(key: str, *diff: FieldDiff, warnings: tuple[str, ...] = (), path: str | None = None) -> dict[str, Any]:
    """What every kind of change has."""
    return {
        "key": key,
        "display_name": key.rpartition("/")[2],
        "digest": "sha256:" + "c" * 64,
        "path": path or key.rpartition("/")[0],
        "diff": diff,
        "warnings": warnings,
    }


def replaced(field: str, before: object, after: object) -> FieldDiff:
    """A field that says something else."""
    return FieldDiff(field, "replace", before, after)


def create(key: str = "Default/Support/greeting") -> Create:
    """A new prompt with three fields."""
    diff = (
        FieldDiff("path", "add", None, "Default/Support"),
        FieldDiff("display_name", "add", None, "greeting"),
        FieldDiff("prompt.messages[0].content", "add", None, "Hello!\nHow may I help?\n"),
    )
    return Create(**base(key, *diff), file=prompt_file(key))


def update(key: str = "Default/Support/refund") -> Update:
    """A changed text, a changed number, a new field and one that is taken out."""
    diff = (
        replaced("prompt.temperature", 0.2, 0.7),
        FieldDiff("prompt.top_p", "add", None, 0.9),
        FieldDiff("prompt.stop", "remove", ["END", "STOP"], None),
        replaced("prompt.messages[0].content", OLD_TEXT, NEW_TEXT),
    )
    warning = "`top_p` and `temperature` together are seldom meant"
    return Update(**base(key, *diff, warnings=(warning,)), file=prompt_file(key), entry=entry(key, 1), remote=None)


def pictures(key: str = "Default/Vision/invoice") -> Update:
    """Long and structured values."""
    old = {"type": "json_schema", "schema": {"type": "object", "properties": {"total": {"type": "number"}}}}
    new = {
        "type": "json_schema",
        "schema": {"type": "object", "properties": {"total": {"type": "number"}, "currency": {"type": "string"}}},
    }
    diff = (
        replaced("prompt.messages[0].content[1].image_url.url", PICTURE, OTHER_PICTURE),
        replaced("prompt.messages[0].content[0].text", OLD_LINE, NEW_LINE),
        replaced("prompt.response_format", old, new),
        FieldDiff("prompt.messages[1].content[0]", "add", None, {"type": "image_url", "image_url": {"url": PICTURE}}),
        replaced("description", "Reads invoices", "Reads invoices "),
    )
    return Update(**base(key, *diff), file=prompt_file(key), entry=entry(key, 2), remote=remote(key, 2))


def move(key: str = "Default/Billing/dunning") -> Move:
    """A file in another folder."""
    old = "Default/Support/dunning"
    diff = (replaced("path", "Default/Support", "Default/Billing"),)
    return Move(**base(key, *diff), file=prompt_file(key), entry=entry(old, 3), old_key=old, remote=remote(old, 3))


def adopt(key: str = "Default/Support/escalate") -> Adopt:
    """A prompt that an interrupted run made."""
    return Adopt(**base(key), file=prompt_file(key), entry=None, remote=remote(key, 4), source="sha256:" + "d" * 64)


def recreate(key: str = "Default/Support/opening-hours") -> Recreate:
    """A prompt that someone deleted and git wants back."""
    return Recreate(**base(key), file=prompt_file(key), entry=entry(key, 5))


def delete(key: str = "Default/Support/christmas") -> Delete:
    """A prompt whose file is gone, with --prune."""
    diff = (FieldDiff("prompt.model", "remove", "openai/gpt-4o", None),)
    return Delete(**base(key, *diff), entry=entry(key, 6), remote=remote(key, 6))


def forget(key: str = "Default/Support/easter") -> Forget:
    """Gone on both sides."""
    return Forget(**base(key), entry=entry(key, 7))


def drift(key: str = "Default/Support/shipping") -> Drift:
    """Changed on the service alone."""
    diff = (replaced("prompt.model", "openai/gpt-4o-mini", "openai/gpt-4o"),)
    return Drift(**base(key, *diff), file=prompt_file(key), entry=entry(key, 8), remote=remote(key, 8))


def conflict(key: str = "Default/Support/returns") -> Conflict:
    """Changed on both sides."""
    diff = (replaced("prompt.temperature", 0.1, 0.9),)
    return Conflict(
        **base(key, *diff),
        reason="changed here and on the service",
        hint=f"`promptsync pull {key}` merges both, `--overwrite {key}` decides for the file",
        id=prompt_id(9),
    )


def orphan(key: str = "Default/Support/warranty") -> Orphan:
    """Its file is gone, without --prune."""
    warning = "the file is gone and the prompt stays on the service: `--prune` would delete it"
    return Orphan(**base(key, warnings=(warning,)), entry=entry(key, 10))


def plan_of(*changes: Change, unchanged: int = 12, **others: Any) -> Plan:
    """A plan for the target `default`."""
    ordered = tuple(sorted(changes, key=lambda change: change.key))
    place = {"host": "api.orq.ai", "path_prefix": "Staging"}
    return Plan("default", ordered, "sha256:" + "e" * 64, unchanged, **{**place, **others})


def every_kind() -> Plan:
    """All ten kinds of change."""
    makers = (create, update, pictures, move, adopt, recreate, delete, forget, drift, conflict, orphan)
    return plan_of(*(maker() for maker in makers))


def hostile(text: str) -> Plan:
    """All ten kinds of change with `text` wherever a text can stand."""
    texts = (
        replaced(f"prompt.{text}", text, text + "x"),
        FieldDiff(text, "add", None, {text: [text]}),
        replaced("prompt.lines", f"a\n{text}\nb", f"a\n{text}{text}\nb"),
        replaced("prompt.schema", {"a": [text] * 50}, {"b": [text] * 50}),
        replaced("prompt.long", text * 50, text * 50 + "x"),
        FieldDiff("x", "remove", text, None),
    )
    changes = []
    for change in every_kind().changes:
        told = replace(change, key=text, display_name=text, diff=texts, warnings=(text,), path=text)
        if isinstance(told, Conflict):
            told = replace(told, reason=text, hint=text, id=text, candidates=(text,))
        if isinstance(told, Move):
            told = replace(told, old_key=text)
        if isinstance(told, Create):
            block = {"model": text, "messages": [{"role": text, "content": text}]}
            told = replace(told, file=prompt_file("a/b", name=text, block=block))
        changes.append(told)
    return plan_of(*changes)


OUTCOMES = (
    Outcome("Default/Support/greeting", "create", "done", prompt_id(11), version="05wlf2wpw1z83cxz"),
    Outcome("Default/Support/refund", "update", "done", prompt_id(1)),
    Outcome("Default/Support/opening-hours", "recreate", "done", prompt_id(12)),
    Outcome("Default/Support/christmas", "delete", "done", prompt_id(6), "it was already gone"),
    Outcome("Default/Vision/invoice", "update", "failed", prompt_id(2), "the service refuses `top_p`", "take it out"),
    Outcome("Default/Billing/dunning", "move", "left", prompt_id(3), "changed on the service meanwhile", "plan again"),
    Outcome("Default/Billing/a", "update", "not converged", prompt_id(4), "the service holds something else in path"),
    Outcome("Default/Billing/b", "update", "skipped", prompt_id(5), "the service no longer accepts the key"),
)
