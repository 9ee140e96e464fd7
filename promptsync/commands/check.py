"""Check: the pre-merge check of files, lockfile and plan."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from promptsync.commands.keys import with_keys
from promptsync.commands.lint import lint
from promptsync.commands.plan import plan
from promptsync.commands.state import read_lock
from promptsync.commands.unmanaged import unmanaged
from promptsync.files.git import lock_at_base
from promptsync.files.tree import load_tree
from promptsync.merge.locks import edits
from promptsync.model.errors import LoadError
from promptsync.model.globs import matches
from promptsync.model.prompt import Problem
from promptsync.plan.changes import PlanOptions

if TYPE_CHECKING:
    from collections.abc import Callable

    from promptsync.commands.results import Planned
    from promptsync.files.loader import Loaded
    from promptsync.files.target import Target
    from promptsync.service.calls import Exchange

_BASE_BRANCH = "GITHUB_BASE_REF"
"""The variable in which GitHub names the branch that a pull request is to be merged into."""


def check(
    target: Target,
    options: PlanOptions | None = None,
    *,
    offline: bool = False,
    with_unmanaged: bool = False,
    observer: Callable[[Exchange], None] | None = None,
) -> Planned:
    """The plan of what a merge would do, if the apply is given these options, `with_unmanaged` prompts if asked.

    The caller judges drift and unmanaged prompts; conflicts fail. What was changed in the lockfile by hand is among the
    warnings, and so is what the rules find. Raises LoadError where that is an error.
    """
    options = options or PlanOptions()
    tree = load_tree(target)
    found = _lint(target, tree, options.only)
    planned = plan(target, options, tree=tree, offline=offline, observer=observer)
    # What the loader warns of is among what was found, as the configuration has it.
    rest = (one for one in planned.warnings if one not in tree.warnings)
    planned = replace(planned, warnings=(*found, *rest))
    if with_unmanaged:
        taken = {change.id for change in planned.plan.changes}
        others = (prompt for prompt in unmanaged(target, observer=observer) if prompt.id not in taken)
        planned = replace(planned, unmanaged=tuple(others))
    base = lock_at_base(target.lock_path, target.environ.get(_BASE_BRANCH))
    if base is None:
        return planned
    name, hint = target.lock_path.as_posix(), "look at the changes of the lockfile, and at the prompts in orq.ai"
    warnings = tuple(
        Problem(name, 0, 0, sentence, hint, severity="warning")
        for key, sentence in edits(base, read_lock(target))
        if not options.only or matches(key, options.only)
    )
    return replace(planned, warnings=(*planned.warnings, *warnings))


def _lint(target: Target, tree: Loaded, only: tuple[str, ...]) -> tuple[Problem, ...]:
    """What the rules find in the files that are meant. Raises LoadError where some of it is an error."""
    keys = None
    if only:
        options, _ = with_keys(target, PlanOptions(only=only), tree.files.keys() | read_lock(target).prompts.keys())
        keys = {key for key in tree.files if matches(key, options.only)}
    found = lint(target, tree.files, tree.warnings, keys)
    errors = [problem for problem in found if problem.severity == "error"]
    if errors:
        raise LoadError(errors)
    return found
