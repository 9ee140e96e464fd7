"""Promote: one target gets what another one holds now, from the files as they were applied there."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import chain
from typing import TYPE_CHECKING

from promptsync.commands.home import read_home
from promptsync.commands.keys import with_keys
from promptsync.commands.plan import plan
from promptsync.commands.state import read_state
from promptsync.files.commits import commits_of, has_commit, load_commit
from promptsync.files.history import lock_commits
from promptsync.files.loader import Loaded
from promptsync.files.repository import Repository
from promptsync.files.tree import load_tree
from promptsync.model.canonical import source_hashes
from promptsync.model.errors import DriftedError, LoadError, UsageError
from promptsync.model.globs import matches
from promptsync.model.naming import few
from promptsync.model.provenance import parse_provenance
from promptsync.plan.changes import PlanOptions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from promptsync.files.target import Target
    from promptsync.model.lockfile import LockEntry
    from promptsync.model.prompt import Problem, PromptFile
    from promptsync.service.calls import Exchange

_DEPTH = 50
"""Commits that are looked through for the files that were applied."""
_SHOWN = 5


@dataclass(slots=True)
class _Found:
    """The files that were applied to the one target, and what the same commits ask for of the other, by key.

    `missing` are the entries whose file was not found yet.
    """

    missing: dict[str, LockEntry]
    here: dict[str, PromptFile] = field(default_factory=dict)
    there: dict[str, PromptFile] = field(default_factory=dict)
    warnings: tuple[Problem, ...] = ()


def files_of(
    source: Target, target: Target, options: PlanOptions, *, observer: Callable[[Exchange], None] | None = None
) -> Loaded:
    """The files of `source` as they were applied there, as `target` takes them.

    A file is known by the hash that the lockfile of `source` has of it: it is looked for in the commit that the
    lockfile's branch tells, in the working tree, and in the history. Raises DriftedError where no file says what is
    held of a prompt that is chosen by `only` of the options; UsageError where the two are one.
    """
    if source.name == target.name:
        raise UsageError(f"“{source.name}” cannot be promoted to itself", hint="name two targets")
    lock = read_state(source).lock
    chosen, _ = with_keys(source, PlanOptions(only=options.only), lock.prompts.keys())
    if not lock.prompts:
        raise UsageError(
            f"nothing was applied to “{source.name}” that could be promoted",
            hint="apply to it first, or look at its lockfile with `promptsync lock show`",
        )
    found = _found(source, target, lock.prompts)
    missing = [key for key in found.missing if not chosen.only or matches(key, chosen.only)]
    if missing:
        raise _unknown(source, sorted(missing))
    _raise_if_drifted(source, found, chosen, observer)
    return Loaded(dict(sorted(found.there.items())), found.warnings)


def _found(source: Target, target: Target, wanted: dict[str, LockEntry]) -> _Found:
    found = _Found(dict(wanted))
    for load in _places(source):
        if not found.missing:
            break
        _take(found, source, target, load)
    return found


def _places(source: Target) -> Iterator[Callable[[Target], Loaded]]:
    """The ways to load a target's files as they may have been applied, the likeliest first."""
    told = (commit for commit in _told(source) if has_commit(source.root, commit))
    yield from (_at(commit) for commit in told)
    yield load_tree
    if Repository.of(source.root) is not None:
        yield from (_at(commit) for commit in commits_of(source.root, _DEPTH))


def _at(commit: str) -> Callable[[Target], Loaded]:
    return lambda target: load_commit(target, commit)


def _take(found: _Found, source: Target, target: Target, load: Callable[[Target], Loaded]) -> None:
    """Adds what is found in one place. Files that are broken there were not applied."""
    try:
        here = load(source).files
    except LoadError:
        return
    fitting = [
        key for key, entry in found.missing.items() if key in here and entry.source in source_hashes(here[key].prompt)
    ]
    if not fitting:
        return
    there = load(target)
    for key in fitting:
        del found.missing[key]
        found.here[key] = here[key]
        # What the other target does not hold at all is not promoted.
        if key in there.files:
            found.there[key] = there.files[key]
    places = {file.file for file in found.there.values()}
    found.warnings = tuple(one for one in chain(found.warnings, there.warnings) if one.file in places)


def _told(source: Target) -> Iterator[str]:
    """The commits that the branch of lockfiles says were applied to a target, the newest first."""
    repository = Repository.of(source.root)
    if source.lock_branch is None or repository is None:
        return
    home = read_home(source)
    commits = lock_commits(repository, home.path(source), [home.commit] if home.commit else [])
    for _, commit in zip(range(_DEPTH), commits, strict=False):
        applies = parse_provenance(commit.message)
        yield from (apply.commit for apply in applies if apply.target == source.name and apply.commit)


def _raise_if_drifted(
    source: Target, found: _Found, chosen: PlanOptions, observer: Callable[[Exchange], None] | None
) -> None:
    """Raises DriftedError where the service of `source` does not hold what was applied there."""
    source = replace(source, config=replace(source.config, overwrite=()))
    made = plan(source, PlanOptions(only=chosen.only), tree=Loaded(found.here, ()), observer=observer).plan
    drifted = [change.key for change in made.changes if change.key in found.here]
    if drifted:
        raise DriftedError(
            f"“{source.name}” does not hold what was applied to it: {few(drifted, _SHOWN)}",
            hint=f"nothing was promoted; see `promptsync drift --target {source.name}`: `pull` takes an edit into the "
            "file, `apply --overwrite` takes it back; or leave these out with --only",
        )


def _unknown(source: Target, missing: list[str]) -> DriftedError:
    return DriftedError(
        f"no file in this history says what “{source.name}” holds of {few(missing, _SHOWN)}",
        hint=f"nothing was promoted; apply to {source.name} again, fetch more of the history, or leave these out with "
        "--only",
    )
