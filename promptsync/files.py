"""Finds, reads and atomically writes files. Knows no YAML and no service."""

from __future__ import annotations

import contextlib
import os
import re
import stat
import tempfile
import unicodedata
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from promptsync.errors import ConfigError, PromptsyncError
from promptsync.loader import IncludeError, Source, included_text
from promptsync.models import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MAX_FILE_BYTES = 1 << 20
ENDINGS = (".yaml", ".yml")
CONFIG_NAMES = ("promptsync.yaml", "promptsync.yml")

_UNFIT = re.compile(r"[\x00-\x1f\x7f-\x9f\\\ud800-\udfff\u2028\u2029]")


def find_sources(root: Path, *, max_bytes: int = MAX_FILE_BYTES) -> tuple[list[Source], list[Problem]]:
    """Every prompt file under `root`, sorted by key, and what is wrong with those that cannot be used.

    Names that begin with `.` or `_`, and what is not `*.yaml` or `*.yml`, are no prompts. Raises ConfigError for a
    root that is missing or holds no prompt file: that never means that every prompt is to be deleted.
    """
    if not root.is_dir():
        what = "is no folder" if root.exists() else "does not exist"
        raise ConfigError(f"the folder of the prompt files, {root}, {what}", hint="name it with --dir")
    problems: list[Problem] = []
    found = [(path, _key(path.relative_to(root))) for path in _walk(root, root, problems)]
    sources: list[Source] = []
    for path, key in sorted(found, key=lambda item: (item[1], str(item[0]))):
        source = _source(root, path, key, max_bytes, problems)
        if source is not None:
            sources.append(source)
    problems += _collisions(found)
    if not found and not problems:
        raise ConfigError(
            f"there is no prompt file under {root}, and an empty folder never means to delete every prompt",
            hint="name the right folder with --dir, or add a first prompt such as Default/greeting.yaml",
        )
    return sources, problems


def include_reader(root: Path, *, max_bytes: int = MAX_FILE_BYTES) -> Callable[[str, str], str]:
    """A function from a prompt's key and its `content_file` to the text in it.

    The file is named relative to the folder of the prompt file, and stays inside `root`. The function raises
    IncludeError, which says what is wrong.
    """

    def read(key: str, name: str) -> str:
        relative = PurePosixPath(name)
        if relative.is_absolute() or "\\" in name or "\0" in name or ".." in relative.parts:
            raise IncludeError(
                f"`content_file` names {name}, expected a file inside the folder of the prompts",
                "name it relative to this file, without `..`",
            )
        path = root.joinpath(PurePosixPath(key).parent, relative)
        if not path.resolve().is_relative_to(root.resolve()):
            raise IncludeError(
                f"`content_file` names {name}, which leads out of {root}", "copy the text into the folder"
            )
        return included_text(_included_bytes(path, name, max_bytes), name)

    return read


def write_atomic(path: Path, data: bytes) -> None:
    """Replaces the content of `path` so that a reader sees the old or the new one, and a crash leaves one of them.

    The mode of a file that is there stays. Raises PromptsyncError where the disk refuses; the old file is whole then.
    """
    temporary: str | None = None
    try:
        mode = stat.S_IMODE(path.stat().st_mode) if path.exists() else 0o644
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(mode)
        os.replace(temporary, path)  # noqa: PTH105 - the name that the crash tests count
        temporary = None
        sync_folder(path.parent)
    except OSError as error:
        raise PromptsyncError(
            f"{path} cannot be written: {error.strerror or error}",
            hint="make room or make the folder writable, then run again",
        ) from None
    finally:
        if temporary is not None:
            with contextlib.suppress(OSError):
                Path(temporary).unlink()


def sync_folder(folder: Path) -> None:
    """Makes a rename or a new name in `folder` last. Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read_bytes(path: Path) -> bytes | None:
    """The content of a file, None if there is none. Raises PromptsyncError where it cannot be read."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise PromptsyncError(f"{path} cannot be read: {error.strerror or error}") from None


def _walk(root: Path, folder: Path, problems: list[Problem]) -> Iterator[Path]:
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        raise PromptsyncError(
            f"{folder} cannot be read: {error.strerror or error}",
            hint="a folder that cannot be read is never taken for one without prompts",
        ) from None
    for entry in entries:
        if entry.name.startswith((".", "_")):
            continue
        path = folder / entry.name
        is_prompt = entry.name.endswith(ENDINGS) and not (folder == root and entry.name in CONFIG_NAMES)
        if entry.is_symlink() and not _stays_inside(root, path):
            if is_prompt or path.is_dir():
                problems.append(
                    _whole(path, f"a symbolic link that leads out of {root}", "copy the file into the folder")
                )
        elif entry.is_dir():
            if entry.is_symlink():
                problems.append(_whole(path, "a symbolic link to a folder", "name each prompt once, without links"))
            else:
                yield from _walk(root, path, problems)
        elif is_prompt:
            yield path


def _stays_inside(root: Path, path: Path) -> bool:
    try:
        return path.resolve(strict=True).is_relative_to(root.resolve())
    except (OSError, RuntimeError):
        return False


def _source(root: Path, path: Path, key: str, max_bytes: int, problems: list[Problem]) -> Source | None:
    unfit = _UNFIT.search(key)
    if unfit is not None:
        shown = f"U+{ord(unfit.group()):04X}"
        problems.append(_whole(path, f"the name holds the character {shown}, which no key can hold", "rename the file"))
        return None
    if not key.rpartition("/")[2].strip():
        problems.append(_whole(path, "the file has no name before its ending", "rename the file"))
        return None
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            problems.append(_whole(path, "this is no regular file", "replace it with a file"))
            return None
        if status.st_size > max_bytes:
            problems.append(_too_large(path, status.st_size, max_bytes))
            return None
        data = path.read_bytes()
    except OSError as error:
        problems.append(_whole(path, f"the file cannot be read: {error.strerror or error}", None))
        return None
    return Source(key, str(path), data)


def _included_bytes(path: Path, name: str, max_bytes: int) -> bytes:
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise IncludeError(f"`content_file` names {name}, which is no regular file", None)
        if status.st_size > max_bytes:
            raise IncludeError(
                f"{name} has {status.st_size:,} bytes, expected at most {max_bytes:,}",
                "set max_file_bytes in promptsync.yaml if that is meant",
            )
        return path.read_bytes()
    except FileNotFoundError:
        raise IncludeError(
            f"`content_file` names {name}, which does not exist", "name it relative to this file"
        ) from None
    except OSError as error:
        raise IncludeError(f"`content_file` names {name}, which cannot be read: {error.strerror}", None) from None


def _key(relative: Path) -> str:
    """The place under the root without its ending, in NFC: one key on every file system."""
    return unicodedata.normalize("NFC", relative.with_suffix("").as_posix())


def _collisions(found: list[tuple[Path, str]]) -> list[Problem]:
    """Files that one file system or reader would take for the same, folder by folder."""
    seen: dict[str, tuple[str, Path]] = {}
    problems = []
    for path, key in sorted(found, key=lambda item: str(item[0])):
        parts = key.split("/")
        raw = path.as_posix().split("/")[-len(parts) :]
        for depth in range(1, len(parts) + 1):
            place = "/".join(parts[:depth])
            spelling = "/".join(raw[:depth])
            first = seen.setdefault(_folded(place), (spelling, path))
            if first[0] != spelling:
                how = "the same key" if first[0].rpartition(".")[0] == spelling.rpartition(".")[0] else "the same name"
                problems.append(
                    _whole(
                        path,
                        f"{how} as {first[1]}, but for case, Unicode form or ending",
                        "rename one of the two",
                    )
                )
                break
    return problems


def _folded(text: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFKC", text).casefold())


def _whole(path: Path, message: str, hint: str | None) -> Problem:
    return Problem(str(path), 0, 0, message, hint)


def _too_large(path: Path, size: int, limit: int) -> Problem:
    return _whole(
        path,
        f"the file has {size:,} bytes, expected at most {limit:,}",
        "move long texts into content_file, or set max_file_bytes in promptsync.yaml",
    )
