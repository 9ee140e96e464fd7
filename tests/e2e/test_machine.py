"""Whatever people do here and there: no id is lost, no prompt is made twice, no edit disappears unseen."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from promptsync.commands import apply as applying
from promptsync.commands import plan as planning
from promptsync.commands import pull as pulling
from promptsync.model.errors import ExitCode, PlanError
from promptsync.model.lockfile import dump, parse
from promptsync.plan.changes import Conflict, Delete, Drift, Forget, Move, Orphan, PlanOptions, Recreate
from promptsync.sandbox import Behaviour
from tests.embedded import Here

if TYPE_CHECKING:
    from promptsync.plan.changes import Plan

KEYS = [f"{folder}/{name}" for folder in ("Default", "Other") for name in ("a", "b", "c")]
LINES = ["one", "two", "three", "four"]
NAMES = st.sampled_from(["a", "b", "Named", "Other name"])
BLOCKS = {"current": "prompt", "classic": "prompt_config"}


class Colleagues(RuleBasedStateMachine):
    """Someone who edits files and runs the tool, and someone in the web page.

    The test keeps in mind what each edit in the web page was (`marks`, a text that no one else writes), until the
    tool has shown that it is overwritten, or it is in a file, or whoever made it took it back.
    """

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="machine"))
        self.count = 0

    @initialize(
        dialect=st.sampled_from(["current", "classic"]),
        patch=st.sampled_from(["merge", "replace"]),
        version_on=st.sampled_from(["block", "any", "always"]),
    )
    def begin(self, dialect: str, patch: str, version_on: str) -> None:
        self.block = BLOCKS[dialect]
        behaviour = Behaviour(dialect=dialect, patch=patch, version_on=version_on)  # type: ignore[arg-type]
        self.here = Here(self.folder, behaviour)
        self.sandbox = self.here.sandbox
        self.marks: dict[str, str] = {}  # an edit in the web page, by the id of the prompt
        self.ours: set[str] = set()  # ids that were ever in the lock
        self.theirs: dict[str, Any] = {}  # the prompts made in the web page, as they were made
        self.may_go: set[str] = set()  # ids that were deleted there, or by a delete that was shown
        self.write("Default/a", {"line": "one"})

    def teardown(self) -> None:
        if hasattr(self, "here"):
            self.here.close()
        shutil.rmtree(self.folder)

    def files(self) -> list[str]:
        return sorted(p.relative_to(self.folder).as_posix()[:-5] for p in self.folder.rglob("[!.]*.yaml"))

    def path(self, key: str) -> Path:
        return self.folder / f"{key}.yaml"

    def read(self, key: str) -> Any:
        return yaml.safe_load(self.path(key).read_text(encoding="utf-8"))

    def content(self, line: str, extra: str = "") -> str:
        return "\n".join(["First.", line, "Middle.", extra, "Last."])

    def write(self, key: str, said: Any) -> None:
        path = self.path(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        if "line" in said:
            said = {self.block: {"messages": [{"role": "user", "content": self.content(said["line"])}]}}
        path.write_text(yaml.safe_dump(said, sort_keys=False), encoding="utf-8")

    def ids(self) -> dict[str, str]:
        return {key: entry.id for key, entry in self.here.lock.prompts.items()}

    def there(self) -> dict[str, Any]:
        return {prompt["_id"]: prompt for prompt in self.sandbox.prompts()}

    def text_there(self, prompt: Any) -> str:
        return str(prompt[self.block]["messages"][0]["content"])

    @rule(key=st.sampled_from(KEYS), line=st.sampled_from(LINES))
    def write_a_file(self, key: str, line: str) -> None:
        if self.path(key).exists():
            said = self.read(key)
            text = said[self.block]["messages"][0]["content"].split("\n")
            text[1] = line
            said[self.block]["messages"][0]["content"] = "\n".join(text)
        else:
            said = {"line": line}
        self.write(key, said)

    @rule(data=st.data(), name=NAMES)
    def name_a_prompt(self, data: st.DataObject, name: str) -> None:
        key = data.draw(st.sampled_from(self.files()))
        self.write(key, {**self.read(key), "display_name": name})

    @precondition(lambda self: len(self.files()) > 1)
    @rule(data=st.data())
    def delete_a_file(self, data: st.DataObject) -> None:
        self.path(data.draw(st.sampled_from(self.files()))).unlink()

    @rule(data=st.data(), new=st.sampled_from(KEYS))
    def rename_a_file(self, data: st.DataObject, new: str) -> None:
        old = data.draw(st.sampled_from(self.files()))
        if not self.path(new).exists():
            self.path(new).parent.mkdir(parents=True, exist_ok=True)
            self.path(old).rename(self.path(new))

    @rule(data=st.data(), new=st.sampled_from(KEYS))
    def rename_a_file_when_all_is_agreed(self, data: st.DataObject, new: str) -> None:
        """Then it is a move, or a conflict that lists what it may be; never a delete and a create."""
        old = data.draw(st.sampled_from(self.files()))
        try:
            made = planning.plan(self.here.target, PlanOptions()).plan
        except PlanError:
            return
        texts = [self.read(key)[self.block] for key in self.files()]
        if made.decided or made.conflicts or texts.count(self.read(old)[self.block]) > 1:
            return
        if self.path(new).exists() or new in self.ids():
            # A key that is locked stays what it is: a file put in the place of another one updates that.
            return
        self.path(new).parent.mkdir(parents=True, exist_ok=True)
        self.path(old).rename(self.path(new))
        after = planning.plan(self.here.target, PlanOptions(prune=True)).plan
        (change,) = [change for change in after.changes if change.key == new]
        assert isinstance(change, Move | Conflict)
        assert not any(isinstance(change, Delete) and change.key == old for change in after.changes)

    @precondition(lambda self: self.ids())
    @rule(data=st.data())
    def edit_there(self, data: st.DataObject) -> None:
        prompts = self.there()
        managed = sorted(set(self.ids().values()) & prompts.keys())
        if not managed:
            return
        id_ = data.draw(st.sampled_from(managed))
        self.count += 1
        mark = f"edit {self.count}"
        text = self.text_there(prompts[id_]).split("\n")
        text[3] = mark
        self.sandbox.ui_edit(id_, {self.block: {"messages": [{"role": "user", "content": "\n".join(text)}]}})
        self.marks[id_] = mark

    @precondition(lambda self: self.ids())
    @rule(data=st.data())
    def delete_there(self, data: st.DataObject) -> None:
        managed = sorted(set(self.ids().values()) & self.there().keys())
        if managed:
            id_ = data.draw(st.sampled_from(managed))
            self.sandbox.ui_delete(id_)
            self.may_go.add(id_)
            self.marks.pop(id_, None)

    @rule(name=NAMES)
    def create_there(self, name: str) -> None:
        block = {"messages": [{"role": "user", "content": "Theirs."}]}
        made = self.sandbox.ui_create({"display_name": name, "path": "Else", self.block: block})
        self.theirs[made["_id"]] = made

    @rule()
    def plan(self) -> None:
        before, lock = self.there(), self.here.lock
        with suppress(PlanError):
            planning.plan(self.here.target, PlanOptions())
        assert (self.there(), self.here.lock) == (before, lock)

    @rule(prune=st.booleans(), overwrite=st.sampled_from([(), ("**",), ("Default/*",)]), twins=st.booleans())
    def apply(self, prune: bool, overwrite: tuple[str, ...], twins: bool) -> None:
        shown: list[Plan] = []
        options = PlanOptions(prune=prune, overwrite=overwrite, create_twins=twins)
        watcher = applying.Watcher(on_plan=lambda planned: shown.append(planned.plan))
        before = self.ids()
        try:
            applied = applying.apply(self.here.target, options, parallelism=1, watcher=watcher)
        except PlanError:
            assert sum(id_ not in self.there() for id_ in before.values()) * 2 > len(before)
            return
        (made,) = shown
        self.see(made, before)
        assert applied.exit_code == (ExitCode.CONFLICT if made.conflicts else ExitCode.DONE)
        try:
            again = planning.plan(self.here.target, options).plan
        except PlanError:
            # Two of two that are gone are no wrong place yet, two of three are.
            assert made.conflicts
            return
        left = {change.key for change in made.changes if isinstance(change, Conflict | Drift | Orphan)}
        assert not again.decided
        assert {change.key for change in again.changes} <= left

    def see(self, made: Plan, before: dict[str, str]) -> None:
        """What the plan showed that it would take away, before it did."""
        for change in made.decided:
            if isinstance(change, Delete):
                self.may_go.add(change.id)
                mark = self.marks.pop(change.id, None)
                held = {change.key for change in made.changes if change.warnings}
                assert mark is None or change.key in held
            elif isinstance(change, Forget | Recreate):
                assert change.id in self.may_go
            elif change.id in self.marks and any(
                self.marks[change.id] in str(item.before) and self.marks[change.id] not in str(item.after)
                for item in change.diff
            ):
                assert change.warnings, "an edit is overwritten and the plan does not say so"
                del self.marks[change.id]
        kept = set(self.ids().values())
        assert set(before.values()) - kept <= self.may_go

    @rule(resolve=st.sampled_from([None, "ours", "theirs"]))
    def pull(self, resolve: Any) -> None:
        before = self.there()
        try:
            done = pulling.pull(self.here.target, (), resolve)
        except PlanError:
            return
        assert self.there() == before
        assert resolve is None or not any(pulled.is_open for pulled in done)
        for key, id_ in self.ids().items():
            if id_ in self.marks and self.path(key).exists():
                came = self.marks[id_] in self.path(key).read_text(encoding="utf-8")
                # In a file it is ours to change. `--ours` gave it up where both sides changed one line, knowingly.
                if came or resolve == "ours":
                    del self.marks[id_]

    @invariant()
    def no_id_is_lost_and_none_is_there_twice(self) -> None:
        if not hasattr(self, "here"):
            return
        ids = list(self.ids().values())
        assert len(ids) == len(set(ids))
        self.ours |= set(ids)
        assert self.ours <= set(ids) | self.may_go
        assert set(ids) - self.may_go <= self.there().keys()

    @invariant()
    def nothing_was_made_that_no_one_asked_for(self) -> None:
        if hasattr(self, "here"):
            assert self.there().keys() <= self.ours | self.theirs.keys()

    @invariant()
    def what_is_not_ours_is_as_it_was(self) -> None:
        if hasattr(self, "here"):
            there = self.there()
            assert {id_: there.get(id_) for id_ in self.theirs} == self.theirs

    @invariant()
    def no_edit_disappeared_unseen(self) -> None:
        if hasattr(self, "here"):
            there = self.there()
            for id_, mark in self.marks.items():
                assert mark in self.text_there(there[id_])

    @invariant()
    def the_lock_can_be_read_again(self) -> None:
        if hasattr(self, "here"):
            lock = self.here.lock
            assert parse(dump(lock), "lock") == lock


TestColleagues = Colleagues.TestCase
TestColleagues.settings = settings(
    max_examples=40, stateful_step_count=25, suppress_health_check=list(HealthCheck), deadline=None
)
