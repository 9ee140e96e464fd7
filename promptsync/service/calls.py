"""What is asked of the service, and what became of it: plain values, before and behind HTTP."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from promptsync.model.errors import RefusedError, ServiceError
from promptsync.service.answers import complaint, is_html

if TYPE_CHECKING:
    from collections.abc import Mapping

    from promptsync.model.prompt import Json

PROMPTS = "/v2/prompts"


@dataclass(frozen=True, slots=True)
class Call:
    """A request. `doing` says in a clause what it is for; errors begin with it."""

    method: str
    path: str
    doing: str
    content: bytes | None = None
    query: Mapping[str, str] = field(default_factory=dict)
    shrinks: bool = False
    """Whether a smaller page can be asked for instead, so that a large one is not tried again and again."""

    @property
    def safe(self) -> bool:
        """Whether it may be carried out twice."""
        return self.method in ("GET", "DELETE")

    @property
    def target(self) -> str:
        """Path and query."""
        if not self.query:
            return self.path
        return self.path + "?" + "&".join(f"{name}={escaped(value)}" for name, value in self.query.items())


class Fault(Enum):
    """What keeps an answer from being usable, as far as it decides what helps."""

    SERVICE = auto()
    CERTIFICATE = auto()
    NOT_THE_API = auto()


@dataclass(frozen=True, slots=True)
class HttpResult:
    """What became of one request. `fault` says in a clause, behind the host's name, why it is no usable answer.

    `kind` is the kind of a fault. `redirect` is the host that the answer points to, empty for none.
    """

    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    data: Any = None
    fault: str = ""
    kind: Fault = Fault.SERVICE
    redirect: str = ""
    sent: bool = True
    """Whether it may have been carried out."""
    final: bool = False
    """Whether to ask again is pointless."""
    large: bool = False
    """Whether a smaller page might have gone well."""

    @property
    def is_html(self) -> bool:
        """Whether it is a page for people, so from something else than the API."""
        return is_html(self.headers.get("content-type", ""), self.body)

    @property
    def complaint(self) -> str:
        """The service's own words in an answer that is an error. Foreign text, of any length."""
        if not self.body.strip():
            return ""
        return "an HTML page" if self.is_html else complaint(self.body)


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request that was sent, for people who watch (`-v`): no headers, no bodies.

    `seconds` is from before a connection was free to the end of the answer. `attempt` counts from 1. `note` is a
    clause on what went wrong, or empty. `retry_in` is the seconds until the next attempt, None if there is none.
    """

    method: str
    path: str
    status: int | None
    seconds: float
    attempt: int
    note: str
    retry_in: float | None = None


def prompt_path(id: str) -> str:
    """Raises ServiceError for an id that would lead elsewhere, as the other paths do."""
    return f"{PROMPTS}/{_segment(id)}"


def versions_path(id: str) -> str:
    return f"{prompt_path(id)}/versions"


def version_path(id: str, version: str) -> str:
    return f"{versions_path(id)}/{_segment(version)}"


def as_json(body: Json, doing: str) -> bytes:
    """The body of a call. Raises RefusedError for what JSON cannot hold."""
    try:
        return json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    except (TypeError, ValueError, RecursionError) as error:
        problem = type(error).__name__
    raise RefusedError(f"{doing}: what the file says is not JSON ({problem}), so nothing was sent")


def escaped(text: str) -> str:
    """As one segment of a path, or one value of a query."""
    return quote(text, safe="", errors="surrogatepass")


def _segment(id: str) -> str:
    if id in ("", ".", ".."):
        raise ServiceError(f"“{id}” is no id of a prompt or version", hint="look into the lockfile")
    return escaped(id)
