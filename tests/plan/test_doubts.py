"""Which prompts a plan says something of that should be read again by id, since the list may show what was before."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from promptsync.model.canonical import FORMS, remote_hash
from promptsync.model.prompt import CURRENT
from promptsync.plan.changes import PlanOptions
from promptsync.plan.differ import Scope, diff
from promptsync.plan.doubts import in_doubt, shows_as_locked
from tests.factories import block, entry, file, held, locked, remote, with_schema

if TYPE_CHECKING:
    from promptsync.model.canonical import Form
    from promptsync.model.prompt import PromptFile, RemotePrompt

KEY, OTHER = "Default/a", "Default/b"
ASKED = file(KEY)
NAME = ASKED.prompt.display_name
AGREED = held(ASKED, "id-1")
LOCK = locked((KEY, entry(ASKED, AGREED)))
EDITED = replace(ASKED, prompt=replace(ASKED.prompt, block=block(temperature=0.9)))
STALE = held(EDITED, "id-1", version="v0")
NEWER = held(ASKED, "id-1", version="v2")


@pytest.mark.parametrize(
    ("files", "there", "options", "doubted"),
    [
        ([ASKED], [AGREED], {}, set()),
        ([EDITED], [AGREED], {}, set()),
        ([], [AGREED], {}, set()),
        ([], [AGREED], {"prune": True}, set()),
        ([ASKED], [], {}, set()),
        ([ASKED], [STALE], {}, {"id-1"}),
        ([replace(EDITED, protected=True)], [STALE], {}, {"id-1"}),
        ([ASKED], [STALE], {"overwrite": ("**",)}, {"id-1"}),
        ([ASKED], [NEWER], {}, {"id-1"}),
        ([], [STALE], {}, {"id-1"}),
        ([], [STALE], {"prune": True, "overwrite": ("**",)}, {"id-1"}),
        ([replace(ASKED, key=OTHER)], [STALE], {"only": (OTHER,)}, {"id-1"}),
        ([ASKED, replace(ASKED, key=OTHER)], [AGREED, remote("id-2", NAME), remote("id-3", "another")], {}, {"id-2"}),
    ],
    ids=[
        "unchanged",
        "update",
        "orphan",
        "delete",
        "gone",
        "drift",
        "changed to the same",
        "overwritten",
        "another version of the same",
        "file gone",
        "pruned",
        "perhaps moved",
        "a name that is there",
    ],
)
def test_what_is_in_doubt(
    files: list[PromptFile], there: list[RemotePrompt], options: dict[str, object], doubted: set[str]
) -> None:
    by_key = {one.key: one for one in files}
    service = {one.id: one for one in there}
    made = diff(by_key, LOCK, service, Scope("default"), PlanOptions(**options))  # type: ignore[arg-type]
    assert in_doubt(made, by_key, LOCK, service) == doubted


@pytest.mark.parametrize("form", FORMS)
def test_a_prompt_is_as_locked_by_whatever_rules_the_lock_is(form: Form) -> None:
    asked = file(KEY, with_schema({"n": {}, "a": {}}))
    there, turned = held(asked), held(file(KEY, with_schema({"a": {}, "n": {}})))
    one = replace(entry(asked, there), remote=remote_hash(there, CURRENT, form=form))
    assert shows_as_locked(one, there, asked)
    assert shows_as_locked(one, turned, asked) == (not form.in_order)
    assert not shows_as_locked(one, held(file(KEY, with_schema({"n": {}})), content=block()), asked)
