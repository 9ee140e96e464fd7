"""What can go wrong in the sandbox.

SandboxError
├── ServiceError        what the service answers instead of a 200: a status and `{"message": …}`
│   ├── BadRequest      400
│   │   ├── BrokenField   what was typed into a field of the web page (see `editing.py`)
│   │   └── Conflict      409, the web page's: someone else saved meanwhile
│   ├── Unauthorized    401, with a `code`
│   ├── Forbidden       403, the web page's and the control's guard (the service itself never answers it)
│   ├── NotFound        404
│   └── TooLarge        413
├── ConfigurationError  a behaviour, a fault or a host that cannot be
└── StoreError          the database is none of the sandbox's, or cannot be used
Disconnect              (a ConnectionError) the connection is to break here: a fault, not a mistake
"""

from __future__ import annotations

from typing import Literal


class SandboxError(Exception):
    """The root of the sandbox's own errors. `hint`, if there is one, says what to do."""

    hint: str | None = None


class ServiceError(SandboxError):
    """An answer that is no success; `message` is what the caller gets to read."""

    status = 500

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message

    @property
    def body(self) -> dict[str, str]:
        """The JSON answered: `{message}`, as the OpenAPI document declares for a 404."""
        return {"message": self.message}


class BadRequest(ServiceError):  # noqa: N818 - named as HTTP names it
    """400: the body, the query or a cursor is not what the service takes."""

    status = 400


class Conflict(BadRequest):
    """409: an edit on the web page that rests on an older version."""

    status = 409


class Unauthorized(ServiceError):  # noqa: N818
    """401: no bearer key, or not the one that was configured."""

    status = 401

    @property
    def body(self) -> dict[str, str]:
        """`{message, code}`: the official SDKs read `code` as text ("HTTP status code", HonoAPIError)."""
        return {"message": self.message, "code": "401"}


class Forbidden(ServiceError):  # noqa: N818
    """403: a page or control request from another origin, or through another host name."""

    status = 403


class NotFound(ServiceError):  # noqa: N818
    """404: no such prompt, version or page."""

    status = 404


class TooLarge(ServiceError):  # noqa: N818
    """413: a body above the sandbox's bound."""

    status = 413


class ConfigurationError(SandboxError, ValueError):
    """A behaviour, fault or host that makes no sense; the message says what was expected."""


class StoreError(SandboxError):
    """The database cannot be used. `hint` is what to do; `is_ours`: it is a sandbox's, and may be removed."""

    def __init__(self, message: str, hint: str, *, is_ours: bool = False) -> None:
        super().__init__(message)
        self.hint = hint
        self.is_ours = is_ours


class Disconnect(ConnectionError):  # noqa: N818
    """Break the connection: the server in `server.py` does so on its socket.

    In-process callers of the WSGI app see this exception itself, which is an `OSError` as a broken socket's is.
    `kind` "reset" sends a TCP reset, "drop" closes without an answer, "cut" closes in the middle of a body.
    """

    def __init__(self, kind: Literal["reset", "drop", "cut"]) -> None:
        super().__init__(f"the sandbox broke the connection on purpose ({kind})")
        self.kind = kind
