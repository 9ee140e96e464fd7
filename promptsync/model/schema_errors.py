"""What is wrong with the shape of a document, in plain words: pydantic's errors made fit for people."""

from __future__ import annotations

import difflib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pydantic_core import ErrorDetails

MAX_PROBLEMS = 1000

Loc = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class ShapeProblem:
    """A complaint about the node at `loc` (keys and indexes), or about its key.

    `wants_text` says that text was expected where a null, boolean or number stands: quotes would do.
    """

    loc: Loc
    message: str
    hint: str | None = None
    severity: Literal["error", "warning"] = "error"
    at_key: bool = False
    wants_text: bool = False

    @property
    def field(self) -> str:
        """The dotted path without indexes, as in `allow_fields`."""
        return ".".join(part for part in self.loc if isinstance(part, str))


class Vocabulary:
    """The keys known at each place, and the places at which a key is known."""

    def __init__(self, fields: dict[tuple[str, ...], frozenset[str]]) -> None:
        self.fields = fields
        self.homes: dict[str, list[tuple[str, ...]]] = {}
        for place, names in fields.items():
            for name in sorted(names):
                home = (*(part for part in place if not part.startswith("\0")), name)
                known = self.homes.setdefault(_plain(name), [])
                if home not in known:
                    known.append(home)

    def at(self, place: tuple[str, ...]) -> frozenset[str]:
        return self.fields.get(place, frozenset())


def explain(
    details: Iterable[ErrorDetails], document: Any, vocabulary: Vocabulary, allowed: frozenset[str]
) -> list[ShapeProblem]:
    """A problem for each error, up to MAX_PROBLEMS; unknown keys that are `allowed` are none."""
    problems: list[ShapeProblem] = []
    missing: list[Loc] = []
    for detail in details:
        if len(problems) + len(missing) >= MAX_PROBLEMS:
            problems.append(ShapeProblem((), f"more than {MAX_PROBLEMS:,} problems; the rest is not listed"))
            break
        loc: Loc = tuple(part for part in detail["loc"] if not (isinstance(part, str) and part.startswith("\0")))
        if detail["type"] == "extra_forbidden":
            problem = ShapeProblem(loc, "", at_key=True)
            if problem.field not in allowed:
                place = tuple(part for part in detail["loc"][:-1] if isinstance(part, str))
                problems.append(_unknown(loc, document, vocabulary, place))
        elif detail["type"] == "missing":
            missing.append(loc)
        else:
            problems.append(_wrong(loc, detail))
    unknown = [(problem.loc[:-1], problem.hint or "") for problem in problems if problem.at_key]
    # A misspelt key is complained about once.
    for loc in missing:
        meant = f"did you mean `{loc[-1]}`?"
        if not any(holder == loc[:-1] and hint.startswith(meant) for holder, hint in unknown):
            problems.append(_missing(loc))
    return problems


def kind_of(value: Any) -> str:
    """What a value is, in the words of YAML."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, int | float):
        return "a number"
    kinds: dict[type, str] = {str: "text", list: "a list", dict: "a mapping"}
    return kinds.get(type(value), type(value).__name__)


def did_you_mean(word: str, words: Sequence[str] | frozenset[str]) -> str | None:
    """The word of `words` that was probably meant."""
    by_plain = {_plain(known): known for known in sorted(words)}
    found = difflib.get_close_matches(_plain(word)[:80], by_plain, n=1, cutoff=0.7)
    return by_plain[found[0]] if found else None


def _plain(name: str) -> str:
    return name.replace("_", "").replace("-", "").casefold()


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else f"{text[:57]}…"


def _name(loc: Loc) -> str:
    """The last key, with the indexes behind it."""
    name = ""
    for part in reversed(loc):
        if isinstance(part, str):
            return f"`{part}{name}`"
        name = f"[{part}]{name}"
    return f"`{name}`" if name else "the file"


_SET_BY_SERVICE = dict.fromkeys(
    ("_id", "id", "owner", "domain_id", "created", "updated", "created_by_id", "updated_by_id", "type"),
    "the service sets it; remove it",
)
_NOT_TO_BE_SENT = {
    **_SET_BY_SERVICE,
    "version": "the service sets it; remove it",
    "path": "the folder of the file is the path; move the file, or set path_prefix of the target",
}
_IN_CURRENT = {
    "provider": "write it before the model, as in `model: openai/gpt-4o`",
    "model_type": "the current dialect is for chat models and has no such field; remove it",
    "model_parameters": "put the parameters directly under `prompt`, as in `max_tokens`",
}


def why_reserved(field: str, own: frozenset[str]) -> str | None:
    """Why a field of that dotted path is never unknown: this tool or the service owns it; None where no one does.

    `own` are the top-level keys of a prompt file. How a name is spelt makes no difference.
    """
    *around, name = (_plain(part) for part in field.split("."))
    if name == _plain("content_file"):
        return "it stands for a text that is read from a file"
    if not around and name in map(_plain, (*own, "key")):
        return "it is one of the keys that this tool knows"
    if name in map(_plain, _NOT_TO_BE_SENT if not around else ("_id", "version")) and len(around) < 2:
        return "the folder of the file is the path" if name == "path" else "the service sets it"
    return None


def _unknown(loc: Loc, document: Any, vocabulary: Vocabulary, place: tuple[str, ...]) -> ShapeProblem:
    key = str(loc[-1])
    if key in ("content", "text") and "content_file" in vocabulary.at(place):
        message = f"both `{key}` and `content_file` are given, expected one of them"
        return ShapeProblem(loc, message, "keep one of the two", at_key=True)
    if key == "version" and len(loc) == 2:
        message = f"`version` cannot be written in `{loc[0]}`: the service sets it"
        return ShapeProblem(loc, message, "remove it", at_key=True)
    where = f" in {_name(loc[:-1])}" if len(loc) > 1 else ""
    owned = _NOT_TO_BE_SENT.get(key) if len(loc) == 1 else None
    hint = owned or _or_let_through(_meant(key, loc, vocabulary, place), loc)
    return ShapeProblem(loc, f"unknown key `{_shown(key)}`{where}", hint, at_key=True)


def _or_let_through(meant: str, loc: Loc) -> str:
    """What was meant, and the way out for a field that the service knows and this release does not."""
    field = ".".join(part for part in loc if isinstance(part, str))
    joint = " Or" if meant.endswith("?") else ", or"
    return f"{meant}{joint} list `{_shown(field)}` in allow_fields to send it as it is"


def _meant(key: str, loc: Loc, vocabulary: Vocabulary, place: tuple[str, ...]) -> str:
    if key == "name" and len(loc) == 1:
        return "did you mean `display_name`?"
    if key in _IN_CURRENT and loc[:-1] == ("prompt",):
        return _IN_CURRENT[key]
    known = vocabulary.at(place)
    same = [name for name in known if _plain(name) == _plain(key)]
    if same:
        return f"that is `{same[0]}` here"
    home = _home(key, loc, vocabulary)
    if home is not None:
        return home
    near = did_you_mean(key, known)
    if near is not None:
        return f"did you mean `{near}`?"
    if place and place[-1].startswith("\0") and key == "content_file":
        return "it stands beside `role`, or in a part of type text"
    return "remove it"


def _home(key: str, loc: Loc, vocabulary: Vocabulary) -> str | None:
    """Where the key belongs, if it has a home elsewhere in the document."""
    homes = vocabulary.homes.get(_plain(key), [])
    if len(loc) == 1:
        blocks = [home for home in homes if len(home) == 2]
        return f"it belongs in `{blocks[0][0]}`" if blocks else None
    block = loc[0]
    here = tuple(part for part in loc[:-1] if isinstance(part, str))
    related = [home for home in homes if home[0] == block and (home[:-2] == here or home[:-1] == here[:-1])]
    for home in related or [home for home in homes if home[0] == block and len(here) == 1 and len(home) <= 3]:
        renamed = f", as `{home[-1]}`" if home[-1] != key else ""
        return f"it belongs in `{'.'.join(home[:-1])}`{renamed}"
    if any(len(home) == 1 for home in homes):
        return f"it belongs at the top level of the file, beside `{block}`"
    others = [home for home in homes if home[0] != block and home[0] in ("prompt", "prompt_config")]
    if others and len(here) <= 2:
        return f"it is a field of `{others[0][0]}`, and `{block}` has no counterpart"
    return None


def _missing(loc: Loc) -> ShapeProblem:
    key = loc[-1]
    where = f" in {_name(loc[:-1])}" if len(loc) > 1 else ""
    hint = "add it, or `content_file` with the name of a text file" if key in ("content", "text") else "add it"
    return ShapeProblem(loc[:-1], f"the key `{key}` is missing{where}", hint)


_EXPECTED = {
    "string_type": "text",
    "float_type": "a number",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "a mapping",
    "none_required": "null",
}


def _wrong(loc: Loc, detail: ErrorDetails) -> ShapeProblem:
    kind, value, context = detail["type"], detail["input"], detail.get("ctx", {})
    if kind == "word":
        return _wrong_word(loc, value, context)
    if kind == "tag":
        return _wrong_tag(loc, value, context)
    if kind == "kind":
        wants_text = "text" in context["expected"]
        return _wrong_kind(loc, value, context["expected"], wants_text=wants_text)
    if kind in _EXPECTED:
        return _wrong_kind(loc, value, _EXPECTED[kind], wants_text=kind == "string_type")
    return ShapeProblem(loc, f"{_name(loc)} {_bound(kind, value, context)}")


def _wrong_kind(loc: Loc, value: Any, expected: str, *, wants_text: bool) -> ShapeProblem:
    if not loc and value is None:
        return ShapeProblem(loc, "the file is empty, expected a prompt", "write `prompt:` with `model` and `messages`")
    if expected == "a number" and isinstance(value, int) and not isinstance(value, bool):
        return ShapeProblem(loc, f"{_name(loc)} is too large a number")
    quotes = wants_text and (value is None or isinstance(value, bool | int | float))
    message = f"{_name(loc)} is {kind_of(value)}, expected {expected}"
    if quotes:
        return ShapeProblem(loc, message, wants_text=True)
    hint = None
    if value is None:
        hint = "remove the key, or give it a value"
    elif isinstance(value, str) and expected in ("a number", "true or false") and _is_json(value):
        hint = f"write {value.strip()} without quotes"
    elif expected == "a list":
        hint = "begin each item on a line of its own with `- `"
    return ShapeProblem(loc, message, hint)


def _is_json(text: str) -> bool:
    if len(text) > 40:
        return False
    try:
        return isinstance(json.loads(text), bool | int | float)
    except ValueError:
        return False


def _wrong_word(loc: Loc, value: Any, context: dict[str, Any]) -> ShapeProblem:
    words: list[str] = context["words"]
    if not isinstance(value, str):
        return _wrong_kind(loc, value, _or(words), wants_text=True)
    meant = did_you_mean(value, words)
    hint = f"did you mean {meant}?" if meant else None
    if context["grows"]:
        message = f"{_name(loc)} is {_shown(value)!r}, which is in no list of the service that is known here"
        return ShapeProblem(loc, message, hint, "warning")
    return ShapeProblem(loc, f"{_name(loc)} is {_shown(value)!r}, expected {_or(words)}", hint)


def _wrong_tag(loc: Loc, value: Any, context: dict[str, Any]) -> ShapeProblem:
    field, words = context["field"], context["words"]
    if not isinstance(value, dict):
        return _wrong_kind(loc, value, f"a mapping with `{field}`", wants_text=False)
    if field not in value:
        misspelt = next((key for key in value if did_you_mean(str(key), [field])), None)
        if misspelt is not None:
            message = f"unknown key `{_shown(misspelt)}` in {_name(loc)}"
            return ShapeProblem((*loc, misspelt), message, f"did you mean `{field}`?", at_key=True)
        return ShapeProblem(loc, f"the key `{field}` is missing in {_name(loc)}", f"add it: {_or(words)}")
    problem = _wrong_word((*loc, field), value[field], context)
    if problem.hint is None and field == "role" and value[field] in _CLASSIC_ONLY:
        hint = f"the role {value[field]} exists only in `prompt_config`"
        return ShapeProblem(problem.loc, problem.message, hint)
    return problem


_CLASSIC_ONLY = ("developer", "exception", "prompt", "correction", "expected_output")


def _or(words: Sequence[str]) -> str:
    shown = words[:12]
    if len(words) > len(shown):
        return f"one of {', '.join(shown)}, …"
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} or {shown[-1]}"


def _bound(kind: str, value: Any, context: dict[str, Any]) -> str:
    """What a value within the right type but out of bounds should be."""
    if kind == "greater_than_equal":
        return f"is {_shown(value)}, expected at least {_plain_number(context['ge'])}"
    if kind == "less_than_equal":
        return f"is {_shown(value)}, expected at most {_plain_number(context['le'])}"
    if kind == "greater_than":
        return f"is {_shown(value)}, expected more than {_plain_number(context['gt'])}"
    if kind in ("too_long", "string_too_long"):
        unit = "characters" if kind == "string_too_long" else "items"
        return f"has {len(value)} {unit}, expected at most {context['max_length']}"
    if kind in ("too_short", "string_too_short", "blank"):
        return "is empty, expected something in it"
    if kind == "whole":
        return f"is {_shown(value)}, expected a whole number"
    if kind == "finite_number":
        return "is not a finite number, which JSON cannot carry"
    return f"cannot be used: {kind}"


def _plain_number(bound: float) -> str:
    return f"{bound:g}" if bound < 100_000 else f"{bound:.0f}"
