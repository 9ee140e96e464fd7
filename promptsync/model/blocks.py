"""The two blocks of an answer: what the one says that the other does not, and would take away where it is written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from promptsync.model.canonical import WITHOUT_ORDER, canonical, is_same_json
from promptsync.model.compare import SET_BY_SERVICE
from promptsync.model.dialects import DERIVED_MODEL_TYPES, told_in
from promptsync.model.pairing import is_list_of_objects
from promptsync.model.prompt import CLASSIC, other_dialect

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from promptsync.model.prompt import Dialect, RemotePrompt


def unsaid(remote: RemotePrompt, dialect: Dialect) -> list[str]:
    """The fields of the other block that do not follow from the one in `dialect`; none where there is one block.

    Where the other dialect has no word for what this one says, such as a role, whatever it tells there follows.
    """
    other = other_dialect(dialect)
    if not {dialect, other} <= remote.blocks.keys():
        return []
    told, unclear = told_in(remote.prompt(dialect), other)
    wanted, held = (canonical(one, WITHOUT_ORDER)[other] for one in (told, remote.prompt(other)))
    own = {*SET_BY_SERVICE, f"{other}._id"}
    return [field for field in _unsaid(other, held, wanted, frozenset(unclear)) if field not in own]


def _unsaid(field: str, held: Any, told: Any, unclear: Collection[str]) -> Iterator[str]:
    if _says_nothing(field, held) or (field in unclear and told is not None):
        return
    if isinstance(held, dict):
        inner = told if isinstance(told, dict) else {}
        for name, item in held.items():
            yield from _unsaid(f"{field}.{name}", item, inner.get(name), unclear)
    elif is_list_of_objects(held, told) and (places := _places(field, held, told, unclear)):
        for item, place in zip(held, places, strict=True):
            yield from _unsaid(f"{field}[{place}]", item, told[place], unclear)
    elif not (is_same_json(held, told) or (field.endswith(".model") and _is_same_model(held, told))):
        yield field


def _places(field: str, held: list[Any], told: list[Any], unclear: Collection[str]) -> list[int]:
    """Which elements of `told` those of `held` are: one each, or one for each that the dialect has words for."""
    for places in (list(range(len(told))), [at for at in range(len(told)) if f"{field}[{at}]" not in unclear]):
        if len(places) == len(held):
            return places
    return []


def _says_nothing(field: str, value: Any) -> bool:
    """What a service derives where nothing is said: the kind of a chat model, no stream, an empty message or call."""
    if field == f"{CLASSIC}.model_type":
        return value in DERIVED_MODEL_TYPES
    if field == f"{CLASSIC}.stream":
        return value is False
    return value in ([], {}) or (value == "" and (field.endswith("].content") or "].tool_calls[" in field))


def _is_same_model(one: Any, other: Any) -> bool:
    """One of them may have the provider before the name, where the other one names none."""
    names = (one, other) if isinstance(one, str) and isinstance(other, str) else ("", "")
    shorter, longer = sorted(names, key=len)
    return bool(shorter) and "/" not in shorter and longer.partition("/")[2] == shorter
