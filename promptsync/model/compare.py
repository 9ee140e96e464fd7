"""Field by field: what a prompt should be against what the service holds."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any, Literal

from promptsync.model.canonical import canonical, canonical_json
from promptsync.model.canonical import remote_content as remote_content
from promptsync.model.dialects import field_in, translate
from promptsync.model.errors import DialectError
from promptsync.model.prompt import CLASSIC

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable, Iterator

    from promptsync.model.prompt import Dialect, Prompt, PromptFile, RemotePrompt

SET_BY_SERVICE = frozenset({f"{CLASSIC}.model_db_id"})
"""What the service writes into a block by itself, and not in every answer: never cleared, never a difference."""

_MISSING: Any = object()
_INDEX = re.compile(r"\[\d+\]")
_PLAIN = (str, int, float, bool)
_RECOGNISED_BY = ("role", "type", "content", "text", "id", "tool_call_id", "model")
_TOLD_BY_FIELD = {"prompt.thinking", "prompt_config.model_parameters"}
"""Objects whose fields, but not they themselves, have a counterpart in the other dialect."""


@dataclass(frozen=True, slots=True)
class FieldDiff:
    """One field that differs. `before` is the service's value, `after` the file's; None where there is none.

    `field` is a path such as `prompt.messages[0].content`. The index is the file's, or the service's for what only
    the service has.
    """

    field: str
    op: Literal["add", "remove", "replace"]
    before: Any
    after: Any


def differences(
    desired: Prompt, actual: Prompt, *, added: Collection[str] | None = (), provider: str | None = None
) -> list[FieldDiff]:
    """What would have to change on the service for `actual` to say what `desired` says. Both in one dialect.

    `added` names the fields that are the service's own, which are no difference; None says that whatever only the
    service has is its own. `provider` is the provider of `actual`, where its block cannot tell it.
    """
    found = all_differences(desired, actual, provider=provider)
    if added is None:
        return [item for item in found if not is_service_only(item)]
    own = {generic(field) for field in added} | SET_BY_SERVICE
    return [item for item in found if not (is_service_only(item) and is_within(item.field, own))]


def all_differences(desired: Prompt, actual: Prompt, *, provider: str | None = None) -> list[FieldDiff]:
    """The same, with whatever only the service has."""
    return list(_walk("", canonical(desired), canonical(actual), provider or _provider(actual)))


def file_differences(
    file: PromptFile, remote: RemotePrompt, dialect: Dialect, added: Collection[str] | None
) -> list[FieldDiff]:
    """What differs between a file and the service's answer, in the words of the file.

    The two are compared in `dialect`, the one on the wire, where both can be said in it.
    """
    desired = on_the_wire(file.prompt, remote.dialect(dialect))
    actual = remote_content(remote, desired.dialect, file.prompt)
    found = differences(desired, actual, added=added, provider=provider_of(remote))
    if desired.dialect == file.prompt.dialect:
        return found
    told = [leaf for item in found for leaf in (_leaves(item) if item.field in _TOLD_BY_FIELD else [item])]
    return [replace(item, field=field_in(item.field, file.prompt.dialect)) for item in told]


def on_the_wire(prompt: Prompt, dialect: Dialect) -> Prompt:
    """`prompt` in `dialect`, or as it is written where that would lose something."""
    try:
        return translate(prompt, dialect)
    except DialectError:
        return prompt


def service_only(desired: Prompt, actual: Prompt) -> list[FieldDiff]:
    """The fields that `actual` has and `desired` has not: the service's own additions, or what was taken out here."""
    return [item for item in all_differences(desired, actual) if is_service_only(item)]


def is_service_only(item: FieldDiff) -> bool:
    """Whether a field is there on the service alone. A surplus element of a list is content, not a field."""
    return item.op == "remove" and not item.field.endswith("]")


def generic(field: str) -> str:
    """The path of a field for every element of a list: `prompt.messages[].name`."""
    return _INDEX.sub("[]", field)


def is_within(field: str, own: Collection[str]) -> bool:
    """Whether `field` is one of `own`, or a part of one: whose object is the service's own, its fields are too."""
    parts = generic(field).split(".")
    return any(".".join(parts[:length]) in own for length in range(1, len(parts) + 1))


def drop(content: Any, field: str) -> None:
    """Takes the field that the path `field` leads to out of `content`; `[0]` or `[]` leads to every element."""
    _drop(content, generic(field).replace("[]", ".[]").split("."))


def _drop(value: Any, names: list[str]) -> None:
    name, rest = names[0], names[1:]
    if name == "[]" and isinstance(value, list) and rest:
        for item in value:
            _drop(item, rest)
    elif isinstance(value, dict) and rest:
        _drop(value.get(name), rest)
    elif isinstance(value, dict):
        value.pop(name, None)


def expand(items: list[FieldDiff]) -> list[FieldDiff]:
    """The same differences with whole objects that come or go told as their fields, for people to read."""
    return [leaf for item in items for leaf in _leaves(item)]


def provider_of(remote: RemotePrompt) -> str | None:
    """The provider that the classic block of an answer names; the current block only has it in the model's name."""
    provider = remote.blocks.get(CLASSIC, {}).get("provider")
    return provider if isinstance(provider, str) else None


def _provider(prompt: Prompt) -> str | None:
    provider = prompt.block.get("provider") if prompt.dialect == CLASSIC else None
    return provider if isinstance(provider, str) else None


def _walk(field: str, desired: Any, actual: Any, provider: str | None) -> Iterator[FieldDiff]:
    if desired is _MISSING:
        yield FieldDiff(field, "remove", actual, None)
    elif actual is _MISSING:
        yield FieldDiff(field, "add", None, desired)
    elif isinstance(desired, dict) and isinstance(actual, dict):
        yield from _walk_mapping(field, desired, actual, provider)
    elif isinstance(desired, list) and isinstance(actual, list) and _holds_objects(desired, actual):
        yield from _walk_list(field, desired, actual, provider)
    elif not _same(field, desired, actual, provider):
        yield FieldDiff(field, "replace", actual, desired)


def _walk_mapping(
    field: str, desired: dict[str, Any], actual: dict[str, Any], provider: str | None
) -> Iterator[FieldDiff]:
    for name in [*desired, *sorted(actual.keys() - desired.keys())]:
        wanted, there = desired.get(name, _MISSING), actual.get(name, _MISSING)
        # 1 and true are equal to Python; of one kind, texts and numbers are equal where their JSON is.
        if type(wanted) is type(there) and type(wanted) in _PLAIN and wanted == there:
            continue
        if type(wanted) is list and type(there) is list and canonical_json(wanted) == canonical_json(there):
            continue
        yield from _walk(f"{field}.{name}" if field else name, wanted, there, provider)


def _walk_list(field: str, desired: list[Any], actual: list[Any], provider: str | None) -> Iterator[FieldDiff]:
    """Pairs the elements by what they say, so that an inserted message is one addition and no cascade."""
    there, wanted = ([_signature(item) for item in items] for items in (actual, desired))
    all_paired = ("equal", 0, len(there), 0, len(wanted))
    steps = [all_paired] if there == wanted else SequenceMatcher(None, there, wanted, autojunk=False).get_opcodes()
    for _, a_from, a_to, d_from, d_to in steps:
        paired = min(a_to - a_from, d_to - d_from)
        for offset in range(paired):
            inner = f"{field}[{d_from + offset}]"
            yield from _walk(inner, desired[d_from + offset], actual[a_from + offset], provider)
        for index in range(d_from + paired, d_to):
            yield FieldDiff(f"{field}[{index}]", "add", None, desired[index])
        for index in range(a_from + paired, a_to):
            yield FieldDiff(f"{field}[{index}]", "remove", actual[index], None)


def _holds_objects(*lists: list[Any]) -> bool:
    return all(isinstance(item, dict) for items in lists for item in items)


def _signature(item: Any) -> Hashable:
    """What an element is recognised by: its role or type and its text, without what the service may add to it."""
    told = tuple((name, item[name]) for name in _RECOGNISED_BY if isinstance(item.get(name), str))
    return told or canonical_json(item)


def _same(field: str, desired: Any, actual: Any, provider: str | None) -> bool:
    if canonical_json(desired) == canonical_json(actual):
        return True
    is_model = field.endswith(".model") and isinstance(desired, str) and isinstance(actual, str)
    return is_model and _same_model(desired, actual, provider)


def _same_model(desired: str, actual: str, provider: str | None) -> bool:
    """`openai/gpt-4o` comes back as `gpt-4o` in the documents, and the other way round from today's service."""
    longer, shorter = (desired, actual) if len(desired) > len(actual) else (actual, desired)
    prefix, _, rest = longer.partition("/")
    return rest == shorter and (provider is None or prefix == provider)


def _leaves(item: FieldDiff) -> Iterator[FieldDiff]:
    value = item.after if item.op == "add" else item.before
    if item.op == "replace" or item.field.endswith(".schema"):
        yield item
    elif isinstance(value, dict) and value:
        for name, inner in value.items():
            yield from _leaves(_part(item, f"{item.field}.{name}", inner))
    elif isinstance(value, list) and value and _holds_objects(value):
        for index, inner in enumerate(value):
            yield from _leaves(_part(item, f"{item.field}[{index}]", inner))
    else:
        yield item


def _part(item: FieldDiff, field: str, value: Any) -> FieldDiff:
    if item.op == "add":
        return FieldDiff(field, "add", None, value)
    return FieldDiff(field, "remove", value, None)
