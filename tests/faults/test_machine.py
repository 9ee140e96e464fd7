"""Two runners that crash, lose answers and lose their disks, while people edit files and prompts: what always holds."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from unittest import mock

import yaml
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from promptsync.apply.applier import Applier
from promptsync.commands import apply as applying
from promptsync.commands import gather as gathering
from promptsync.commands import plan as planning
from promptsync.model.errors import ExitCode, PromptsyncError
from promptsync.model.lockfile import parse
from promptsync.plan.changes import PlanOptions
from promptsync.sandbox import Behaviour, Fault, Sandbox
from promptsync.service.transport import Transport
from tests.e2e.world import current
from tests.embedded import served, target_at

if TYPE_CHECKING:
    from promptsync.files.target import Target

RUNNERS = st.sampled_from(["one", "other"])
CONTENT = st.integers(0, 5)
KINDS = st.sampled_from(["500", "503", "429:retry-after=2", "drop", "cut", "garbage", "400"])
METHODS = st.sampled_from(["POST", "PATCH", "GET", "DELETE"])
LOCK = "promptsync.lock.json"


class Crash(BaseException):
    """The process ends here: no `except` of the tool's may see it, and nothing it does after counts."""


class Runs(RuleBasedStateMachine):
    """`files` and `lock` are what is in git; each runner checks them out, applies, and commits the lock if it can."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.now = 1_767_225_600.0
        self.files: dict[str, tuple[str, str, int]] = {}
        self.lock = b""
        self.ids: dict[str, str] = {}
        self.uncommitted: set[str] = set()
        self.made = 0
        self.points = 0
        self.deadly = 0
        self.dead = False
        self.stack = ExitStack()

    @initialize(
        lag=st.sampled_from([0, 3]),
        update_lag=st.sampled_from([0, 600]),
        patch=st.sampled_from(["merge", "replace"]),
        version_on=st.sampled_from(["any", "block"]),
    )
    def begin(self, lag: int, update_lag: int, patch: Any, version_on: Any) -> None:
        behaviour = Behaviour(list_lag=lag, update_lag=update_lag, patch=patch, version_on=version_on)
        self.sandbox = self.stack.enter_context(Sandbox(behaviour=behaviour, clock=self.clock))
        self.url = self.stack.enter_context(served(self.sandbox, sleep=self.sleep, clock=self.clock))
        applier = partial(Applier, sleep=self.sleep, clock=self.clock)
        self.stack.enter_context(mock.patch.object(applying, "Applier", applier))
        time = SimpleNamespace(time=self.clock, sleep=self.sleep)
        self.stack.enter_context(mock.patch.object(gathering, "time", time))
        self.stack.enter_context(mock.patch.object(applying, "time", time))
        for name in ("write", "fsync", "replace"):
            self._count(os, name)
        self._count(Transport, "send", twice=True)

    def teardown(self) -> None:
        self.stack.close()
        shutil.rmtree(self.folder)

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def _count(self, place: Any, name: str, *, twice: bool = False) -> None:
        real = getattr(place, name)

        def counted(*args: Any, **kwargs: Any) -> Any:
            self._pass()
            result = real(*args, **kwargs)
            if twice:
                self._pass()
            return result

        self.stack.enter_context(mock.patch.object(place, name, counted))

    def _pass(self) -> None:
        self.points += 1
        if self.dead or self.points == self.deadly:
            self.dead = True
            raise Crash

    @rule(content=CONTENT, shared=st.booleans())
    def add_a_file(self, content: int, shared: bool) -> None:
        self._add(content, shared)

    def _add(self, content: int, shared: bool) -> None:
        if len(self.files) < 8:
            self.made += 1
            name = "Same" if shared else f"name-{self.made}"
            self.files[f"Default/file-{self.made}"] = (f"uid-{self.made}", name, content)

    @precondition(lambda self: self.files)
    @rule(data=st.data(), content=CONTENT)
    def edit_a_file(self, data: st.DataObject, content: int) -> None:
        key = data.draw(st.sampled_from(sorted(self.files)))
        self.files[key] = (*self.files[key][:2], content)

    @precondition(lambda self: self.files and not self.uncommitted)
    @rule(data=st.data())
    def move_a_file(self, data: st.DataObject) -> None:
        key = data.draw(st.sampled_from(sorted(self.files)))
        self.made += 1
        self.files[f"Elsewhere/file-{self.made}"] = self.files.pop(key)

    @precondition(lambda self: len(self.files) > 1 and not self.uncommitted)
    @rule(data=st.data())
    def remove_a_file(self, data: st.DataObject) -> None:
        uid, _, _ = self.files.pop(data.draw(st.sampled_from(sorted(self.files))))
        self.ids.pop(uid, None)

    @precondition(lambda self: self.sandbox.prompts())
    @rule(data=st.data(), temperature=st.sampled_from([0.1, 0.2, 0.7]))
    def someone_edits_a_prompt(self, data: st.DataObject, temperature: float) -> None:
        id_ = data.draw(st.sampled_from(sorted(one["_id"] for one in self.sandbox.prompts())))
        self.sandbox.ui_edit(id_, {"prompt": {"temperature": temperature}})

    @precondition(lambda self: self.files)
    @rule(runner=RUNNERS)
    def apply(self, runner: str) -> None:
        self._run(runner)

    @rule(
        runner=RUNNERS,
        kind=KINDS,
        when=st.sampled_from(["before", "after"]),
        method=METHODS,
        skip=st.integers(0, 2),
        content=CONTENT,
        shared=st.booleans(),
    )
    def apply_while_something_fails(
        self, runner: str, kind: str, when: str, method: str, skip: int, content: int, shared: bool
    ) -> None:
        when = "before" if kind in ("400", "429:retry-after=2") else when
        comma = "," if ":" in kind else ":"
        self._make_work(content, shared)
        self.sandbox.faults.add(Fault.parse(f"{kind}{comma}when={when},method={method},skip={skip}"))
        self._run(runner)

    @rule(runner=RUNNERS, point=st.integers(1, 60), disk_is_lost=st.booleans(), content=CONTENT, shared=st.booleans())
    def crash(self, runner: str, point: int, disk_is_lost: bool, content: int, shared: bool) -> None:
        self._make_work(content, shared)
        self._run(runner, point)
        if runner in self.uncommitted and disk_is_lost:
            shutil.rmtree(self.folder / runner)

    def _make_work(self, content: int, shared: bool) -> None:
        """Edits every file and adds one or two, so that there is something to fail at."""
        self.files = {key: (uid, name, content) for key, (uid, name, _) in self.files.items()}
        self._add(content, shared)
        self._add(content, shared)

    def _run(self, runner: str, deadly: int = 0) -> None:
        self.now += 10
        self._check_out(runner)
        self.points, self.deadly, self.dead = 0, deadly, False
        try:
            code = self._applied(runner)
        except Crash:
            self.uncommitted.add(runner)
            return
        except PromptsyncError:
            self.uncommitted.add(runner)
            return
        finally:
            self.deadly, self.dead = 0, False
            self.sandbox.faults.clear()
        self._commit(runner)
        if code == ExitCode.DONE:
            self.uncommitted.clear()
            planned = planning.plan(self._target(runner), PlanOptions())
            assert not planned.plan.decided, planned.plan.changes
            assert not planned.plan.conflicts, planned.plan.changes
        elif code == ExitCode.PARTIAL:
            self.uncommitted.add(runner)

    def _applied(self, runner: str) -> ExitCode:
        options = PlanOptions(prune=True, overwrite=("**",), max_deletes=100)
        return applying.apply(self._target(runner), options, parallelism=1).exit_code

    def _target(self, runner: str) -> Target:
        return target_at(self.folder / runner, self.url)

    def _check_out(self, runner: str) -> None:
        root = self.folder / runner
        root.mkdir(exist_ok=True)
        for folder in ("Default", "Elsewhere"):
            shutil.rmtree(root / folder, ignore_errors=True)
        for key, (uid, name, content) in self.files.items():
            path = root / f"{key}.yaml"
            path.parent.mkdir(exist_ok=True)
            data = {"display_name": name, "description": uid, **current(f"{uid} says {content}")}
            path.write_text(yaml.safe_dump(data))
        (root / "promptsync.yaml").write_text("targets: {default: {exclusive: true}}\n")
        if self.lock:
            (root / LOCK).write_bytes(self.lock)
        else:
            (root / LOCK).unlink(missing_ok=True)

    def _commit(self, runner: str) -> None:
        path = self.folder / runner / LOCK
        if path.exists():
            self.lock = path.read_bytes()

    @invariant()
    def no_file_has_two_prompts(self) -> None:
        if hasattr(self, "sandbox"):
            wanted = {uid for uid, _, _ in self.files.values()}
            uids = [one["description"] for one in self.sandbox.prompts() if one["description"] in wanted]
            assert len(set(uids)) == len(uids), sorted(uids)

    @invariant()
    def no_file_loses_its_id(self) -> None:
        if self.lock:
            lock = parse(self.lock, LOCK)
            for key, (uid, _, _) in self.files.items():
                if key in lock.prompts:
                    assert self.ids.setdefault(uid, lock.prompts[key].id) == lock.prompts[key].id


TestRuns = Runs.TestCase
TestRuns.settings = settings(
    max_examples=int(os.environ.get("PROMPTSYNC_MACHINE", "20")), stateful_step_count=15, deadline=None
)
