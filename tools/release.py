"""What a release says, and where the workflows to copy are pinned to it.

    python -m tools.release notes TAG      what CHANGELOG.md tells of the version of this tree, which must be the tag's
    python -m tools.release pin COMMIT     docs/examples, and what `init` writes, use the action of that commit

What makes no sense is said in a sentence, with exit code 1.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from promptsync import __version__

ROOT = Path(__file__).parents[1]


def notes(changelog: str, tag: str, version: str = __version__) -> str:
    """The section of a changelog for `tag`. Raises ValueError where that is not the version, or there is no section."""
    if tag != f"v{version}":
        raise ValueError(f"the tag is {tag}, and promptsync/__init__.py says {version}")
    found = re.search(rf"^## \[{re.escape(version)}\][^\n]*\n(.*?)(?=^## |\Z)", changelog, re.DOTALL | re.MULTILINE)
    if found is None or not found[1].strip():
        raise ValueError(f"CHANGELOG.md tells nothing of {version}: give what is under Unreleased that heading")
    return found[1].strip() + "\n"


def pinned(workflow: str, commit: str) -> str:
    """A workflow with the action of `commit`. Raises ValueError for what is not the whole name of a commit."""
    if not re.fullmatch(r"[0-9a-f]{40}", commit):
        raise ValueError(f"{commit} is not the whole name of a commit: 40 digits, as `git rev-parse` gives it")
    return re.sub(r"(?<=promptsync/promptsync@)[0-9a-f]{40}", commit, workflow)


def main(verb: str, argument: str) -> None:
    """Does what the words say."""
    if verb == "notes":
        sys.stdout.write(notes((ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), argument))
        return
    assert verb == "pin", verb
    examples = (ROOT / "docs/examples").glob("promptsync-*.yml")
    for file in sorted([*examples, *(ROOT / "promptsync/commands/starter").glob("*.yml")]):
        file.write_text(pinned(file.read_text(encoding="utf-8"), argument), encoding="utf-8")


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except ValueError as error:
        sys.exit(str(error))
