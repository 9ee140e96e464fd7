"""Both sides, and in a large tree at once: while the service answers, the files are read and parsed."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from threading import Event
from typing import TYPE_CHECKING

from promptsync.apply.journal import Recovered
from promptsync.commands.project import check_workspace
from promptsync.model.canonical import remote_hash
from promptsync.model.errors import PromptsyncError
from promptsync.service import reader

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from promptsync.apply.journal import Journal
    from promptsync.commands.project import Project
    from promptsync.files.disk import Sources
    from promptsync.files.loader import Loaded
    from promptsync.model.lockfile import Lockfile
    from promptsync.model.prompt import PromptFile, RemotePrompt
    from promptsync.plan.differ import Scope
    from promptsync.service.client import Client, Exchange

_PATIENCE_WITH_THE_LIST = (0.5, 1.0, 2.0, 4.0)
"""Seconds between looks for what a young intent may have made: the list may lag behind a create."""
_YOUNG = 60.0

AHEAD = 500
"""Files whose reading takes as long as an answer. With fewer, nothing is asked of the service before all are right."""


@dataclass(frozen=True, slots=True)
class Survey:
    """The files, the lockfile, what an earlier run left open, and the service, which `client` still reaches.

    `on_disk` is the lockfile as it was found, `lock` the same with what the earlier run had recorded besides. `journal`
    knows what is open: another one would drop that when it is compacted.
    """

    loaded: Loaded
    on_disk: Lockfile
    lock: Lockfile
    journal: Journal
    recovered: Recovered
    scope: Scope
    client: Client
    service: dict[str, RemotePrompt]


class _StoppedError(Exception):
    """No one waits for the answer any more."""


@contextmanager
def survey(
    project: Project,
    *,
    connections: int = reader.PARALLELISM,
    read_only: bool = False,
    patience: float | None = None,
    observer: Callable[[Exchange], None] | None = None,
) -> Iterator[Survey]:
    """Looks at both sides; what is wrong in the files is raised before what is wrong with lockfile or service.

    `patience` is the seconds that one call may spend on waiting.
    """
    sources = project.look_around()
    keys = sources.keys()
    loaded = project.load(sources) if len(keys) < AHEAD else None
    with ExitStack() as stack:
        try:
            on_disk = project.read_lock()
            journal = project.journal()
            recovered = journal.recover()
            lock = recovered.onto(on_disk)
            client = stack.enter_context(
                project.connect(connections=connections, read_only=read_only, patience=patience, observer=observer)
            )
        except PromptsyncError:
            if loaded is None:
                project.load(sources)
            raise
        if loaded is not None:
            service = read_service(client, lock, keys, recovered)
        else:
            loaded, service = _at_once(project, sources, client, partial(read_service, client, lock, keys, recovered))
        scope = project.scope()
        wait_for_young(client, lock, loaded.files, recovered, scope.elsewhere, service)
        check_workspace(lock, owners(service, lock), str(project.lock_path))
        yield Survey(loaded, on_disk, lock, journal, recovered, scope, client, service)


def _at_once(
    project: Project, sources: Sources, client: Client, read: Callable[..., dict[str, RemotePrompt]]
) -> tuple[Loaded, dict[str, RemotePrompt]]:
    """The files, and what `read` gives: it is told when no one wants that any more."""
    stopped = Event()
    with ThreadPoolExecutor(1, "survey") as elsewhere:
        reading = elsewhere.submit(read, is_wanted=lambda: not stopped.is_set())
        try:
            # To import what comes next takes a while too, and the service is being waited for anyway.

            return project.load(sources), reading.result()
        except BaseException:
            stopped.set()
            client.hurry()
            raise


def read_service(
    client: Client,
    lock: Lockfile,
    keys: Collection[str] | None = None,
    recovered: Recovered | None = None,
    *,
    is_wanted: Callable[[], bool] = lambda: True,
) -> dict[str, RemotePrompt]:
    """What the service holds, by id. A locked id that is not among them is gone for certain.

    Prompts that no lockfile holds are among them where they matter: where one of the files' `keys` is not locked (all,
    where they are None), or an intent is open. Once it `is_wanted` no more, the reading ends with an exception.
    """
    recovered = recovered or Recovered()
    matters = keys is None or bool(recovered.creates) or not lock.prompts.keys() >= set(keys)
    dialects = {entry.id: entry.dialect for entry in lock.prompts.values()}

    def hash_and_let_go(prompts: list[RemotePrompt]) -> None:
        if not is_wanted():
            raise _StoppedError
        for prompt in prompts:
            if prompt.id in dialects:
                remote_hash(prompt, dialects[prompt.id])
            prompt.let_go()

    if not is_wanted():
        raise _StoppedError
    locked = lock.ids() | recovered.ids()
    return reader.read_service(client, locked=locked, need_strangers=matters, on_read=hash_and_let_go)


def wait_for_young(
    client: Client,
    lock: Lockfile,
    files: Mapping[str, PromptFile],
    recovered: Recovered,
    elsewhere: frozenset[str],
    service: dict[str, RemotePrompt],
) -> None:
    """Adds to `service` what a young intent made: the list may lag behind, so some seconds are given to it."""
    there = {key for key, entry in lock.prompts.items() if entry.id in service}
    now = time.time() + client.skew
    young = [one for one in recovered.creates if now - one.time < _YOUNG and one.key not in there]
    if not young:
        return
    from promptsync.plan.unmanaged import by_name, match_intents

    for delay in _PATIENCE_WITH_THE_LIST:
        strangers = by_name(p for p in service.values() if p.id not in lock.ids() | elsewhere)
        found = match_intents(young, files, strangers)
        if all(intent.key in found.certain or intent.key in found.doubtful for intent in young):
            break
        time.sleep(delay)
        service.update({prompt.id: prompt for prompt in client.list_all()})


def owners(service: Mapping[str, RemotePrompt], lock: Lockfile) -> set[str]:
    """The workspaces that the managed prompts name, or all prompts where no managed one is there."""
    managed = {service[id].owner for id in lock.ids() if id in service}
    owners = managed or {prompt.owner for prompt in service.values()}
    return {owner for owner in owners if owner is not None}
