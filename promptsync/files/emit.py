"""What the service holds of a prompt, as the text of a prompt file: for `import`, where no file is there yet.

Nothing is made up, and nothing is lost without being named: what the file does not say is either nothing (null, an
empty list) or in `left_out`, which belongs into the lock's `added`.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from promptsync.files.yaml.reader import read
from promptsync.files.yaml.writer import NotYamlError, Path, dump, refuse_unsayable
from promptsync.model.canonical import canonical, exact_json
from promptsync.model.errors import PromptsyncError
from promptsync.model.prompt import CLASSIC, CURRENT, DIALECTS, Dialect, Json, Prompt
from promptsync.model.schema import check, in_order

if TYPE_CHECKING:
    from collections.abc import Iterable

    from promptsync.model.prompt import RemotePrompt

SERVICE_MADE = frozenset(("_id", "model_db_id", "version"))
"""Fields of a block that the service sets and that mean nothing in another workspace."""

_NEVER_DROPPED = frozenset((*DIALECTS, "messages", "content", "tool_call_id"))
_HINT = "change it in orq.ai, or leave this prompt out of the import"


@dataclass(frozen=True, slots=True)
class Emitted:
    """The text of a prompt file, in `dialect`.

    `allow_fields` are the fields that this tool does not know, as the configuration's `allow_fields` must list them
    for the file to load. `left_out` are the fields that the service made and the file does not say, in the words of
    the wire.
    """

    text: str
    dialect: Dialect
    allow_fields: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


def emit(remote: RemotePrompt, *, stem: str) -> Emitted:
    """The file that says what the service holds of `remote`, for a file whose name without its ending is `stem`.

    Raises PromptsyncError, naming the prompt and the field, for what no file can say: content outside the known
    shapes, text that YAML cannot carry, or a `content_file`, which in a file would mean something else.
    """
    dialect = _dialect(remote)
    block = remote.blocks[dialect]
    _refuse_content_file(remote, dialect, block)
    document = _document(remote, stem, dialect, _fields(block, SERVICE_MADE))
    try:
        refuse_unsayable(_loadable(document, remote))
    except NotYamlError as error:
        raise _refused(remote, error.path, error.message) from None
    document = in_order(_without_empty(document, (), _unknown(document)))
    allowed = tuple(sorted({_generic(path) for path in _unknown(document)}))
    for problem in check(_loadable(document, remote), allow_fields=allowed):
        if problem.severity == "error":
            raise _refused(remote, problem.loc, problem.message)
    text = dump(document)
    _prove(text, remote, stem, dialect)
    left_out = tuple(f"{dialect}.{name}" for name in sorted(SERVICE_MADE - {"version"}) if _says(block.get(name)))
    return Emitted(text, dialect, allowed, left_out)


def _dialect(remote: RemotePrompt) -> Dialect:
    """The current dialect where it has the messages, since today's service answers both and deprecates the other."""
    if not remote.blocks:
        raise _refused(remote, (), f"the service's answer has neither `{CURRENT}` nor `{CLASSIC}`")
    if CURRENT in remote.blocks and (remote.blocks[CURRENT].get("messages") or CLASSIC not in remote.blocks):
        return CURRENT
    return CLASSIC


def _document(remote: RemotePrompt, stem: str, dialect: Dialect, block: Json) -> Json:
    document: Json = {}
    if remote.display_name != stem or not unicodedata.is_normalized("NFC", stem):
        document["display_name"] = remote.display_name
    if remote.description:
        document["description"] = remote.description
    document["metadata"] = remote.metadata
    document[dialect] = block
    if not isinstance(block.get("messages"), list):
        return document
    required = "content" if dialect == CLASSIC else "tool_call_id"
    document[dialect]["messages"] = [_with_null(message, required, dialect) for message in block["messages"]]
    return document


def _with_null(message: Any, required: str, dialect: Dialect) -> Any:
    """A message with the key that the shapes ask for even where it is null. The service may leave nulls out."""
    if isinstance(message, dict) and (dialect == CLASSIC or message.get("role") == "tool"):
        return {**message, required: message.get(required)}
    return message


def _unknown(document: Json) -> set[Path]:
    """The paths of the keys that the shapes do not know."""
    return {problem.loc for problem in check(document) if problem.at_key and problem.severity == "error"}


def _without_empty(value: Any, path: Path, unknown: set[Path]) -> Any:
    """`value` without what says nothing: nulls, and at the upper levels what is empty.

    Unknown fields stay as they are, and a JSON schema is the user's own data.
    """
    if isinstance(value, list):
        return [_without_empty(item, (*path, index), unknown) for index, item in enumerate(value)]
    if not isinstance(value, dict):
        return value
    result = {}
    for name, item in value.items():
        inner = (*path, name)
        if name not in _NEVER_DROPPED and not (_says(item) if _is_upper(path) else item is not None):
            continue
        verbatim = inner in unknown or inner[-2:] == ("json_schema", "schema")
        kept = item if verbatim else _without_empty(item, inner, unknown)
        if kept or not item or name in _NEVER_DROPPED or not _is_upper(path):
            result[name] = kept
    return result


def _is_upper(path: Path) -> bool:
    """The file, a block, its parameters, the metadata, and a message: nothing there must be said when it is empty."""
    return len(path) < 2 or path == (CLASSIC, "model_parameters") or (len(path) == 3 and path[1] == "messages")


def _says(value: Any) -> bool:
    return value is not None and value != [] and value != {}


def _fields(block: Json, without: Iterable[str]) -> Json:
    return {name: value for name, value in block.items() if name not in without}


def _loadable(document: Json, remote: RemotePrompt) -> Json:
    """What is held against the shapes: with the name, since the loader takes a name that only the file's name gives."""
    return {"display_name": remote.display_name, **document}


def _refuse_content_file(remote: RemotePrompt, dialect: Dialect, block: Json) -> None:
    """A prompt that bears our own key would read any file of the reader's tree, and send it."""
    messages = block.get("messages")
    for index, message in enumerate(messages if isinstance(messages, list) else ()):
        place: Path = (dialect, "messages", index)
        content = message.get("content") if isinstance(message, dict) else None
        parts = enumerate(content if isinstance(content, list) else ())
        for path, node in [(place, message), *(((*place, "content", at), part) for at, part in parts)]:
            if isinstance(node, dict) and "content_file" in node:
                where = _place((*path, "content_file"))
                raise _refused(remote, path, f"`{where}` would stand for the content of a file of yours")


def _prove(text: str, remote: RemotePrompt, stem: str, dialect: Dialect) -> None:
    """The text is read again and must say what the service holds."""
    document = read(text)
    for complaint in document.complaints:
        raise _refused(remote, (), complaint.message)
    data = document.data
    said = Prompt(
        data.get("display_name", stem), data.get("description"), data.get("metadata", {}), dialect, data[dialect]
    )
    held = remote.prompt(dialect)
    block = _fields(held.block, SERVICE_MADE)
    held = Prompt(held.display_name, held.description, held.metadata, dialect, block)
    if exact_json(canonical(said)) != exact_json(canonical(held)):
        raise _refused(remote, (), "read again, its YAML says something else")


def _generic(path: Path) -> str:
    return ".".join(part for part in path if isinstance(part, str))


def _place(path: Path) -> str:
    """A path as it is shown: `prompt.messages[0].content`."""
    place = ""
    for part in path:
        place += f"[{part}]" if isinstance(part, int) else f".{_visible(part)}" if place else _visible(part)
    return place


def _visible(text: str) -> str:
    shown = "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)
    return shown if len(shown) <= 80 else f"{shown[:79]}…"


def _refused(remote: RemotePrompt, path: Path, message: str) -> PromptsyncError:
    where = "" if not path or f"`{_place(path)}" in message else f" (at {_place(path)})"
    name = f"the prompt “{_visible(remote.display_name)}” ({_visible(remote.id)})"
    return PromptsyncError(f"{name} cannot be said in a file: {message}{where}", hint=_HINT)
