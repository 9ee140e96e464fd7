"""Which signals stop an apply; tests/faults sends them to real runs."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING, cast

import pytest

from promptsync.cli.signals import stopped_by_signals

if TYPE_CHECKING:
    from promptsync.apply.applier import Applier


class Stopped:
    """As much of an applier as is asked for."""

    def __init__(self) -> None:
        self.times = 0

    def interrupt(self) -> None:
        self.times += 1


@pytest.mark.skipif(not hasattr(signal, "SIGUSR1"), reason="a process of this system sends itself no signal")
def test_ctrl_break_of_windows_stops_as_ctrl_c_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signal, "SIGBREAK", signal.SIGUSR1, raising=False)
    before, run = signal.getsignal(signal.SIGUSR1), Stopped()

    with stopped_by_signals(cast("Applier", run)):
        os.kill(os.getpid(), signal.SIGUSR1)

    assert (run.times, signal.getsignal(signal.SIGUSR1)) == (1, before)
