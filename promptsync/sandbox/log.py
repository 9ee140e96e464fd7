"""What the log of requests holds."""

from __future__ import annotations

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
