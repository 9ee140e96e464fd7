"""Field by field: what a prompt should be against what the service holds."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from promptsync.model.canonical import IN_ORDER, WITHOUT_ORDER, Form, canonical, is_same_json
from promptsync.model.canonical import remote_content as remote_content
from promptsync.model.dialects import field_in, translate
from promptsync.model.errors import DialectError
from promptsync.model.pairing import is_list_of_objects
from promptsync.model.prompt import CLASSIC, other_dialect
from promptsync.model.writing import same_writing

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from promptsync.model.prompt import Dialect, Json, Prompt, PromptFile, RemotePrompt

Op: TypeAlias = Literal["add", "remove", "replace"]
"""What becomes of a field that differs."""

SET_BY_SERVICE = frozenset({f"{CLASSIC}.model_db_id"})
"""What the service writes into a block by itself, and not in every answer: never cleared, never a difference."""

_INDEX = re.compile(r"\[\d+\]")
_TOLD_BY_FIELD = {"prompt.thinking", "prompt_config.model_parameters"}
"""Objects whose fields, but not they themselves, have a counterpart in the other dialect."""


@dataclass(frozen=True, slots=True)
class FieldDiff:
    """One field that differs. `before` is the service's value, `after` the file's; None where there is none.

    `field` is a path such as `prompt.messages[0].content`. The index is the file's, or the service's for what only
    the service has.
    """

    field: str
    op: Op
    before: Any
    after: Any


def differences(
    desired: Prompt,
    actual: Prompt,
    *,
    added: Collection[str] | None = (),
    provider: str | None = None,
    form: Form = IN_ORDER,
) -> list[FieldDiff]:
    """What would have to change on the service for `actual` to say what `desired` says. Both in one dialect.

    `added` names the fields that are the service's own, which are no difference; None says that whatever only the
    service has is its own. `provider` is the provider of `actual`, where its block cannot tell it. `form` tells whether
    the order of keys below a JSON schema counts.
    """
    found = all_differences(desired, actual, provider=provider, form=form)
    if added is None:
        return [item for item in found if not is_service_only(item)]
    own = {generic(field) for field in added} | SET_BY_SERVICE
    return [item for item in found if not (is_service_only(item) and is_within(item.field, own))]


def all_differences(
    desired: Prompt, actual: Prompt, *, provider: str | None = None, form: Form = IN_ORDER
) -> list[FieldDiff]:
    """The same, with whatever only the service has."""
    wanted, there = canonical(desired, form), canonical(actual, form)
    if is_same_json(wanted, there):
        return []
    from promptsync.model.values import MISSING, find_differences

    found = find_differences(there, wanted, provider=provider or _provider(actual))
    return [
        FieldDiff(path, "add", None, after)
        if before is MISSING
        else FieldDiff(path, "remove", before, None)
        if after is MISSING
        else FieldDiff(path, "replace", before, after)
        for path, before, after in found
    ]


def all_fields(prompt: Prompt, op: Literal["add", "remove"]) -> list[FieldDiff]:
    """All that a prompt says, as what comes or goes with it."""
    fields = [(name, value) for name, value in canonical(prompt).items() if value not in ("", {})]
    if op == "add":
        return expand([FieldDiff(name, op, None, value) for name, value in fields])
    return expand([FieldDiff(name, op, value, None) for name, value in fields])


def file_differences(
    file: PromptFile,
    remote: RemotePrompt,
    dialect: Dialect,
    added: Collection[str] | None,
    form: Form = IN_ORDER,
) -> list[FieldDiff]:
    """What differs between a file and the service's answer, in the words of the file.

    The two are compared in `dialect`, the one on the wire, where both can be said in it.
    """
    desired = on_the_wire(file.prompt, remote.dialect(dialect))
    actual = remote_content(remote, desired.dialect, file.prompt)
    found = differences(desired, actual, added=added, provider=provider_of(remote), form=form)
    return in_words_of(file.prompt.dialect, found)


def in_words_of(dialect: Dialect, items: Iterable[FieldDiff]) -> list[FieldDiff]:
    """Differences in either dialect, told in the words of `dialect` where it has any."""
    other = f"{other_dialect(dialect)}."
    shown = [leaf for item in items for leaf in (_leaves(item) if _is_told_by_field(item, other) else [item])]
    return [replace(item, field=field_in(item.field, dialect)) for item in shown]


def _is_told_by_field(item: FieldDiff, other: str) -> bool:
    return item.field.startswith(other) and item.field in _TOLD_BY_FIELD


def on_the_wire(prompt: Prompt, dialect: Dialect) -> Prompt:
    """`prompt` in `dialect`, or as it is written where that would lose something."""
    try:
        return translate(prompt, dialect)
    except DialectError:
        return prompt


def service_only(desired: Prompt, actual: Prompt) -> list[FieldDiff]:
    """The fields that `actual` has and `desired` has not: the service's own additions, or what was taken out here.

    Where no elements of lists must be paired to tell, as for nearly every prompt, this takes a tenth of the time of all
    differences.
    """
    found = _surplus(canonical(actual, WITHOUT_ORDER), canonical(desired, WITHOUT_ORDER), "")
    if found is None:
        found = all_differences(desired, actual, form=WITHOUT_ORDER)
    return list(filter(is_service_only, found))


def _surplus(there: Any, wanted: Any, path: str) -> list[FieldDiff] | None:
    """The fields of objects that only `there` has; None where elements would have to be paired to tell."""
    if is_list_of_objects(there, wanted):
        return None if there != wanted and _may_have_more(there, wanted) else []
    found: list[FieldDiff] = []
    for name, value in there.items() if isinstance(there, dict) and isinstance(wanted, dict) else ():
        field = f"{path}.{name}"
        if name not in wanted:
            found.append(FieldDiff(field.removeprefix("."), "remove", value, None))
            continue
        inner = _surplus(value, wanted[name], field)
        if inner is None:
            return None
        found += inner
    return found


def _may_have_more(there: list[Json], wanted: list[Json]) -> bool:
    """Whether an element may have a field that its counterpart has not, whichever that is."""
    in_all = set.intersection(*map(set, wanted)) if wanted else set()
    fields = (item for element in there for item in element.items())
    return any(name not in in_all or isinstance(value, dict | list) for name, value in fields)


def settled(items: list[FieldDiff]) -> list[FieldDiff]:
    """The differences without those that are only the service's way of writing."""
    return [item for item in items if item.op != "replace" or not same_writing(item.before, item.after)]


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


def is_part(field: str, whole: str) -> bool:
    """Whether the field of a path is `whole`, or a part of it."""
    return field.startswith(whole) and field[len(whole) :][:1] in ("", ".", "[")


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


def _leaves(item: FieldDiff) -> Iterator[FieldDiff]:
    value = item.after if item.op == "add" else item.before
    if item.op == "replace" or item.field.endswith(".schema"):
        yield item
    elif isinstance(value, dict) and value:
        for name, inner in value.items():
            yield from _leaves(_part(item, f"{item.field}.{name}", inner))
    elif value and is_list_of_objects(value):
        for index, inner in enumerate(value):
            yield from _leaves(_part(item, f"{item.field}[{index}]", inner))
    else:
        yield item


def _part(item: FieldDiff, field: str, value: Any) -> FieldDiff:
    if item.op == "add":
        return FieldDiff(field, "add", None, value)
    return FieldDiff(field, "remove", value, None)
