"""SIGINT and SIGTERM, once and twice, against a service that takes its time."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from promptsync.sandbox import Behaviour, Fault
from tests.e2e.conftest import behaviour
from tests.e2e.conftest import world as empty
from tests.e2e.world import World, current, wait_for

__all__ = ["behaviour", "empty"]

SIGNALS = [signal.SIGINT, signal.SIGTERM]
FILES = 12


@pytest.fixture
def world(empty: World) -> World:
    """Twelve files that are not there yet."""
    for number in range(FILES):
        empty.write(f"Default/{number:02}", current(f"Number {number}"))
    return empty


def started(world: World) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "promptsync", "apply", "--dir", str(world.root), "--yes", "--parallelism", "2"]
    environ = {**os.environ, "PYTHONPATH": str(Path.cwd())}
    return subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def posts(world: World) -> int:
    return sum(request.method == "POST" for request in world.sandbox.requests)


def finish(world: World) -> None:
    """The next run does the rest, and nothing twice."""
    world.sandbox.faults.clear()
    world.sandbox.behaviour = Behaviour()
    assert world.apply().code == 0
    assert world.names() == [f"{number:02}" for number in range(FILES)]
    assert {entry["id"] for entry in world.lock["prompts"].values()} == {one["_id"] for one in world.sandbox.prompts()}
    assert world.plan().code == 0


@pytest.mark.parametrize("number", SIGNALS)
def test_once_what_is_in_flight_is_finished_and_the_rest_is_listed(world: World, number: int) -> None:
    world.sandbox.behaviour = Behaviour(latency=0.1)
    with started(world) as run:
        wait_for(lambda: posts(world) >= 2)
        run.send_signal(number)
        out, err = run.communicate(timeout=30)

    assert run.returncode == 130, out + err
    assert "finishing what is in flight; once more breaks off" in err
    made = len(world.sandbox.prompts())
    assert 2 <= made < FILES
    assert f"Applied: {made} created; {FILES - made} skipped." in out
    assert f"interrupted:\n     done:     {made}\n     not done: {FILES - made} (Default/" in out
    assert "     in doubt: 0\n     help: run it again" in out
    assert len(json.loads(world.lock_path.read_text())["prompts"]) == made
    finish(world)


@pytest.mark.parametrize("number", SIGNALS)
def test_twice_it_ends_at_once_and_the_next_run_settles_what_was_in_flight(world: World, number: int) -> None:
    world.sandbox.faults.add(Fault.parse("slow:seconds=20,when=after,method=POST,skip=3,times=2"))
    with started(world) as run:
        wait_for(lambda: len(world.sandbox.prompts()) >= 5)
        run.send_signal(number)
        time.sleep(0.3)
        run.send_signal(number)
        began = time.monotonic()
        _, err = run.communicate(timeout=30)

    assert time.monotonic() - began < 5
    assert run.returncode == 130, err
    assert "broken off; the next run settles what was in flight" in err
    assert not world.lock_path.exists()
    world.sandbox.wake()
    finish(world)


def test_a_wait_for_the_rate_limit_ends_with_the_signal(world: World) -> None:
    world.sandbox.faults.add(Fault.parse("429:retry-after=100,method=POST,times=always"))
    with started(world) as run:
        wait_for(lambda: posts(world) >= 1)
        time.sleep(0.2)
        run.send_signal(signal.SIGINT)
        began = time.monotonic()
        out, err = run.communicate(timeout=30)

    assert time.monotonic() - began < 5
    assert run.returncode == 130, out + err
    assert world.sandbox.prompts() == []
    finish(world)


def test_the_next_run_says_what_the_last_one_left(world: World) -> None:
    world.sandbox.faults.add(Fault.parse("slow:seconds=20,when=after,method=POST,skip=2,times=2"))
    with started(world) as run:
        wait_for(lambda: len(world.sandbox.prompts()) >= 4)
        run.kill()
        run.communicate(timeout=30)
    world.sandbox.wake()

    told = world.plan()

    assert "the last run was interrupted:" in told.err
    assert "2 changes that it made stood in the journal alone" in told.err
    assert "which is taken over" in told.err
    finish(world)
