"""Keys: which names may be part of one, and which keys a person may mean who writes a path. Touches no disk.

The walk over the files and the command line ask the same functions, so that no command makes what the walk refuses.
"""

from __future__ import annotations

import posixpath
import re
import sys
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from promptsync.files.names import windows_fault

if TYPE_CHECKING:
    from collections.abc import Iterable

ENDINGS = (".yaml", ".yml")
CONFIG_NAMES = ("promptsync.yaml", "promptsync.yml")
MAX_NAME = 255
"""UTF-8 bytes of a file's name, which no usual file system exceeds."""
HOMELESS = "a prompt directly under the root has no path on the service"
FIND_A_HOME = "move it into a folder such as Default/, or give the target a `path_prefix` in promptsync.yaml"

_PLAIN = re.compile(r"[ -~]*")


@dataclass(frozen=True, slots=True)
class Where:
    """Absolute paths in NFC, with `/`: of the root, as it is named and as it really is, and likewise of what was typed.

    `is_inside` tells whether the working folder is in the root.
    """

    roots: tuple[str, ...]
    typed: tuple[str, ...]
    is_inside: bool = False


def is_passed_over(name: str, *, top: bool) -> bool:
    """Whether a file or folder of this name is none of a prompt; `top` says that it is directly under the root."""
    return name.startswith((".", "_")) or (top and name in CONFIG_NAMES)


def odd_name(name: str) -> str | None:
    """Why a name cannot be shown and sent as text."""
    if _PLAIN.fullmatch(name) and "\\" not in name:
        return None
    for char in name:
        if char == "\\":
            return "a backslash in the name"
        category = unicodedata.category(char)
        if category == "Cs":
            return "the name is not UTF-8"
        if category == "Cc" or char in "\u2028\u2029":
            return f"the control character U+{ord(char):04X} in the name"
    return None


def unfit_name(name: str) -> str | None:
    """Why a name cannot be part of a key, which is shown, locked and sent as text, and written among globs."""
    for char in "*?":
        if char in name:
            return f"a {char} in the name, which stands for other text in a glob"
    return odd_name(name)


def unfit_here(name: str) -> str | None:
    """Why this system can have no file or folder of a name that others have; None if it can."""
    return windows_fault(name) if sys.platform == "win32" else None


def with_slashes(path: str) -> str:
    """A path of this system as keys, git and GitHub write it, and as Windows takes it too."""
    return path.replace("\\", "/") if sys.platform == "win32" else path


def folded(name: str) -> str:
    """What is one name where case or Unicode form do not count, such as on macOS and Windows."""
    if name.isascii():
        return name.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", name).casefold())


def fault(place: str, *, is_file: bool = True) -> str | None:
    """Why no prompt file, or no folder of some, can have this place under the root; None if one can."""
    *folders, last = place.split("/")
    if not place:
        return "it is empty"
    for depth, name in enumerate([*folders, last]):
        if name in ("", ".", ".."):
            return f"`{name}` leads elsewhere" if name else "a part of it is empty"
        whole = f"{name}{ENDINGS[0]}" if is_file and depth == len(folders) else name
        if is_passed_over(whole, top=depth == 0):
            return f"what begins with `{name[0]}` is passed over" if name[0] in "._" else "it is the configuration"
        odd = unfit_name(name) or unfit_here(name)
        if odd is not None:
            return odd
        if len(whole.encode()) > MAX_NAME:
            return f"a name has at most {MAX_NAME} bytes"
    return None


def clash(key: str, others: Iterable[str]) -> str | None:
    """The file or folder of `others` that differs from one of `key` in case or Unicode form alone."""
    spelled: dict[str, str] = {}
    for other in sorted(others):
        for place in _places(other):
            spelled.setdefault(folded(place), place)
    return next((there for place in _places(key) if (there := spelled.get(folded(place), place)) != place), None)


def readings(typed: str, where: Where) -> list[str]:
    """The keys that `typed` may mean, the likeliest first: as it stands, as a path, and each without its ending."""
    text = unicodedata.normalize("NFC", with_slashes(typed))
    places = [text.removeprefix("./"), *_as_path(text, where), *_behind_root(text, where)]
    return list(dict.fromkeys(key for place in places for key in (place, without_ending(place))))


def new_place(typed: str, where: Where) -> str | None:
    """The place under the root that `typed` means where nothing is there yet; None if it is outside of the root."""
    text = unicodedata.normalize("NFC", with_slashes(typed))
    paths, behind = _as_path(text, where), _behind_root(text, where)
    if text.startswith(("/", "../")) or text in where.typed:
        return paths[0] if paths else None
    # Inside the root a key goes before a path, but for what is written as a file.
    as_path = not where.is_inside or text.startswith("./") or text.endswith(ENDINGS)
    return next(iter(behind or (paths if as_path else ())), text.removeprefix("./"))


def without_ending(place: str) -> str:
    """A file's place as a key."""
    ending = next((ending for ending in ENDINGS if place.endswith(ending)), "")
    return place.removesuffix(ending)


def _as_path(text: str, where: Where) -> list[str]:
    """The places under the root that a path leads to; `..` may only stand at its beginning."""
    parts = text.split("/")
    climbs = next((depth for depth, part in enumerate(parts) if part not in (".", "..")), len(parts))
    if not parts[-1] or ".." in parts[climbs:]:
        return []
    found = []
    for path in where.typed:
        for root in where.roots:
            above, _, inside = posixpath.normpath(path).partition(f"{root.rstrip('/')}/")
            if inside and not above:
                found.append(inside)
    return list(dict.fromkeys(found))


def _behind_root(text: str, where: Where) -> list[str]:
    """What stands behind the root's own name."""
    heads = (f"{posixpath.basename(root)}/" for root in where.roots)
    return list(dict.fromkeys(text.removeprefix(head) for head in heads if len(head) > 1 and text.startswith(head)))


def _places(key: str) -> list[str]:
    """The folders that a key is in, the outermost first and each with its `/`, and the key itself."""
    parts = key.split("/")
    return [*("/".join(parts[:depth]) + "/" for depth in range(1, len(parts))), key]
