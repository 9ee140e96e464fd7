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

from promptsync.github.http import Connection, StaleError
from promptsync.github.http import GitHubError as GitHubError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from promptsync.model.prompt import Json

MAX_ANSWER = 64 * 1024 * 1024
"""Bytes of an artefact that is unpacked."""

MAX_COMPARED = 300
"""Files that GitHub lists of two commits that are compared."""

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
    """A pull request. `node` is its id in GraphQL."""

    number: int
    node: str
    head: str
    url: str
    is_merged: bool


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
            names = [name for item in found for name in (item["filename"], item.get("previous_filename")) if name]
            if folder == "." or any(name.startswith(f"{folder}/") for name in names):
                return bool(names)
            if len(found) < 100:
                return False
        return True

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

    def merge_when_ready(self, pull: Pull) -> bool:
        """Asks for auto-merge. False where the repository does not allow it."""
        try:
            self._query(_AUTO_MERGE, {"pull": pull.node}, "ask for auto-merge")
        except GitHubError:
            return False
        return True

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


def _pull(item: Json) -> Pull:
    return Pull(
        int(item["number"]),
        str(item["node_id"]),
        str(item["head"]["sha"]),
        str(item["html_url"]),
        is_merged=item.get("merged_at") is not None,
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
_COMMIT = """
mutation ($input: CreateCommitOnBranchInput!) { createCommitOnBranch(input: $input) { commit { oid } } }
"""
_AUTO_MERGE = """
mutation ($pull: ID!) { enablePullRequestAutoMerge(input: {pullRequestId: $pull}) { clientMutationId } }
"""
