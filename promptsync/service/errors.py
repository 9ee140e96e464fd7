"""The errors that are made of what went wrong at the service, in one bounded line and without the key."""

from __future__ import annotations

import json
from math import isfinite
from typing import TYPE_CHECKING

from promptsync.model.errors import (
    AuthError,
    NotFoundError,
    RateLimitedError,
    RefusedError,
    ServiceError,
    UnavailableError,
)
from promptsync.service.calls import Fault, escaped

if TYPE_CHECKING:
    from promptsync.service.calls import Call, HttpResult
    from promptsync.service.ratelimit import Pause

MAX_DETAIL = 500
"""Characters of foreign text in a message."""

_CHECK_BASE_URL = "check the base URL (ORQ_BASE_URL or --base-url): it may point to something else than the API"
_LOOK_FIRST = "look at the service before this is sent again"
_HINTS = {
    Fault.SERVICE: "check that the service is up and that the base URL is right, then run this again",
    Fault.CERTIFICATE: "set SSL_CERT_FILE to the certificates that your network uses",
    Fault.NOT_THE_API: _CHECK_BASE_URL,
}


class ServiceErrors:
    """Makes the errors for the service at `host`. None of them holds `secret`; where that is empty, nothing is secret.

    `key_name` is the variable that users are told to set.
    """

    def __init__(self, host: str, secret: str, key_name: str) -> None:
        self._host = host
        # Plain, as a part of an address, and inside JSON: all the same for most keys.
        self._secrets = list(dict.fromkeys((secret, escaped(secret), json.dumps(secret)[1:-1]))) if secret else []
        self._key_name = key_name

    def about(self, call: Call, result: HttpResult) -> ServiceError | None:
        """What to raise for a result; None for one that is an answer."""
        status = result.status
        if result.fault or status is None:
            return self._unavailable(call, result)
        if 200 <= status < 300:
            return None
        if status < 400:
            return self._redirected(call, status, result.redirect)
        detail = self.clean(result.complaint)
        if status in (401, 403):
            return self._not_allowed(call, status, detail)
        if status == 404 and not result.is_html:
            message = f"{call.doing}: {self._host} knows nothing of that kind (404)"
            hint = "it was deleted, or the key is of another workspace, or the base URL is wrong"
            return NotFoundError(self._said(message, detail), status=status, hint=hint)
        message = self._said(f"{call.doing}: {self._host} refused it with {status}", detail)
        hint = _CHECK_BASE_URL if result.is_html else "change what the service complains about"
        return RefusedError(message, status=status, detail=detail, hint=hint)

    def too_long(self, call: Call, pause: Pause, spent: float, patience: float) -> ServiceError:
        """The service wants a longer pause than the call may wait; both numbers are seconds."""
        why = f"{_asked(pause.asked)}, and {spent:.0f} of {patience:g} s were waited"
        hint = "run this again later, or with less parallelism"
        if pause.status == 503:
            message = f"{call.doing}: {self._host} is unavailable: {why}"
            return UnavailableError(self.scrub(message), status=503, ambiguous=False, hint=hint)
        message = f"{call.doing}: {self._host} limits the rate: {why}"
        return RateLimitedError(self.scrub(message), status=429, hint=hint)

    def not_the_api(self, call: Call, expected: str) -> ServiceError:
        """The answer should have been what was `expected`, such as “a prompt”, and is something else."""
        message = f"{call.doing}: the answer of {self._host} is not {expected} of orq.ai"
        if call.safe:
            return ServiceError(self.scrub(message), status=200, hint=_CHECK_BASE_URL)
        message += "; whether it was carried out is unknown"
        return UnavailableError(self.scrub(message), status=200, ambiguous=True, hint=_CHECK_BASE_URL)

    def stuck(self, doing: str, what: str) -> ServiceError:
        """A list that does not come to its end; `what` is a clause on what it does."""
        return ServiceError(
            self.scrub(f"{doing}: {self._host} {what}"),
            hint="run this again; if it stays so, the service does not page as its API says",
        )

    def clean(self, text: str) -> str:
        """Foreign text in one bounded line. The key goes last but one, so that nothing can take it apart or join it."""
        return _bounded(self.scrub(_printable(text)), MAX_DETAIL)

    def doing(self, text: str) -> str:
        """The same for what a call is for, which may hold ids."""
        return _bounded(self.scrub(_printable(text)), 200)

    def scrub(self, text: str) -> str:
        """The text without the key, plain or escaped."""
        for secret in self._secrets:
            text = text.replace(secret, "[key]")
        return text

    def shown(self, name: object) -> str:
        """A prompt's name, as it stands in a message."""
        return _bounded(self.scrub(_printable(name)), 60) if isinstance(name, str) else "a prompt"

    def _unavailable(self, call: Call, result: HttpResult) -> UnavailableError:
        message = f"{call.doing}: {self._host} {result.fault}"
        hint = _HINTS[result.kind]
        if result.sent and not call.safe:
            message += "; whether it was carried out is unknown"
            hint = _LOOK_FIRST
        return UnavailableError(self.scrub(message), status=result.status, ambiguous=result.sent, hint=hint)

    def _redirected(self, call: Call, status: int, target: str) -> ServiceError:
        where = f"points to {self.clean(target)}" if target else f"answered {status}"
        return ServiceError(
            self.scrub(f"{call.doing}: {self._host} {where}, and redirects are not followed"),
            status=status,
            hint="set the base URL (ORQ_BASE_URL or --base-url) to where the API is, if you trust that place",
        )

    def _not_allowed(self, call: Call, status: int, detail: str) -> AuthError:
        if status == 401:
            message = f"{call.doing}: the key was not accepted by {self._host}"
        else:
            message = f"{call.doing}: the key is not allowed to do this at {self._host}"
        hint = f"set {self._key_name} to a key of the workspace that may do this"
        return AuthError(self._said(message, detail), status=status, hint=hint)

    def _said(self, message: str, detail: str) -> str:
        return self.scrub(f"{message}: {detail}" if detail else message)


def _asked(seconds: float | None) -> str:
    if seconds is None:
        return "it does not say how long to wait"
    return f"it asks to wait {seconds:.0f} s" if isfinite(seconds) else "how long it asks to wait makes no sense"


def _printable(text: str) -> str:
    if not text.isprintable():
        text = "".join(char if char.isprintable() else " " for char in text)
    return " ".join(text.split())


def _bounded(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"
