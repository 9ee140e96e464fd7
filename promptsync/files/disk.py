"""Files: find prompt files, read what they name, write without ever leaving half a file. Knows no YAML, no service."""

from __future__ import annotations

import os
import secrets
import sys
import unicodedata
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from promptsync.files.keys import (
    ENDINGS,
    folded,
    is_passed_over,
    odd_name,
    unfit_here,
    unfit_name,
    with_slashes,
)
from promptsync.files.layers import DEFAULTS_NAME
from promptsync.files.loader import IncludeError, Source, included_text
from promptsync.files.safe import (
    MAX_STATE_BYTES,
    TooLarge,
    Unfit,
    is_link,
    leads_out,
    mode_of,
    open_regular,
    read_regular,
    reason,
)
from promptsync.files.system import replace, set_mode, sync_folder
from promptsync.model.errors import ConfigError, PromptsyncError
from promptsync.model.prompt import Problem
from promptsync.model.shell import command, quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator
    from pathlib import Path

__all__ = [
    "MAX_BYTES",
    "Source",
    "Sources",
    "as_spelled",
    "find_sources",
    "include_reader",
    "look_around",
    "read_bytes",
    "write_atomic",
]

MAX_BYTES = 1 << 20
_FIRST_PROMPT = "prompt: {model: openai/gpt-4o, messages: [{role: system, content: Be kind.}]}"


@dataclass(frozen=True, slots=True)
class _Found:
    """A prompt file before it is read: the path, and its parts under the root as the disk spells them."""

    path: str
    parts: tuple[str, ...]
    link: bool
    key: str
    """The parts without the ending, in NFC."""


class Sources:
    """The prompt files under a root, by key. Each is read when its turn comes, and not kept.

    `problems` tells what cannot be taken as a prompt file, of content as far as it was read.
    """

    def __init__(
        self,
        found: list[_Found],
        root: Path,
        max_bytes: int,
        problems: list[Problem],
        defaults: Iterable[_Found] = (),
    ) -> None:
        self._found = found
        self._defaults = defaults
        self._root = root
        self._max_bytes = max_bytes
        self.problems = problems

    def keys(self) -> set[str]:
        """The keys, of which none was read for."""
        return {item.key for item in self._found}

    def default_keys(self) -> set[str]:
        """The places of the `_defaults.yaml` files without the ending."""
        return {item.key for item in self._defaults}

    def defaults(self) -> list[Source]:
        """The `_defaults.yaml` files, read; the key of each is its place without the ending."""
        return list(_sources(self._defaults, self._root, self._max_bytes, self.problems))

    def among(self, keys: Collection[str]) -> Sources:
        """Those of the files that have one of `keys`."""
        found = [item for item in self._found if item.key in keys]
        return Sources(found, self._root, self._max_bytes, self.problems, self._defaults)

    def __iter__(self) -> Iterator[Source]:
        return _sources(self._found, self._root, self._max_bytes, self.problems)


def find_sources(root: Path, *, max_bytes: int = MAX_BYTES) -> tuple[list[Source], list[Problem]]:
    """All prompt files under `root`, read and sorted by key, and what cannot be taken as one; see `look_around`."""
    sources = look_around(root, max_bytes=max_bytes)
    return list(sources), sorted(sources.problems, key=lambda problem: problem.file)


def look_around(root: Path, *, max_bytes: int = MAX_BYTES, may_be_none: bool = False) -> Sources:
    """The prompt files under `root`, found and not yet read.

    Raises ConfigError if there is no such folder, or no prompt file in it unless there `may_be_none`.
    """
    if not root.is_dir():
        raise _no_prompts(root)
    problems: list[Problem] = []
    defaults: list[_Found] = []
    found = sorted(_walk(root, problems, defaults), key=lambda item: (item.key, item.parts))
    problems += _collisions(found)
    if not found and not problems and not may_be_none:
        raise _no_prompts(root)
    return Sources(found, root, max_bytes, problems, defaults)


def _no_prompts(root: Path) -> ConfigError:
    """Nothing was begun here, or what was there is gone: that never means that everything is to be deleted."""
    if root.exists() and not root.is_dir():
        return ConfigError(f"{root} is not a folder", hint="name the folder of the prompts with --dir")
    if any(root.glob("promptsync*.lock.json")):
        return ConfigError(
            f"no prompt file in {root}, which has a lockfile; "
            "an empty root never means that everything is to be deleted",
            hint="get the files back from git, or name the folder of the prompts with --dir",
        )
    return ConfigError(
        f"there are no prompts yet: {root} {'holds no prompt file' if root.exists() else 'does not exist'}",
        hint=f"begin with one, as in {_first_steps(root)}, bring in what the service has with "
        "`promptsync import --all`, or name another folder with --dir",
    )


def _first_steps(root: Path) -> str:
    """The commands that make a first prompt file. What the shells of Windows write is often no UTF-8."""
    folder, first = quoted(str(root / "Default")), quoted(str(root / "Default" / "hello.yaml"))
    made = f"`mkdir -p {folder} && echo '{_FIRST_PROMPT}' > {first}`"
    return command("init", options=("--dir", str(root))) if sys.platform == "win32" else made


def include_reader(root: Path, *, max_bytes: int = MAX_BYTES) -> Callable[[str, str], str]:
    """A function that reads the text of a `content_file`: from the key of the prompt and the value to the text.

    It raises IncludeError for a path that leaves the root, and for what is no UTF-8 text.
    """
    real_root = os.path.realpath(root)

    def include(key: str, name: str) -> str:
        shown = _printable(name)
        try:
            data = _read(_inside(real_root, key, name), max_bytes, "split it")
        except Unfit as error:
            raise IncludeError(f"the content_file {shown} {error.message}", hint=error.hint) from None
        return included_text(data, shown)

    return include


def write_atomic(path: Path, data: bytes, *, root: Path | None = None) -> None:
    """Replace `path` by `data`, or leave it untouched: a crash at any point leaves the old or the new content.

    Missing folders are made. The mode of an existing file is kept. A link is not written to, nor what else is no
    regular file, nor, with `root`, what lies outside of that by way of a link. Raises PromptsyncError.
    """
    temporary = path.with_name(f".{path.name[:100]}.{secrets.token_hex(6)}.tmp")
    try:
        if root is not None and leads_out(root, path):
            raise Unfit(f"is outside of {root}", "name a file in it; a link that leads out of it is not followed")
        mode = mode_of(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            _write_synced(temporary, data, mode)
            replace(temporary, path)
        except BaseException:
            with suppress(OSError):
                temporary.unlink()
            raise
        sync_folder(path.parent)
    except Unfit as error:
        raise PromptsyncError(
            f"{_printable(str(path))} cannot be written: it {error.message}", hint=error.hint
        ) from None
    except OSError as error:
        raise PromptsyncError(
            f"{_printable(str(path))} cannot be written: {reason(error)}",
            hint="make room or make the folder writable, then run again",
        ) from error


def read_bytes(path: Path, *, max_bytes: int = MAX_STATE_BYTES) -> bytes | None:
    """The content of a file; None if there is none. Raises PromptsyncError for a link, and for what cannot be read."""
    try:
        return read_regular(path, max_bytes)
    except FileNotFoundError:
        return None
    except Unfit as error:
        raise PromptsyncError(f"{_printable(str(path))} cannot be read: it {error.message}", hint=error.hint) from None
    except OSError as error:
        raise PromptsyncError(f"{_printable(str(path))} cannot be read: {reason(error)}") from error


def _walk(root: Path, problems: list[Problem], defaults: list[_Found]) -> Iterator[_Found]:
    """Every file that is named as a prompt; what gives `defaults` is added to them.

    Links to folders are not followed, so that no walk is endless.
    """
    folders: list[tuple[str, tuple[str, ...]]] = [(with_slashes(str(root)), ())]
    while folders:
        folder, parts = folders.pop()
        try:
            with os.scandir(folder) as entries:
                here = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            problems.append(_file_problem(folder, f"the folder cannot be read: {reason(error)}"))
            continue
        for entry in here:
            if is_passed_over(entry.name, top=not parts):
                defaults += _defaults(entry, parts, problems)
                continue
            path = with_slashes(entry.path)
            if _is_folder(entry):
                if _fit_folder(entry, path, problems):
                    folders.append((path, (*parts, entry.name)))
            elif _fit_name(entry.name, path, problems):
                yield _found(entry, parts)


def _found(entry: os.DirEntry[str], parts: tuple[str, ...]) -> _Found:
    stems = "/".join((*parts, entry.name.rpartition(".")[0]))
    path = with_slashes(entry.path)
    return _Found(path, (*parts, entry.name), entry.is_symlink(), unicodedata.normalize("NFC", stems))


def _defaults(entry: os.DirEntry[str], parts: tuple[str, ...], problems: list[Problem]) -> Iterator[_Found]:
    """What is named as defaults. One that only looks so would be passed over, and the prompts go without."""
    if entry.name == DEFAULTS_NAME:
        yield _found(entry, parts)
    elif entry.name.lower().removesuffix(".yml").removesuffix(".yaml") == DEFAULTS_NAME.removesuffix(".yaml"):
        message = f"this is not read: the defaults of a folder stand in {DEFAULTS_NAME}"
        problems.append(_file_problem(with_slashes(entry.path), message, f"rename it to {DEFAULTS_NAME}"))


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link in a loop
        return False


def _fit_folder(entry: os.DirEntry[str], path: str, problems: list[Problem]) -> bool:
    odd = unfit_name(entry.name)
    if odd is None and not is_link(entry):
        return True
    message = odd or "a symbolic link to a folder is not followed"
    hint = "rename the folder" if odd else "put the files here, or begin the link's name with _ to leave it out"
    problems.append(_file_problem(path, message, hint))
    return False


def _fit_name(name: str, path: str, problems: list[Problem]) -> bool:
    if not name.endswith(ENDINGS):
        if name.lower().endswith(ENDINGS):
            ending = name[name.rindex(".") :]
            message = f"not taken as a prompt: the ending {ending} is not in lower case"
            problems.append(Problem(_printable(path), 0, 0, message, "rename the file", severity="warning"))
        return False
    odd = unfit_name(name)
    if odd is not None:
        problems.append(_file_problem(path, odd, "rename the file"))
    return odd is None


def _collisions(found: Iterable[_Found]) -> list[Problem]:
    """Names that are one name where case or Unicode form do not count, such as on macOS and Windows."""
    problems: list[Problem] = []
    files: dict[str, _Found] = {}
    folders: dict[str, tuple[str, ...]] = {}
    clashes: dict[tuple[str, ...], tuple[tuple[str, ...], tuple[str, ...]] | None] = {}
    for item in found:
        folder = item.parts[:-1]
        if folder not in clashes:
            clashes[folder] = _clash(folder, folders)
        clash = clashes[folder]
        if clash is not None:
            problems.append(_collision(item.path, "folder", *clash))
        other = files.setdefault(folded(item.key), item)
        if other is not item and other.parts[:-1] == item.parts[:-1]:
            problems.append(_collision(item.path, "file", item.parts, other.parts))
    return problems


def _clash(
    parts: tuple[str, ...], folders: dict[str, tuple[str, ...]]
) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    """The first folder on the way that is one with another, and that other; `folders` learns those on the way."""
    for depth in range(1, len(parts) + 1):
        folder = parts[:depth]
        first = folders.setdefault(folded("/".join(folder)), folder)
        # Where an outer folder collides already, that is the complaint.
        if first[:-1] == folder[:-1] and first[-1] != folder[-1]:
            return folder, first
    return None


def _collision(path: str, what: str, name: tuple[str, ...], first: tuple[str, ...]) -> Problem:
    mine, other = name[-1], first[-1]
    if what == "file" and mine.rpartition(".")[0] == other.rpartition(".")[0]:
        how = "only in the ending"
    elif unicodedata.normalize("NFC", mine) == unicodedata.normalize("NFC", other):
        how = "only in Unicode form"
    else:
        how = "only in case" if mine.lower() == other.lower() else "only in case or Unicode form"
    message = f"the {what} {_printable('/'.join(name))} and the {what} {_printable('/'.join(first))} differ {how}"
    return _file_problem(path, message, "rename one of them")


def _sources(found: Iterable[_Found], root: Path, max_bytes: int, problems: list[Problem]) -> Iterator[Source]:
    real_root = os.path.realpath(root)
    for item in found:
        try:
            path = _within(item.path, real_root) if item.link else item.path
            yield Source(item.key, item.path, _read(path, max_bytes, "move long texts into content_file"))
        except Unfit as error:
            problems.append(_file_problem(item.path, f"the file {error.message}", error.hint))


def _inside(real_root: str, key: str, name: str) -> str:
    """The real path of the file `name` beside the prompt `key`; it must not leave the root by any way."""
    hint = "name a file beside the prompt file, or in a folder below, with /"
    if not name or odd_name(name) is not None:
        raise Unfit("has a name that cannot be used", hint)
    if any(map(unfit_here, name.split("/"))):
        raise Unfit("has a name that no file has on this system", hint)
    if name.startswith("/") or ".." in name.split("/"):
        raise Unfit("must be a relative path without `..`", hint)
    path = real_root
    for part in (*key.split("/")[:-1], *name.split("/")):
        path = _spelled(path, part)
    return _within(path, real_root)


def as_spelled(root: Path, place: str) -> Path:
    """The path of a place under the root, as far as there is one as the disk spells it."""
    path = root
    for part in place.split("/"):
        path = path / _spelled(str(path), part).rpartition("/")[2]
    return path


def _spelled(folder: str, name: str) -> str:
    """`name` in `folder` as the disk spells it: keys are in NFC, and names on disk may be in another form."""
    path = f"{folder}/{name}"
    if name.isascii() or os.path.lexists(path):
        return path
    wanted = unicodedata.normalize("NFC", name)
    with suppress(OSError):
        for other in sorted(os.listdir(folder)):  # noqa: PTH208 - text, as all around
            if unicodedata.normalize("NFC", other) == wanted:
                return f"{folder}/{other}"
    return path


def _within(path: str, real_root: str) -> str:
    real = os.path.realpath(path)
    if os.path.islink(real):  # noqa: PTH114 - text, as all around
        raise Unfit("cannot be read: it is a symbolic link that leads to itself", "put the file itself there")
    if real != real_root and not real.startswith(os.path.join(real_root, "")):  # noqa: PTH118 - text, as all around
        raise Unfit("is a symbolic link that leads out of the prompts folder", "put the file itself there")
    return real


def _read(path: str, max_bytes: int, smaller: str) -> bytes:
    """The bytes of a regular file of at most `max_bytes`. `path` must be real: a link is refused.

    `smaller` says how to come below that size.
    """
    try:
        return read_regular(path, max_bytes)
    except OSError as error:
        raise Unfit(f"cannot be read: {reason(error)}") from error
    except TooLarge as error:
        raise Unfit(error.message, f"{smaller}, or set max_file_bytes in promptsync.yaml") from None


def _write_synced(path: Path, data: bytes, mode: int | None) -> None:
    descriptor = open_regular(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    with os.fdopen(descriptor, "wb") as file:
        if mode is not None:
            set_mode(descriptor, mode)
        file.write(data)
        file.flush()
        os.fsync(descriptor)


def _printable(text: str) -> str:
    """Text that can be encoded: bytes of a name that are not UTF-8 are escaped."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _file_problem(path: str, message: str, hint: str | None = None) -> Problem:
    return Problem(_printable(path), 0, 0, message, hint)
