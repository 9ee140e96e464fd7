"""What is asked of GitHub, and what is written there: the few calls of REST and GraphQL that the action makes.

Sources: docs.github.com, "REST API endpoints for pull requests, commits, workflow runs, artifacts", "Mutations"
(createCommitOnBranch, enablePullRequestAutoMerge).
"""

from __future__ import annotations

import base64
import io
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from promptsync.files.branches import Proposed
from promptsync.github.http import Connection, StaleError
from promptsync.github.http import GitHubError as GitHubError
from promptsync.github.pulls import OWN_PULLS, Ahead, OwnPull, ahead_of, own_pull_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from promptsync.model.prompt import Json

MAX_ANSWER = 64 * 1024 * 1024
"""Bytes of an artefact that is unpacked."""

MAX_COMPARED = 300
"""Files that GitHub lists of two commits that are compared."""

_ARTEFACT_PAGES = 10
_FILE_PAGES = 30
"""Pages of 100 files that GitHub lists of a pull request."""


@dataclass(frozen=True, slots=True)
class Note:
    """A comment or issue that the token's own account wrote. `number` is what it is changed by."""

    number: int
    body: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class Pull:
    """A pull request into the branch `base`. `node` is its id in GraphQL, `head` its last commit."""

    number: int
    node: str
    head: str
    url: str
    base: str
    is_merged: bool


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit, its first parent (None for the very first), and the pull requests that brought it."""

    id: str
    parent: str | None
    pulls: tuple[Pull, ...]


@dataclass(frozen=True, slots=True)
class Artefact:
    """What the run `run` on a commit uploaded."""

    id: int
    name: str
    commit: str
    run: int


@dataclass(frozen=True, slots=True)
class Compared:
    """Two commits: whether the second builds on the first, and the paths that changed on the way.

    `names` is None where GitHub does not list them all.
    """

    is_ahead: bool
    names: tuple[str, ...] | None

    def touches(self, folder: str) -> bool:
        """Whether something in a folder changed, `.` for all of the repository. What is not listed may be there."""
        return self.names is None or _touches(self.names, folder)


class GitHub(Connection):
    """What is read and written of a repository. Every method raises GitHubError.

    Of the kind ForbiddenError where the token may not.
    """

    def touches(self, number: int, folder: str) -> bool:
        """Whether a pull request changes anything in a folder, `.` for all of the repository.

        A pull request of more files than GitHub lists touches everything.
        """
        for page in range(1, _FILE_PAGES + 1):
            found = self._rest("GET", f"pulls/{number}/files?per_page=100&page={page}", None, "list the changed files")
            if _touches(_names(found), folder):
                return True
            if len(found) < 100:
                return False
        return True

    def is_open(self, number: int) -> bool:
        """Whether a pull request is neither merged nor closed."""
        return bool(self._rest("GET", f"pulls/{number}", None, f"read #{number}")["state"] == "open")

    def compare(self, base: str, head: str) -> Compared:
        """What came to `head` since it and `base` parted."""
        found = self._rest("GET", f"compare/{base}...{head}?per_page=1", None, "compare two commits")
        files = found.get("files") or []
        names = _names(files) if len(files) < MAX_COMPARED else None
        return Compared(found["status"] in ("ahead", "identical"), names)

    def changed(self, base: str, commit: str) -> tuple[str, ...] | None:
        """The paths in which a commit differs from `base`, which it builds on; see `Branches`."""
        return self.compare(base, commit).names

    def history(self, commit: str) -> Iterator[Commit]:
        """A commit and those that it builds on, the newest first, read as they are asked for."""
        for node in self._nodes(_HISTORY, {"commit": commit}, ("object", "history")):
            parents = node["parents"]["nodes"]
            pulls = tuple(_node_pull(item) for item in node["associatedPullRequests"]["nodes"])
            yield Commit(str(node["oid"]), str(parents[0]["oid"]) if parents else None, pulls)

    def own_comments(self, number: int) -> Iterator[Note]:
        """The comments on an issue or pull request that this token's account wrote, oldest first."""
        for node in self._nodes(_COMMENTS, {"number": number}, ("issueOrPullRequest", "comments")):
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
        for node in self._nodes(_ISSUES, {"label": label}, ("issues",)):
            if node.get("viewerDidAuthor") is True:
                yield Note(int(node["number"]), str(node["body"]), str(node["title"]))

    def create_issue(self, title: str, body: str, label: str) -> int:
        """Opens an issue, and gives its number."""
        made = self._rest("POST", "issues", {"title": title, "body": body, "labels": [label]}, "open an issue")
        return int(made["number"])

    def update_issue(self, number: int, **fields: str) -> None:
        """Changes `title`, `body` or `state` of an issue or pull request."""
        self._rest("PATCH", f"issues/{number}", fields, f"update #{number}")

    def own_pull(self, branch: str, base: str) -> Pull | None:
        """The open pull request into `base` that this token's account made from a branch of this very repository."""
        for node in self._nodes(_PULLS, {"branch": branch, "base": base}, ("pullRequests",)):
            if node.get("viewerDidAuthor") is True and node.get("isCrossRepository") is False:
                return _node_pull(node)
        return None

    def own_pulls(self, branch: str, base: str) -> Iterator[OwnPull]:
        """Likewise, the newest first, those that were closed too; merged ones not."""
        for node in self._nodes(OWN_PULLS, {"branch": branch, "base": base}, ("pullRequests",)):
            if node.get("viewerDidAuthor") is True and node.get("isCrossRepository") is False:
                yield own_pull_of(node)

    def create_pull(self, branch: str, base: str, title: str, body: str) -> Pull:
        """Opens a pull request."""
        fields = {"head": branch, "base": base, "title": title, "body": body}
        return _pull(self._rest("POST", "pulls", fields, f"open a pull request from {branch}"))

    def merge_when_ready(self, pull: Pull) -> bool:
        """Asks for auto-merge. False where the repository does not allow it."""
        try:
            self._query(_AUTO_MERGE, {"pull": pull.node}, "ask for auto-merge")
        except GitHubError:
            return False
        return True

    def default_branch(self) -> str:
        """The branch that pull requests go into."""
        return str(self._rest("GET", "", None, "read the repository")["default_branch"])

    def ahead(self, base: str, commit: str) -> Ahead:
        """What a commit has since it parted from the branch `base`."""
        return ahead_of(self._rest("GET", f"compare/{quote(base)}...{commit}", None, "compare two commits"))

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
        made = self._query(_COMMIT, {"input": change}, f"commit to {branch}")
        return str(made["createCommitOnBranch"]["commit"]["oid"])

    def propose(
        self, branch: str, base: str, onto: str, files: Mapping[str, bytes | None], headline: str, body: str = ""
    ) -> Proposed:
        """Makes a branch that is one commit ahead of `onto`, or moves it there; a pull request is the caller's."""
        made = self._made(files, f"{headline}\n\n{body}".strip(), onto, f"write the branch {branch}")
        before = self.tip(branch)
        self.point(branch, made, create=before is None)
        return Proposed(made)

    def merge_base(self, one: str, other: str) -> str | None:
        """The commit that two commits both build on; None where there is none."""
        try:
            found = self._rest("GET", f"compare/{one}...{other}?per_page=1", None, "compare two commits")
        except GitHubError as error:
            if error.status == 404:
                return None
            raise
        return str(found["merge_base_commit"]["sha"])

    def _begin(self, branch: str, files: Mapping[str, bytes | None], message: str) -> str:
        """A branch of its own, whose first commit holds nothing but these files."""
        doing = f"begin the branch {branch}"
        made = self._made(files, message, None, doing)
        try:
            self.point(branch, made, create=True)
        except GitHubError as error:
            if error.status == 422:
                raise StaleError(f"the branch {branch} was begun by someone else meanwhile") from None
            raise
        return made

    def _made(self, files: Mapping[str, bytes | None], message: str, onto: str | None, doing: str) -> str:
        """A commit that no branch points to yet. GitHub signs it, since no author is named."""
        changes = [
            {"path": path, "mode": "100644", "type": "blob"}
            | ({"sha": None} if data is None else {"content": data.decode()})
            for path, data in files.items()
        ]
        tree: Json = {"tree": changes} if onto is None else {"tree": changes, "base_tree": onto}
        made = self._rest("POST", "git/trees", tree, doing)["sha"]
        parents = [] if onto is None else [onto]
        commit = self._rest("POST", "git/commits", {"message": message, "tree": made, "parents": parents}, doing)
        return str(commit["sha"])

    def artefacts(self, name: str) -> Iterator[Artefact]:
        """The artefacts of a name that runs on commits of this very repository made, the newest first.

        Those of forks are no one's: whoever opens a pull request from one decides what its run uploads.
        """
        for page in range(1, _ARTEFACT_PAGES + 1):
            where = f"actions/artifacts?name={quote(name, safe='')}&per_page=100&page={page}"
            found = self._rest("GET", where, None, "list artefacts").get("artifacts", [])
            made = [item for item in found if item.get("name") == name and not item.get("expired") and _is_ours(item)]
            for item in sorted(made, key=lambda item: str(item["created_at"]), reverse=True):
                run = item["workflow_run"]
                yield Artefact(int(item["id"]), name, str(run["head_sha"]), int(run["id"]))
            if len(found) < 100:
                return

    def event_of(self, run: int) -> str:
        """GitHub's word for the event that started a run."""
        return str(self._rest("GET", f"actions/runs/{run}", None, "look at a run").get("event"))

    def unpacked(self, artefact: Artefact) -> dict[str, bytes]:
        """The files of an artefact."""
        place = self._place(f"actions/artifacts/{artefact.id}/zip")
        return _unzipped(self._send("GET", place, None, f"get {artefact.name}", raw=True).content, artefact.name)


def _is_ours(artefact: Json) -> bool:
    """By the repositories' ids: names can be given anew, and a fork that is deleted has none."""
    run = artefact.get("workflow_run") or {}
    head, repository = run.get("head_repository_id"), run.get("repository_id")
    return isinstance(head, int) and head == repository


def _names(files: list[Json]) -> tuple[str, ...]:
    """The paths of changed files, those that they had before too."""
    return tuple(name for item in files for name in (item["filename"], item.get("previous_filename")) if name)


def _touches(names: Iterable[str], folder: str) -> bool:
    """Whether a path lies in a folder. Of one outside of the repository nothing is known."""
    return any(folder == "." or folder.startswith("..") or name.startswith(f"{folder}/") for name in names)


def _pull(item: Json) -> Pull:
    return Pull(
        int(item["number"]),
        str(item["node_id"]),
        str(item["head"]["sha"]),
        str(item["html_url"]),
        str(item["base"]["ref"]),
        is_merged=item.get("merged_at") is not None,
    )


def _node_pull(node: Json) -> Pull:
    return Pull(
        int(node["number"]),
        str(node["id"]),
        str(node["headRefOid"]),
        str(node["url"]),
        str(node["baseRefName"]),
        is_merged=node["merged"] is True,
    )


def _unzipped(data: bytes, name: str) -> dict[str, bytes]:
    """The files of an archive. Raises GitHubError for one that is broken or unpacks to too much."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(item.file_size for item in archive.infolist()) > MAX_ANSWER:
                raise GitHubError(f"the artefact {name} is larger than {MAX_ANSWER // 1024 // 1024} MiB")
            return {item.filename: archive.read(item) for item in archive.infolist() if not item.is_dir()}
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError):
        raise GitHubError(f"the artefact {name} is no archive that can be read") from None


_COMMENTS = """
query ($owner: String!, $name: String!, $number: Int!, $after: String) {
  repository(owner: $owner, name: $name) {
    issueOrPullRequest(number: $number) {
      ... on PullRequest { comments(first: 100, after: $after) { ...found } }
      ... on Issue { comments(first: 100, after: $after) { ...found } }
    }
  }
}
fragment found on IssueCommentConnection {
  nodes { databaseId body viewerDidAuthor }
  pageInfo { hasNextPage endCursor }
}
"""
_ISSUES = """
query ($owner: String!, $name: String!, $label: String!, $after: String) {
  repository(owner: $owner, name: $name) {
    issues(states: [OPEN], labels: [$label], first: 100, after: $after) {
      nodes { number title body viewerDidAuthor }
      pageInfo { hasNextPage endCursor }
    }
  }
}
"""
_HISTORY = """
query ($owner: String!, $name: String!, $commit: GitObjectID!, $after: String) {
  repository(owner: $owner, name: $name) {
    object(oid: $commit) {
      ... on Commit {
        history(first: 100, after: $after) {
          nodes {
            oid
            parents(first: 1) { nodes { oid } }
            associatedPullRequests(first: 10) { nodes { number id headRefOid url baseRefName merged } }
          }
          pageInfo { hasNextPage endCursor }
        }
      }
    }
  }
}
"""
_PULLS = """
query ($owner: String!, $name: String!, $branch: String!, $base: String!, $after: String) {
  repository(owner: $owner, name: $name) {
    pullRequests(states: [OPEN], headRefName: $branch, baseRefName: $base, first: 100, after: $after) {
      nodes { number id headRefOid url baseRefName merged viewerDidAuthor isCrossRepository }
      pageInfo { hasNextPage endCursor }
    }
  }
}
"""
_COMMIT = """
mutation ($input: CreateCommitOnBranchInput!) { createCommitOnBranch(input: $input) { commit { oid } } }
"""
_AUTO_MERGE = """
mutation ($pull: ID!) { enablePullRequestAutoMerge(input: {pullRequestId: $pull}) { clientMutationId } }
"""
