"""A release says what its changelog tells, and its workflow publishes with as few rights as it can."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from promptsync import __version__
from tools.release import notes, pinned

ROOT = Path(__file__).parent.parent
CHANGELOG = """# Changelog

## [Unreleased]

- Not yet.

## [0.2.0] - 2026-12-01

### Added

- Something.

## [0.1.0]

- The first.
"""


def test_the_notes_are_the_section_of_the_tags_version() -> None:
    assert notes(CHANGELOG, "v0.2.0", "0.2.0") == "### Added\n\n- Something.\n"
    assert notes(CHANGELOG, "v0.1.0", "0.1.0") == "- The first.\n"
    assert notes((ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), f"v{__version__}").startswith("### Added\n")


@pytest.mark.parametrize(
    ("tag", "version", "why"),
    [
        ("v0.2.1", "0.2.0", "the tag is v0.2.1, and promptsync/__init__.py says 0.2.0"),
        ("0.2.0", "0.2.0", "the tag is 0.2.0, and promptsync/__init__.py says 0.2.0"),
        ("v0.3.0", "0.3.0", "CHANGELOG.md tells nothing of 0.3.0"),
        ("v0.2", "0.2", "CHANGELOG.md tells nothing of 0.2:"),
    ],
)
def test_another_version_or_one_without_a_section_is_no_release(tag: str, version: str, why: str) -> None:
    with pytest.raises(ValueError, match=re.escape(why)):
        notes(CHANGELOG, tag, version)


def test_the_workflows_to_copy_can_be_pinned_to_a_commit() -> None:
    commit = "0123456789" * 4
    workflow = f"- uses: actions/checkout@{'a' * 40} # v6\n- uses: promptsync/promptsync@{'b' * 40} # v0\n"

    assert pinned(workflow, commit) == workflow.replace("b" * 40, commit)
    with pytest.raises(ValueError, match="is not the whole name of a commit"):
        pinned(workflow, "v0.1.0")


def test_the_install_lines_name_the_version_of_this_tree() -> None:
    pages = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    texts = (page.read_text(encoding="utf-8") for page in pages)
    told = [tag for text in texts for tag in re.findall(r"git\+https://\S+?@([\w.]+)", text)]

    assert told
    assert set(told) == {f"v{__version__}"}


def test_only_the_job_that_publishes_has_an_identity_and_only_the_last_may_write() -> None:
    workflow: dict[Any, Any] = yaml.safe_load((ROOT / ".github/workflows/release.yml").read_text(encoding="utf-8"))
    jobs = workflow["jobs"]

    assert workflow[True] == {"push": {"tags": ["v[0-9]+.[0-9]+.[0-9]+"]}}
    assert workflow["permissions"] == {}
    assert {name: job["permissions"] for name, job in jobs.items()} == {
        "build": {"contents": "read"},
        "pypi": {"id-token": "write"},
        "github": {"contents": "write"},
    }
    assert jobs["pypi"]["environment"]["name"] == "pypi"
    assert (jobs["pypi"]["needs"], jobs["github"]["needs"]) == ("build", "pypi")
    assert [step for step in jobs["pypi"]["steps"] if "run" in step] == []
    assert "secrets." not in str(workflow)
