"""The prompt files as a commit has them: laid out in a folder of their own for a while, and loaded like any others.

Neither the working tree nor the index is touched, and nothing that git could run on a file is run. What a commit holds
is anyone's: no name in it leads out of that folder, and nothing is written through a link.
"""

from __future__ import annotations

import os
import re
import tempfile
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from promptsync.files.history import contents
from promptsync.files.loader import Loaded
from promptsync.files.repository import Repository
from promptsync.files.target import CONFIG_NAME, read_config
from promptsync.files.tree import load_tree
from promptsync.model.errors import ConfigError, LoadError, PromptsyncError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from promptsync.files.target import Target
    from promptsync.model.prompt import Problem

_LISTED = re.compile(r"(?P<mode>\d{6}) blob (?P<id>[0-9a-f]{40,64}) +(?P<size>\d+)\t(?P<path>.+)", re.DOTALL)
_LINK = "120000"
_AT_ONCE = 64
_OF_CACHE = {"HOME", "XDG_CACHE_HOME"}
"""The variables that say where files that were read are remembered: a folder of a moment is not worth it."""


def fork_point(root: Path, ref: str) -> str:
    """The commit at which what is checked out has left `ref`: what it has since is of its own.

    Raises UsageError where `ref` names no commit of this clone.
    """
    repository = _repository(root)
    commit = _commit(repository, ref)
    if commit is None:
        hint = "name a branch, a tag or a commit that is here; in CI fetch the history, as with `fetch-depth: 0`"
        raise UsageError(f"there is no commit {ref} in this clone", hint=hint)
    base = repository.git("merge-base", "HEAD", commit)
    return base.decode("ascii").strip() if base else commit


def commits_of(root: Path, limit: int) -> list[str]:
    """The newest commits that changed anything under `root`, the newest first, of those that HEAD builds on."""
    repository = _repository(root)
    place = _folder(repository)
    listed = repository.git("--literal-pathspecs", "rev-list", f"--max-count={limit}", "HEAD", "--", place or ".")
    return (listed or b"").decode("ascii", "replace").split()


def has_commit(root: Path, commit: str) -> bool:
    """Whether a commit is in this clone."""
    return _commit(_repository(root), commit) is not None


def load_commit(target: Target, commit: str) -> Loaded:
    """The prompt files of a target as a commit has them, by what its configuration says of them; none if it has none.

    Problems are told at the places of the files under the root. Raises LoadError, and PromptsyncError where git fails.
    """
    with unpacked(target.root, commit, max_bytes=target.config.max_file_bytes) as folder:
        there = _at(target, folder)
        try:
            loaded = load_tree(there)
        except LoadError as error:
            raise LoadError(list(_placed(error.problems, folder, target.root))) from None
        except ConfigError:
            return Loaded({}, ())
        files = {key: replace(one, file=_place(one.file, folder, target.root)) for key, one in loaded.files.items()}
        return Loaded(files, tuple(_placed(loaded.warnings, folder, target.root)))


@contextmanager
def unpacked(root: Path, commit: str, *, max_bytes: int) -> Iterator[Path]:
    """A folder that holds what lies under `root` in a commit, until the context ends; files up to so many bytes."""
    repository = _repository(root)
    with tempfile.TemporaryDirectory(prefix="promptsync-") as temporary:
        folder = Path(os.path.realpath(temporary)) / "root"
        folder.mkdir()
        # Links come last: no file is written through one.
        tree = f"{commit}:{_folder(repository)}"
        entries = sorted(_entries(repository, tree, max_bytes), key=lambda entry: entry[0] == _LINK)
        for start in range(0, len(entries), _AT_ONCE):
            group = entries[start : start + _AT_ONCE]
            found = contents(repository, [id for _, id, _ in group])
            for mode, id, path in group:
                _lay_out(folder / path, found[id], is_link=mode == _LINK)
        yield folder


def _at(target: Target, folder: Path) -> Target:
    """The target in that folder, as the configuration there tells of it, if that can be used."""
    config, settings = target.config, target.settings
    with suppress(LoadError, ConfigError):
        if (folder / CONFIG_NAME).exists():
            config = read_config(folder)
            settings = config.target(target.name)
    environ = {name: value for name, value in target.environ.items() if name not in _OF_CACHE}
    return replace(target, root=folder, config=config, settings=settings, environ=environ)


def _entries(repository: Repository, tree: str, max_bytes: int) -> Iterator[tuple[str, str, str]]:
    """Mode, id and path of each file and link in a tree; none where there is no such tree.

    What is larger than a prompt file may be is none.
    """
    listed = repository.git("ls-tree", "-r", "-l", "-z", "--full-tree", tree)
    for line in os.fsdecode(listed or b"").split("\0"):
        entry = _LISTED.fullmatch(line)
        if entry is None or int(entry["size"]) > max_bytes:
            continue
        if all(part not in ("", ".", "..") for part in entry["path"].split("/")):
            yield entry["mode"], entry["id"], entry["path"]


def _lay_out(path: Path, data: bytes | None, *, is_link: bool) -> None:
    if data is None:
        raise PromptsyncError(
            "this clone does not hold the old files", hint="clone it whole, without `--depth` and `--filter`"
        )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if is_link:
            path.symlink_to(os.fsdecode(data))
        else:
            path.write_bytes(data)
    except (OSError, ValueError):
        raise PromptsyncError(
            f"{path.name!a} of an old commit cannot be laid out",
            hint="look whether there is room in the temporary folder",
        ) from None


def _placed(problems: Iterable[Problem], folder: Path, root: Path) -> Iterator[Problem]:
    return (replace(problem, file=_place(problem.file, folder, root)) for problem in problems)


def _place(file: str, folder: Path, root: Path) -> str:
    return str(root) + file.removeprefix(str(folder)) if file.startswith(f"{folder}/") else file


def _commit(repository: Repository, ref: str) -> str | None:
    found = repository.git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
    return found.decode("ascii", "replace").strip() if found else None


def _folder(repository: Repository) -> str:
    """The folder of the root from the repository's top; empty where it is the top."""
    return repository.place("x").removesuffix("x").removesuffix("/")


def _repository(root: Path) -> Repository:
    found = Repository.of(root)
    if found is None:
        raise PromptsyncError(f"{root} is in no git repository, or git is not there", hint="run this in a checkout")
    return found
