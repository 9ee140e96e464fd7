"""Failures to order: a fault meets the next matching requests and spoils their answers."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from fnmatch import fnmatchcase
from typing import Any, Literal, get_args

from promptsync.sandbox.errors import ConfigurationError

Kind = Literal["status", "reset", "timeout", "slow", "cut", "html", "garbage", "drop"]
When = Literal["before", "after"]

_OPTION = re.compile(r'\s*([A-Za-z][\w-]*)\s*=\s*("[^"]*"|[^,]*)\s*(?:,|$)')


@dataclass(frozen=True)
class Fault:
    """One failure, and the requests that it meets.

    kind     "status" answers `status` with `body` and `headers`; "reset" resets the connection; "drop" closes it
             without an answer; "timeout" holds it for `seconds`, then closes without an answer; "slow" takes
             `seconds` and then answers rightly; "cut" declares the whole length and closes after half of the body;
             "html" is a 200 with text/html; "garbage" is a 200 application/json that is no JSON.
    when     "before" the request is carried out (it is not), or "after" (it is, though the answer does not say so).
             "slow" is carried out in each case, after or before the wait.
    method, path  globs; `*` crosses `/`. Only requests to `/v2` are met.
    skip     matching requests to let through first.
    times    requests to meet, None without end.
    """

    kind: Kind
    status: int = 500
    body: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 30.0
    when: When = "before"
    method: str = "*"
    path: str = "*"
    skip: int = 0
    times: int | None = 1

    def __post_init__(self) -> None:
        """Refuse what cannot be.

        Raises ConfigurationError.
        """
        if self.kind not in get_args(Kind):
            raise ConfigurationError(f"fault kind: expected {', '.join(get_args(Kind))} or a status, not {self.kind!r}")
        if self.when not in get_args(When):
            raise ConfigurationError(f"fault when: expected before or after, not {self.when!r}")
        if not _is_whole(self.status, 200) or self.status > 599:
            raise ConfigurationError(f"fault status: expected 200 to 599, not {self.status!r}")
        if not _is_seconds(self.seconds):
            raise ConfigurationError(f"fault seconds: expected 0 to 3600, not {self.seconds!r}")
        if not _is_whole(self.skip, 0):
            raise ConfigurationError(f"fault skip: expected a number from 0, not {self.skip!r}")
        if self.times is not None and not _is_whole(self.times, 1):
            raise ConfigurationError(f"fault times: expected a number from 1, or none, not {self.times!r}")
        for name in ("method", "path", "body"):
            if not isinstance(getattr(self, name), str) and (name != "body" or self.body is not None):
                raise ConfigurationError(f"fault {name}: expected text")
        if not _are_headers(self.headers):
            raise ConfigurationError("fault headers: expected names and values of printable text")

    @classmethod
    def parse(cls, text: str) -> Fault:
        """Read a fault as the command line gives it: `KIND[:OPTION=VALUE,…]`.

        KIND is a status (429) or one of the kinds above. Options: `when`, `method`, `path`, `skip`, `times` (a number
        or `always`), `seconds`, `body`, `retry-after`, and `header-NAME` for any other header. A value with a comma
        stands in double quotes::

            503
            429:retry-after=1,method=POST,times=3
            429:retry-after="Wed, 21 Oct 2026 07:28:00 GMT"
            reset:when=after,method=POST
            slow:seconds=0.2,path=/v2/prompts,times=always

        Raises ConfigurationError, naming the option that is wrong.
        """
        kind, _, rest = text.strip().partition(":")
        values: dict[str, Any] = {"status": int(kind), "kind": "status"} if kind.isdecimal() else {"kind": kind}
        headers: dict[str, str] = {}
        place = 0
        while place < len(rest):
            match = _OPTION.match(rest, place)
            if match is None:
                raise ConfigurationError(f"fault {text!r}: expected OPTION=VALUE at {rest[place:]!r}")
            place = match.end()
            name, value = match[1].lower(), match[2].strip().strip('"')
            if name == "retry-after" or name.startswith("header-"):
                headers[name.removeprefix("header-")] = value
            else:
                values[name] = _typed(text, name, value)
        return cls(**values, headers=headers)

    @classmethod
    def from_json(cls, value: object) -> Fault:
        """Read a fault as the HTTP control gets it: an object of the fields above, or text as `parse` takes.

        Raises ConfigurationError.
        """
        if isinstance(value, str):
            return cls.parse(value)
        if not isinstance(value, dict):
            raise ConfigurationError("a fault is an object or text")
        known = [each.name for each in fields(cls)]
        for name in value:
            if name not in known:
                raise ConfigurationError(f"fault {name}: no such option; there are {', '.join(known)}")
        if "kind" not in value:
            raise ConfigurationError("fault kind: required")
        return cls(**value)

    def as_json(self) -> dict[str, Any]:
        """The fault as JSON, all fields."""
        return {**asdict(self), "headers": dict(self.headers)}

    def matches(self, method: str, path: str) -> bool:
        """Whether a request is one that this fault means."""
        return fnmatchcase(method.upper(), self.method.upper()) and fnmatchcase(path, self.path)


def _typed(text: str, name: str, value: str) -> Any:
    if name in ("when", "method", "path", "body"):
        return value
    try:
        if name == "times" and value == "always":
            return None
        if name in ("skip", "times", "status"):
            return int(value)
        if name == "seconds":
            return float(value)
    except ValueError as error:
        raise ConfigurationError(f"fault {text!r}: {name} is a number, not {value!r}") from error
    raise ConfigurationError(
        f"fault {text!r}: no option {name!r}; there are when, method, path, skip, times, seconds, body, "
        "retry-after and header-NAME"
    )


# These take any object: a fault can come from JSON, whatever its types say.


def _is_whole(value: object, least: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


def _is_seconds(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 3600


def _are_headers(value: object) -> bool:
    return isinstance(value, Mapping) and all(
        isinstance(name, str)
        and isinstance(text, str)
        and re.fullmatch(r"[A-Za-z0-9-]+", name)
        and re.fullmatch(r"[\x20-\x7e]*", text)
        for name, text in value.items()
    )


class Faults:
    """The faults in force; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._armed: list[list[Any]] = []

    def add(self, fault: Fault) -> None:
        """Put a fault in force, behind those that are."""
        with self._lock:
            self._armed.append([fault, fault.skip, fault.times])

    def clear(self) -> None:
        """Take all faults away."""
        with self._lock:
            self._armed.clear()

    def pending(self) -> list[Fault]:
        """The faults that have not met all their requests yet."""
        with self._lock:
            return [fault for fault, _, _ in self._armed]

    def take(self, method: str, path: str) -> Fault | None:
        """The fault that this request meets: the first that matches and has nothing left to skip."""
        with self._lock:
            for armed in self._armed:
                fault, skip, times = armed
                if not fault.matches(method, path):
                    continue
                if skip:
                    armed[1] -= 1
                    continue
                if times is not None:
                    armed[2] -= 1
                    if armed[2] == 0:
                        self._armed.remove(armed)
                met: Fault = fault
                return met
        return None
