"""What is sent for a prompt, and whether the answer says what was asked: the bodies of writes, and their judgement."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from promptsync.model.canonical import (
    IN_ORDER,
    WITHOUT_ORDER,
    Form,
    canonical,
    canonical_block,
    canonical_json,
    digest,
    exact_json,
    remote_hash,
    source_hash,
)
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
    settled,
)
from promptsync.model.dialects import translate
from promptsync.model.errors import DialectError
from promptsync.model.prompt import CLASSIC, DIALECTS, Dialect, Json, Prompt, RemotePrompt

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

_PARAMETERS = f"{CLASSIC}.model_parameters"
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


def nested(body: Json, fields: Mapping[str, Any]) -> Json | None:
    """`body` with values at fields of its nested objects; None where none of them has its place in one.

    As null they clear what a service that merges deeply has kept. In a list nothing is kept: it is replaced as a whole.
    """
    result = deepcopy(body)
    placed = [_place(result, name, value) for name, value in fields.items()]
    return result if any(placed) else None


def _place(body: Json, name: str, value: Any) -> bool:
    """Puts `value` where `name` leads to, unless it leads through a list or is a field of the block itself."""
    if name != generic(name) or name.count(".") < 2:
        return False
    while True:
        outer = max((key for key in body if name.startswith(f"{key}.")), key=len, default=None)
        if outer is None or not isinstance(body[outer], dict):
            break
        body, name = body[outer], name[len(outer) + 1 :]
    if name.startswith("model_parameters."):
        body = body.setdefault("model_parameters", {})
        name = name.removeprefix("model_parameters.")
    body[name] = value
    return True


def still_held(asked: Prompt, answer: RemotePrompt, cleared: dict[str, Any]) -> dict[str, Any]:
    """Those of the cleared fields that the answer still has, with the value there; each parameter by itself."""
    wrong = judge(asked, answer, cleared).wrong if cleared else ()
    held = {item.field: item.before for item in wrong if is_service_only(item)}
    parameters = held.pop(_PARAMETERS, None)
    return held | {f"{_PARAMETERS}.{name}": value for name, value in (parameters or {}).items()}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an answer says of a write: the fields that are not as asked, and those of the service's own.

    `rewritten` are as asked in the service's own way of writing, `form` is how to hash what it holds.
    """

    wrong: tuple[FieldDiff, ...]
    added: tuple[str, ...]
    rewritten: tuple[FieldDiff, ...] = ()
    form: Form = IN_ORDER


def judge(asked: Prompt, answer: RemotePrompt, cleared: dict[str, Any] | None = None) -> Verdict:
    """Compares an answer with what was asked.

    A cleared field that still has its old value is wrong, and so is a null that stands there now.
    """
    dialect = answer.dialect(asked.dialect)
    if dialect == asked.dialect and _is_word_for_word(answer, asked):
        return Verdict((), ())
    desired = on_the_wire(asked, dialect)
    actual = remote_content(answer, dialect, asked)
    provider = provider_of(answer)
    found = all_differences(desired, actual, provider=provider, form=WITHOUT_ORDER)
    content = [item for item in found if not is_service_only(item)]
    wrong = settled(content)
    turned = _turned(desired, actual, provider, {item.field for item in found})
    rewritten = (*(item for item in content if item not in wrong), *turned)
    added = []
    for item in filter(is_service_only, found):
        if cleared and item.field in cleared and item.before in (cleared[item.field], None):
            wrong.append(item)
        else:
            added.append(item.field)
    return Verdict(tuple(wrong), tuple(sorted(added)), rewritten, WITHOUT_ORDER if turned else IN_ORDER)


def _turned(desired: Prompt, actual: Prompt, provider: str | None, known: Collection[str]) -> list[FieldDiff]:
    """The objects whose keys came back in another order. `known` are the fields that differ besides."""
    content = canonical(desired)
    if exact_json(content) == canonical_json(content):  # there is no order to lose
        return []
    return [item for item in all_differences(desired, actual, provider=provider) if item.field not in known]


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
        settled(
            differences(_block_alone(dialect, wanted), _block_alone(dialect, held), added=added, form=WITHOUT_ORDER)
        )
    )


def _block_alone(dialect: Dialect, block: Json) -> Prompt:
    return Prompt("", None, {}, dialect, block)
