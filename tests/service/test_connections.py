"""Connections are lent to one at a time, and none is left open."""

from __future__ import annotations

import threading

import pytest

from promptsync.service.connections import Connections


class Line:
    """A connection that tells whether it is open."""

    def __init__(self) -> None:
        self.is_open = True

    def close(self) -> None:
        self.is_open = False


def test_the_one_used_last_is_lent_first() -> None:
    connections = Connections(Line, 3, patience=1)
    first, second = connections.take(), connections.take()
    assert first is not None
    assert second is not None
    assert first is not second
    connections.give_back(first)
    connections.give_back(second)
    assert connections.take() is second
    assert connections.take() is first


def test_there_are_no_more_than_are_allowed() -> None:
    connections = Connections(Line, 1, patience=0.01)
    assert connections.take() is not None
    assert connections.take() is None


def test_who_waits_gets_the_next_that_comes_free() -> None:
    connections = Connections(Line, 1, patience=10)
    line = connections.take()
    assert line is not None
    threading.Timer(0.05, connections.give_back, [line]).start()
    assert connections.take() is line


def test_one_that_cannot_be_made_is_told_and_takes_no_place() -> None:
    made: list[Line] = []

    def make() -> Line:
        if len(made) == 1:
            made.append(Line())
            raise OSError("too many open files")
        made.append(Line())
        return made[-1]

    connections = Connections(make, 2, patience=0.01)
    assert connections.take() is made[0]
    with pytest.raises(OSError, match="too many"):
        connections.take()
    assert connections.take() is made[2]


def test_what_cannot_be_made_at_all_is_told_at_once() -> None:
    def make() -> Line:
        raise ValueError("a proxy of no known kind")

    with pytest.raises(ValueError, match="no known kind"):
        Connections(make, 2, patience=1)


def test_all_are_closed_in_the_end() -> None:
    connections = Connections(Line, 2, patience=1)
    idle, lent = connections.take(), connections.take()
    assert idle is not None
    assert lent is not None
    connections.give_back(idle)

    connections.close()

    assert connections.is_closed
    assert not idle.is_open
    assert lent.is_open
    connections.give_back(lent)
    assert not lent.is_open
