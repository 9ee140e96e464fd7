"""A saved plan read back: what it decided, and all that it showed. What is not exactly such a file is refused."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from promptsync.model.errors import PlanError
from promptsync.plan.changes import ACTIONS, FORMAT_VERSION, Action, PlanOptions

if TYPE_CHECKING:
    from promptsync.model.prompt import Json

_OPTIONS = PlanOptions().as_json().keys()
_LINE = re.compile(r"changes\[\d+\]\.origins\[\d+\]\.line")
_AGAIN = "make it again with `promptsync plan --out FILE`"


class SavedChange(NamedTuple):
    """One change of a saved plan; `digest` is what it rested on."""

    key: str
    action: Action
    digest: str


@dataclass(frozen=True, slots=True)
class SavedPlan:
    """What a saved plan decided, and the whole `document` that people saw, to be compared with a plan made now.

    `host` is `offline` where the service was not asked. `name` is the file to show in messages.
    """

    target: str
    digest: str
    host: str
    options: PlanOptions
    changes: tuple[SavedChange, ...]
    path_prefix: str = ""
    offline: bool = False
    document: Json = field(default_factory=dict, repr=False, compare=False)
    name: str = field(default="the saved plan", compare=False)


def parse_saved(data: bytes, name: str) -> SavedPlan:
    """The saved plan in `data`; `name` is the file to show in messages.

    Raises PlanError for whatever is not a whole plan of this version, with line and column where they are known.
    """
    document = _document(data, name)
    _check_version(document, name)
    return SavedPlan(
        target=text_of(document, "target", name),
        digest=text_of(document, "digest", name),
        host=text_of(document, "host", name),
        options=_options(document, name),
        changes=_changes(document, name),
        path_prefix=_path_prefix(document, name),
        offline=_flag(document, "offline", name),
        document=document,
        name=name,
    )


def raise_if_rewritten(saved: SavedPlan, remade: Json) -> None:
    """Raises PlanError where the saved document is not `remade`, that of the same changes as they are found now.

    How many prompts are unchanged may differ: others may have come or changed since. So may the lines in which values
    stand: a comment above them moves them.
    """
    there, now = ({**document, "summary": _without_unchanged(document)} for document in (saved.document, remade))
    place = _first_difference(there, now, "")
    if place is not None:
        raise PlanError(
            f"{saved.name} is not what `plan --out` writes of these changes: `{place}` is something else",
            hint="nothing was written; it was edited since, or another promptsync made it: " + _AGAIN,
        )


def _without_unchanged(document: Json) -> Any:
    summary = document.get("summary")
    if not isinstance(summary, dict) or type(summary.get("unchanged")) is not int:
        return summary
    return {**summary, "unchanged": 0}


def _first_difference(one: Any, other: Any, place: str) -> str | None:
    """Where two JSON values differ first, in the order of their keys; None where they are the same."""
    if isinstance(one, dict) and isinstance(other, dict):
        for name in sorted(one.keys() | other.keys()):
            inner = f"{place}.{name}" if place else name
            if name not in one or name not in other:
                return inner
            found = _first_difference(one[name], other[name], inner)
            if found is not None:
                return found
        return None
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        pairs = enumerate(zip(one, other, strict=True))
        return next((found for at, both in pairs if (found := _first_difference(*both, f"{place}[{at}]"))), None)
    if _LINE.fullmatch(place) and type(one) is type(other) is int:
        return None
    return None if is_same(one, other) else place


def is_same(one: Any, other: Any) -> bool:
    """Whether two JSON values are the same, their types and the order of their keys included."""
    try:
        # To Python, 1 is True and NaN is not itself.
        return json.dumps(one) == json.dumps(other)
    except RecursionError:
        # Nested deeper than anything that is written.
        return False


def _document(data: bytes, name: str) -> Json:
    try:
        document = json.loads(data.decode("utf-8-sig"), object_pairs_hook=_no_duplicates)
    except UnicodeDecodeError as error:
        raise broken(name, f"byte {error.start + 1} is not UTF-8") from None
    except json.JSONDecodeError as error:
        place = f"{name}:{error.lineno}:{error.colno}"
        raise PlanError(f"{place}: the saved plan is not JSON: {error.msg}", hint=_AGAIN) from None
    except RecursionError:
        raise broken(name, "it is nested too deeply") from None
    except _DuplicateError as error:
        raise broken(name, str(error)) from None
    except ValueError:
        raise broken(name, "it holds a number that is too long") from None
    if not isinstance(document, dict):
        raise broken(name, "it holds no object")
    return document


class _DuplicateError(ValueError):
    """The same name twice in one object: two readers may take it for two different plans."""


def _no_duplicates(pairs: list[tuple[str, Any]]) -> Json:
    result: Json = {}
    for name, value in pairs:
        if name in result:
            raise _DuplicateError(f"it has `{name}` twice in one object")
        result[name] = value
    return result


def _check_version(document: Json, name: str) -> None:
    version = document.get("format_version")
    if not isinstance(version, int) or isinstance(version, bool):
        raise broken(name, "it has no number as its `format_version`")
    if version != FORMAT_VERSION:
        hint = "apply it with the promptsync that made it, or " + _AGAIN
        raise PlanError(f"{name} is a plan of format {version}, and this promptsync knows {FORMAT_VERSION}", hint=hint)
    if "options" not in document:
        raise broken(name, "it lacks `options`, as what `--format json` prints does")


def _options(document: Json, name: str) -> PlanOptions:
    options = document["options"]
    if not isinstance(options, dict):
        raise broken(name, "`options` is no object")
    if options.keys() != _OPTIONS:
        odd = sorted(options.keys() ^ _OPTIONS)[0]
        raise broken(name, f"`options` has an unknown `{odd}`" if odd in options else f"`options` lacks `{odd}`")
    return PlanOptions(
        prune=_flag(options, "prune", name, "options."),
        overwrite=_globs(options, "overwrite", name),
        create_twins=_flag(options, "create_twins", name, "options."),
        only=_globs(options, "only", name),
        max_deletes=_count(options, "max_deletes", name),
    )


def _changes(document: Json, name: str) -> tuple[SavedChange, ...]:
    listed = document.get("changes")
    if not isinstance(listed, list):
        raise broken(name, "`changes` is no list")
    changes = tuple(_change(item, f"changes[{index}]", name) for index, item in enumerate(listed))
    if len({(change.key, change.action) for change in changes}) != len(changes):
        raise broken(name, "`changes` tells the same change twice")
    return changes


def _change(item: Any, where: str, name: str) -> SavedChange:
    if not isinstance(item, dict):
        raise broken(name, f"`{where}` is no object")
    wanted = item.get("action")
    action = next((known for known in ACTIONS if known == wanted), None)
    if action is None:
        raise broken(name, f"`{where}.action` is none that is known")
    return SavedChange(text_of(item, "key", name, where), action, text_of(item, "digest", name, where))


def text_of(holder: Json, field: str, name: str, where: str = "") -> str:
    """A text that is not empty. Raises PlanError for whatever else stands there."""
    return _checked(holder.get(field), f"{where}.{field}" if where else field, name)


def _checked(value: Any, place: str, name: str) -> str:
    if not isinstance(value, str) or not value:
        raise broken(name, f"`{place}` is no text")
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise broken(name, f"`{place}` is not Unicode text")
    return value


def _path_prefix(document: Json, name: str) -> str:
    return "" if document.get("path_prefix") == "" else text_of(document, "path_prefix", name)


def _flag(holder: Json, field: str, name: str, where: str = "") -> bool:
    value = holder.get(field)
    if not isinstance(value, bool):
        raise broken(name, f"`{where}{field}` is neither true nor false")
    return value


def _count(options: Json, field: str, name: str) -> int | None:
    value = options[field]
    if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < 0):
        raise broken(name, f"`options.{field}` is neither a number nor null")
    return value


def _globs(options: Json, field: str, name: str) -> tuple[str, ...]:
    value = options[field]
    if not isinstance(value, list):
        raise broken(name, f"`options.{field}` is no list")
    return tuple(_checked(item, f"options.{field}[{index}]", name) for index, item in enumerate(value))


def broken(name: str, what: str) -> PlanError:
    """What to say of the file `name`, which is no saved plan."""
    return PlanError(f"{name} is no saved plan: {what}", hint=_AGAIN)
