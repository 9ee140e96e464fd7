"""The lockfile's way home after an apply: a signed commit, or a pull request where the branch takes none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from promptsync.commands.push import WAITING, push
from promptsync.model.errors import PromptsyncError
from promptsync.model.provenance import HEADLINE
from promptsync.output.markdown import code, fenced

if TYPE_CHECKING:
    from promptsync.files.target import Target
    from promptsync.github.api import GitHub
    from promptsync.model.provenance import Provenance


@dataclass(frozen=True, slots=True)
class Home:
    """Where the lockfile is now, in a sentence; `problem` is what kept it from coming home."""

    said: str
    problem: PromptsyncError | None = None


def bring_home(target: Target, github: GitHub, branch: str, provenance: Provenance) -> Home:
    """Brings the lockfile home, whatever the apply came to; what keeps it from that is in what it gives."""
    try:
        pushed = push(
            target, github, branch=branch, provenance=provenance, joins=lambda: any(github.own_pulls(WAITING, branch))
        )
        if pushed.is_proposed:
            return _proposed(github, branch, provenance)
    except PromptsyncError as error:
        return Home(f"The lockfile did not come home: {error.message}", error)
    if not pushed.commit:
        return Home(f"The lockfile on {pushed.branch} says so already")
    return Home(f"The lockfile is on {pushed.branch}, by the commit {pushed.commit[:10]}")


def _proposed(github: GitHub, branch: str, provenance: Provenance) -> Home:
    """Opens the one pull request with the lockfile, or finds it open, and asks for it to be merged when it is ready."""
    pull = github.own_pull(WAITING, branch) or github.create_pull(WAITING, branch, HEADLINE, _body(branch, provenance))
    merges = "; it is merged when it is ready" if github.merge_when_ready(pull) else "; merge it soon"
    return Home(f"{branch} takes no commit of this run: the lockfile waits in {pull.url}{merges}")


def _body(branch: str, provenance: Provenance) -> str:
    return (
        f"<p>An apply has changed the lockfile, and {code(branch)} takes no commit of its run. "
        "Merge this soon: it holds the ids and versions of what is live.</p>\n\n"
        f"{fenced(provenance.trailers.splitlines())}\n"
    )
