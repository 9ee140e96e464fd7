"""What others would do with files of this checkout that are merged before the lockfile's branch tells of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from promptsync.commands.held import without_held
from promptsync.commands.state import scope_of
from promptsync.files.target import CONFIG_NAME
from promptsync.model.errors import UsageError
from promptsync.plan.changes import Create, PlanOptions
from promptsync.plan.differ import diff

if TYPE_CHECKING:
    from collections.abc import Mapping

    from promptsync.commands.state import State
    from promptsync.files.target import Target
    from promptsync.model.prompt import PromptFile


class Tie(NamedTuple):
    """A file that is to be the prompt `id`, which bears the name `name` on the service."""

    file: PromptFile
    id: str
    name: str


def check_ties(target: Target, state: State, files: Mapping[str, PromptFile], ties: list[Tie]) -> None:
    """Raises UsageError for a tie without which an apply of the merged files would make a prompt a second time.

    Others do not know of it until `lock push`. They see a conflict in a file of an unmanaged prompt's name, and a move
    in one that is like the one that is gone; else they see a new prompt. `files` are those of the checkout.
    """
    if target.lock_branch is None:
        return
    known = without_held(state.lock, state.held)
    ids, new = known.ids(), [tie for tie in ties if tie.file.key not in known.prompts]
    options = PlanOptions(create_twins=target.config.create_twins)
    for tie in new:
        if tie.id not in ids:
            _check_name(tie, options)
    if any(tie.id in ids for tie in new):
        made = diff(files, known, None, scope_of(target, offline=True), options)
        created = {change.key for change in made.changes if isinstance(change, Create)}
        moved = [tie.file.key for tie in new if tie.id in ids and tie.file.key in created]
        if moved:
            raise UsageError(
                f"an apply of the merged files would not know `{moved[0]}` again, and make another prompt of it",
                hint="rename the file and change nothing else in it, merge and apply that, then change it",
            )


def _check_name(tie: Tie, options: PlanOptions) -> None:
    key = tie.file.key
    if options.create_twins:
        raise UsageError(
            f"with the policy `create_twins`, an apply of the merged file would make the prompt of `{key}` again",
            hint=f"take the policy out of {CONFIG_NAME} first, and put it back after `promptsync lock push`",
        )
    if tie.file.prompt.display_name != tie.name:
        raise UsageError(
            f"`{key}` says the name “{tie.file.prompt.display_name}” and the prompt has “{tie.name}”, "
            "so that an apply of the merged file would make another prompt of it",
            hint="give the file the prompt's name as its `display_name`, and change that after `promptsync lock push`",
        )
