"""What is asked of a git host's branches, by whoever reads or writes one file of them: git itself, or a host's API."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True, slots=True)
class Proposed:
    """A commit that waits on a branch of its own. `url` is what the host said of it: a merge request, or where to open
    one; empty where it said nothing.
    """

    commit: str
    url: str = ""


class Branches(Protocol):
    """The branches of one repository. A commit's id stands for what is there; each method raises PromptsyncError."""

    def tip(self, branch: str) -> str | None:
        """The commit that a branch points to now, asked of the host; None where there is no such branch."""

    def read(self, path: str, commit: str) -> bytes | None:
        """The content of a file at a commit, as data; None where there is none."""

    def names(self, commit: str) -> list[str]:
        """The paths of all files at a commit."""

    def merge_base(self, one: str, other: str) -> str | None:
        """The commit that two commits both build on; None where there is none."""

    def changed(self, base: str, commit: str) -> Sequence[str] | None:
        """The paths in which a commit differs from `base`, which it builds on; None where not all are told."""

    def commit(
        self, branch: str, onto: str | None, files: Mapping[str, bytes | None], headline: str, body: str = ""
    ) -> str:
        """Commits files to a branch if it still points to `onto` (None: if there is none), and gives the new commit.

        A file of None is taken away. Raises MovedError where the branch points elsewhere, DeniedError where it takes
        no commit of ours.
        """

    def propose(
        self, branch: str, base: str, onto: str, files: Mapping[str, bytes | None], headline: str, body: str = ""
    ) -> Proposed:
        """Makes a branch that is one commit ahead of `onto`, the tip of `base`, or moves it there, whatever it held.

        Raises MovedError where someone else moved it meanwhile, DeniedError where it takes no commit of ours.
        """
