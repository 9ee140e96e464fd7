"""The log of requests: the latest of them, and how many there were."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class LoggedRequest:
    """A request to `/v2`: `body` is its JSON (or its text, if it is none), `status` None if the connection was broken.

    Headers are not kept, so no key is.
    """

    method: str
    path: str
    query: dict[str, str]
    body: Any
    status: int | None

    def as_json(self) -> dict[str, Any]:
        """The request as JSON."""
        return {
            "method": self.method,
            "path": self.path,
            "query": self.query,
            "body": self.body,
            "status": self.status,
        }


class RequestLog(deque[LoggedRequest]):
    """The latest requests, oldest first; `total` is how many there were since the log was last cleared."""

    def __init__(self, most: int) -> None:
        """Keep `most` requests."""
        super().__init__(maxlen=most)
        self.total = 0
        self._counting = threading.Lock()

    def append(self, request: LoggedRequest) -> None:
        """Add the newest request; the oldest goes if there are too many."""
        with self._counting:
            super().append(request)
            self.total += 1

    def clear(self) -> None:
        """Forget all requests, and count from 0."""
        with self._counting:
            super().clear()
            self.total = 0
