"""Whether the key of a target and the folders of its prompts fit: a key of today is of one project.

Source: orq.ai's documentation of API keys ("each key is scoped to a single project") and of `path`: with such a key it
is relative to the project, and a leading project name that matches is ignored.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptsync.model.naming import few
from promptsync.model.prompt import Problem
from promptsync.model.secrets import is_of_project

if TYPE_CHECKING:
    from collections.abc import Iterable

    from promptsync.model.prompt import RemotePrompt


def misplaced(paths: Iterable[str], service: Iterable[RemotePrompt], key: str, key_name: str) -> Problem | None:
    """What to say where prompts of several projects would go by a key of one; None where that is not so.

    `paths` are those wanted, prefix and all. The first folder of a path is its project. A service whose prompts are of
    several domains shows that the key reaches further than its form says.
    """
    if not is_of_project(key):
        return None
    tops = sorted({path.partition("/")[0] for path in paths})
    domains = {prompt.raw.get("domain_id") for prompt in service} - {None}
    if len(tops) < 2 or len(domains) > 1:
        return None
    named = few([f"“{top}”" for top in tops], 5)
    return Problem(
        key_name,
        0,
        0,
        f"this key is of one project, and the prompts are of {len(tops)} ({named}): "
        "those of another project would be made in a folder of this one",
        "give each project a target with a key of its own, in promptsync.yaml, and a folder with `--dir`",
        severity="warning",
    )
