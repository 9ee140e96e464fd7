"""What commands come back with: values that say all of what was done, for `output` to show and `cli` to exit by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from promptsync.model.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from promptsync.files.yaml.edits import Edit
    from promptsync.merge.prompts import FieldConflict
    from promptsync.model.compare import FieldDiff
    from promptsync.model.errors import PlanError, PromptsyncError
    from promptsync.model.lockchanges import LockChange
    from promptsync.model.lockfile import Lockfile
    from promptsync.model.prompt import Problem, PromptFile, RemotePrompt
    from promptsync.model.provenance import Provenance
    from promptsync.plan.changes import Outcome, Plan

Side: TypeAlias = Literal["ours", "theirs"]
"""Of two sides of a lockfile, the one that decides where they disagree."""


HeldFor: TypeAlias = Literal["merged", "here"]
"""Files with which an entry waits for a branch of lockfiles: merged into the default branch, or of this checkout."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan, where it would be applied, what the files gave cause to warn about, and what an earlier run left open.

    `refused` says why an apply would not begin with it. `unmanaged` are the prompts on the service that neither a
    lockfile of this root nor the plan knows, where that was asked.
    """

    plan: Plan
    host: str
    warnings: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()
    refused: PlanError | None = None
    unmanaged: tuple[RemotePrompt, ...] = ()

    def check_code(self, *, fail_on_drift: bool, fail_on_unmanaged: bool = False) -> ExitCode:
        """The exit code of `check`: a plan that is refused and conflicts fail; drift, unmanaged prompts where asked."""
        if self.refused is not None:
            return self.refused.exit_code
        asked = (fail_on_drift and self.plan.drifts) or (fail_on_unmanaged and self.unmanaged)
        failed = self.plan.conflicts or asked
        return ExitCode.CONFLICT if failed else ExitCode.DONE

    def exit_code(self, *, detailed: bool = False) -> ExitCode:
        """The exit code of `plan`: by default that a plan could be made, in detail what it says."""
        if not detailed:
            return ExitCode.DONE
        if self.plan.conflicts or self.plan.drifts:
            return ExitCode.CONFLICT
        return ExitCode.CHANGES_PENDING if self.plan.decided else ExitCode.DONE


@dataclass(frozen=True, slots=True)
class Validated:
    """How many prompt files were looked at, and what is wrong or odd about them."""

    count: int
    problems: tuple[Problem, ...] = ()

    @property
    def errors(self) -> tuple[Problem, ...]:
        """What must not go on like this."""
        return tuple(problem for problem in self.problems if problem.severity == "error")

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """What is odd."""
        return tuple(problem for problem in self.problems if problem.severity == "warning")


@dataclass(frozen=True, slots=True)
class Reformatted:
    """A prompt file that is not in the one layout: its text before and after, and the texts that move beside it."""

    file: str
    before: str
    after: str
    texts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Laid(Validated):
    """The same, with the files that were laid out anew; a warning tells why a file was left as it is."""

    changed: tuple[Reformatted, ...] = ()


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of a plan. `outcomes` is empty where nothing was begun.

    `problem` is what kept the lockfile or the journal from being written in the end.
    """

    plan: Plan
    outcomes: tuple[Outcome, ...] = ()
    interrupted: bool = False
    problem: PromptsyncError | None = None

    @property
    def exit_code(self) -> ExitCode:
        """The exit code of `apply`: what went wrong before what waits for a decision."""
        if self.interrupted:
            return ExitCode.INTERRUPTED
        if self.problem is not None:
            return ExitCode.PARTIAL if self.outcomes else self.problem.exit_code
        statuses = {outcome.status for outcome in self.outcomes}
        if statuses & {"failed", "skipped", "not converged"}:
            return ExitCode.PARTIAL
        return ExitCode.CONFLICT if self.plan.conflicts or "left" in statuses else ExitCode.DONE


@dataclass(frozen=True, slots=True)
class Pulled:
    """What became of one file.

    `edits` were made in it, which changed `fields` (before and after in the file). `conflicts` are left in it as they
    were, and `kept` are those decided for the file beforehand. `problem` says why nothing could be done, and
    `base_is_gone` that the service no longer has the version that both sides come from. `is_unsettled` tells that both
    sides changed and no lockfile records that they were joined: an apply of the file asks for a decision.
    """

    key: str
    edits: tuple[Edit, ...] = ()
    fields: tuple[FieldDiff, ...] = ()
    conflicts: tuple[FieldConflict, ...] = ()
    kept: tuple[FieldConflict, ...] = ()
    problem: str | None = None
    base_is_gone: bool = False
    is_unsettled: bool = False

    @property
    def is_open(self) -> bool:
        """Whether something is left to decide."""
        return bool(self.conflicts) or self.problem is not None


@dataclass(frozen=True, slots=True)
class DryRun:
    """What a pull would do, not done: what would become of each file, and its content `before` and `after`.

    Paths are relative to the root, with `/`; those that would stay as they are, are left out. `unsettled` are the keys
    of merged files whose new base stands in no lockfile here: an apply of them asks for a decision.
    """

    pulled: tuple[Pulled, ...]
    before: Mapping[str, bytes]
    after: Mapping[str, bytes]
    unsettled: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LockMerged:
    """What came of a merge of lockfiles: a sentence for each true conflict, and for what was decided for one side."""

    conflicts: list[str]
    decided: list[str]


@dataclass(frozen=True, slots=True)
class Pushed:
    """Where the lockfile is home now: the branch, and the commit that brought it there, empty where it was there.

    `is_proposed` tells that the branch it belongs on took no commit, so that it waits on this one to be merged; `url`
    is what the host said of that. `held` is for how many prompts something waits here for the merge of their files.
    """

    branch: str
    commit: str = ""
    is_proposed: bool = False
    url: str = ""
    held: int = 0


@dataclass(frozen=True, slots=True)
class Moved:
    """Where the lockfiles live now, None for the tree, and the files that changed and are to be committed for that."""

    branch: str | None
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Preview:
    """A preview of the prompts of `target`, and what was recorded of it. Its paths begin with `path_prefix`."""

    name: str
    target: str
    path_prefix: str
    lock: Lockfile


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did: the id of each new key, and for each prompt left out the sentence that says why."""

    keys: dict[str, str]
    left_out: dict[str, str]
    allow_fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Adopted:
    """A file that was tied to a prompt, what an apply would change on it, and the fields that only the service has."""

    file: PromptFile
    plan: Plan
    only_there: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Pair:
    """A file and the one unmanaged prompt that bears its name; `fields` are those that differ.

    `only_there` are those that only the service has. What the first apply would take away is `lost`: then the two are
    not tied.
    """

    file: PromptFile
    remote: RemotePrompt
    fields: tuple[str, ...]
    only_there: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a doctor looked at: its `name`, what was seen, and what to do about it.

    A `note` is worth a look; with what `fails`, a command would fail too.
    """

    name: str
    said: str
    hint: str | None = None
    level: Literal["good", "note", "fails"] = "good"


@dataclass(frozen=True, slots=True)
class Step:
    """One version in a prompt's history: what it changed from the one before, and whether the lock holds it."""

    version: str
    timestamp: str | None
    by: str | None
    changes: tuple[FieldDiff, ...]
    is_locked: bool = False
    is_first: bool = False


@dataclass(frozen=True, slots=True)
class Recorded:
    """A commit of the lockfile and what it recorded. `time` is ISO 8601, empty where the commit tells none.

    `applies` are those that it tells of, `sources` the first lines of the messages of the commits that were applied, by
    their ids, where they are in this clone. `is_readable` is False where the lockfile in it is none.
    """

    commit: str
    time: str
    author: str
    subject: str
    applies: tuple[Provenance, ...]
    sources: dict[str, str]
    changes: tuple[LockChange, ...]
    is_readable: bool = True


@dataclass(frozen=True, slots=True)
class Live:
    """A prompt of which the service holds another version than the lockfile; `version` is None where it is gone.

    `updated` and `by` are the service's own words. `commit` is one of the lockfile that holds this version; an empty
    one tells that there is none: someone edited it there.
    """

    key: str
    id: str
    locked: str | None
    version: str | None
    updated: str = ""
    by: str = ""
    commit: str = ""


@dataclass(frozen=True, slots=True)
class Log:
    """The history of a lockfile, or of one `key` of it, newest first.

    `live` is what the service holds otherwise, None where it was not asked. `uncommitted` is what the lockfile says now
    and no commit does. `cut` are commits with which the history ends, since what was before is not in this clone.
    """

    target: str
    key: str | None
    commits: tuple[Recorded, ...]
    live: tuple[Live, ...] | None
    uncommitted: tuple[LockChange, ...] = ()
    cut: tuple[str, ...] = ()
