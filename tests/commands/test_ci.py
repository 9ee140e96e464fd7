from __future__ import annotations

import pytest

from promptsync.commands.ci import branch_of_run, provenance_of_run
from promptsync.model.provenance import Provenance

GITHUB = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_REF": "refs/heads/main",
    "GITHUB_SERVER_URL": "https://github.example",
    "GITHUB_REPOSITORY": "acme/shop",
    "GITHUB_RUN_ID": "12",
    "GITHUB_SHA": "c" * 40,
    "GITHUB_ACTOR": "mona",
}
GITLAB = {
    "GITLAB_CI": "true",
    "CI_DEFAULT_BRANCH": "trunk",
    "CI_COMMIT_SHA": "d" * 40,
    "CI_JOB_URL": "https://gitlab.example/acme/shop/-/jobs/7",
    "CI_MERGE_REQUEST_IID": "3",
    "GITLAB_USER_LOGIN": "tanuki",
}


@pytest.mark.parametrize(
    ("environ", "branch"),
    [
        ({}, None),
        (GITHUB, "main"),
        ({**GITHUB, "GITHUB_REF": "refs/heads/release/1"}, "release/1"),
        ({**GITHUB, "GITHUB_REF": "refs/pull/3/merge"}, None),
        ({**GITHUB, "GITHUB_REF": "refs/tags/main"}, None),
        ({"GITHUB_REF": "refs/heads/main"}, None),
        (GITLAB, "trunk"),
    ],
)
def test_the_branch_of_a_run(environ: dict[str, str], branch: str | None) -> None:
    assert branch_of_run(environ) == branch


def test_the_provenance_of_a_run_has_the_commit_that_is_checked_out() -> None:
    """A job that waited checks out the tip of its branch, not what its run began with."""
    run = "https://github.example/acme/shop/actions/runs/12"
    assert provenance_of_run("default", "e" * 40, GITHUB) == Provenance("default", "e" * 40, run, by="mona")
    job = "https://gitlab.example/acme/shop/-/jobs/7"
    assert provenance_of_run("staging", "e" * 40, GITLAB) == Provenance("staging", "e" * 40, job, "!3", "tanuki")
    assert provenance_of_run("default", "e" * 40, {"GITHUB_SHA": "c" * 40}) is None
    assert provenance_of_run("default", "", {"GITLAB_CI": "true"}) == Provenance("default")
