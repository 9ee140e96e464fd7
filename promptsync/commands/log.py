"""Log: which apply made what live, as the commits of the lockfile tell it, and what no commit tells of."""

from __future__ import annotations

import json
import unicodedata
from dataclasses import replace
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING

from promptsync.commands.connect import connect
from promptsync.commands.gather import owners
from promptsync.commands.home import with_unpushed
from promptsync.commands.keys import did_you_mean, known_key
from promptsync.commands.results import Live, Log, Recorded
from promptsync.commands.state import check_workspace, read_state
from promptsync.files.history import lock_commits, subjects
from promptsync.files.keys import with_slashes, without_ending
from promptsync.files.repository import Repository
from promptsync.files.target import check_state
from promptsync.model.errors import ConfigError, LockfileError, PromptsyncError, ServiceError, UsageError
from promptsync.model.lockchanges import lock_changes
from promptsync.model.lockfile import Lockfile, parse
from promptsync.model.provenance import parse_provenance
from promptsync.service.reader import read_service

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from promptsync.files.history import LockCommit
    from promptsync.files.target import Target
    from promptsync.model.lockchanges import LockChange
    from promptsync.model.lockfile import LockEntry
    from promptsync.model.prompt import RemotePrompt
    from promptsync.service.calls import Exchange


def log(
    target: Target,
    typed: str | None = None,
    limit: int = 20,
    *,
    offline: bool = False,
    observer: Callable[[Exchange], None] | None = None,
) -> Log:
    """The newest `limit` commits of the lockfile, or of what it says of the key that is `typed`, whatever was its name.

    Unless `offline`, the service is asked which versions are live; where it cannot be asked, that is told and the rest
    stands. Raises PromptsyncError where there is no git repository, UsageError for a key that never was in the
    lockfile, LockfileError for a lockfile that cannot be trusted.
    """
    repository = Repository.of(target.root)
    if repository is None:
        raise PromptsyncError(
            f"{target.root} is in no git repository, or git is not there", hint="run this in a checkout"
        )
    # Where the lockfile lives on a branch, this brings its history up to date.
    lock = None if offline and target.lock_branch is not None else read_state(target).lock
    history = _History(target, repository, _ref(target, repository))
    if lock is None:
        check_state(target)
        lock = with_unpushed(target, history.committed or Lockfile())
    ids: set[str] = set()
    key = _key(target, history, lock, typed, ids) if typed is not None else None
    cut: list[str] = []
    commits = tuple(islice(_recorded(history, key, ids, cut), limit))
    uncommitted = lock_changes([history.committed], lock) if history.committed is not None else []
    return Log(
        target.name,
        key,
        _with_sources(repository, commits),
        None if offline else _live(target, lock, key, history, observer),
        tuple(one for one in uncommitted if one.became != "recorded" and (key is None or _is_of(one, key, ids))),
        tuple(cut),
    )


class _History:
    """The commits of one lockfile, from `ref` on; None where nothing is committed yet."""

    def __init__(self, target: Target, repository: Repository, ref: str | None) -> None:
        name = target.lock_file if target.lock_branch is not None else target.lock_path.relative_to(target.root)
        self.repository = repository
        self.place = repository.place(str(name))
        self.ref = ref
        self.target = target.name

    @property
    def committed(self) -> Lockfile | None:
        """The lockfile as it is committed, empty where it is not; None where what is committed cannot be read."""
        data = self.repository.git("cat-file", "blob", f"{self.ref}:{self.place}") if self.ref else None
        return Lockfile() if data is None else _parsed(data)

    def commits(self, *, elsewhere: bool = False) -> Iterator[LockCommit]:
        """The commits, newest first. With `elsewhere`, those of all branches."""
        refs = [*([self.ref] if self.ref else []), *(["--all"] if elsewhere else [])]
        return lock_commits(self.repository, self.place, refs)


def _ref(target: Target, repository: Repository) -> str | None:
    """What the lockfile's history hangs on: HEAD, or its own branch as it was last read or fetched here."""
    if target.lock_branch is None:
        return "HEAD" if _commit(repository, "HEAD") else None
    from promptsync.files.remote import KEPT, ORIGIN  # Few roots keep their lockfile on a branch.

    kept, fetched = KEPT + target.lock_branch, f"refs/remotes/{ORIGIN}/{target.lock_branch}"
    commits = [_commit(repository, ref) for ref in (kept, fetched)]
    if None in commits:
        return next((ref for ref, commit in zip((kept, fetched), commits, strict=True) if commit), None)
    # Whoever fetched by hand may know more than the last run here did.
    return fetched if repository.git("merge-base", "--is-ancestor", kept, fetched) is not None else kept


def _commit(repository: Repository, ref: str) -> bytes | None:
    return repository.git("rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}")


def _key(target: Target, history: _History, lock: Lockfile, typed: str, ids: set[str]) -> str:
    """The key that is meant, of now or of earlier; its id, where it has one, joins `ids`."""
    key = known_key(target, typed, lock.prompts)
    if key is not None:
        ids.add(lock.prompts[key].id)
        return key
    stem = json.dumps(
        unicodedata.normalize("NFC", without_ending(with_slashes(typed).rpartition("/")[2])), ensure_ascii=False
    )
    needle = stem[1:-1].encode("utf-8", "replace")
    for commit in history.commits():
        for data in (commit.data, *commit.before):
            held = _parsed(data) if data is not None and needle in data else None
            key = known_key(target, typed, held.prompts) if held is not None else None
            if key is not None:
                return key
    raise UsageError(
        f"there is no `{typed}` in {target.lock_name}, and none in its history",
        hint=did_you_mean(target, typed, lock.prompts),
    )


def _recorded(history: _History, key: str | None, ids: set[str], cut: list[str]) -> Iterator[Recorded]:
    """The commits that are to be told. `ids` grows by those that `key` had before, `cut` by where the history ends."""
    for commit in history.commits():
        if commit.is_cut:
            cut.append(commit.commit)
            continue
        if key is not None and not _touches(commit, key, ids):
            continue
        now = _parsed(commit.data) if commit.data is not None else Lockfile()
        before = [_parsed(data) if data is not None else Lockfile() for data in commit.before or (None,)]
        if now is None or None in before:
            yield _told(history, commit, [], is_readable=False)
            continue
        changes = lock_changes([one for one in before if one is not None], now)
        if key is not None:
            changes = [one for one in changes if one.became != "recorded" and _is_of(one, key, ids)]
            ids |= {held.id for one in changes for held in (one.before, one.now) if held is not None}
        if changes:
            yield _told(history, commit, changes)


def _told(history: _History, commit: LockCommit, changes: list[LockChange], *, is_readable: bool = True) -> Recorded:
    found = parse_provenance(commit.message)
    own = [one for one in found if one.target == history.target]
    return Recorded(
        commit.commit,
        commit.time.isoformat() if commit.time else "",
        commit.author,
        commit.subject,
        tuple(own or found),
        {},
        tuple(changes),
        is_readable,
    )


def _with_sources(repository: Repository, commits: tuple[Recorded, ...]) -> tuple[Recorded, ...]:
    found = subjects(repository, {apply.commit for one in commits for apply in one.applies})
    return tuple(
        replace(one, sources={apply.commit: found[apply.commit] for apply in one.applies if apply.commit in found})
        for one in commits
    )


def _is_of(change: LockChange, key: str, ids: set[str]) -> bool:
    return any(held is not None and (held.key == key or held.id in ids) for held in (change.before, change.now))


def _touches(commit: LockCommit, key: str, ids: set[str]) -> bool:
    """Whether a commit may have changed what its lockfile says of a prompt, by its bytes: parsing takes far longer."""
    needles = [json.dumps(text, ensure_ascii=False).encode("utf-8", "backslashreplace") for text in (key, *ids)]
    now = _blocks(commit.data, needles)
    return all(_blocks(data, needles) != now for data in commit.before or (None,))


def _blocks(data: bytes | None, needles: Iterable[bytes]) -> list[bytes]:
    """The entries, as `dump` lays them out, in which one of the needles stands; all of what is laid out otherwise."""
    if data is None:
        return []
    found = []
    for needle in needles:
        at = data.find(needle)
        while at >= 0:
            start, end = data.rfind(b'\n    "', 0, at + 1), data.find(b"\n    }", at)
            if start < 0 or end < 0:
                return [data]
            found.append(data[start:end])
            at = data.find(needle, end)
    return sorted(found)


@lru_cache(maxsize=4)
def _parsed(data: bytes) -> Lockfile | None:
    """The lockfile of a commit, None where it is none. A commit's is mostly that which its child's parent had."""
    try:
        return parse(data, "the lockfile of a commit")
    except LockfileError:
        return None


def _live(
    target: Target, lock: Lockfile, key: str | None, history: _History, observer: Callable[[Exchange], None] | None
) -> tuple[Live, ...] | None:
    """What the service holds at another version than the lockfile; None where it could not be asked, which is told."""
    entries = {one: entry for one, entry in lock.prompts.items() if key is None or one == key}
    try:
        with connect(target, read_only=True, observer=observer) as api:
            ids = frozenset(entry.id for entry in entries.values())
            service = read_service(api, locked=ids, need_unmanaged=False) if ids else {}
    except (ConfigError, ServiceError) as error:
        target.notify(f"the service was not asked what is live: {error.message}")
        return None
    check_workspace(target, lock, owners(service, lock))
    found = [one for place, entry in entries.items() if (one := _differing(place, entry, service)) is not None]
    known = _commits_of({(one.id, one.version) for one in found if one.version}, history)
    return tuple(replace(one, commit=known.get((one.id, one.version), "")) for one in found)


def _differing(key: str, entry: LockEntry, service: dict[str, RemotePrompt]) -> Live | None:
    remote = service.get(entry.id)
    if remote is None:
        return Live(key, entry.id, entry.version, None)
    version = remote.version(entry.dialect)
    if version is None or entry.version is None or version == entry.version:
        return None
    return Live(key, entry.id, entry.version, version, remote.updated or "", remote.updated_by_id or "")


def _commits_of(wanted: set[tuple[str, str | None]], history: _History) -> dict[tuple[str, str | None], str]:
    """For versions of prompts, by id, a commit of the lockfile that holds it, on any branch."""
    found: dict[tuple[str, str | None], str] = {}
    for commit in history.commits(elsewhere=True) if wanted else ():
        versions = [version.encode() for _, version in wanted - found.keys() if version]
        if not versions:
            break
        if commit.data is None or not any(version in commit.data for version in versions):
            continue
        lock = _parsed(commit.data)
        for entry in lock.prompts.values() if lock is not None else ():
            if (entry.id, entry.version) in wanted:
                found.setdefault((entry.id, entry.version), commit.commit)
    return found
