"""The ids of prompts for application code: a constant for each, by a name that is made from its key."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable, Mapping
from typing import TypeAlias

from promptsync.model.errors import PromptsyncError
from promptsync.output.escape import json_text, terminal

Ids: TypeAlias = Mapping[str, str]
"""The id of each prompt by its key, in the order of the keys."""


def render_ids(ids: Ids, form: str, target: str) -> str:
    """The ids in the format of that name (see `FORMATS`), without a final newline; `target` is named in the first line.

    An id is visible ASCII without quotes (see `model.prompt.ID`); a key may be any text. Raises PromptsyncError for two
    keys that would have the same name.
    """
    return FORMATS[form](ids, f"Ids of the target {target}, made by `promptsync ids --format {form}`: do not edit.")


def constant(key: str) -> str:
    """The name of a key: `DEFAULT_SUPPORT_REFUND`, in ASCII, which every language takes and no one can mistake.

    Accents are dropped, other letters become their code points, and all else is an underscore.
    """
    parts = unicodedata.normalize("NFKD", key).upper()
    name = "_".join(filter(None, "".join(map(_letter, parts)).split("_")))
    return name if name and not name[0].isdigit() else f"_{name}"


def _letter(char: str) -> str:
    category = unicodedata.category(char)
    if category[0] == "M":
        return ""
    if category[0] not in "LN":
        return "_"
    return char if char.isascii() else f"U{ord(char):04X}"


def _constants(ids: Ids) -> dict[str, tuple[str, str]]:
    """Key and id by name."""
    found: dict[str, tuple[str, str]] = {}
    for key, id in ids.items():
        first, _ = found.setdefault(constant(key), (key, id))
        if first != key:
            raise PromptsyncError(
                f"`{first}` and `{key}` would both be {constant(key)}",
                hint="rename one of the two, or take --format json, which has the keys themselves",
            )
    return found


def _json(ids: Ids, _: str) -> str:
    return json_text(json.dumps(dict(ids), indent=2))


def _env(ids: Ids, head: str) -> str:
    # With a word before it, no key can be the name of a variable that means something to a shell.
    lines = [f"# {terminal(key)}\nPROMPT_{name.lstrip('_')}={id}" for name, (key, id) in _constants(ids).items()]
    return "\n".join([f"# {head}", *lines])


def _python(ids: Ids, head: str) -> str:
    lines = [f'# {terminal(key)}\n{name}: Final = "{id}"' for name, (key, id) in _constants(ids).items()]
    return "\n\n".join([f"# {head}", *(["from typing import Final", "\n".join(lines)] if lines else [])])


def _typescript(ids: Ids, head: str) -> str:
    lines = [f'{_js_comment(key)}\nexport const {name} = "{id}";' for name, (key, id) in _constants(ids).items()]
    # A file that exports nothing is no module.
    return "\n\n".join([f"// {head}", "\n".join(lines) or "export {};"])


def _js_comment(text: str) -> str:
    inside = terminal(text).replace("*/", r"*\/")
    return f"/** {inside} */"


FORMATS: dict[str, Callable[[Ids, str], str]] = {
    "json": _json,
    "env": _env,
    "python": _python,
    "typescript": _typescript,
}
