"""What is sent for a prompt, and whether the answer says what was asked: the bodies of writes, and their judgement."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from promptsync.model.canonical import canonical_block, digest, remote_hash, source_hash
from promptsync.model.compare import (
    SET_BY_SERVICE,
    FieldDiff,
    all_differences,
    differences,
    generic,
    is_service_only,
    is_within,
    on_the_wire,
    provider_of,
    remote_content,
    service_only,
)
from promptsync.model.dialects import translate
from promptsync.model.errors import DialectError
from promptsync.model.prompt import DIALECTS, Dialect, Json, Prompt, RemotePrompt

if TYPE_CHECKING:
    from collections.abc import Collection


_TOLD = frozenset(("display_name", "description", "metadata", "path", *DIALECTS))
_UNHASHED = frozenset(name.rpartition(".")[2] for name in SET_BY_SERVICE)


def create_body(prompt: Prompt, path: str) -> Json:
    """The body of a create. `metadata` is always said: left out, the service would set a language of its own."""
    body: Json = {**_further(prompt), "display_name": prompt.display_name, "path": path, "metadata": prompt.metadata}
    if prompt.description is not None:
        body["description"] = prompt.description
    body[prompt.dialect] = prompt.block
    return body


def _further(prompt: Prompt) -> Json:
    """The further top-level fields: none of them is one that a plan tells under its own name."""
    return {name: value for name, value in prompt.extra.items() if name not in _TOLD}


@dataclass(frozen=True, slots=True)
class Patch:
    """The body of an update, and the fields that it clears with the value that each had."""

    body: Json
    cleared: dict[str, Any] = field(default_factory=dict)


def patch_for(prompt: Prompt, actual: Prompt, path: str | None, added: Collection[str] | None) -> Patch:
    """An update that means the same whether the service merges or replaces: all that the file says, and what to clear.

    What the service has and the file has not is cleared, unless it is one of `added`, which are the service's own;
    None stands for all of them. A field is cleared as null where it may be null, as `[]` where it is a list, and
    else by leaving it out.
    """
    own = {generic(name) for name in added} | SET_BY_SERVICE if added is not None else None
    extra = service_only(prompt, actual)
    clearing = [] if own is None else [item for item in extra if not is_within(item.field, own)]
    body: Json = {**_further(prompt), "display_name": prompt.display_name, "metadata": dict(prompt.metadata)}
    kept = {item.field for item in extra} - {item.field for item in clearing}
    if prompt.description is not None or "description" not in kept:
        body["description"] = prompt.description
    body[prompt.dialect] = dict(prompt.block)
    if path is not None:
        body["path"] = path
    for item in clearing:
        _clear(body, item.field, prompt.dialect)
    return Patch(body, {item.field: item.before for item in clearing})


def _clear(body: Json, name: str, dialect: Dialect) -> None:
    head, _, rest = name.partition(".")
    if head == "metadata":
        body["metadata"][rest] = [] if rest == "use_cases" else None
        return
    if head != dialect:
        return
    from promptsync.model.schema import list_fields, nullable_fields

    if rest in nullable_fields(dialect):
        value: Any = None
    elif rest in list_fields(dialect):
        value = []
    else:
        return
    block = body[dialect]
    outer, _, inner = rest.partition(".")
    if inner:
        block[outer] = {**(block.get(outer) or {}), inner: value}
    else:
        block[outer] = value


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an answer says of a write: the fields that are not as asked, and those of the service's own."""

    wrong: tuple[FieldDiff, ...]
    added: tuple[str, ...]


def judge(asked: Prompt, answer: RemotePrompt, cleared: dict[str, Any] | None = None) -> Verdict:
    """Compares an answer with what was asked. A cleared field that still has its old value is wrong."""
    dialect = answer.dialect(asked.dialect)
    if dialect == asked.dialect and _is_word_for_word(answer, asked):
        return Verdict((), ())
    desired = on_the_wire(asked, dialect)
    actual = remote_content(answer, dialect, asked)
    found = all_differences(desired, actual, provider=provider_of(answer))
    wrong = [item for item in found if not is_service_only(item)]
    added = []
    for item in filter(is_service_only, found):
        if cleared and item.field in cleared and cleared[item.field] == item.before:
            wrong.append(item)
        else:
            added.append(item.field)
    return Verdict(tuple(wrong), tuple(sorted(added)))


def _is_word_for_word(answer: RemotePrompt, asked: Prompt) -> bool:
    """Whether the answer holds what was asked and no more, so that no field needs a look.

    Ids that the service sets are not hashed.
    """
    names = answer.blocks.get(asked.dialect, {}).keys()
    return _UNHASHED.isdisjoint(names) and remote_hash(answer, asked.dialect, asked) == source_hash(asked)


def was_ignored(
    asked: Prompt, answer: RemotePrompt, before: RemotePrompt | None, added: Collection[str] | None = ()
) -> bool:
    """Whether the service answered as if the block had not been sent: it holds what it held before, or no message.

    `added` are the service's own fields, which say nothing about it; None stands for all that only the service has.
    """
    dialect = answer.dialect(asked.dialect)
    held = answer.prompt(dialect).block
    try:
        wanted = translate(asked, dialect).block
    except DialectError:
        return True
    if before is None:
        return bool(wanted.get("messages")) and not held.get("messages")
    old = before.prompt(before.dialect(dialect)).block
    return digest(canonical_block(dialect, old)) == digest(canonical_block(dialect, held)) and bool(
        differences(_block_alone(dialect, wanted), _block_alone(dialect, held), added=added)
    )


def _block_alone(dialect: Dialect, block: Json) -> Prompt:
    return Prompt("", None, {}, dialect, block)
