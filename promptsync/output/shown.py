"""What may be shown of a plan: all of it, with each data URL told by type, size and hash.

No renderer masks anything: it is given what is masked already, and the type checker names the one that is not.
"""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any, NewType

from promptsync.model.compare import FieldDiff
from promptsync.model.prompt import CLASSIC, Origin
from promptsync.output.mask import mask, mask_text
from promptsync.plan.changes import Create, Plan, Sides

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptsync.model.prompt import PromptFile
    from promptsync.plan.changes import Change

ShownPlan = NewType("ShownPlan", Plan)
"""A plan that may be shown. The files and prompts that its changes rest on are as they were: `facts` tells of them."""

_NAMES = {"key", "old_key", "id"}
"""What other tools find a prompt by, and so is told as it is."""

_MAX_ROLES = 6


def shown(plan: Plan) -> ShownPlan:
    """The plan as it may be shown."""
    return ShownPlan(replace(plan, changes=tuple(_change(change) for change in plan.changes)))


def masked(item: FieldDiff) -> FieldDiff:
    """One difference as it may be shown."""
    return FieldDiff(mask_text(item.field), item.op, mask(item.before), mask(item.after))


def facts(create: Create) -> Iterator[tuple[str, str]]:
    """What tells a new prompt in few words, each with its name; what it lacks is left out."""
    found = [("name", create.display_name), ("path", create.path), *_of_file(create.file)]
    return ((name, mask_text(value)) for name, value in found if value)


def _change(change: Change) -> Change:
    """Masks every text and difference, whatever the kind of change calls it."""
    held = {item.name: getattr(change, item.name) for item in fields(change) if item.name not in _NAMES}
    return replace(change, **{name: _value(value) for name, value in held.items()})


def _value(value: Any) -> Any:
    match value:
        case str():
            return mask_text(value)
        case FieldDiff():
            return masked(value)
        case Origin():
            return value._replace(field=mask_text(value.field), place=mask_text(value.place))
        case Sides():
            return Sides(mask_text(value.since), _value(value.here), _value(value.there))
        case tuple():
            return tuple(_value(item) for item in value)
        case _:
            return value


def _of_file(file: PromptFile) -> Iterator[tuple[str, str]]:
    block = file.prompt.block
    model, provider = block.get("model"), block.get("provider")
    if isinstance(model, str):
        bare = file.prompt.dialect == CLASSIC and isinstance(provider, str) and not model.startswith(f"{provider}/")
        yield "model", f"{provider}/{model}" if bare else model
    messages = block.get("messages")
    if isinstance(messages, list):
        yield "messages", _roles(messages)
    tools = block.get("tools")
    if isinstance(tools, list) and tools:
        yield "tools", str(len(tools))


def _roles(messages: list[Any]) -> str:
    roles = [str(message.get("role", "?")) if isinstance(message, dict) else "?" for message in messages]
    first = ", ".join(roles[:_MAX_ROLES]) + (", …" if len(roles) > _MAX_ROLES else "")
    return f"{len(roles)} ({first})" if roles else "0"
