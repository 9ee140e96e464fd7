"""A saved plan read back: what it decided, not what it showed. What is not exactly such a file is refused."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from promptsync.model.errors import PlanError
from promptsync.plan.changes import ACTIONS, FORMAT_VERSION, Action, PlanOptions

if TYPE_CHECKING:
    from promptsync.model.prompt import Json

_OPTIONS = PlanOptions().as_json().keys()
_AGAIN = "make it again with `promptsync plan --out FILE`"


class SavedChange(NamedTuple):
    """One change of a saved plan; `digest` is what it rested on."""

    key: str
    action: Action
    digest: str


@dataclass(frozen=True, slots=True)
class SavedPlan:
    """What a saved plan decided, to be compared with a plan made now."""

    target: str
    digest: str
    host: str | None
    options: PlanOptions
    changes: tuple[SavedChange, ...]


def parse_saved(data: bytes, name: str) -> SavedPlan:
    """The saved plan in `data`; `name` is the file to show in messages.

    Raises PlanError for whatever is not a whole plan of this version, with line and column where they are known.
    """
    document = _document(data, name)
    _check_version(document, name)
    host = document.get("host")
    if host is not None:
        host = _text(document, "host", name)
    return SavedPlan(
        target=_text(document, "target", name),
        digest=_text(document, "digest", name),
        host=host,
        options=_options(document, name),
        changes=_changes(document, name),
    )


def _document(data: bytes, name: str) -> Json:
    try:
        document = json.loads(data.decode("utf-8-sig"), object_pairs_hook=_no_duplicates)
    except UnicodeDecodeError as error:
        raise _broken(name, f"byte {error.start + 1} is not UTF-8") from None
    except json.JSONDecodeError as error:
        place = f"{name}:{error.lineno}:{error.colno}"
        raise PlanError(f"{place}: the saved plan is not JSON: {error.msg}", hint=_AGAIN) from None
    except RecursionError:
        raise _broken(name, "it is nested too deeply") from None
    except _DuplicateError as error:
        raise _broken(name, str(error)) from None
    except ValueError:
        raise _broken(name, "it holds a number that is too long") from None
    if not isinstance(document, dict):
        raise _broken(name, "it holds no object")
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
        raise _broken(name, "it has no number as its `format_version`")
    if version != FORMAT_VERSION:
        hint = "apply it with the promptsync that made it, or " + _AGAIN
        raise PlanError(f"{name} is a plan of format {version}, and this promptsync knows {FORMAT_VERSION}", hint=hint)
    if "options" not in document:
        raise _broken(name, "it lacks `options`, as what `--format json` prints does")


def _options(document: Json, name: str) -> PlanOptions:
    options = document["options"]
    if not isinstance(options, dict):
        raise _broken(name, "`options` is no object")
    if options.keys() != _OPTIONS:
        odd = sorted(options.keys() ^ _OPTIONS)[0]
        raise _broken(name, f"`options` has an unknown `{odd}`" if odd in options else f"`options` lacks `{odd}`")
    return PlanOptions(
        prune=_flag(options, "prune", name),
        overwrite=_globs(options, "overwrite", name),
        create_twins=_flag(options, "create_twins", name),
        only=_globs(options, "only", name),
    )


def _changes(document: Json, name: str) -> tuple[SavedChange, ...]:
    listed = document.get("changes")
    if not isinstance(listed, list):
        raise _broken(name, "`changes` is no list")
    changes = tuple(_change(item, f"changes[{index}]", name) for index, item in enumerate(listed))
    if len({(change.key, change.action) for change in changes}) != len(changes):
        raise _broken(name, "`changes` tells the same change twice")
    return changes


def _change(item: Any, where: str, name: str) -> SavedChange:
    if not isinstance(item, dict):
        raise _broken(name, f"`{where}` is no object")
    wanted = item.get("action")
    action = next((known for known in ACTIONS if known == wanted), None)
    if action is None:
        raise _broken(name, f"`{where}.action` is none that is known")
    return SavedChange(_text(item, "key", name, where), action, _text(item, "digest", name, where))


def _text(holder: Json, field: str, name: str, where: str = "") -> str:
    return _checked(holder.get(field), f"{where}.{field}" if where else field, name)


def _checked(value: Any, place: str, name: str) -> str:
    if not isinstance(value, str) or not value:
        raise _broken(name, f"`{place}` is no text")
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise _broken(name, f"`{place}` is not Unicode text")
    return value


def _flag(options: Json, field: str, name: str) -> bool:
    value = options[field]
    if not isinstance(value, bool):
        raise _broken(name, f"`options.{field}` is neither true nor false")
    return value


def _globs(options: Json, field: str, name: str) -> tuple[str, ...]:
    value = options[field]
    if not isinstance(value, list):
        raise _broken(name, f"`options.{field}` is no list")
    return tuple(_checked(item, f"options.{field}[{index}]", name) for index, item in enumerate(value))


def _broken(name: str, what: str) -> PlanError:
    return PlanError(f"{name} is no saved plan: {what}", hint=_AGAIN)
