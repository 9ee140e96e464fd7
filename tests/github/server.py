"""A small GitHub: the parts of REST and GraphQL that the action uses, over a real bare git repository.

The GraphQL schema is what github.com publishes of these fields: a query with a wrong name or type fails here too.
"""

from __future__ import annotations

import base64
import io
import json
import subprocess
import tempfile
import threading
import zipfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from graphql import GraphQLError, build_schema, graphql_sync
from werkzeug.exceptions import NotFound
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from tests.serving import app_served

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

REPOSITORY = "acme/shop"
TOKEN = "ghs_" + "a" * 36
BOT = "github-actions[bot]"

SCHEMA = build_schema(
    """
    scalar Base64String
    scalar GitObjectID
    type Query { repository(owner: String!, name: String!, followRenames: Boolean = true): Repository }
    type Repository {
      issueOrPullRequest(number: Int!): IssueOrPullRequest
      issues(states: [IssueState!], labels: [String!], first: Int, after: String): IssueConnection!
      pullRequests(
        states: [PullRequestState!], headRefName: String, baseRefName: String, orderBy: IssueOrder, first: Int,
        after: String
      ): PullRequestConnection!
      object(oid: GitObjectID): GitObject
    }
    interface GitObject { oid: GitObjectID! }
    enum PullRequestState { OPEN CLOSED MERGED }
    type PullRequestConnection { nodes: [PullRequest], pageInfo: PageInfo! }
    union IssueOrPullRequest = Issue | PullRequest
    enum IssueState { OPEN CLOSED }
    enum IssueOrderField { CREATED_AT UPDATED_AT COMMENTS }
    enum OrderDirection { ASC DESC }
    input IssueOrder { field: IssueOrderField!, direction: OrderDirection! }
    type Issue {
      number: Int!
      title: String!
      body: String!
      viewerDidAuthor: Boolean!
      comments(first: Int, after: String): IssueCommentConnection!
    }
    scalar URI
    type PullRequest {
      id: ID!
      number: Int!
      headRefOid: GitObjectID!
      baseRefName: String!
      url: URI!
      title: String!
      body: String!
      state: PullRequestState!
      merged: Boolean!
      viewerDidAuthor: Boolean!
      isCrossRepository: Boolean!
      comments(first: Int, after: String): IssueCommentConnection!
    }
    type IssueConnection { nodes: [Issue], pageInfo: PageInfo! }
    type IssueCommentConnection { nodes: [IssueComment], pageInfo: PageInfo! }
    type IssueComment { databaseId: Int, body: String!, viewerDidAuthor: Boolean! }
    type PageInfo { hasNextPage: Boolean!, endCursor: String }
    type Mutation {
      createCommitOnBranch(input: CreateCommitOnBranchInput!): CreateCommitOnBranchPayload
      enablePullRequestAutoMerge(input: EnablePullRequestAutoMergeInput!): EnablePullRequestAutoMergePayload
    }
    input CreateCommitOnBranchInput {
      clientMutationId: String
      branch: CommittableBranch!
      expectedHeadOid: GitObjectID!
      fileChanges: FileChanges
      message: CommitMessage!
    }
    input CommittableBranch { id: ID, repositoryNameWithOwner: String, branchName: String }
    input FileChanges { additions: [FileAddition!], deletions: [FileDeletion!] }
    input FileAddition { path: String!, contents: Base64String! }
    input FileDeletion { path: String! }
    input CommitMessage { headline: String!, body: String }
    type CreateCommitOnBranchPayload { clientMutationId: String, commit: Commit }
    type Commit implements GitObject {
      oid: GitObjectID!
      parents(first: Int): CommitConnection!
      history(first: Int, after: String): CommitHistoryConnection!
      associatedPullRequests(first: Int): PullRequestConnection
    }
    type CommitConnection { nodes: [Commit] }
    type CommitHistoryConnection { nodes: [Commit], pageInfo: PageInfo! }
    input EnablePullRequestAutoMergeInput { clientMutationId: String, pullRequestId: ID! }
    type EnablePullRequestAutoMergePayload { clientMutationId: String }
    """
)

_ROUTES = Map(
    [
        Rule("/graphql", endpoint="graphql", methods=["POST"]),
        Rule("/repos/acme/shop", endpoint="repo", methods=["GET"]),
        Rule("/repos/acme/shop/issues", endpoint="issues", methods=["POST"]),
        Rule("/repos/acme/shop/issues/<int:number>", endpoint="issue", methods=["PATCH"]),
        Rule("/repos/acme/shop/issues/<int:number>/comments", endpoint="comments", methods=["POST"]),
        Rule("/repos/acme/shop/issues/comments/<int:number>", endpoint="comment", methods=["PATCH"]),
        Rule("/repos/acme/shop/pulls", endpoint="pulls", methods=["GET", "POST"]),
        Rule("/repos/acme/shop/pulls/<int:number>", endpoint="one_pull", methods=["GET"]),
        Rule("/repos/acme/shop/pulls/<int:number>/files", endpoint="files", methods=["GET"]),
        Rule("/repos/acme/shop/compare/<basehead>", endpoint="compare", methods=["GET"]),
        Rule("/repos/acme/shop/git/ref/heads/<path:branch>", endpoint="ref", methods=["GET"]),
        Rule("/repos/acme/shop/git/refs", endpoint="refs", methods=["POST"]),
        Rule("/repos/acme/shop/git/refs/heads/<path:branch>", endpoint="move", methods=["PATCH", "DELETE"]),
        Rule("/repos/acme/shop/git/trees", endpoint="trees", methods=["POST"]),
        Rule("/repos/acme/shop/git/trees/<sha>", endpoint="tree", methods=["GET"]),
        Rule("/repos/acme/shop/git/commits", endpoint="commits", methods=["POST"]),
        Rule("/repos/acme/shop/contents/<path:path>", endpoint="contents", methods=["GET"]),
        Rule("/repos/acme/shop/actions/artifacts", endpoint="artifacts", methods=["GET"]),
        Rule("/repos/acme/shop/actions/runs/<int:number>", endpoint="run", methods=["GET"]),
        Rule("/repos/acme/shop/actions/artifacts/<int:number>/zip", endpoint="download", methods=["GET"]),
        Rule("/elsewhere/<int:number>", endpoint="elsewhere", methods=["GET"]),
    ]
)


@dataclass
class Comment:
    """A comment on an issue or pull request."""

    number: int
    on: int
    author: str
    body: str


@dataclass
class Issue:
    """An issue."""

    number: int
    author: str
    title: str
    body: str
    labels: list[str]
    state: str = "open"


@dataclass
class Pull:
    """A pull request. `auto_merge` is set when it was asked for; `files` are told in place of what git finds.

    `commits` are those that its merge brought to the base.
    """

    number: int
    branch: str
    base: str
    head: str
    title: str = ""
    body: str = ""
    author: str = "mona"
    merged_at: str | None = None
    state: str = "open"
    auto_merge: bool = False
    is_from_fork: bool = False
    files: list[str] = field(default_factory=list)
    commits: list[str] = field(default_factory=list)


@dataclass
class Artefact:
    """What a run uploaded; the run has the same number. `repository` is the id of the one that the run's commit is in.

    That is 1 for this one.
    """

    number: int
    name: str
    commit: str
    data: bytes
    created_at: str
    expired: bool = False
    event: str = "pull_request"
    repository: int = 1


@dataclass
class FakeGitHub:
    """What there is on it, and how it behaves.

    `protected` branches take no commit but by a pull request. `denied` are endpoints that the token may not use.
    `answers` are given before any other, one a request; None is "as ever". The files of a commit in `too_large` are not
    all listed. `before_commit` is called when a commit
    comes in, before it is looked at: for someone who is quicker.
    """

    git_folder: Path
    comments: list[Comment] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)
    pulls: list[Pull] = field(default_factory=list)
    artefacts: list[Artefact] = field(default_factory=list)
    protected: set[str] = field(default_factory=set)
    denied: set[str] = field(default_factory=set)
    answers: list[Response | None] = field(default_factory=list)
    too_large: set[str] = field(default_factory=set)
    allows_auto_merge: bool = False
    before_commit: list[Any] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)
    """The Authorization of each request that was sent elsewhere."""
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _number: int = 100

    def number(self) -> int:
        self._number += 1
        return self._number

    def git(self, *arguments: str, data: bytes | None = None, **env: str) -> str:
        """Run git on the bare repository."""
        ran = subprocess.run(
            ["git", "--git-dir", str(self.git_folder), *arguments],
            input=data,
            capture_output=True,
            check=True,
            env={"PATH": "/usr/bin:/bin:/usr/local/bin", "HOME": "/nowhere", **_WHO, **env},
        )
        return ran.stdout.decode().strip()

    def tip(self, branch: str) -> str | None:
        """The commit that a branch points to."""
        try:
            return self.git("rev-parse", "--verify", "-q", f"refs/heads/{branch}")
        except subprocess.CalledProcessError:
            return None

    def file(self, branch: str, path: str) -> bytes:
        """A file on a branch."""
        return subprocess.run(
            ["git", "--git-dir", str(self.git_folder), "cat-file", "blob", f"{branch}:{path}"],
            capture_output=True,
            check=True,
        ).stdout

    def commit(self, branch: str, files: Mapping[str, bytes | None], message: str, *, author: str = "mona") -> str:
        """Commits files to a branch as anyone would, and gives the commit."""
        tip = self.tip(branch)
        with tempfile.TemporaryDirectory() as folder:
            index = {"GIT_INDEX_FILE": f"{folder}/index"}
            if tip is not None:
                self.git("read-tree", tip, **index)
            for path, data in files.items():
                if data is None:
                    self.git("update-index", "--index-info", data=f"0 {'0' * 40}\t{path}\n".encode(), **index)
                    continue
                blob = self.git("hash-object", "-w", "--stdin", data=data)
                self.git("update-index", "--add", "--cacheinfo", f"100644,{blob},{path}", **index)
            tree = self.git("write-tree", **index)
        parents = ["-p", tip] if tip is not None else []
        made = self.git("commit-tree", tree, *parents, "-m", message, GIT_AUTHOR_NAME=author)
        self.git("update-ref", f"refs/heads/{branch}", made, *([tip] if tip is not None else []))
        return made

    def comment(self, on: int, author: str, body: str) -> Comment:
        """Someone writes a comment."""
        made = Comment(self.number(), on, author, body)
        self.comments.append(made)
        return made

    def pull(self, branch: str, base: str = "main", *, author: str = "mona") -> Pull:
        """Someone opens a pull request."""
        made = Pull(self.number(), branch, base, self.tip(branch) or "0" * 40, author=author)
        self.pulls.append(made)
        return made

    def merge(self, pull: Pull, how: str = "squash") -> str:
        """Someone merges a pull request; gives the commit. `how` is `squash` or `merge`."""
        tip, head = self.tip(pull.base), self.tip(pull.branch) or pull.head
        brought = self.git("rev-list", f"{tip}..{head}").split()
        tree = self.git("merge-tree", "--write-tree", f"{tip}", head)
        parents = ["-p", f"{tip}", *(["-p", head] if how == "merge" else [])]
        made = self.git("commit-tree", tree, *parents, "-m", f"Merge #{pull.number}")
        self.git("update-ref", f"refs/heads/{pull.base}", made)
        pull.head, pull.state, pull.merged_at = head, "closed", "2026-11-01T10:00:00Z"
        pull.commits = [made, *(brought if how == "merge" else [])]
        return made

    def upload(self, name: str, commit: str, files: dict[str, bytes], created_at: str, **others: Any) -> Artefact:
        """A run on `commit` uploads an artefact."""
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            for path, data in files.items():
                archive.writestr(path, data)
        made = Artefact(self.number(), name, commit, packed.getvalue(), created_at, **others)
        self.artefacts.append(made)
        return made

    def __call__(self, environ: Any, start_response: Any) -> Any:
        request = Request(environ)
        with self._lock:
            return self._answer(request)(environ, start_response)

    def _answer(self, request: Request) -> Response:
        self.log.append(f"{request.method} {request.full_path.rstrip('?')}")
        try:
            endpoint, values = _ROUTES.bind_to_environ(request.environ).match()
        except NotFound:
            return _json({"message": "Not Found"}, 404)
        if endpoint == "elsewhere":
            self.seen.append(request.headers.get("Authorization", ""))
            return Response(self._artefact(values["number"]).data)
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return _json({"message": "Bad credentials"}, 401)
        if self.answers and (ready := self.answers.pop(0)) is not None:
            return ready
        if endpoint in self.denied:
            return _json({"message": "Resource not accessible by integration"}, 403)
        answer: Response = getattr(self, f"_{endpoint}")(request, **values)
        return answer

    def _comments(self, request: Request, number: int) -> Response:
        body = _body(request)["body"]
        if len(body) > 65_536:
            return _json({"message": "Body is too long (maximum is 65536 characters)"}, 422)
        made = self.comment(number, BOT, body)
        return _json({"id": made.number, "body": made.body}, 201)

    def _comment(self, request: Request, number: int) -> Response:
        found = next((item for item in self.comments if item.number == number), None)
        if found is None:
            return _json({"message": "Not Found"}, 404)
        found.body = _body(request)["body"]
        return _json({"id": found.number, "body": found.body})

    def _issues(self, request: Request) -> Response:
        body = _body(request)
        made = Issue(self.number(), BOT, body["title"], body["body"], body["labels"])
        self.issues.append(made)
        return _json({"number": made.number}, 201)

    def _issue(self, request: Request, number: int) -> Response:
        for item in (*self.issues, *self.pulls):
            if item.number == number:
                for name, value in _body(request).items():
                    setattr(item, name, value)
                return _json({"number": number})
        return _json({"message": "Not Found"}, 404)

    def _pulls(self, request: Request) -> Response:
        if request.method == "POST":
            body = _body(request)
            if "create_pull" in self.denied:
                message = "GitHub Actions is not permitted to create or approve pull requests."
                return _json({"message": message}, 403)
            wanted = (body["head"], body["base"], "open", False)
            if any((one.branch, one.base, one.state, one.is_from_fork) == wanted for one in self.pulls):
                error = {"message": f"A pull request already exists for acme:{body['head']}."}
                return _json({"message": "Validation Failed", "errors": [error]}, 422)
            made = self.pull(body["head"], body["base"], author=BOT)
            made.title, made.body = body["title"], body["body"]
            return _json(_pull(made), 201)
        owner, _, branch = request.args["head"].partition(":")
        wanted = (branch, request.args["base"], request.args["state"])
        found = [item for item in self.pulls if (item.branch, item.base, item.state) == wanted and owner == "acme"]
        return _json([_pull(item) for item in found])

    def _one_pull(self, request: Request, number: int) -> Response:
        return _json(_pull(next(item for item in self.pulls if item.number == number)))

    def _files(self, request: Request, number: int) -> Response:
        pull = next(item for item in self.pulls if item.number == number)
        page, size = int(request.args["page"]), int(request.args["per_page"])
        names = pull.files or self.git("diff", "--name-only", "-z", f"{pull.base}...{pull.head}").split("\0")[:-1]
        return _json([{"filename": name, "status": "modified"} for name in names[(page - 1) * size : page * size]])

    def _compare(self, request: Request, basehead: str) -> Response:
        base, _, head = basehead.partition("...")
        try:
            parted = self.git("merge-base", base, head)
        except subprocess.CalledProcessError:
            return _json({"message": "Not Found"}, 404)
        status = {base: "ahead", head: "behind"}.get(parted, "diverged") if base != head else "identical"
        commits = self.git("rev-list", "--reverse", f"{base}..{head}").split()
        told = [{"sha": one, "commit": {"message": self.git("log", "-1", "--format=%B", one)}} for one in commits]
        statuses = {"A": "added", "M": "modified", "D": "removed"}
        files = []
        for line in self.git("diff", "--raw", "--no-abbrev", "--no-renames", parted, head).splitlines():
            facts, name = line.split("\t")
            _, _, before, after, how = facts.split()
            files.append({"filename": name, "status": statuses[how], "sha": before if how == "D" else after})
        return _json(
            {
                "status": status,
                "ahead_by": len(commits),
                "merge_base_commit": {"sha": parted},
                "commits": told[: int(request.args.get("per_page", "250"))],
                "files": files[:300],
            }
        )

    def _ref(self, request: Request, branch: str) -> Response:
        tip = self.tip(branch)
        if tip is None:
            return _json({"message": "Not Found"}, 404)
        return _json({"ref": f"refs/heads/{branch}", "object": {"sha": tip, "type": "commit"}})

    def _refs(self, request: Request) -> Response:
        body = _body(request)
        branch = body["ref"].removeprefix("refs/heads/")
        if self.tip(branch) is not None:
            return _json({"message": "Reference already exists"}, 422)
        self.git("update-ref", f"refs/heads/{branch}", body["sha"])
        return _json({"ref": body["ref"], "object": {"sha": body["sha"]}}, 201)

    def _move(self, request: Request, branch: str) -> Response:
        if self.tip(branch) is None:
            return _json({"message": "Reference does not exist"}, 422)
        if request.method == "DELETE":
            self.git("update-ref", "-d", f"refs/heads/{branch}")
            self._pushed(branch)
            return Response(status=204)
        self.git("update-ref", f"refs/heads/{branch}", _body(request)["sha"])
        self._pushed(branch)
        return _json({"ref": f"refs/heads/{branch}"})

    def _pushed(self, branch: str) -> None:
        """Open pull requests follow their branch. One with nothing ahead of its base is closed, for good."""
        tip = self.tip(branch)
        for pull in self.pulls:
            if pull.branch == branch and pull.state == "open" and not pull.is_from_fork:
                pull.head = tip or pull.head
                if tip is None or self.git("rev-list", "--count", f"{pull.base}..{tip}") == "0":
                    pull.state = "closed"

    def _repo(self, request: Request) -> Response:
        return _json({"full_name": REPOSITORY, "default_branch": "main"})

    def _trees(self, request: Request) -> Response:
        body = _body(request)
        with tempfile.TemporaryDirectory() as folder:
            index = {"GIT_INDEX_FILE": f"{folder}/index"}
            if "base_tree" in body:
                self.git("read-tree", body["base_tree"], **index)
            for item in body["tree"]:
                if item.get("sha", "") is None:
                    gone = f"0 {'0' * 40}\t{item['path']}\n".encode()
                    self.git("update-index", "--index-info", data=gone, **index)
                    continue
                blob = self.git("hash-object", "-w", "--stdin", data=item["content"].encode())
                self.git("update-index", "--add", "--cacheinfo", f"{item['mode']},{blob},{item['path']}", **index)
            return _json({"sha": self.git("write-tree", **index)}, 201)

    def _tree(self, request: Request, sha: str) -> Response:
        listed = [line.split(None, 3) for line in self.git("ls-tree", "-r", "-t", sha).splitlines()]
        tree = [{"path": path, "mode": mode, "type": kind, "sha": blob} for mode, kind, blob, path in listed]
        return _json({"sha": sha, "tree": tree, "truncated": sha in self.too_large})

    def _commits(self, request: Request) -> Response:
        body = _body(request)
        parents = [word for parent in body["parents"] for word in ("-p", parent)]
        made = self.git("commit-tree", body["tree"], *parents, "-m", body["message"], GIT_AUTHOR_NAME=BOT)
        return _json({"sha": made, "verification": {"verified": True}}, 201)

    def _contents(self, request: Request, path: str) -> Response:
        try:
            return Response(self.file(request.args["ref"], path), content_type="application/vnd.github.raw+json")
        except subprocess.CalledProcessError:
            return _json({"message": "Not Found"}, 404)

    def _artifacts(self, request: Request) -> Response:
        page, size = int(request.args["page"]), int(request.args["per_page"])
        found = [item for item in reversed(self.artefacts) if item.name == request.args["name"]]
        listed = [
            {
                "id": item.number,
                "name": item.name,
                "created_at": item.created_at,
                "expired": item.expired,
                "workflow_run": {
                    "id": item.number,
                    "repository_id": 1,
                    "head_repository_id": item.repository,
                    "head_sha": item.commit,
                },
            }
            for item in found[(page - 1) * size : page * size]
        ]
        return _json({"total_count": len(found), "artifacts": listed})

    def _run(self, request: Request, number: int) -> Response:
        made = self._artefact(number)
        return _json({"id": number, "head_sha": made.commit, "event": made.event})

    def _download(self, request: Request, number: int) -> Response:
        return Response(status=302, headers={"Location": f"{request.host_url}elsewhere/{number}"})

    def _artefact(self, number: int) -> Artefact:
        return next(item for item in self.artefacts if item.number == number)

    def _graphql(self, request: Request) -> Response:
        body = _body(request)
        result = graphql_sync(
            SCHEMA,
            body["query"],
            _Root(self),
            variable_values=body["variables"],
            type_resolver=lambda value, *_: value.kind,
        )
        answer: dict[str, Any] = {"data": result.data}
        if result.errors:
            kinds = [(error.original_error, error) for error in result.errors]
            answer["errors"] = [
                {"message": error.message, **({"type": cause.kind} if isinstance(cause, _RefusalError) else {})}
                for cause, error in kinds
            ]
        return _json(answer)


class _RefusalError(GraphQLError):
    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


class _Root:
    """The resolvers of queries and mutations, which bear the names of the schema."""

    def __init__(self, github: FakeGitHub) -> None:
        self._github = github

    def repository(self, info: Any, owner: str, name: str, **_: Any) -> _Root | None:
        return self if f"{owner}/{name}" == REPOSITORY else None

    def issueOrPullRequest(self, info: Any, number: int) -> _Thread:  # noqa: N802
        return _Thread(self._github, number)

    def issues(self, info: Any, states: list[str], labels: list[str], first: int, after: str | None = None) -> Any:
        found = [one for one in self._github.issues if one.state == "open" and set(labels) & set(one.labels)]
        nodes = [
            {"number": one.number, "title": one.title, "body": one.body, "viewerDidAuthor": one.author == BOT}
            for one in found
        ]
        return _page(nodes, first, after)

    def pullRequests(self, info: Any, first: int, after: str | None = None, **wanted: Any) -> Any:  # noqa: N802
        branches = (wanted["headRefName"], wanted["baseRefName"])
        found = [_pull_node(pull) for pull in self._github.pulls if (pull.branch, pull.base) == branches]
        newest_first = (wanted.get("orderBy") or {}).get("direction") == "DESC"
        listed = [node for node in (reversed(found) if newest_first else found) if node["state"] in wanted["states"]]
        return _page(listed, first, after)

    def object(self, info: Any, oid: str) -> _Commit:
        if "history" in self._github.denied:
            raise _RefusalError("FORBIDDEN", "Resource not accessible by integration")
        return _Commit(self._github, oid)

    def createCommitOnBranch(self, info: Any, input: dict[str, Any]) -> Any:  # noqa: A002, N802
        github, branch = self._github, input["branch"]["branchName"]
        if "createCommitOnBranch" in github.denied:
            raise _RefusalError("FORBIDDEN", "Resource not accessible by integration")
        if branch in github.protected:
            raise _RefusalError(
                "UNPROCESSABLE", "Repository rule violations found\n\nChanges must be made through a pull request.\n\n"
            )
        if github.before_commit:
            github.before_commit.pop(0)()
        expected = input["expectedHeadOid"]
        if github.tip(branch) != expected:
            raise _RefusalError(
                "STALE_DATA", f'Expected branch to point to "{expected}" but it did not.  Pull and try again.'
            )
        changes = input["fileChanges"]
        files: dict[str, bytes | None] = {item["path"]: None for item in changes.get("deletions") or []}
        files |= {item["path"]: base64.b64decode(item["contents"]) for item in changes.get("additions") or []}
        message = input["message"]["headline"] + "\n\n" + (input["message"].get("body") or "")
        made = github.commit(branch, files, message, author=BOT)
        github._pushed(branch)
        return {"commit": {"oid": made}}

    def enablePullRequestAutoMerge(self, info: Any, input: dict[str, Any]) -> Any:  # noqa: A002, N802
        if not self._github.allows_auto_merge:
            raise _RefusalError("UNPROCESSABLE", "Auto merge is not allowed for this repository")
        pull = next(item for item in self._github.pulls if f"PR_{item.number}" == input["pullRequestId"])
        pull.auto_merge = True
        return {}


class _Commit:
    """A commit and what it builds on."""

    kind = "Commit"

    def __init__(self, github: FakeGitHub, oid: str) -> None:
        self._github = github
        self.oid = oid

    def parents(self, info: Any, first: int) -> Any:
        parents = self._github.git("rev-parse", f"{self.oid}^@").split()
        return {"nodes": [_Commit(self._github, oid) for oid in parents[:first]]}

    def history(self, info: Any, first: int, after: str | None = None) -> Any:
        commits = self._github.git("rev-list", self.oid).split()
        return _page([_Commit(self._github, oid) for oid in commits], first, after)

    def associatedPullRequests(self, info: Any, first: int) -> Any:  # noqa: N802
        found = [pull for pull in self._github.pulls if self.oid in pull.commits]
        return _page([_pull_node(pull) for pull in found], first, None)


class _Thread:
    """An issue or pull request with its comments."""

    def __init__(self, github: FakeGitHub, number: int) -> None:
        self._github = github
        self.number = number
        self.kind = "PullRequest" if any(pull.number == number for pull in github.pulls) else "Issue"

    def comments(self, info: Any, first: int, after: str | None = None) -> Any:
        nodes = [
            {"databaseId": one.number, "body": one.body, "viewerDidAuthor": one.author == BOT}
            for one in self._github.comments
            if one.on == self.number
        ]
        return _page(nodes, first, after)


def _page(nodes: list[Any], first: int, after: str | None) -> dict[str, Any]:
    start = int(after or 0)
    end = start + first
    return {"nodes": nodes[start:end], "pageInfo": {"hasNextPage": end < len(nodes), "endCursor": str(end)}}


def _pull_node(pull: Pull) -> dict[str, Any]:
    return {
        "id": f"PR_{pull.number}",
        "number": pull.number,
        "headRefOid": pull.head,
        "baseRefName": pull.base,
        "url": f"https://github.example/{REPOSITORY}/pull/{pull.number}",
        "title": pull.title,
        "body": pull.body,
        "state": "MERGED" if pull.merged_at else pull.state.upper(),
        "merged": pull.merged_at is not None,
        "viewerDidAuthor": pull.author == BOT,
        "isCrossRepository": pull.is_from_fork,
    }


def _pull(pull: Pull) -> dict[str, Any]:
    return {
        "number": pull.number,
        "node_id": f"PR_{pull.number}",
        "head": {"sha": pull.head, "ref": pull.branch},
        "base": {"ref": pull.base},
        "html_url": f"https://github.example/{REPOSITORY}/pull/{pull.number}",
        "merged_at": pull.merged_at,
        "state": pull.state,
    }


def _body(request: Request) -> Any:
    return json.loads(request.get_data())


def _json(value: Any, status: int = 200, **headers: str) -> Response:
    return Response(json.dumps(value), status=status, content_type="application/json", headers=headers)


_WHO = {
    "GIT_AUTHOR_NAME": "mona",
    "GIT_AUTHOR_EMAIL": "mona@example.com",
    "GIT_COMMITTER_NAME": "mona",
    "GIT_COMMITTER_EMAIL": "mona@example.com",
    "GIT_CONFIG_GLOBAL": "/dev/null",
}


@contextmanager
def serving(folder: Path) -> Iterator[tuple[FakeGitHub, str]]:
    """A GitHub on loopback with an empty repository in `folder`, and the URL of its API."""
    bare = folder / "shop.git"
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(bare)], check=True)
    github = FakeGitHub(bare)
    with app_served(github) as url:
        yield github, url
