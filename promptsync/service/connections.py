"""Connections that are lent out, each to one borrower at a time.

One pool for all threads looks at every connection that it has, under one lock, before and after each request: with
sixteen threads at work that took as long as the request itself.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable


class Closable(Protocol):
    """What can be lent out."""

    def close(self) -> None: ...


C = TypeVar("C", bound=Closable)


class Connections(Generic[C]):
    """At most `most` connections, made as they are wanted, for as many threads as like.

    The first is made at once, so that it raises here what `make` raises. `patience` is the seconds that a borrower
    waits for one of the others to give theirs back.
    """

    def __init__(self, make: Callable[[], C], most: int, patience: float) -> None:
        self._make = make
        self._patience = patience
        self._turns = threading.Semaphore(most)
        self._idle = [make()]
        self._lock = threading.Lock()
        self.is_closed = False

    def take(self) -> C | None:
        """A connection, to be given back; None if none came free in time."""
        if not self._turns.acquire(timeout=self._patience):
            return None
        try:
            with self._lock:
                # The one that was used last: it is the least likely to have been closed at the other end.
                if self._idle:
                    return self._idle.pop()
            return self._make()
        except BaseException:
            self._turns.release()
            raise

    def give_back(self, connection: C) -> None:
        """Ends a loan."""
        with self._lock:
            is_over = self.is_closed
            if not is_over:
                self._idle.append(connection)
        if is_over:
            connection.close()
        self._turns.release()

    def close(self) -> None:
        """Closes those that are not lent out, and the others when they are given back."""
        with self._lock:
            self.is_closed = True
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()
