"""GitHub over HTTP: the few calls of REST and GraphQL that the action makes. The only file here that knows httpx.

The token is in no message. What GitHub limits is waited for as it asks; a write is sent again only where it was
certainly not carried out. Sources: docs.github.com, "Rate limits for the REST API", "Mutations"
(createCommitOnBranch, enablePullRequestAutoMerge).
"""

from __future__ import annotations

import base64
import io
import time
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import httpx

from promptsync import __version__
from promptsync.github import queries
from promptsync.github.pulls import Ahead, OwnPull, ahead, own_pull
from promptsync.model.errors import BranchError, DeniedError, MovedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from promptsync.model.prompt import Json

PATIENCE = 180.0
"""Seconds that one call may wait for a limit to be lifted."""

SECONDARY = 60.0
"""Seconds to wait for a secondary limit that does not say how long it holds."""

MAX_ANSWER = 64 * 1024 * 1024
"""Bytes of one answer."""

MAX_PAGES = 100
"""Pages of a list that are read: 10,000 comments."""

_FILE_PAGES = 30
"""Pages of 100 files that GitHub lists of a pull request."""

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


@dataclass(frozen=True, slots=True)
class Note:
    """A comment or issue that the token's own account wrote. `number` is what it is changed by."""

    number: int
    body: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class Pull:
    """A pull request. `node` is its id in GraphQL."""

    number: int
    node: str
    head: str
    url: str
    is_merged: bool


class GitHub:
    """The repository `repository` (owner/name) of the GitHub at `api_url`, with a token.

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
        self._http = httpx.Client(transport=network, timeout=_SECONDS, follow_redirects=False)

    def close(self) -> None:
        """Closes the connections."""
        self._http.close()

    def touches(self, number: int, folder: str) -> bool:
        """Whether a pull request changes anything in a folder, `.` for all of the repository.

        A pull request of more files than GitHub lists touches everything.
        """
        for page in range(1, _FILE_PAGES + 1):
            found = self._rest("GET", f"pulls/{number}/files?per_page=100&page={page}", None, "list the changed files")
            names = [name for item in found for name in (item["filename"], item.get("previous_filename")) if name]
            if folder == "." or any(name.startswith(f"{folder}/") for name in names):
                return bool(names)
            if len(found) < 100:
                return False
        return True

    def own_comments(self, number: int) -> Iterator[Note]:
        """The comments on an issue or pull request that this token's account wrote, oldest first."""
        for node in self._nodes(queries.COMMENTS, {"number": number}, ("issueOrPullRequest", "comments")):
            if node.get("viewerDidAuthor") is True:
                yield Note(int(node["databaseId"]), str(node["body"]))

    def create_comment(self, number: int, body: str) -> None:
        """Comments on an issue or pull request."""
        self._rest("POST", f"issues/{number}/comments", {"body": body}, "comment on the pull request")

    def update_comment(self, comment: int, body: str) -> None:
        """Gives a comment another text."""
        self._rest("PATCH", f"issues/comments/{comment}", {"body": body}, "update the comment")

    def own_issues(self, label: str) -> Iterator[Note]:
        """The open issues with a label that this token's account wrote, oldest first."""
        for node in self._nodes(queries.ISSUES, {"label": label}, ("issues",)):
            if node.get("viewerDidAuthor") is True:
                yield Note(int(node["number"]), str(node["body"]), str(node["title"]))

    def create_issue(self, title: str, body: str, label: str) -> int:
        """Opens an issue, and gives its number."""
        made = self._rest("POST", "issues", {"title": title, "body": body, "labels": [label]}, "open an issue")
        return int(made["number"])

    def update_issue(self, number: int, **fields: str) -> None:
        """Changes `title`, `body` or `state` of an issue or pull request."""
        self._rest("PATCH", f"issues/{number}", fields, f"update #{number}")

    def pulls_of(self, commit: str) -> list[Pull]:
        """The pull requests that a commit belongs to."""
        found = self._rest("GET", f"commits/{commit}/pulls?per_page=100", None, "find the commit's pull request")
        return [_pull(item) for item in found]

    def open_pull(self, branch: str, base: str) -> Pull | None:
        """The open pull request from a branch of this repository into `base`."""
        owner = self.repository.partition("/")[0]
        query = f"state=open&head={quote(f'{owner}:{branch}', safe='')}&base={quote(base, safe='')}"
        found = self._rest("GET", f"pulls?{query}", None, "look for the pull request")
        return _pull(found[0]) if found else None

    def create_pull(self, branch: str, base: str, title: str, body: str) -> Pull:
        """Opens a pull request."""
        fields = {"head": branch, "base": base, "title": title, "body": body}
        return _pull(self._rest("POST", "pulls", fields, f"open a pull request from {branch}"))

    def own_pulls(self, branch: str, base: str) -> Iterator[OwnPull]:
        """The pull requests of this token's account from a branch of this repository, newest first; merged ones not."""
        for node in self._nodes(queries.PULLS, {"branch": branch, "base": base}, ("pullRequests",)):
            if node.get("viewerDidAuthor") is True and node.get("isCrossRepository") is False:
                yield own_pull(node)

    def merge_when_ready(self, pull: Pull) -> bool:
        """Asks for auto-merge. False where the repository does not allow it."""
        try:
            self._query(queries.AUTO_MERGE, {"pull": pull.node}, "ask for auto-merge")
        except GitHubError:
            return False
        return True

    def default_branch(self) -> str:
        """The branch that pull requests go into."""
        return str(self._rest("GET", "", None, "read the repository")["default_branch"])

    def ahead(self, base: str, commit: str) -> Ahead:
        """What a commit has since it parted from `base`."""
        return ahead(self._rest("GET", f"compare/{quote(base)}...{commit}", None, "compare two commits"))

    def delete_branch(self, branch: str) -> None:
        """Takes a branch away."""
        self._send("DELETE", self._place(f"git/refs/heads/{quote(branch)}"), None, f"delete the branch {branch}")

    def tip(self, branch: str) -> str | None:
        """The commit that a branch points to; None where there is no such branch."""
        try:
            found = self._rest("GET", f"git/ref/heads/{quote(branch)}", None, f"read the branch {branch}")
        except GitHubError as error:
            if error.status == 404:
                return None
            raise
        return str(found["object"]["sha"])

    def point(self, branch: str, commit: str, *, create: bool) -> None:
        """Makes a branch, or moves one that is there, whatever it points to."""
        doing = f"write the branch {branch}"
        if create:
            self._rest("POST", "git/refs", {"ref": f"refs/heads/{branch}", "sha": commit}, doing)
        else:
            self._rest("PATCH", f"git/refs/heads/{quote(branch)}", {"sha": commit, "force": True}, doing)

    def read(self, path: str, commit: str) -> bytes | None:
        """The content of a file at a commit; None where there is none."""
        where = f"contents/{quote(path)}?ref={quote(commit, safe='')}"
        try:
            answer = self._send("GET", self._place(where), None, f"read {path}", raw=True)
        except GitHubError as error:
            if error.status == 404:
                return None
            raise
        return answer.content

    def names(self, commit: str) -> list[str]:
        """The paths of all files at a commit. Raises GitHubError where GitHub does not list them all."""
        found = self._rest("GET", f"git/trees/{quote(commit, safe='')}?recursive=1", None, "list the files of a commit")
        if found.get("truncated"):
            raise GitHubError("GitHub did not list all the files of a commit: there are too many")
        return [str(item["path"]) for item in found["tree"] if item["type"] == "blob"]

    def commit(
        self, branch: str, onto: str | None, files: Mapping[str, bytes | None], headline: str, body: str = ""
    ) -> str:
        """Commits files to a branch, signed by GitHub, if it still points to the commit `onto`. Gives the new commit.

        A file of None is taken away. Raises MovedError where it points elsewhere, DeniedError where the branch takes
        no commit of this token.
        """
        if onto is None:
            return self._begin(branch, files, f"{headline}\n\n{body}".strip())
        change = {
            "branch": {"repositoryNameWithOwner": self.repository, "branchName": branch},
            "expectedHeadOid": onto,
            "message": {"headline": headline, "body": body},
            "fileChanges": {
                "additions": [
                    {"path": path, "contents": base64.b64encode(data).decode()}
                    for path, data in files.items()
                    if data is not None
                ],
                "deletions": [{"path": path} for path, data in files.items() if data is None],
            },
        }
        made = self._query(queries.COMMIT, {"input": change}, f"commit to {branch}")
        return str(made["createCommitOnBranch"]["commit"]["oid"])

    def _begin(self, branch: str, files: Mapping[str, bytes | None], message: str) -> str:
        """A branch of its own, whose first commit holds nothing but these files."""
        doing = f"begin the branch {branch}"
        blobs = [
            {"path": path, "mode": "100644", "type": "blob", "content": data.decode()}
            for path, data in files.items()
            if data is not None
        ]
        tree = self._rest("POST", "git/trees", {"tree": blobs}, doing)["sha"]
        made = self._rest("POST", "git/commits", {"message": message, "tree": tree, "parents": []}, doing)["sha"]
        try:
            self.point(branch, made, create=True)
        except GitHubError as error:
            if error.status == 422:
                raise StaleError(f"the branch {branch} was begun by someone else meanwhile") from None
            raise
        return str(made)

    def artefact(self, name: str, commit: str) -> dict[str, bytes] | None:
        """The files of the newest artefact of a name that a run on `commit` made; None where there is none."""
        found = self._rest("GET", f"actions/artifacts?per_page=100&name={quote(name, safe='')}", None, "list artefacts")
        made = [
            item
            for item in found.get("artifacts", [])
            if not item.get("expired") and (item.get("workflow_run") or {}).get("head_sha") == commit
        ]
        if not made:
            return None
        newest = max(made, key=lambda item: str(item["created_at"]))
        answer = self._send("GET", self._place(f"actions/artifacts/{newest['id']}/zip"), None, f"get {name}", raw=True)
        return _unzipped(answer.content, name)

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
        answer = self._json(self._send("POST", self._graphql, asked, doing), doing)
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

    def _send(self, method: str, url: str, body: Any, doing: str, *, raw: bool = False) -> httpx.Response:
        """The answer to a request. A limit is waited for; what failed on the way is sent again if it only reads."""
        waited = 0.0
        for attempt in range(1, _ATTEMPTS + 1):
            answer, problem = self._once(method, url, body, raw=raw)
            if answer is not None and answer.is_success:
                return answer
            pause = self._pause(method, answer, attempt)
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

    def _pause(self, method: str, answer: httpx.Response | None, attempt: int) -> float | None:
        """Seconds until it may be sent again; None where it may not."""
        if answer is not None and _is_limited(answer):
            return _limited_for(answer)
        if method == "GET" and (answer is None or answer.status_code in _BROKEN):
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


def _pull(item: Json) -> Pull:
    return Pull(
        int(item["number"]),
        str(item["node_id"]),
        str(item["head"]["sha"]),
        str(item["html_url"]),
        is_merged=item.get("merged_at") is not None,
    )


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
    try:
        said = answer.json().get("message", "")
    except (ValueError, AttributeError, RecursionError):
        return ""
    return str(said)[:500]


def _unzipped(data: bytes, name: str) -> dict[str, bytes]:
    """The files of an archive. Raises GitHubError for one that is broken or unpacks to too much."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(item.file_size for item in archive.infolist()) > MAX_ANSWER:
                raise GitHubError(f"the artefact {name} is larger than {MAX_ANSWER // 1024 // 1024} MiB")
            return {item.filename: archive.read(item) for item in archive.infolist() if not item.is_dir()}
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError):
        raise GitHubError(f"the artefact {name} is no archive that can be read") from None
