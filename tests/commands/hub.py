"""A hosted repository with a folder of prompts, clones of it, and who answers for its branches: git, or an API."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from promptsync.commands.push import push
from promptsync.files.remote import Remote
from promptsync.files.target import open_target
from promptsync.github.api import GitHub
from promptsync.model.lockfile import LockEntry, Lockfile, dump, parse
from promptsync.model.prompt import CURRENT
from promptsync.model.provenance import Provenance
from tests.e2e.checkout import Checkout
from tests.github.server import REPOSITORY, TOKEN, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from promptsync.commands.results import Pushed
    from promptsync.files.branches import Branches, Proposed
    from promptsync.files.target import Target
    from tests.github.server import FakeGitHub

PLACE = "prompts/promptsync.lock.json"
STATE = "promptsync/state"
ENVIRON = {"ORQ_API_KEY": "key-for-tests"}
REFUSES = """#!/bin/sh
while read -r old new ref; do
  case " {branches} " in *" $ref "*) echo "GH006: Protected branch update failed." >&2; exit 1 ;; esac
done
"""


def entry(id: str, version: str = "v1") -> LockEntry:
    """An entry of a prompt; another version says something else."""
    return LockEntry(id, version, "Default", id, CURRENT, f"sha256:{version}", f"sha256:{version}")


def lock(**entries: LockEntry) -> Lockfile:
    return Lockfile({f"Default/{name}": one for name, one in entries.items()}, "acme")


@dataclass
class Watched:
    """Branches, with someone else who may be quicker: `before` is called before a commit is made, one each."""

    branches: Branches
    before: list[Callable[[], object]] = field(default_factory=list)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.branches, name)

    def _meanwhile(self) -> None:
        if self.before:
            self.before.pop(0)()

    def commit(
        self, branch: str, onto: str | None, files: Mapping[str, bytes | None], headline: str, body: str = ""
    ) -> str:
        self._meanwhile()
        return self.branches.commit(branch, onto, files, headline, body)

    def propose(
        self, branch: str, base: str, onto: str, files: Mapping[str, bytes | None], headline: str, body: str = ""
    ) -> Proposed:
        return self.branches.propose(branch, base, onto, files, headline, body)


class Hub:
    """The repository, `kind` of whose branches is asked: `git` or `github`."""

    def __init__(self, github: FakeGitHub, url: str, kind: str, folder: Path) -> None:
        self.github = github
        self.kind = kind
        self.folder = folder
        self.slept: list[float] = []
        self._url = url
        self._stack = ExitStack()

    def clone(self, name: str, *options: str) -> Checkout:
        """A clone, as another machine has it."""
        made = Checkout(self.folder / name)
        Checkout(self.folder).git("clone", "--quiet", *options, self.github.git_folder.as_uri(), str(made.path))
        made.configure()
        return made

    def target(self, clone: Checkout, name: str = "default") -> Target:
        return open_target(clone.path / "prompts", name, environ=ENVIRON)

    def branches(self, clone: Checkout) -> Watched:
        if self.kind == "git":
            return Watched(Remote(clone.path / "prompts", state_branch=STATE))
        client = GitHub(REPOSITORY, TOKEN, api_url=self._url, sleep=self.slept.append)
        self._stack.callback(client.close)
        return Watched(client)

    def protect(self, *branches: str) -> None:
        """Makes branches take no commit but by a pull request."""
        self.github.protected.update(branches)
        hook = self.github.git_folder / "hooks/pre-receive"
        hook.write_text(REFUSES.format(branches=" ".join(f"refs/heads/{branch}" for branch in branches)))
        hook.chmod(0o755)

    def lock(self, branch: str, place: str = PLACE) -> Lockfile:
        return parse(self.github.file(branch, place), place)

    def record(self, branch: str, found: Lockfile | bytes, place: str = PLACE) -> str:
        """Someone else brings a lockfile to a branch."""
        return self.github.commit(branch, {place: dump(found) if isinstance(found, Lockfile) else found}, "else")

    def push(self, clone: Checkout, branches: Branches, branch: str | None = "main", name: str = "default") -> Pushed:
        provenance = Provenance(name, commit="c" * 40, by="mona")
        target = self.target(clone, name)
        return push(target, branches, branch=branch, provenance=provenance, sleep=self.slept.append)

    def close(self) -> None:
        self._stack.close()


@contextmanager
def hosted(folder: Path, kind: str, files: Mapping[str, bytes]) -> Iterator[Hub]:
    """A hosted repository whose branch `main` holds these files."""
    with serving(folder) as (github, url):
        github.commit("main", dict(files), "first")
        hub = Hub(github, url, kind, folder)
        try:
            yield hub
        finally:
            hub.close()


def write_lock_file(clone: Checkout, found: Lockfile, name: str = "promptsync.lock.json") -> Path:
    path = clone.path / "prompts" / name
    path.write_bytes(dump(found))
    return path
