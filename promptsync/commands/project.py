"""A root and one of its targets: where everything lies on disk, and how the service is reached.

What only some commands need is imported where they need it: to check a few files must not take long.
"""

from __future__ import annotations

import os
import socket
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import chain, islice
from typing import TYPE_CHECKING

from promptsync.files.cache import FileCache
from promptsync.files.cachefile import Remembered, user_secret
from promptsync.files.config import SANDBOX_TARGET, Config, Connection, Target, connection, parse_config
from promptsync.files.disk import ENDINGS, Sources, include_reader, look_around, read_bytes, write_atomic
from promptsync.files.loader import Loaded, load, parser
from promptsync.model.errors import LoadError, LockfileError, PromptsyncError, UsageError
from promptsync.model.lockfile import Lockfile, dump, parse
from promptsync.model.prompt import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
    from pathlib import Path

    from promptsync.apply.journal import Journal
    from promptsync.files.loader import Read, Source
    from promptsync.model.prompt import PromptFile
    from promptsync.plan.differ import Scope
    from promptsync.service.client import Client, Exchange
    from promptsync.service.pagecache import PageCache

MANY = 3_000
"""Files whose parsing takes longer than to start processes that help."""

CONFIG_NAME = "promptsync.yaml"
STATE_FOLDER = ".promptsync"


@dataclass(frozen=True, slots=True)
class Project:
    """One root with one target. Nothing is read or written before a method is called."""

    root: Path
    config: Config
    target: Target
    base_url: str | None = None
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def open(cls, root: Path, target: str, *, base_url: str | None = None, environ: Mapping[str, str]) -> Project:
        """Reads the configuration, if there is one. Raises LoadError for what is wrong in it, ConfigError else."""
        config = read_config(root)
        return cls(root, config, config.target(target), base_url, environ)

    @property
    def state(self) -> Path:
        """The untracked folder for all that is not the users'."""
        return self.root / STATE_FOLDER

    @property
    def lock_path(self) -> Path:
        """The lockfile of the target; the sandbox keeps its own out of git."""
        if self.target.name == SANDBOX_TARGET:
            return self.state / f"promptsync.{SANDBOX_TARGET}.lock.json"
        name = "promptsync.lock.json" if self.target.name == "default" else f"promptsync.{self.target.name}.lock.json"
        return self.root / name

    @property
    def journal_path(self) -> Path:
        """Intents and outcomes of the target's last run."""
        return self.state / f"journal.{self.target.name}.jsonl"

    @property
    def sandbox_path(self) -> Path:
        """The embedded service's database."""
        return self.state / "sandbox.sqlite"

    @property
    def archive_folder(self) -> Path:
        """Where deleted prompts are kept."""
        return self.state / "archive"

    def connection(self) -> Connection:
        """Where the service is, and the key. Raises ConfigError where either is missing."""
        return connection(self.target, self.base_url, self.environ)

    def scope(self) -> Scope:
        """What the differ must know of the target."""
        from promptsync.plan.differ import Scope

        return Scope(
            target=self.target.name,
            path_prefix=self.target.path_prefix,
            exclusive=self.target.exclusive,
            elsewhere=self._ids_elsewhere(),
        )

    def look_around(self) -> Sources:
        """Every prompt file, not yet read. Raises ConfigError where there are none."""
        return look_around(self.root, max_bytes=self.config.max_file_bytes)

    def load(self, sources: Sources | None = None) -> Loaded:
        """Every prompt file, or those of `sources`. Raises LoadError with all complaints; see `look_around`."""
        sources = sources if sources is not None else self.look_around()
        include = include_reader(self.root, max_bytes=self.config.max_file_bytes)
        known = FileCache(self._remembered("files", self.config.allow_fields))
        parse = partial(self._parse, parser(include, self.config.allow_fields))
        loaded = load(sources, include, problems=sources.problems, known=known, parse=parse)
        self._keep(known)
        homeless = [] if self.target.path_prefix else [_homeless(f) for f in loaded.files.values() if not f.folder]
        if homeless:
            raise LoadError(homeless)
        return loaded

    def _parse(
        self, one_by_one: Callable[[Iterable[Source]], Iterator[Read]], sources: Iterable[Source]
    ) -> Iterator[Read]:
        rest = iter(sources)
        first = list(islice(rest, MANY))
        if len(first) < MANY:
            return one_by_one(first)
        from promptsync.files.helpers import parse_together

        everything = chain(_drained(first), rest)
        return parse_together(everything, self.root, self.config.max_file_bytes, self.config.allow_fields)

    def _remembered(self, name: str, settings: Collection[str] = ()) -> Remembered:
        return Remembered(self.state / f"{name}.cache", user_secret(self.environ), settings)

    def _keep(self, cache: FileCache | PageCache) -> None:
        """Remembers what was read, where the folder lets itself be written."""
        with suppress(PromptsyncError):
            cache.save(self.prepare_state)

    def read_lock(self) -> Lockfile:
        """The lockfile, empty where there is none. Raises LockfileError for one that cannot be trusted."""
        data = read_bytes(self.lock_path)
        return parse(data, str(self.lock_path)) if data is not None else Lockfile()

    def write_lock(self, lock: Lockfile, *, since: Lockfile | None = None) -> None:
        """Writes the lockfile, if it says something new.

        `since` is what it held when `lock` was begun: what others wrote into it meanwhile is merged, prompt by prompt.
        Raises LockfileError where that cannot be, and leaves the file as it is.
        """
        found = read_bytes(self.lock_path)
        if since is not None and found is not None:
            lock = self._merged(lock, since, parse(found, str(self.lock_path)))
        data = dump(lock)
        if data != found and (lock.prompts or self.lock_path.exists()):
            if self.lock_path.parent == self.state:
                self.prepare_state()
            write_atomic(self.lock_path, data)

    def _merged(self, lock: Lockfile, since: Lockfile, found: Lockfile) -> Lockfile:
        if found == since:
            return lock
        from promptsync.merge.locks import merge_locks

        merged = merge_locks(since, lock, found)
        if merged.conflicts:
            raise LockfileError(
                f"{self.lock_path} was changed by someone else while this run worked, "
                f"and says something else about {', '.join(merged.conflicts[:5])}",
                hint="what this run did is in its journal: put the lockfile right, then run again",
            )
        return merged.lock

    def journal(self) -> Journal:
        """The journal of the target."""
        from promptsync.apply.journal import Journal

        return Journal(self.journal_path)

    def prepare_state(self) -> None:
        """Makes the folder for state, and keeps it out of git."""
        ignore = self.state / ".gitignore"
        try:
            self.state.mkdir(parents=True, exist_ok=True)
            if not ignore.exists():
                ignore.write_text("*\n", encoding="utf-8")
        except OSError as error:
            raise PromptsyncError(
                f"{self.state} cannot be made: {error.strerror}", hint="make the folder of the prompts writable"
            ) from None

    def rename(self, old: str, new: str) -> bool:
        """Renames the file of the key `old`, if it is still there and `new` is not. Gives whether it did."""
        here = next((path for ending in ENDINGS if (path := self.root / f"{old}{ending}").exists()), None)
        there = self.root / f"{new}{here.suffix if here else '.yaml'}"
        if here is None or (there.exists() and not there.samefile(here)):
            return False
        if not there.resolve().is_relative_to(self.root.resolve()):
            raise UsageError(f"`{new}` is outside of {self.root}")
        try:
            there.parent.mkdir(parents=True, exist_ok=True)
            here.rename(there)
        except OSError as error:
            raise PromptsyncError(f"{here} cannot be renamed to {there}: {error.strerror}") from None
        return True

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keeps other runs on this target out, on this machine. Raises PromptsyncError where one is at work."""
        from filelock import FileLock, Timeout

        self.prepare_state()
        path = self.state / f"run.{self.target.name}.lock"
        holder = self.state / f"run.{self.target.name}.holder"
        lock = FileLock(path, timeout=0)
        try:
            lock.acquire()
        except Timeout:
            told = _holder(read_bytes(holder))
            raise PromptsyncError(
                f"{told} is at work on the target “{self.target.name}”", hint="wait until it has ended, then run again"
            ) from None
        except OSError as error:
            raise PromptsyncError(
                f"{path} cannot be locked: {error.strerror or error}",
                hint="make the folder writable, and keep it on a file system that knows locks",
            ) from None
        try:
            _write_holder(holder)
            self._clean_up()
            yield
        finally:
            with suppress(OSError):
                holder.unlink(missing_ok=True)
            lock.release()

    def _clean_up(self) -> None:
        """Removes the temporary files of runs that were killed between writing one and renaming it."""
        for path in (self.lock_path, self.journal_path):
            for stale in path.parent.glob(f".{path.name}.*"):
                with suppress(OSError):
                    stale.unlink()

    @contextmanager
    def connect(
        self,
        *,
        connections: int = 16,
        read_only: bool = False,
        patience: float | None = None,
        observer: Callable[[Exchange], None] | None = None,
    ) -> Iterator[Client]:
        """The client of the target's service; for the sandbox, the embedded service in this process.

        `patience` is the seconds that one call may spend on waiting; None is as long as is sensible.
        """
        from promptsync.service.client import Client
        from promptsync.service.pagecache import PageCache
        from promptsync.service.ratelimit import PATIENCE

        patience = PATIENCE if patience is None else patience

        where = self.connection()
        if where.base_url is not None:
            known = PageCache(self._remembered(f"pages.{self.target.name}"))
            with Client(
                where.base_url,
                where.key,
                key_name=where.key_name,
                connections=connections,
                read_only=read_only,
                patience=patience,
                observer=observer,
                known=known,
            ) as client:
                yield client
            if read_only:  # what an apply read is old when it ends
                self._keep(known)
            return
        from promptsync.sandbox import App, Sandbox

        self.prepare_state()
        with (
            Sandbox(self.sandbox_path) as sandbox,
            Client("http://sandbox", "", app=App(sandbox), read_only=read_only, observer=observer) as client,
        ):
            yield client

    def reset_sandbox(self) -> None:
        """Empties the embedded service and forgets what was applied to it."""
        from promptsync.sandbox import Sandbox

        with self.alone():
            with Sandbox(self.sandbox_path) as sandbox:
                sandbox.reset()
            self.lock_path.unlink(missing_ok=True)
            self.journal_path.unlink(missing_ok=True)

    def _ids_elsewhere(self) -> frozenset[str]:
        """The ids in the other lockfiles of this root. One that cannot be read would hide what is managed: an error."""
        ids: set[str] = set()
        for path in sorted(self.root.glob("promptsync*.lock.json")):
            if path != self.lock_path:
                ids |= parse(read_bytes(path) or b"", str(path)).ids()
        return frozenset(ids)


def _drained(sources: list[Source]) -> Iterator[Source]:
    """Each of them, held no longer than it is needed."""
    sources.reverse()
    while sources:
        yield sources.pop()


def read_config(root: Path) -> Config:
    """The configuration of a root, all defaults where there is none."""
    path = root / CONFIG_NAME
    data = read_bytes(path)
    return parse_config(data, str(path)) if data is not None else Config()


def check_workspace(lock: Lockfile, owners: set[str], name: str) -> None:
    """Raises LockfileError where the service's prompts all belong to another workspace than the lockfile's."""
    if lock.owner is not None and owners and lock.owner not in owners:
        raise LockfileError(
            f"{name} belongs to the workspace {lock.owner}, and this key reaches {', '.join(sorted(owners)[:3])}",
            hint="use the key of that workspace, or another --target",
        )


def _homeless(file: PromptFile) -> Problem:
    return Problem(
        file.file,
        0,
        0,
        "a prompt directly under the root has no path on the service",
        "move it into a folder such as Default/, or give the target a `path_prefix` in promptsync.yaml",
    )


def _write_holder(path: Path) -> None:
    """Says who is at work, for others to read. The lock itself is the system's: it ends with the process."""
    since = time.strftime("%Y-%m-%d %H:%M:%S %z")
    with suppress(OSError):
        path.write_text(f"{os.getpid()} {socket.gethostname()} {since}\n", encoding="utf-8")


def _holder(data: bytes | None) -> str:
    """Who is at work, as far as is known. What a process left behind that is dead now tells nothing of the holder."""
    number, _, rest = (data or b"").decode("utf-8", "replace").strip().partition(" ")
    host, _, since = rest.partition(" ")
    if not number.isdecimal() or (host == socket.gethostname() and not _is_alive(int(number))):
        return "another run"
    return f"process {number} on {host}, since {since},"


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        pass
    return True
