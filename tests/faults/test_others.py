"""Two runs at a time, disks that refuse, runners that are gone, and rate limits that pass."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from promptsync.apply.journal import Journal
from promptsync.commands import apply as applying
from promptsync.commands import connect as connecting
from promptsync.commands import gather as gathering
from promptsync.sandbox import Fault, Sandbox, serve
from promptsync.service.client import Client
from tests.e2e.conftest import behaviour, world
from tests.e2e.world import World, current

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.faults.conftest import Clock

__all__ = ["behaviour", "world"]

JOURNAL = ".promptsync/journal.default.jsonl"


def three(world: World, text: str = "Number") -> None:
    for number in range(3):
        world.write(f"Default/{number}", current(f"{text} {number}"))


def between_plan_and_write(monkeypatch: pytest.MonkeyPatch, act: Callable[[], Any]) -> None:
    """Does something when the plan is made and before the first write."""
    from promptsync.apply import applier

    real = applier.Applier.run

    def run(self: Any, plan: Any) -> Any:
        act()
        return real(self, plan)

    monkeypatch.setattr(applier.Applier, "run", run)


class TestTwoRunsAtATime:
    def test_a_second_run_on_this_machine_is_told_who_is_at_work(self, world: World) -> None:
        three(world)
        held = "import os, sys, time; from pathlib import Path\n"
        held += "from promptsync.files.run_lock import alone; from promptsync.files.target import open_target\n"
        held += "with alone(open_target(Path(sys.argv[1]), 'default', environ=os.environ)):\n"
        held += "    print('held', flush=True); time.sleep(60)"
        command = [sys.executable, "-c", held, str(world.root)]
        environ = {**os.environ, "PYTHONPATH": str(Path.cwd())}
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environ) as other:
            assert other.stdout is not None
            assert other.stdout.readline() == "held\n"
            ran = world.apply()
            other.kill()
        assert ran.code == 1
        assert f"process {other.pid} on " in ran.err
        assert ", since 2" in ran.err
        assert "is at work on the target “default”" in ran.err
        assert world.sandbox.prompts() == []

        # The other one was killed and left its name behind; the lock itself ended with it.
        assert (world.root / ".promptsync/run.default.holder").exists()
        assert world.apply().code == 0

    def test_what_a_dead_process_left_behind_is_not_told_as_the_holder(self, world: World) -> None:
        from promptsync.files.run_lock import _holder

        dead = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True)
        host = os.uname().nodename
        assert _holder(f"{int(dead.stdout)} {host} 2026-01-01 00:00:00 +0000".encode()) == "another run"
        assert _holder(b"garbage") == _holder(None) == "another run"
        assert _holder(f"{os.getpid()} {host} 2026-01-01".encode()).startswith(f"process {os.getpid()} on")

    def test_an_edit_between_plan_and_write_is_left_alone(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        three(world)
        world.apply()
        three(world, "Edited")
        id_ = world.id("Default/1")
        between_plan_and_write(
            monkeypatch, lambda: world.sandbox.ui_edit(id_, {"prompt": {"temperature": 0.9}}, replace_block=False)
        )

        ran = world.apply()

        assert ran.code == 3
        assert "it was changed on the service since the plan was made" in ran.out
        assert world.held("Default/1")["prompt"]["temperature"] == 0.9
        assert world.held("Default/1")["prompt"]["messages"][0]["content"] == "Number 1"
        assert world.held("Default/2")["prompt"]["messages"][0]["content"] == "Edited 2"

    def test_a_prompt_that_was_edited_since_the_plan_is_not_deleted(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        three(world)
        world.apply()
        world.remove("Default/1")
        id_ = world.id("Default/1")
        between_plan_and_write(monkeypatch, lambda: world.sandbox.ui_edit(id_, {"description": "Mine"}))

        assert world.apply("--prune").code == 3
        assert world.names() == ["0", "1", "2"]

    def test_a_prompt_that_was_deleted_since_the_plan_is_not_made_again(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        three(world)
        world.apply()
        three(world, "Edited")
        id_ = world.id("Default/1")
        between_plan_and_write(monkeypatch, lambda: world.sandbox.ui_delete(id_))

        assert world.apply().code == 3
        assert world.names() == ["0", "2"]


class TestDisk:
    @pytest.mark.parametrize("call", ["write", "fsync"])
    @pytest.mark.parametrize("after", range(12))
    def test_a_disk_that_is_full_stops_the_run_and_loses_nothing(
        self, world: World, monkeypatch: pytest.MonkeyPatch, clock: Clock, call: str, after: int
    ) -> None:
        three(world)
        world.write("Default/0", current("Number 0", seed=1))
        world.apply("--only", "Default/0")
        before = world.lock_path.read_bytes()
        real, calls = getattr(os, call), []

        def full(*args: Any) -> Any:
            calls.append(args)
            if len(calls) > after:
                raise OSError(28, "No space left on device")
            return real(*args)

        with monkeypatch.context() as patch:
            patch.setattr(os, call, full)
            ran = world.apply("--parallelism", "1")
        if len(calls) > after:
            # Once the plan is carried out, what became of it is listed.
            assert ran.code == (4 if "Applied:" in ran.out else 1), ran.out + ran.err
            assert "no space left on device" in (ran.out + ran.err).lower()
        lock = json.loads(world.lock_path.read_bytes())
        assert lock["prompts"].keys() >= json.loads(before)["prompts"].keys()

        assert world.apply().code == 0
        assert world.names() == ["0", "1", "2"]
        assert world.plan().code == 0

    @pytest.mark.parametrize("parallelism", ["1", "8"])
    @pytest.mark.parametrize("made", range(4))
    def test_a_disk_that_fills_up_ends_in_a_list_of_what_was_done_and_what_not(
        self, world: World, monkeypatch: pytest.MonkeyPatch, made: int, parallelism: str
    ) -> None:
        """Each create takes two lines of the journal; the second one, after the write, no longer fits."""
        for number in range(12):
            world.write(f"Default/{number:02}", current(f"Number {number}"))
        real, lines = Journal._append, []

        def full(self: Journal, record: dict[str, Any]) -> int:
            lines.extend([record] if "outcome" in record else [])
            if len(lines) > made:
                raise self._failed("written", OSError(28, "No space left on device"))
            return real(self, record)

        with monkeypatch.context() as patch:
            patch.setattr(Journal, "_append", full)
            ran = world.apply("--parallelism", parallelism)
        there = len(world.sandbox.prompts())

        assert ran.code == 4, ran.out + ran.err
        assert "Traceback" not in ran.err
        listed = [line.split()[0] for line in ran.out.splitlines() if line.startswith(("failed ", "skipped "))]
        assert len(listed) == 12 - made
        unrecorded = ran.out.count("it was carried out on the service, and could not be recorded: the journal")
        assert unrecorded == there - made >= 1
        assert "No space left on device" in ran.out
        assert "make room, and run this again" in ran.out
        if parallelism == "1":
            assert (there, listed.count("skipped")) == (made + 1, 12 - made - 1)

        assert world.apply().code == 0
        assert world.names() == [f"{number:02}" for number in range(12)]
        assert world.plan().code == 0

    @pytest.mark.parametrize("after", range(3))
    def test_a_rename_that_fails_leaves_the_old_lockfile(
        self, world: World, monkeypatch: pytest.MonkeyPatch, after: int
    ) -> None:
        three(world)
        world.apply("--only", "Default/0")
        before = world.lock_path.read_bytes()
        real, calls = os.replace, []

        def broken(*args: Any) -> None:
            calls.append(args)
            if len(calls) > after:
                raise OSError(5, "Input/output error")
            real(*args)

        with monkeypatch.context() as patch:
            patch.setattr(os, "replace", broken)
            ran = world.apply()
        if len(calls) > after:
            assert (ran.code, world.lock_path.read_bytes()) == (4, before)
            assert "Applied: 2 created." in ran.out
            assert "promptsync.lock.json cannot be written: input/output error" in ran.err.lower()
            assert (world.root / JOURNAL).exists()
            assert [path.name for path in world.root.glob(".promptsync.lock*")] == []

        assert world.apply().code == 0
        assert world.names() == ["0", "1", "2"]

    def test_a_folder_that_cannot_be_written_is_told_before_anything_is_sent(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        three(world)

        def refuse(*_: Any, **__: Any) -> None:
            raise PermissionError(13, "Permission denied")

        with monkeypatch.context() as patch:
            patch.setattr(os, "mkdir", refuse)
            ran = world.apply()
        assert ran.code == 1
        assert "cannot be made: Permission denied" in ran.err
        assert "make the folder of the prompts writable" in ran.err
        assert world.sandbox.prompts() == []

    def test_a_lockfile_that_is_deleted_in_mid_run_is_written_whole(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        three(world)
        world.apply()
        three(world, "Edited")
        between_plan_and_write(monkeypatch, world.lock_path.unlink)

        assert world.apply().code == 0
        assert world.lock["prompts"].keys() == {"Default/0", "Default/1", "Default/2"}
        assert world.plan().code == 0

    def test_what_others_write_into_the_lockfile_in_mid_run_stays(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        three(world)
        world.apply()
        three(world, "Edited")
        lock = world.lock
        lock["prompts"]["Default/theirs"] = {**lock["prompts"]["Default/0"], "id": "01JTHEIRS"}
        between_plan_and_write(monkeypatch, lambda: world.lock_path.write_text(json.dumps(lock)))

        assert world.apply().code == 0
        assert world.lock["prompts"]["Default/theirs"]["id"] == "01JTHEIRS"
        assert world.lock["prompts"]["Default/0"]["source"] != lock["prompts"]["Default/0"]["source"]

    def test_a_lockfile_that_disagrees_in_mid_run_is_not_overwritten(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        three(world)
        world.apply()
        three(world, "Edited")
        lock = world.lock
        lock["prompts"]["Default/1"]["source"] = "sha256:theirs"
        between_plan_and_write(monkeypatch, lambda: world.lock_path.write_text(json.dumps(lock)))

        ran = world.apply()

        assert ran.code == 4
        assert "Applied: 3 updated." in ran.out
        assert "was changed by someone else while this run worked, and says something else about Default/1" in ran.err
        assert world.lock == lock
        monkeypatch.undo()
        monkeypatch.setenv("ORQ_API_KEY", "key-for-tests")
        monkeypatch.setenv("ORQ_BASE_URL", world.url)
        assert world.apply().code == 0
        assert world.plan().code == 0

    def test_a_lockfile_that_is_broken_in_mid_run_is_not_overwritten(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        three(world)
        world.apply()
        whole = world.lock_path.read_bytes()
        three(world, "Edited")
        between_plan_and_write(monkeypatch, lambda: world.lock_path.write_text("<<<<<<< ours\n"))

        ran = world.apply()

        assert ran.code == 4
        assert "Applied: 3 updated." in ran.out
        assert "conflict markers" in ran.err
        assert world.lock_path.read_text() == "<<<<<<< ours\n"
        world.lock_path.write_bytes(whole)
        monkeypatch.undo()
        monkeypatch.setenv("ORQ_API_KEY", "key-for-tests")
        monkeypatch.setenv("ORQ_BASE_URL", world.url)
        assert world.apply().code == 0
        assert world.plan().code == 0


class TestALostRunner:
    def lose(self, world: World) -> None:
        """Applies two of three files, and loses all that was written about it."""
        three(world)
        world.apply("--only", "Default/0", "--only", "Default/1")
        world.lock_path.unlink()
        for path in (world.root / ".promptsync").iterdir():
            path.unlink()

    def test_an_exclusive_target_heals_by_itself(self, world: World) -> None:
        (world.root / "promptsync.yaml").write_text("targets:\n  default: {exclusive: true}\n")
        self.lose(world)
        world.write("Default/1", current("Moved on"))
        ids = {one["display_name"]: one["_id"] for one in world.sandbox.prompts()}

        assert world.actions() == {"Default/0": "adopt", "Default/1": "adopt", "Default/2": "create"}
        assert world.apply().code == 0
        assert world.names() == ["0", "1", "2"]
        assert {name: world.id(f"Default/{name}") for name in ids} == ids
        assert world.held("Default/1")["prompt"]["messages"][0]["content"] == "Moved on"
        assert world.plan().code == 0

    def test_elsewhere_it_stops_for_those_prompts_and_asks(self, world: World) -> None:
        self.lose(world)

        ran = world.apply()

        assert ran.code == 3
        assert world.actions() == {"Default/0": "conflict", "Default/1": "conflict"}
        assert "promptsync adopt Default/0 ID" in ran.out
        assert world.names() == ["0", "1", "2"]
        for name in ("0", "1"):
            id_ = next(one["_id"] for one in world.sandbox.prompts() if one["display_name"] == name)
            where = ["--dir", str(world.root)]
            assert world.run("adopt", f"Default/{name}", id_, *where).code == 0
        assert world.apply().code == 0
        assert world.plan().code == 0

    def test_an_unmanaged_look_alike_is_never_taken_over(self, world: World) -> None:
        three(world)
        theirs = world.sandbox.ui_create({"display_name": "1", "path": "Theirs", **current("Number 1")})

        assert world.apply().code == 3
        assert "Default/1" not in world.lock["prompts"]
        assert world.sandbox.path_of(theirs["_id"]) == "Theirs"
        assert world.names() == ["0", "1", "2"]


def test_a_pool_that_was_refused_resumes_together() -> None:
    """Thirty refusals that ask for a third of a second each: not a third for each."""
    with Sandbox() as sandbox, serve(sandbox) as server, Client(server.url, "key") as client:
        sandbox.faults.add(Fault.parse("429:retry-after=0.3,method=POST,times=30"))
        began = time.monotonic()
        with ThreadPoolExecutor(8) as pool:
            bodies = [{"display_name": str(n), "path": "Default", "metadata": {}, **current()} for n in range(40)]
            list(pool.map(client.create, bodies))
        took = time.monotonic() - began
    assert len(sandbox.requests) == 70
    assert 0.9 <= took < 9, took


def test_waits_are_told_once_for_each_and_never_with_the_key(world: World) -> None:
    three(world)
    world.sandbox.faults.add(Fault.parse("429:retry-after=0.1,method=POST,times=2"))

    ran = world.apply("-v", "--parallelism", "1")

    assert ran.code == 0
    assert ran.err.count("rate limited; next attempt in") == 2
    assert "key-for-tests" not in ran.out + ran.err


@pytest.mark.parametrize("seconds", [-3600, 3600])
def test_a_lost_create_is_found_although_our_clock_is_wrong(
    world: World, monkeypatch: pytest.MonkeyPatch, seconds: float
) -> None:
    three(world)
    wrong = lambda: time.time() + seconds  # noqa: E731
    monkeypatch.setattr(connecting, "Client", partial(Client, now=wrong))
    for room in (gathering, applying):
        monkeypatch.setattr(room, "time", SimpleNamespace(time=wrong, sleep=time.sleep))
    world.sandbox.faults.add(Fault.parse("drop:when=after,method=POST,times=2"))

    assert world.apply().code == 0
    assert world.names() == ["0", "1", "2"]


def test_that_a_run_waits_is_said_once(world: World) -> None:
    three(world)
    world.sandbox.faults.add(Fault.parse("429:retry-after=0.1,method=POST,times=5"))

    ran = world.apply()

    assert ran.code == 0
    assert ran.err.count("waiting for the service: rate limited; next attempt in") == 1


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("kind", ["create", "update"])
def test_a_service_that_falls_silent_in_mid_run_ends_it_in_time_with_a_list(
    world: World, monkeypatch: pytest.MonkeyPatch, kind: str, when: str
) -> None:
    three(world)
    if kind == "update":
        world.apply()
        three(world, "Edited")
    hang = Fault.parse(f"timeout:seconds=60,when={when},times=always")
    began = 0.0

    def fall_silent() -> None:
        nonlocal began
        began = time.monotonic()
        world.sandbox.faults.add(hang)

    with monkeypatch.context() as patch:
        between_plan_and_write(patch, fall_silent)
        ran = world.apply("--timeout", "0.4", "--parallelism", "1")

    assert time.monotonic() - began < 8, "three times a write and a look"
    assert ran.code == 4, ran.out + ran.err
    assert "Applied: nothing; 3 failed." in ran.out
    assert ran.out.count("gave no answer in time") >= 3
    world.sandbox.faults.clear()
    world.sandbox.wake()
    monkeypatch.setattr(gathering, "time", SimpleNamespace(time=time.time, sleep=lambda _: None))
    assert world.apply().code == 0
    assert world.names() == ["0", "1", "2"]
    assert world.plan().code == 0


@pytest.mark.parametrize(
    "command",
    [
        "pull",
        "history Default/1",
        "restore Default/1 VERSION",
        "import --list",
        "import --all",
        "adopt --by-name --yes",
        "lock verify",
        "drift",
        "check",
    ],
)
def test_every_command_says_that_it_waits(world: World, command: str) -> None:
    three(world)
    world.apply()
    world.sandbox.ui_create({"display_name": "theirs", "path": "Default", **current("Theirs")})
    command = command.replace("VERSION", world.lock["prompts"]["Default/1"]["version"])
    world.sandbox.faults.add(Fault.parse("429:retry-after=0.1,times=2"))

    ran = world.run(command)

    assert ran.code == 0, ran.err
    assert ran.err.count("waiting for the service: rate limited; next attempt in") == 1


def test_the_ceiling_on_waiting_ends_the_run_with_what_is_left(world: World) -> None:
    three(world)
    world.sandbox.faults.add(Fault.parse("429:retry-after=30,method=POST,times=always,skip=1"))

    ran = world.apply("--timeout", "0.5", "--parallelism", "1")

    assert ran.code == 4
    assert "limits the rate: it asks to wait 30 s" in ran.out
    assert "1 created; 1 failed, 1 skipped" in ran.out
    world.sandbox.faults.clear()
    assert world.apply().code == 0
    assert world.names() == ["0", "1", "2"]
