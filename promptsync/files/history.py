"""The commits that changed a lockfile, from git's own objects: who made each, when, and what the file was.

The objects are asked for by the hundred and not one by one, and read by plumbing alone, which knows no aliases, formats
or mail maps. What they hold is anyone's: names and messages may say anything, and a file may be of any size.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from itertools import islice
from typing import TYPE_CHECKING

from promptsync.files.safe import MAX_STATE_BYTES
from promptsync.model.errors import PromptsyncError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from promptsync.files.repository import Repository

_FIRST = 64
"""Commits that are listed at first; four times as many after each time that more are wanted."""
_AT_ONCE = 32
"""Commits whose files are in memory at once."""
_BROKEN = "a clone that was made with --filter does not hold old files; else see what `git fsck` says"
_SIGNATURE = re.compile(r"(?P<name>.*?) ?<[^<>]*> (?P<seconds>\d{1,11}) (?P<zone>[+-]\d{4})")
_HEADER = re.compile(rb"([0-9a-f]{40,64}) (\w+) (\d+)")


@dataclass(frozen=True, slots=True)
class LockCommit:
    """A commit that changed a lockfile: `data` is what it was then, `before` what it was in each parent.

    None is no file, or one that is too large. `time` is when it was committed, None where that cannot be read. `is_cut`
    tells that a parent or a file is not in this clone, a shallow or a partial one: what it changed is not known.
    """

    commit: str
    time: datetime | None
    author: str
    message: str
    data: bytes | None
    before: tuple[bytes | None, ...]
    is_cut: bool = False

    @property
    def subject(self) -> str:
        """The first line of its message."""
        return subject_of(self.message)


def lock_commits(repository: Repository, place: str, refs: Sequence[str]) -> Iterator[LockCommit]:
    """The commits that changed the file at `place`, newest first: those that `refs` build on.

    Raises PromptsyncError where git fails or takes too long.
    """
    if "\n" in place:
        raise PromptsyncError("git cannot be asked about a folder with a line break in its name")
    objects = _Objects(repository)
    listed = _listed(repository, place, refs) if refs else iter(())
    while group := list(islice(listed, _AT_ONCE)):
        yield from _read(objects, group, place)


def subjects(repository: Repository, commits: Iterable[str]) -> dict[str, str]:
    """The first line of the message of each of these commits that is in this clone."""
    known = [commit for commit in commits if re.fullmatch(r"[0-9a-f]{40}|[0-9a-f]{64}", commit)]
    found = _Objects(repository).contents(known)
    parsed = {commit: _Parsed.of(data) for commit, data in found.items() if data is not None}
    return {commit: subject_of(one.message) for commit, one in parsed.items()}


def contents(repository: Repository, objects: Iterable[str]) -> dict[str, bytes | None]:
    """What objects of git hold, by their ids; None of one that is not in this clone. Raises PromptsyncError."""
    return _Objects(repository).contents(objects)


def subject_of(message: str) -> str:
    """The first line of a message that says anything."""
    return message.strip().partition("\n")[0].strip()


def _listed(repository: Repository, place: str, refs: Sequence[str]) -> Iterator[str]:
    count, done = _FIRST, 0
    while True:
        bounds = (f"--max-count={count}", f"--skip={done}")
        listed = repository.git("--literal-pathspecs", "rev-list", *bounds, *refs, "--", place)
        if listed is None:
            raise PromptsyncError("git could not list the commits of the lockfile", hint=_BROKEN)
        found = listed.decode("ascii", "replace").split()
        yield from found
        if len(found) < count:
            return
        done, count = done + count, count * 4


def _read(objects: _Objects, commits: Sequence[str], place: str) -> Iterator[LockCommit]:
    parsed = {commit: _Parsed.of(data or b"") for commit, data in objects.contents(commits).items()}
    parents = {parent for one in parsed.values() for parent in one.parents}
    blobs = objects.files({*commits, *parents}, place)
    contents = objects.contents(dict.fromkeys(blob for blob in blobs.values() if blob), remembered=True)
    for commit in commits:
        one = parsed[commit]
        cut = not objects.missing.isdisjoint((commit, *one.parents))
        before = tuple(contents.get(blobs.get(parent, "")) for parent in one.parents)
        yield LockCommit(commit, one.time, one.author, one.message, contents.get(blobs.get(commit, "")), before, cut)


class _Objects:
    """git's objects, asked for many at once."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self._remembered: dict[str, bytes | None] = {}
        self.missing: set[str] = set()
        """The commits asked about that are not in this clone, or whose file is not."""

    def contents(self, names: Iterable[str], *, remembered: bool = False) -> dict[str, bytes | None]:
        """The contents of objects by their ids. Of what is `remembered`, what was had the last time is not read anew.

        A commit's file is mostly the one that its child's parent had.
        """
        wanted = dict.fromkeys(names)
        known = {name: self._remembered[name] for name in wanted if name in self._remembered} if remembered else {}
        names = [name for name in wanted if name not in known]
        found = {**known, **dict(zip(names, _contents(self._said("--batch", names)), strict=True))}
        if remembered:
            self._remembered = found
        return found

    def files(self, commits: Iterable[str], place: str) -> dict[str, str]:
        """The ids of the file at `place` in those commits that have one of no more than `MAX_STATE_BYTES`."""
        listed = list(commits)
        asked = [*listed, *(f"{commit}:{place}" for commit in listed)]
        headers = [_HEADER.fullmatch(line) for line in self._said("--batch-check", asked).split(b"\n")[: len(asked)]]
        found: dict[str, str] = {}
        for commit, there, file in zip(listed, headers[: len(listed)], headers[len(listed) :], strict=True):
            if there is None or (file is None and self._names(commit, place)):
                self.missing.add(commit)
            elif file is not None and file[2] == b"blob" and int(file[3]) <= MAX_STATE_BYTES:
                found[commit] = file[1].decode()
        return found

    def _names(self, commit: str, place: str) -> bool:
        """Whether a commit has the file, in this clone or not."""
        return bool(self._repository.git("--literal-pathspecs", "ls-tree", "--full-tree", commit, "--", place))

    def _said(self, how: str, names: Sequence[str]) -> bytes:
        if not names:
            return b""
        said = self._repository.git("cat-file", how, data=os.fsencode("".join(f"{name}\n" for name in names)))
        if said is None:
            raise PromptsyncError("git could not read the commits of the lockfile", hint=_BROKEN)
        return said


def _contents(said: bytes) -> Iterator[bytes | None]:
    """What `cat-file --batch` told of each object; None of one that is not there."""
    at = 0
    while at < len(said):
        end = said.index(b"\n", at)
        header = _HEADER.fullmatch(said, at, end)
        if header is None:
            yield None
            at = end + 1
        else:
            size = int(header[3])
            yield said[end + 1 : end + 1 + size]
            at = end + size + 2


@dataclass(frozen=True, slots=True)
class _Parsed:
    """A commit object (git-cat-file, gitformat-commit): headers, an empty line, the message."""

    parents: tuple[str, ...]
    author: str
    time: datetime | None
    message: str

    @classmethod
    def of(cls, data: bytes) -> _Parsed:
        head, _, message = data.decode("utf-8", "replace").partition("\n\n")
        lines = [line.partition(" ") for line in head.split("\n")]
        headers = {name: value for name, _, value in reversed(lines)}
        author, committer = (_SIGNATURE.fullmatch(headers.get(name, "")) for name in ("author", "committer"))
        parents = tuple(value for name, _, value in lines if name == "parent")
        return cls(parents, author["name"] if author else "", _time(committer), message)


def _time(signature: re.Match[str] | None) -> datetime | None:
    if signature is None:
        return None
    zone = signature["zone"]
    offset = timedelta(hours=int(zone[1:3]), minutes=int(zone[3:])) * (-1 if zone[0] == "-" else 1)
    try:
        return datetime.fromtimestamp(int(signature["seconds"]), UTC).astimezone(timezone(offset))
    except (ValueError, OverflowError, OSError):
        return None
