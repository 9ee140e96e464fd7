"""What the checks of merged pull requests told, and so what a merge may make live.

It is found through commits and the artefacts of the runs on them, never through text that people can edit. An artefact
is read as any saved plan that came from elsewhere.
"""

from __future__ import annotations

import json
import unicodedata
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from promptsync.files.keys import ENDINGS
from promptsync.model.errors import PlanError
from promptsync.output.plan_json import dumps, plan_json
from promptsync.output.shown import shown
from promptsync.plan.approved import Told, approved
from promptsync.plan.changes import Move
from promptsync.plan.origins import file_of
from promptsync.plan.saved import parse_saved

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from promptsync.github.api import Artefact, GitHub, Pull
    from promptsync.model.prompt import Json
    from promptsync.plan.approved import Held
    from promptsync.plan.changes import Decided, Plan
    from promptsync.plan.saved import SavedPlan

EVENT = "pull_request"
"""The event whose runs may approve: what they planned is what reviewers were shown."""


def plan_artefact(target: str) -> str:
    """The name of the artefact with the plan that a check made for a target."""
    return f"promptsync-plan-{target}"


class Checks:
    """What the last checks of pull requests told of a target at `host`, looked up one by one, the newest merge first.

    `notes` say, in clauses, why the check of one of `pulls` that is among the `new` ones tells nothing.
    """

    def __init__(self, github: GitHub, pulls: Iterable[Pull], new: Collection[Pull], target: str, host: str) -> None:
        self._github = github
        self._pulls = iter(pulls)
        self._new = new
        self._target = target
        self._host = host
        self._artefacts: list[Artefact] | None = None
        self._told: dict[str, Told] = {}
        self.notes: list[str] = []

    def told(self, keys: Collection[str]) -> dict[str, Told]:
        """What was told of the keys; of several plans the one of the newest merge is right."""
        while not self._told.keys() >= set(keys):
            pull = next(self._pulls, None)
            if pull is None:
                break
            for key, changes in self._changes(pull).items():
                if key not in self._told:
                    self._told[key] = Told(f"the check of #{pull.number}", tuple(changes))
        return {key: told for key, told in self._told.items() if key in keys}

    def _changes(self, pull: Pull) -> dict[str, list[Json]]:
        try:
            saved = self._saved(pull)
        except PlanError as error:
            return self._nothing(pull, error.message)
        if saved is None:
            return self._nothing(pull, f"no plan is kept of the check of #{pull.number}")
        if (saved.target, saved.host) != (self._target, self._host):
            where = "offline" if saved.host == "offline" else f"for {saved.target} at {saved.host}"
            return self._nothing(pull, f"the check of #{pull.number} was made {where}, and approves nothing here")
        found: dict[str, list[Json]] = {}
        for change in saved.document["changes"]:
            found.setdefault(change["key"], []).append(change)
        return found

    def _saved(self, pull: Pull) -> SavedPlan | None:
        """The plan that the last check of a pull request's head kept. Raises PlanError for one that is none."""
        if self._artefacts is None:
            self._artefacts = list(self._github.artefacts(plan_artefact(self._target)))
        for artefact in self._artefacts:
            if artefact.commit == pull.head and self._github.event_of(artefact.run) == EVENT:
                data = self._github.unpacked(artefact).get(f"{self._target}.json", b"")
                return parse_saved(data, f"the plan of the check of #{pull.number}")
        return None

    def _nothing(self, pull: Pull, why: str) -> dict[str, list[Json]]:
        if pull in self._new:
            self.notes.append(why)
        return {}


class Gate:
    """Lets of a plan through what was approved, and keeps what it `held`.

    `names` are the paths that were changed by what is merged now, below `folder`; None for any.
    """

    def __init__(self, checks: Checks, names: Collection[str] | None, folder: str) -> None:
        self._checks = checks
        self._touched = _touching(names, folder)
        self.held: tuple[Held, ...] = ()

    @property
    def notes(self) -> list[str]:
        """What could not be read of the checks."""
        return self._checks.notes

    def __call__(self, plan: Plan) -> Plan:
        """The plan with what may be carried out. Raises GitHubError."""
        told = self._checks.told([change.key for change in plan.decided])
        document = json.loads(dumps(plan_json(shown(plan))))
        pairs = zip(plan.changes, document["changes"], strict=True)
        now = {change.key: as_saved for change, as_saved in pairs if change.is_decided}
        touched = {change.key for change in plan.decided if self._touched(change)}
        made, self.held = approved(plan, now, told, touched)
        return made


def _touching(names: Collection[str] | None, folder: str) -> Callable[[Decided], bool]:
    """Whether a change may come from the files of these names: its own, a text that it names, or one for many."""
    if names is None:
        return lambda _: True
    top = "" if folder == "." else f"{folder}/"
    below = {unicodedata.normalize("NFC", name.removeprefix(top)) for name in names if name.startswith(top)}
    stems = {PurePosixPath(name).name for name in below}
    if any(name.startswith("_") or name == "promptsync.yaml" for name in stems):
        return lambda _: True

    def touches(change: Decided) -> bool:
        keys = [change.key, change.old_key] if isinstance(change, Move) else [change.key]
        file = file_of(change)
        texts = {PurePosixPath(name).name for name in file.includes} if file is not None else set()
        return any(f"{key}{ending}" in below for key in keys for ending in ENDINGS) or bool(texts & stems)

    return touches
