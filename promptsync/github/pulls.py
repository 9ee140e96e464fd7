"""What GitHub tells of a pull request of ours and of the commits on its branch. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from promptsync.model.prompt import Json

OWN_PULLS = """
query ($owner: String!, $name: String!, $branch: String!, $base: String!, $after: String) {
  repository(owner: $owner, name: $name) {
    pullRequests(
      headRefName: $branch, baseRefName: $base, states: [OPEN, CLOSED],
      orderBy: {field: CREATED_AT, direction: DESC}, first: 100, after: $after
    ) {
      nodes { number url title body state isCrossRepository viewerDidAuthor }
      pageInfo { hasNextPage endCursor }
    }
  }
}
"""


@dataclass(frozen=True, slots=True)
class OwnPull:
    """A pull request that the token's own account opened and that was not merged."""

    number: int
    url: str
    title: str
    body: str
    is_open: bool


@dataclass(frozen=True, slots=True)
class Ahead:
    """What a commit has that another has not: how many commits, the last one's message, and each file that differs.

    `files` maps the path to the id of its blob, empty for a file that is gone; of very many the first ones.
    """

    commits: int
    message: str
    files: Mapping[str, str]


def own_pull_of(node: Json) -> OwnPull:
    """A node of the query OWN_PULLS."""
    text = {name: str(node[name]) for name in ("url", "title", "body")}
    return OwnPull(int(node["number"]), is_open=node["state"] == "OPEN", **text)


def ahead_of(found: Json) -> Ahead:
    """The answer to "Compare two commits"."""
    commits, files = found["commits"], found.get("files") or ()
    return Ahead(
        int(found["ahead_by"]),
        str(commits[-1]["commit"]["message"]) if commits else "",
        {str(item["filename"]): "" if item["status"] == "removed" else str(item["sha"]) for item in files},
    )
