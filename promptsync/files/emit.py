"""What the service holds of a prompt, as the text of a prompt file: for `import`, where no file is there yet.

Nothing is made up, and nothing is lost: what the file does not say is either nothing (null, an empty list) or in
`left_out`, which belongs into the lock's `added`. Before a text is given away it is loaded, and must ask for all that
the whole answer says, so that the first apply takes nothing away.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from promptsync.files.content_files import movable_texts, move
from promptsync.files.loader import IncludeError, Source, included_text, load_one
from promptsync.files.yaml.edits import identical
from promptsync.files.yaml.reader import read
from promptsync.files.yaml.writer import NotYamlError, Path, dump, refuse_unsayable
from promptsync.model.blocks import unsaid
from promptsync.model.compare import all_differences
from promptsync.model.errors import PromptsyncError
from promptsync.model.json_schema import PROMPT_URL, modeline
from promptsync.model.layers import own_part
from promptsync.model.naming import few
from promptsync.model.prompt import CLASSIC, CURRENT, DIALECTS, Dialect, Json
from promptsync.model.schema import check, in_order
from promptsync.model.secrets import holds_key
from promptsync.model.secrets import texts as every_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from promptsync.files.layers import Layers
    from promptsync.model.prompt import PromptFile, RemotePrompt

SERVICE_MADE = frozenset(("_id", "model_db_id", "version"))
"""Fields of a block that the service sets and that mean nothing in another workspace."""

_NEVER_DROPPED = frozenset((*DIALECTS, "messages", "content", "tool_call_id"))
_HINT = "change it in orq.ai, or leave this prompt out of the import"
_OF_A_LINE = 100
"""Bytes that a `content_file` takes beside the name of the file."""


@dataclass(frozen=True, slots=True)
class Emitted:
    """The text of a prompt file, in `dialect`, and `file`, which is what the loader makes of it.

    `texts` are the `content_file` texts beside it, by name. `allow_fields` are the fields that this tool does not know,
    as the configuration's `allow_fields` must list them for the file to load. `left_out` are the fields that the
    service made and the file does not say, in the words of the wire.
    """

    text: str
    file: PromptFile
    texts: dict[str, str] = field(default_factory=dict)
    allow_fields: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()

    @property
    def dialect(self) -> Dialect:
        """The dialect of the file's block."""
        return self.file.prompt.dialect


def emit(
    remote: RemotePrompt,
    *,
    stem: str,
    folder: str = "",
    layers: Layers | None = None,
    max_bytes: int | None = None,
    max_lines: int | None = None,
) -> Emitted:
    """The file that says what the service holds of `remote`, for a file whose name without its ending is `stem`.

    What the `layers` give by default in its `folder` is left out; what they give and the service has not is null there.
    Texts of more than `max_lines` are in files beside it, and so are the longest of what would be larger than
    `max_bytes`. Raises PromptsyncError, naming the prompt and the fields, for what no file can say: content outside the
    known shapes, text that YAML cannot carry, two blocks of which none says all, or a `content_file`, which in a file
    would mean something else.
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
    key = f"{folder}/{stem}" if folder else stem
    document = in_order(own_part(layers.far(key, document), document)) if layers else document
    held = next((path for path, value in every_text(document) if holds_key(value)), None)
    if held is not None:
        raise _refused(remote, held, "it holds an API key of orq.ai")
    texts = _take_out(document, stem, max_bytes, max_lines)
    text = _yaml(document)
    if max_bytes is not None and max(map(_size, (text, *texts.values()))) > max_bytes:
        raise _refused(remote, (), f"it is larger than `max_file_bytes`, which is {max_bytes:,}")
    source = Source(key, stem, text.encode(), layers.of(key) if layers else ())
    file = _loaded(source, texts, remote, allowed)
    _prove(file, text, document, remote)
    left_out = tuple(f"{dialect}.{name}" for name in sorted(SERVICE_MADE - {"version"}) if _says(block.get(name)))
    return Emitted(text, file, texts, allowed, left_out)


def _dialect(remote: RemotePrompt) -> Dialect:
    """That of the block that says all; of two the one of the better shape, or that of today's service."""
    for name in DIALECTS:
        if name in remote.raw and name not in remote.blocks and remote.raw[name] is not None:
            raise _refused(remote, (name,), "the service's answer has something else than a block there")
    missing = {name: unsaid(remote, name) for name in (CURRENT, CLASSIC) if name in remote.blocks}
    complete = [name for name, fields in missing.items() if not fields]
    if complete:
        return min(complete, key=lambda name: _misfits(remote, name)) if len(complete) > 1 else complete[0]
    if not missing:
        raise _refused(remote, (), f"the service's answer has neither `{CURRENT}` nor `{CLASSIC}`")
    told = " and ".join(f"its `{name}` does not say {_several(fields)}" for name, fields in missing.items())
    raise _refused(remote, (), f"{told}, which a write of it would take away")


def _misfits(remote: RemotePrompt, dialect: Dialect) -> tuple[int, int]:
    """How much of a block has no known shape: values that are wrong, and fields that the configuration may let through.

    A field that one dialect knows and the other does not belongs to the first.
    """
    document = _document(remote, "", dialect, _fields(remote.blocks[dialect], SERVICE_MADE))
    problems = check(_without_empty(document, (), _unknown(document)))
    errors = [problem.at_key for problem in problems if problem.severity == "error"]
    return errors.count(False), errors.count(True)


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


def _take_out(document: Json, stem: str, max_bytes: int | None, max_lines: int | None) -> dict[str, str]:
    """The texts that move into files of their own, by name: those of too many lines, the longest of what is large."""
    texts: dict[str, str] = {}
    excess = _size(_yaml(document)) - max_bytes if max_bytes is not None else 0
    for item in sorted(movable_texts(document, stem), key=lambda found: -len(found.text)):
        saved = _size(item.text) - _size(item.name) - _OF_A_LINE
        is_long = max_lines is not None and item.lines > max_lines
        if is_long or (excess > 0 and saved > 0):
            move(document, item)
            texts[item.name] = item.text
            excess -= saved
    return texts


def _yaml(document: Json) -> str:
    """The text of the file, for which its first line names the schema that editors complete and check it by."""
    return f"{modeline(PROMPT_URL)}{dump(document)}"


def _size(text: str) -> int:
    return len(text.encode())


def _loaded(source: Source, texts: dict[str, str], remote: RemotePrompt, allow_fields: Iterable[str]) -> PromptFile:
    """The file that the loader makes of a text and those beside it."""

    def include(_: str, name: str) -> str:
        if name not in texts:
            raise IncludeError(f"there is no {name}")
        return included_text(texts[name].encode(), name)

    file, problems = load_one(source, include, allow_fields=tuple(allow_fields))
    if file is None:
        errors = [problem.message for problem in problems if problem.severity == "error"]
        raise _refused(remote, (), f"it would not load: {errors[0]}")
    return file


def _prove(file: PromptFile, text: str, document: Json, remote: RemotePrompt) -> None:
    """The text is read again as what was meant, and an apply of the file would change nothing of the block."""
    dialect = file.prompt.dialect
    own = {f"{dialect}.{name}" for name in SERVICE_MADE}
    changed = [item.field for item in all_differences(file.prompt, remote.prompt(dialect)) if item.field not in own]
    if changed:
        raise _refused(remote, (), f"the first apply would change {_several(changed)}")
    if not identical(read(text).data, document):
        raise _refused(remote, (), "read again, its YAML says something else")


def _several(fields: list[str]) -> str:
    return few([_visible(name) for name in fields], 5)


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
