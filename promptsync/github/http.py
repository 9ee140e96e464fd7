"""HTTP to GitHub: questions in REST and GraphQL, and what may be sent again. The only file here that knows httpx.

The token is in no message. What GitHub limits is waited for as it asks; a write is sent again only where it was
certainly not carried out. Sources: docs.github.com, "Rate limits for the REST API", "Using the GraphQL API".
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import httpx

from promptsync import __version__
from promptsync.model.errors import BranchError, DeniedError, MovedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from promptsync.model.prompt import Json

PATIENCE = 180.0
"""Seconds that one call may wait for a limit to be lifted."""

SECONDARY = 60.0
"""Seconds to wait for a secondary limit that does not say how long it holds."""

MAX_PAGES = 100
"""Pages of a list that are read: 10,000 comments."""

_ATTEMPTS = 4
_SECONDS = 30.0
_BROKEN = frozenset({500, 502, 503, 504})


class GitHubError(BranchError):
    """GitHub did not do what was asked. `status` is that of the answer, None where there was none."""

    def __init__(self, message: str, *, status: int | None = None, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.status = status


class StaleError(GitHubError, MovedError):
    """The branch does not point any more to the commit that was built on."""


class ForbiddenError(GitHubError, DeniedError):
    """The token, or a rule of the repository, does not allow this."""


class Connection:
    """To the repository `repository` (owner/name) of the GitHub at `api_url`, with a token.

    `sleep` and `network` are for tests. Every method raises GitHubError, of the kind
    ForbiddenError where the token may not.
    """

    def __init__(
        self,
        repository: str,
        token: str,
        *,
        api_url: str = "https://api.github.com",
        graphql_url: str | None = None,
        network: httpx.BaseTransport | None = None,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self.repository = repository
        self._token = token
        self._api = api_url.rstrip("/")
        self._graphql = graphql_url or f"{self._api}/graphql"
        self._sleep = sleep
        # The certificates take 50 ms to read, and plain http, which is for a stand-in on loopback, shows none.
        is_plain = all(url.startswith("http:") for url in (self._api, self._graphql))
        self._http = httpx.Client(transport=network, timeout=_SECONDS, follow_redirects=False, verify=not is_plain)

    def close(self) -> None:
        """Closes the connections."""
        self._http.close()

    def _nodes(self, query: str, variables: Json, place: tuple[str, ...]) -> Iterator[Json]:
        after: str | None = None
        for _ in range(MAX_PAGES):
            found: Any = self._query(query, {**variables, "after": after}, "read what was written before")["repository"]
            for name in place:
                found = (found or {}).get(name)
            if not found:
                return
            yield from found["nodes"]
            if not found["pageInfo"]["hasNextPage"]:
                return
            after = found["pageInfo"]["endCursor"]

    def _query(self, query: str, variables: Json, doing: str) -> Json:
        owner, _, name = self.repository.partition("/")
        asked = {"query": query, "variables": {"owner": owner, "name": name, **variables}}
        reads = not query.lstrip().startswith("mutation")
        answer = self._json(self._send("POST", self._graphql, asked, doing, reads=reads), doing)
        errors = answer.get("errors")
        if errors:
            raise self._refused(errors, doing)
        data = answer.get("data")
        return data if isinstance(data, dict) else {}

    def _refused(self, errors: Any, doing: str) -> GitHubError:
        said = "; ".join(str(error.get("message", "")) for error in errors if isinstance(error, dict))
        kinds = {error.get("type") for error in errors if isinstance(error, dict)}
        message = f"GitHub did not {doing}: {self._clean(said)}"
        if "STALE_DATA" in kinds:
            return StaleError(message)
        if kinds & {"FORBIDDEN", "BRANCH_PROTECTION_RULE_VIOLATION"} or "rule violations" in said.lower():
            return ForbiddenError(message)
        return GitHubError(message)

    def _rest(self, method: str, path: str, body: Any, doing: str) -> Any:
        return self._json(self._send(method, self._place(path), body, doing), doing)

    def _place(self, path: str) -> str:
        return f"{self._api}/repos/{self.repository}/{path}".rstrip("/")

    def _json(self, answer: httpx.Response, doing: str) -> Any:
        try:
            return answer.json()
        except (ValueError, RecursionError):
            raise GitHubError(f"GitHub did not {doing}: its answer is no JSON", status=answer.status_code) from None

    def _send(
        self, method: str, url: str, body: Any, doing: str, *, raw: bool = False, reads: bool = False
    ) -> httpx.Response:
        """The answer to a request. A limit is waited for; what failed on the way is sent again if it only reads."""
        reads = reads or method == "GET"
        waited = 0.0
        for attempt in range(1, _ATTEMPTS + 1):
            answer, problem = self._once(method, url, body, raw=raw)
            if answer is not None and answer.is_success:
                return answer
            pause = self._pause(answer, attempt, reads=reads)
            if pause is None or attempt == _ATTEMPTS or waited + pause > PATIENCE:
                break
            self._sleep(pause)
            waited += pause
        raise self._failed(answer, problem, doing)

    def _once(self, method: str, url: str, body: Any, *, raw: bool) -> tuple[httpx.Response | None, str]:
        headers = {
            "Accept": "application/vnd.github.raw+json" if raw else "application/vnd.github+json",
            "Authorization": f"Bearer {self._token}",
            "User-Agent": f"promptsync/{__version__}",
            "X-GitHub-Api-Version": "2022-11-28",
        }
        try:
            answer = self._http.request(method, url, json=body, headers=headers)
            if answer.is_redirect and raw and method == "GET":
                # An artefact lies elsewhere, and the token is not for there.
                answer = self._http.get(answer.headers["location"])
        except (httpx.HTTPError, httpx.InvalidURL, KeyError) as error:
            return None, self._clean(str(error)) or type(error).__name__
        return answer, ""

    def _pause(self, answer: httpx.Response | None, attempt: int, *, reads: bool) -> float | None:
        """Seconds until it may be sent again; None where it may not."""
        if answer is not None and _is_limited(answer):
            return _limited_for(answer)
        if reads and (answer is None or answer.status_code in _BROKEN):
            return float(2**attempt)
        return None

    def _failed(self, answer: httpx.Response | None, problem: str, doing: str) -> GitHubError:
        if answer is None:
            return GitHubError(f"GitHub did not {doing}: it could not be reached ({problem})")
        status = answer.status_code
        said = self._clean(_complaint(answer))
        message = f"GitHub did not {doing}: it answered {status}" + (f" ({said})" if said else "")
        if status in (401, 403) and not _is_limited(answer):
            hint = "give the job the permissions that the workflow in the documentation has"
            return ForbiddenError(message, status=status, hint=hint)
        return GitHubError(message, status=status)

    def _clean(self, text: str) -> str:
        return text.replace(self._token, "***") if self._token else text


def _is_limited(answer: httpx.Response) -> bool:
    if answer.status_code == 429:
        return True
    used_up = answer.headers.get("x-ratelimit-remaining") == "0" or "retry-after" in answer.headers
    return answer.status_code == 403 and (used_up or "secondary rate limit" in _complaint(answer).lower())


def _limited_for(answer: httpx.Response) -> float:
    """Seconds, by what GitHub's documentation tells clients to go by."""
    try:
        return max(float(answer.headers["retry-after"]), 1.0)
    except (KeyError, ValueError):
        pass
    try:
        if answer.headers.get("x-ratelimit-remaining") == "0":
            return max(float(answer.headers["x-ratelimit-reset"]) - time.time(), 1.0)
    except (KeyError, ValueError):
        pass
    return SECONDARY


def _complaint(answer: httpx.Response) -> str:
    """What GitHub says of it: of "Validation Failed" what failed, too."""
    try:
        told = answer.json()
        said = [told.get("message", ""), *(one.get("message", "") for one in told.get("errors") or ())]
    except (ValueError, AttributeError, TypeError, RecursionError):
        return ""
    return ": ".join(str(part) for part in said if part)[:500]
