"""The names of prompts as names of files: unique everywhere, and as near to the display name as they can be."""

from __future__ import annotations

import re
import unicodedata
from itertools import count
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from promptsync.model.prompt import RemotePrompt

MAX_BYTES = 120
"""UTF-8 bytes of a name without its ending; a file system takes 255 for a name, an encrypted one 143."""

_UNNAMED = "prompt"
# What Windows, a shell's glob or a path would take for something else.
_FORBIDDEN = re.compile(r'[/\\:*?"<>|]')
_RESERVED = re.compile(r"(?:con|prn|aux|nul|conin\$|conout\$|clock\$|(?:com|lpt)[0-9¹²³])(?:\s*\.|\s*$)", re.IGNORECASE)
_JOINERS = "\u200c\u200d"
"""The two invisible characters that scripts and emoji need; the others are dropped."""
_CONFIGURATION = "promptsync"
"""A file of this name directly under the root configures the tool."""


def file_names(prompts: Sequence[RemotePrompt], taken: Collection[str], folder: str) -> dict[str, str]:
    """A key in `folder` for each prompt, by its id. `taken` are the keys that are used already, in any folder.

    The name of the file is the display name wherever a file may bear it. No two keys differ in case or Unicode form
    alone. The answer does not depend on the order of `prompts`: of several of one name the lowest id gets it, the
    others get `-2`, `-3`; a prompt whose name can stay as it is goes before one whose name is only turned into that.
    A folder that is there in another spelling keeps its spelling.
    """
    spellings = {_fold(place): place for key in sorted(taken, reverse=True) for place in _folders(key)}
    place = _spelled(unicodedata.normalize("NFC", folder).strip("/"), spellings)
    used = {_CONFIGURATION, *map(_fold, taken)}
    stems = {prompt.id: file_stem(prompt.display_name) for prompt in prompts}
    exact = {prompt.id for prompt in prompts if stems[prompt.id] == prompt.display_name}
    keys: dict[str, str] = {}
    for id in sorted(stems, key=lambda one: (one not in exact, one)):
        key = _key(place, stems[id])
        if _fold(key) not in used:
            used.add(_fold(key))
            keys[id] = key
    numbers: dict[str, count[int]] = {}
    for id in sorted(stems.keys() - keys.keys()):
        keys[id] = _numbered(place, stems[id], used, numbers.setdefault(_fold(stems[id]), count(2)))
    return {id: keys[id] for id in stems}


def _numbered(place: str, stem: str, used: set[str], numbers: count[int]) -> str:
    for number in numbers:
        suffix = f"-{number}"
        key = _key(place, _shortened(stem, MAX_BYTES - len(suffix)) + suffix)
        if _fold(key) not in used:
            used.add(_fold(key))
            return key
    raise AssertionError("there is always another number")


def _folders(key: str) -> list[str]:
    """The folders that a key is in, the outermost first."""
    parts = key.split("/")
    return ["/".join(parts[:depth]) for depth in range(1, len(parts))]


def _spelled(place: str, spellings: dict[str, str]) -> str:
    spelled = ""
    for part in place.split("/"):
        inner = _key(spelled, part)
        spelled = spellings.get(_fold(inner), inner)
    return spelled


def _key(place: str, stem: str) -> str:
    return f"{place}/{stem}" if place else stem


def file_stem(name: str) -> str:
    """What a file or folder for the prompt or folder `name` is called: the name itself wherever a disk may bear it."""
    text = unicodedata.normalize("NFC", "".join(map(_safe, name)))
    text = _shortened(text.lstrip("._- ~"), MAX_BYTES)
    if not any(char.isalnum() or unicodedata.category(char)[0] == "S" for char in text):
        return _UNNAMED
    return f"{_UNNAMED}-{text}" if _RESERVED.match(text) else text


def windows_fault(name: str) -> str | None:
    """Why Windows can have no file or folder of this name; None if it can.

    Source: learn.microsoft.com, "Naming Files, Paths, and Namespaces".
    """
    found = _FORBIDDEN.search(name)
    if found is not None:
        return f"a {found[0]} in the name, which Windows keeps for itself"
    if name.endswith((".", " ")):
        return "a name that ends in a dot or a blank, which Windows drops"
    return "the name of a device on Windows" if _RESERVED.match(name) else None


def _safe(char: str) -> str:
    category = unicodedata.category(char)
    if category in ("Zs", "Zl", "Zp") or char in "\t\n\r":
        return " "
    if category in ("Cf", "Cs", "Co", "Cn"):
        return char if char in _JOINERS else ""
    return "-" if category == "Cc" or _FORBIDDEN.match(char) else char


def _shortened(text: str, size: int) -> str:
    cut = text.encode()[:size].decode("utf-8", "ignore")
    return cut.rstrip(f". {_JOINERS}")


def _fold(key: str) -> str:
    """What file systems that know neither case nor Unicode forms may take for one name."""
    text = unicodedata.normalize("NFC", unicodedata.normalize("NFD", key).casefold())
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKD", text).casefold())
    return unicodedata.normalize("NFC", "".join(char for char in text.casefold() if char not in _JOINERS))
