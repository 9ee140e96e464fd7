"""What a CI says of the run it is in, by its variables. Pure: they are handed in.

Sources: docs.github.com, "Variables reference"; docs.gitlab.com, "Predefined CI/CD variables reference".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptsync.model.provenance import Provenance

if TYPE_CHECKING:
    from collections.abc import Mapping


def branch_of_run(environ: Mapping[str, str]) -> str | None:
    """The branch that the lockfile of this run belongs on; None outside of a CI, or for a run on no branch."""
    ref = environ.get("GITHUB_REF", "")
    if environ.get("GITHUB_ACTIONS") and ref.startswith("refs/heads/"):
        return ref.removeprefix("refs/heads/")
    return environ.get("CI_DEFAULT_BRANCH") if environ.get("GITLAB_CI") else None


def provenance_of_run(target: str, commit: str, environ: Mapping[str, str]) -> Provenance | None:
    """Which run this is, of the commit that it checked out; None outside of a CI that is known."""
    if environ.get("GITHUB_ACTIONS"):
        server, repository = environ.get("GITHUB_SERVER_URL", "https://github.com"), environ.get("GITHUB_REPOSITORY")
        run = environ.get("GITHUB_RUN_ID")
        page = f"{server}/{repository}/actions/runs/{run}" if repository and run else ""
        return Provenance(target, commit, page, by=environ.get("GITHUB_ACTOR", ""))
    if environ.get("GITLAB_CI"):
        number = environ.get("CI_MERGE_REQUEST_IID")
        return Provenance(
            target,
            commit,
            environ.get("CI_JOB_URL") or environ.get("CI_PIPELINE_URL", ""),
            f"!{number}" if number else "",
            environ.get("GITLAB_USER_LOGIN", ""),
        )
    return None
