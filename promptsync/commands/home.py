"""A lockfile that lives on a branch: read from there, with what was recorded here and is not there yet.

In the folder for state lie `home.json`, the branch as it was last read, and for each target that was not brought home
`unpushed.NAME.json`: the lockfile as recorded, and that of the branch which it was begun from. `held.NAME.json` is of
the same form. Each is replaced as a whole, so that a crash at any point leaves the one before.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from promptsync.files.disk import read_bytes, write_atomic
from promptsync.files.repository import Repository
from promptsync.files.target import HELD, UNPUSHED, prepare_state
from promptsync.merge.locks import merge_locks
from promptsync.model.errors import BranchError, LockfileError
from promptsync.model.lockfile import BrokenLockfileError, Lockfile, dump, parse
from promptsync.model.shell import typed

if TYPE_CHECKING:
    from pathlib import Path

    from promptsync.files.branches import Branches
    from promptsync.files.target import Target
    from promptsync.model.prompt import Json

TO_BRING_BACK = (
    "name it as `lock.branch` again and run `promptsync lock push`, or remove the file, if the lockfile in the tree "
    "tells what it does"
)
"""What to do about what is left behind."""

_HOME = "home.json"
_LOCK_FILE = re.compile(
    r"promptsync(\.[A-Za-z0-9][A-Za-z0-9_-]{0,63})?(\.preview\.[a-z0-9][a-z0-9_-]{0,63})?\.lock\.json"
)


@dataclass(frozen=True, slots=True)
class Home:
    """A branch of lockfiles at a commit, None where there is no such branch yet.

    `locks` are those of one root, by their paths from the repository's top; `folder` is that of the root.
    """

    branch: str
    commit: str | None
    folder: str
    locks: dict[str, Lockfile]

    def path(self, target: Target) -> str:
        """Where the lockfile of a target lies on the branch."""
        return self.folder + target.lock_file

    def lock(self, target: Target) -> Lockfile:
        """The lockfile of a target, empty where there is none."""
        return self.locks.get(self.path(target), Lockfile())


@dataclass(frozen=True, slots=True)
class Unpushed:
    """A lockfile as it was recorded here, and the one of the branch that it was begun from."""

    base: Lockfile
    lock: Lockfile


def branches_of(target: Target, remote: str | None = None) -> Branches:
    """Who answers for the branches of a target's repository: by default the remote `origin`, by git."""
    if target.branches is not None and remote is None:
        return target.branches
    from promptsync.files.remote import Remote  # Few roots keep their lockfile on a branch.

    given = {} if remote is None else {"remote": remote}
    return Remote(target.root, **given, state_branch=target.lock_branch, asks=bool(target.environ.get("GITLAB_CI")))


def read_home(target: Target) -> Home:
    """The branch as it is now; where it cannot be reached, as it was last read here, and that is told.

    Raises BranchError where it was never read here, LockfileError for a branch that cannot be trusted.
    """
    if (target.root / target.lock_file).exists():
        target.notify(
            f"{target.root / target.lock_file} is not read: the lockfile lives on the branch {target.lock_branch}; "
            "take the file out of git"
        )
    try:
        return fetch_home(target, branches_of(target))
    except BranchError as error:
        known = last_home(target)
        if known is None or known.commit is None:
            raise
        target.notify(f"{error.message}; the lockfile is that of {known.branch} as last seen here, {known.commit[:10]}")
        return known


def fetch_home(target: Target, branches: Branches) -> Home:
    """The branch as it is now. Raises BranchError where it cannot be reached, LockfileError if it cannot be trusted."""
    branch = target.lock_branch
    assert branch is not None  # noqa: S101 - only asked of a lockfile on a branch
    commit = branches.tip(branch)
    known = last_home(target)
    if commit is None and known is not None and known.locks:
        raise _gone(target, known)
    if known is not None and known.commit == commit:
        return known
    home = home_at(target, branches, branch, commit)
    remember(target, home)
    return home


def home_at(target: Target, branches: Branches, branch: str, commit: str | None) -> Home:
    """What a branch of lockfiles holds at a commit. Raises LockfileError where that is anything else too."""
    folder = folder_of(target)
    locks: dict[str, Lockfile] = {}
    for path in branches.names(commit) if commit is not None else ():
        if not _LOCK_FILE.fullmatch(path.rpartition("/")[2]):
            raise LockfileError(
                f"the branch {branch} holds {path}, so it is no branch of lockfiles alone",
                hint="name another branch as `lock.branch` in promptsync.yaml",
            )
        if commit is not None and path.rpartition("/")[0] == folder.removesuffix("/"):
            locks[path] = parse_at(branches.read(path, commit) or b"", path, branch)
    return Home(branch, commit, folder, locks)


def parse_at(data: bytes, path: str, branch: str) -> Lockfile:
    """The lockfile of a branch. Raises LockfileError, with what to do about one that is broken there."""
    try:
        return parse(data, f"{path} of the branch {branch}")
    except BrokenLockfileError as error:
        hint = f"look at {typed('git', 'log', branch, '--', path)}, and revert the commit that broke it"
        raise BrokenLockfileError(error.message, hint=hint) from None


def folder_of(target: Target) -> str:
    """The folder of the root from the repository's top, with a final `/`; empty where it is the top."""
    repository = Repository.of(target.root)
    if repository is None:
        raise BranchError(f"{target.root} is in no git repository, or git is not there", hint="run this in a checkout")
    return repository.place(target.lock_file).removesuffix(target.lock_file)


def last_home(target: Target) -> Home | None:
    """The branch as it was last read here; None where it was not."""
    path = target.state_folder / _HOME
    document = _document(path, branch=str, commit=(str, type(None)), folder=str, locks=dict)
    if document is None or (document["branch"], document["folder"]) != (target.lock_branch, folder_of(target)):
        return None
    locks = {name: _parsed(lock, path) for name, lock in document["locks"].items()}
    return Home(document["branch"], document["commit"], document["folder"], locks)


def remember(target: Target, home: Home) -> None:
    """Keeps what was read, for when the branch cannot be reached."""
    locks = {path: json.loads(dump(lock)) for path, lock in home.locks.items()}
    document = {"branch": home.branch, "commit": home.commit, "folder": home.folder, "locks": locks}
    _write(target, target.state_folder / _HOME, document)


def forget_home(target: Target) -> None:
    """The branch is no home any more."""
    (target.state_folder / _HOME).unlink(missing_ok=True)


def read_unpushed(target: Target) -> Unpushed | None:
    """What was recorded here and is not on the branch yet; None where there is nothing."""
    return read_recorded(target, target.lock_path)


def read_recorded(target: Target, path: Path) -> Unpushed | None:
    """What a file of ours holds for the branch; None where there is none. Raises LockfileError where it cannot be."""
    document = _recorded(path)
    if document is None:
        return None
    if document["branch"] != target.lock_branch:
        raise LockfileError(
            f"{path} was recorded for the branch {document['branch']}, not for {target.lock_branch}",
            hint="name that branch in promptsync.yaml, and run `promptsync lock push`",
        )
    return Unpushed(_parsed(document["base"], path), _parsed(document["lock"], path))


def with_unpushed(target: Target, home: Lockfile) -> Lockfile:
    """The lockfile of the branch with what was recorded here. Raises LockfileError where the two contradict."""
    unpushed = read_unpushed(target)
    return home if unpushed is None else with_recorded(target, target.lock_path, unpushed, home)


def with_recorded(target: Target, path: Path, recorded: Unpushed, home: Lockfile) -> Lockfile:
    """The lockfile of the branch with what the file `path` holds. Raises LockfileError where the two contradict."""
    merged = merge_locks(recorded.base, recorded.lock, home)
    if merged.conflicts:
        raise LockfileError(
            f"{path} was recorded here, and the branch {target.lock_branch} says something else about "
            f"{', '.join(merged.conflicts[:5])}",
            hint=f"to go by the branch, remove {path}: a plan then shows what differs",
        )
    return merged.lock


def write_unpushed(target: Target, lock: Lockfile, base: Lockfile) -> None:
    """Keeps a lockfile until it is on the branch; `base` is the one of the branch that it was begun from."""
    if dump(lock) == dump(base):
        forget_unpushed(target)
    else:
        write_recorded(target, target.lock_path, Unpushed(base, lock))


def write_recorded(target: Target, path: Path, recorded: Unpushed) -> None:
    """Keeps in a file of ours what `read_recorded` reads."""
    base, lock = (json.loads(dump(one)) for one in (recorded.base, recorded.lock))
    _write(target, path, {"branch": target.lock_branch, "base": base, "lock": lock})


def forget_unpushed(target: Target) -> None:
    """Everything recorded here is on the branch."""
    target.lock_path.unlink(missing_ok=True)


def unpushed_elsewhere(target: Target) -> list[Lockfile]:
    """What was recorded here for the other targets."""
    own = (target.lock_path, target.held_path)
    found = [(path, _recorded(path)) for path in recorded_paths(target) if path not in own]
    return [_parsed(document["lock"], path) for path, document in found if document is not None]


def recorded_paths(target: Target) -> list[Path]:
    """The files of all targets with what was recorded here and is not on the branch yet."""
    return sorted(path for begin in (UNPUSHED, HELD) for path in target.state_folder.glob(f"{begin}*.json"))


def left_behind(target: Target) -> list[Path]:
    """Those of them that no command reads, since the configuration names no branch any more."""
    return recorded_paths(target) if target.config.lock_branch is None else []


def _gone(target: Target, known: Home) -> LockfileError:
    return LockfileError(
        f"there is no branch {known.branch} any more, and it held the lockfile when it was last read",
        hint=f"{typed('git', 'push', 'origin', f'{known.commit}:refs/heads/{known.branch}')} brings it back; "
        f"to begin anew, remove {target.state_folder / _HOME}",
    )


def _parsed(document: Json, path: Path) -> Lockfile:
    return parse(json.dumps(document).encode(), str(path))


def _recorded(path: Path) -> Json | None:
    return _document(path, branch=str, base=dict, lock=dict)


def _document(path: Path, **fields: type | tuple[type, ...]) -> Json | None:
    """What one of our files holds; None where there is none. Raises LockfileError where it is not of these fields."""
    data = read_bytes(path)
    if data is None:
        return None
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        document = None
    if isinstance(document, dict) and all(isinstance(document.get(name, 0), kind) for name, kind in fields.items()):
        return document
    raise LockfileError(f"{path} cannot be read", hint="remove it, to go by what the branch of lockfiles says")


def _write(target: Target, path: Path, document: Json) -> None:
    prepare_state(target)
    write_atomic(path, (json.dumps(document) + "\n").encode())
