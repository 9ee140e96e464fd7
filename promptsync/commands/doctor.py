"""Doctor: what is set up and what is not, from the configuration to the way home of the lockfile. Changes nothing.

Each look gives findings, and what one cannot look at is a finding too, so that a run always comes to its end.
"""

from __future__ import annotations

import platform
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from promptsync import __version__
from promptsync.commands.connect import connect
from promptsync.commands.gather import owners, place_warnings
from promptsync.commands.held import count_held
from promptsync.commands.home import TO_BRING_BACK, branches_of, fetch_home, left_behind, read_unpushed
from promptsync.commands.init import DRIVER
from promptsync.commands.results import Finding
from promptsync.commands.state import read_state
from promptsync.files import git
from promptsync.files.config import SANDBOX_TARGET
from promptsync.files.disk import read_bytes
from promptsync.files.target import CONFIG_NAME, open_target
from promptsync.files.tree import load_tree
from promptsync.model.errors import AuthError, LoadError, NotFoundError, PromptsyncError, ServiceError
from promptsync.model.secrets import is_of_project
from promptsync.model.shell import typed
from promptsync.service.network import proxy_host

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping

    from promptsync.commands.state import State
    from promptsync.files.target import Target
    from promptsync.model.prompt import PromptFile, RemotePrompt
    from promptsync.service.calls import Exchange
    from promptsync.service.client import Client

SKEW = 60.0
"""Seconds by which the clocks may differ before it is worth a word. What is dated is dated by the service's."""

_PATIENCE = 20.0
"""Seconds for one call: whoever asks what is wrong does not want to wait for what is."""

_NOBODY = "promptsync-doctor-asks-whether-it-may-write"
"""No id of a prompt: what is changed in it is changed nowhere."""


class Asked(NamedTuple):
    """What the command line names. With `write` the key is tried by a change of a prompt that is not there."""

    root: Path
    target: str
    base_url: str | None
    environ: Mapping[str, str]
    write: bool = False
    observer: Callable[[Exchange], None] | None = None


def doctor(asked: Asked) -> Iterator[Finding]:
    """What is found, in the order in which things rest on each other; each as soon as it is known."""
    yield _versions()
    try:
        target = open_target(asked.root, asked.target, base_url=asked.base_url, environ=asked.environ)
    except PromptsyncError as error:
        yield _failure("configuration", error)
        return
    yield _configuration(target)
    files = yield from _files(target)
    yield from _git(target)
    state = yield from _state(target)
    yield from _network(target)
    yield from _service(target, files, state, asked)


def _versions() -> Finding:
    python = platform.python_version()
    return Finding("versions", f"promptsync {__version__}, Python {python}, {platform.system()} {platform.machine()}")


def _configuration(target: Target) -> Finding:
    path = target.root / CONFIG_NAME
    where = str(path) if path.exists() else f"no {path}, so all is as by default"
    names = ", ".join(sorted(target.config.targets))
    return Finding("configuration", where + (f"; targets: {names}" if names else ""))


def _files(target: Target) -> Generator[Finding, None, Mapping[str, PromptFile]]:
    """Gives the prompt files beside the finding; none where one of them cannot be used."""
    try:
        loaded = load_tree(target)
    except LoadError as error:
        first = error.problems[0]
        yield Finding("files", f"{error.message}, the first in {first.file}", "run `promptsync validate`", "fails")
    except PromptsyncError as error:
        yield _failure("files", error)
    else:
        yield Finding("files", f"{len(loaded.files)} in {target.root}, all of them valid")
        return loaded.files
    return {}


def _git(target: Target) -> Iterator[Finding]:
    """The repository, and where the lockfile lives in it."""
    found = git.version(target.root)
    if found is None:
        yield Finding("git", f"{target.root} is in no repository, or git is not there", "commit the lockfile", "note")
        return
    yield Finding("git", found)
    if git.is_shallow(target.root):
        yield Finding(
            "history",
            "this clone is shallow, so a lockfile that was turned back is not told from an edit in orq.ai",
            "fetch all of it (`git fetch --unshallow`; `fetch-depth: 0` of actions/checkout)",
            "note",
        )
    if target.name == SANDBOX_TARGET:
        return
    yield from _lock_on_branch(target) if target.lock_branch is not None else _lock_in_tree(target)


def _lock_on_branch(target: Target) -> Iterator[Finding]:
    """Whether the branch can be reached, what it holds, and what waits here to be brought there."""
    branch = target.lock_branch
    try:
        home = fetch_home(target, branches_of(target))
    except PromptsyncError as error:
        yield _failure("lock's home", error)
    else:
        if home.commit is None:
            yield Finding("lock's home", f"the branch {branch}, which the first apply begins")
        else:
            count = _prompts(len(home.lock(target).prompts))
            yield Finding("lock's home", f"the branch {branch} at {home.commit[:10]}, with {count}")
    if (target.root / target.lock_file).exists():
        said = f"{target.root / target.lock_file} is not read: the lockfile lives on the branch"
        yield Finding("lock in tree", said, "take the file out of git", "note")
    yield from _not_home(target)


def _not_home(target: Target) -> Iterator[Finding]:
    try:
        held = count_held(target)
        unpushed = read_unpushed(target)
    except PromptsyncError as error:
        yield _failure("not home yet", error)
        return
    if unpushed is not None:
        said = f"{target.lock_path} holds what is not on the branch"
        yield Finding("not home yet", said, "run `promptsync lock push`", "note")
    if held:
        said = f"{target.held_path} holds {_prompts(held)} until the files are merged"
        yield Finding("not home yet", said, "then run `promptsync lock push`", "note")


def _lock_in_tree(target: Target) -> Iterator[Finding]:
    for left in left_behind(target):
        yield Finding("left behind", f"{left} is not read: it waits for a branch of lockfiles", TO_BRING_BACK, "note")
    path = target.lock_path
    data, committed = read_bytes(path), git.committed(path)
    if data is not None and committed is None:
        yield Finding("lock's home", f"git does not have {path}", "commit it: it holds the ids", "fails")
    elif data is not None and committed != data.replace(b"\r\n", b"\n"):  # as git may have checked it out
        yield Finding(
            "lock's home", f"{path} is not committed as it is", "commit it, or `promptsync lock push`", "note"
        )
    else:
        yield Finding("lock's home", "in the tree, beside the prompts")
    name, driver = git.merge_driver(path)
    if name is None:
        yield Finding("merge driver", "none: git merges lockfiles line by line", "run `promptsync init`", "note")
    elif driver is None:
        hint = f"run {typed('git', 'config', f'merge.{name}.driver', DRIVER)}"
        yield Finding("merge driver", f".gitattributes names {name}, and git was not told what that is", hint, "note")
    else:
        yield Finding("merge driver", driver)


def _state(target: Target) -> Generator[Finding, None, State | None]:
    """Gives what is recorded beside the findings; None where it cannot be read."""
    try:
        state = read_state(target)
    except PromptsyncError as error:
        yield _failure("lockfile", error)
        return None
    count = len(state.on_disk.prompts)
    what = f"{target.lock_name} holds {_prompts(count)}"
    yield Finding("lockfile", what if count else f"none at {target.lock_name} yet: the first apply makes it")
    if not state.recovered.is_empty:
        yield Finding("last run", "it was interrupted, and the next apply finishes it", "run `promptsync plan`", "note")
    return state


def _network(target: Target) -> Iterator[Finding]:
    """The proxy and the certificates by which the service is reached: from the environment, without any password."""
    if target.name == SANDBOX_TARGET:
        return
    names = [name for name in ("SSL_CERT_FILE", "SSL_CERT_DIR") if target.environ.get(name)]
    for name in names:
        path = target.environ[name]
        if Path(path).exists():
            yield Finding("certificates", f"{name} names {path}")
        else:
            yield Finding("certificates", f"{name} names {path}, which is not there", f"unset {name}", "fails")
    try:
        where = target.connection
    except PromptsyncError:
        return  # Told where the service is looked at.
    proxy = proxy_host(where.base_url) if where.base_url else None
    if proxy is not None:
        yield Finding("proxy", f"the service is reached by way of {proxy}")


def _service(target: Target, files: Mapping[str, PromptFile], state: State | None, asked: Asked) -> Iterator[Finding]:
    """The key and what it reaches. Reads all that the service lists; writes nothing."""
    try:
        with connect(target, read_only=not asked.write, patience=_PATIENCE, observer=asked.observer) as api:
            service = {prompt.id: prompt for prompt in api.list_all()}
            yield Finding("host", f"{target.connection.host} answers")
            yield from _key(target, api, asked)
            yield from _clock(api)
            yield from _contents(target, files, state, service)
    except AuthError as error:
        yield _failure("key", error)
    except ServiceError as error:
        yield _failure("host", error)
    except PromptsyncError as error:
        yield _failure("key", error)


def _key(target: Target, api: Client, asked: Asked) -> Iterator[Finding]:
    if target.name == SANDBOX_TARGET:
        yield Finding("key", "the embedded sandbox needs none")
        return
    where = target.connection
    kind = "a key of one project" if is_of_project(where.key) else "a key of an older form, or of another kind"
    said = f"{where.key_name} holds {kind}, and may read"
    if not asked.write:
        yield Finding("key", f"{said}; whether it may write was not tried (`--write` does)")
        return
    try:
        with suppress(NotFoundError):
            api.update(_NOBODY, {})
    except AuthError:
        yield Finding("key", f"{said} only", "this is right for a check; an apply needs a key that may write", "note")
    else:
        yield Finding("key", f"{said} and write")


def _clock(api: Client) -> Iterator[Finding]:
    if abs(api.skew) > SKEW:
        ahead = "behind" if api.skew > 0 else "ahead of"
        said = f"this machine's is {abs(api.skew):.0f} seconds {ahead} the service's"
        yield Finding("clock", said, "set it by a time server", "note")
    else:
        yield Finding("clock", "as the service's")


def _contents(
    target: Target, files: Mapping[str, PromptFile], state: State | None, service: Mapping[str, RemotePrompt]
) -> Iterator[Finding]:
    """Whether what the key reaches is what the lockfile is of."""
    for problem in place_warnings(target, files, service.values()):
        yield Finding("project", problem.message, problem.hint, "fails")
    if state is None:
        return
    lock = state.lock
    found = owners(service, lock)
    if lock.owner is not None and found and lock.owner not in found:
        said = f"the lockfile is of {lock.owner}, and this key reaches {', '.join(sorted(found)[:3])}"
        yield Finding("workspace", said, "use the key of that workspace, or another --target", "fails")
        return
    there = len(lock.ids() & service.keys())
    said = f"{there} of {len(lock.ids())} locked prompts are there, and {len(service) - there} others"
    gone = there < len(lock.ids())
    yield Finding("prompts", said, "see `promptsync lock verify`" if gone else None, "note" if gone else "good")


def _prompts(count: int) -> str:
    return f"{count} prompt{'' if count == 1 else 's'}"


def _failure(name: str, error: PromptsyncError) -> Finding:
    return Finding(name, error.message, error.hint, "fails")
