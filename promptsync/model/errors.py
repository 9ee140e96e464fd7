"""What can go wrong, and the exit code that tells a script about it.

PromptsyncError                     exit 1
├── UsageError                      exit 64: the command line contradicts itself
├── ConfigError                     promptsync.yaml, environment or target cannot be used
├── LoadError                       prompt files that say something impossible, all of them at once
├── LockfileError                   a lockfile that is unreadable, newer, conflicted or not ours
├── DialectError                    a prompt that the service's dialect has no place for
├── BranchError                     a branch of a git host that could not be read or written
│   ├── MovedError                  it does not point to what was built on
│   ├── DeniedError                 it takes no commit of ours
│   └── NotHomeError                exit 6: a lockfile was recorded here and could not be brought home
├── PlanError                       a plan that must not be carried out
│   ├── StalePlanError              exit 5: the world moved since the plan was saved
│   └── DriftedError                exit 3: a target does not hold what was applied to it
└── ServiceError                    the service did not do what was asked
    ├── AuthError                   401, 403: the key
    ├── NotFoundError               404
    ├── RefusedError                another 4xx: the request itself is the problem
    ├── RateLimitedError            429 for longer than we may wait
    └── UnavailableError            no usable answer; whether a write was carried out may be unknown
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from promptsync.model.prompt import Problem


class ExitCode(IntEnum):
    """The exit codes, fixed for scripts and CI."""

    DONE = 0
    ERROR = 1
    CHANGES_PENDING = 2
    CONFLICT = 3
    PARTIAL = 4
    STALE_PLAN = 5
    LOCK_NOT_HOME = 6
    USAGE = 64
    BUG = 70
    INTERRUPTED = 130


class PromptsyncError(Exception):
    """Something the user can act on: one sentence on what is wrong, one on what to do next.

    `message` is a clause without a full stop; `hint`, if there is one, is the next step in the imperative.
    """

    exit_code: ExitCode = ExitCode.ERROR

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(PromptsyncError):
    """The command line asks for something that makes no sense."""

    exit_code = ExitCode.USAGE


class ConfigError(PromptsyncError):
    """The configuration, the environment or the choice of target cannot be used."""


class LoadError(PromptsyncError):
    """Prompt files that cannot be used. `problems` holds each complaint with its place, in order of file and line."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        count = len(problems)
        super().__init__(f"{count} problem{'s' if count != 1 else ''} in the prompt files")
        self.problems = tuple(problems)


class LockfileError(PromptsyncError):
    """A lockfile that cannot be trusted; it is never overwritten."""


class BranchError(PromptsyncError):
    """A branch of a git host could not be read or written."""


class MovedError(BranchError):
    """A branch does not point any more to the commit that was built on: read it again."""


class DeniedError(BranchError):
    """A branch, or its host, does not allow this to whoever we are there."""


class NotHomeError(BranchError):
    """The lockfile was recorded on this machine, and could not be brought to where it lives."""

    exit_code = ExitCode.LOCK_NOT_HOME


class DialectError(PromptsyncError):
    """A block cannot be said in the other dialect without losing something. `fields` names what has no home."""

    def __init__(self, message: str, *, fields: Sequence[str], hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.fields = tuple(fields)


class PlanError(PromptsyncError):
    """A plan that safety forbids to carry out; nothing was written."""


class StalePlanError(PlanError):
    """A saved plan that no longer describes the world; nothing was written."""

    exit_code = ExitCode.STALE_PLAN


class DriftedError(PlanError):
    """What a target holds is not what was applied to it, and a person has to decide; nothing was written."""

    exit_code = ExitCode.CONFLICT


class ServiceError(PromptsyncError):
    """The service answered something else than what was asked for. `status` is the HTTP status, if there was one."""

    def __init__(self, message: str, *, status: int | None = None, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.status = status


class AuthError(ServiceError):
    """401 or 403: the key is missing, wrong or not allowed to do this."""


class NotFoundError(ServiceError):
    """404: no such prompt or version where this key reaches."""


class RefusedError(ServiceError):
    """Another 4xx: the service will not take this request, now or later. `detail` is the service's own text."""

    def __init__(self, message: str, *, status: int | None = None, detail: str = "", hint: str | None = None) -> None:
        super().__init__(message, status=status, hint=hint)
        self.detail = detail


class RateLimitedError(ServiceError):
    """429 for longer than the run may wait. The request was not carried out."""


class UnavailableError(ServiceError):
    """No usable answer: connection, timeout, 5xx, or a body that is cut off or no JSON.

    `ambiguous` tells whether the request may have been carried out all the same. It is False only where that is
    certain, such as a connection that was never made.
    """

    def __init__(
        self, message: str, *, status: int | None = None, ambiguous: bool = True, hint: str | None = None
    ) -> None:
        super().__init__(message, status=status, hint=hint)
        self.ambiguous = ambiguous
