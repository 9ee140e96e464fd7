"""How the pages of this folder become the site: `nox -s docs`. They are read on GitHub just as well."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sphinx.application import Sphinx

project = "promptsync"
copyright = "the authors of promptsync"  # noqa: A001 - the name is Sphinx's
extensions = ["myst_parser"]
exclude_patterns = ["examples", "schema"]
html_theme = "furo"
html_title = "promptsync"
html_theme_options = {
    "source_repository": "https://github.com/promptsync/promptsync/",
    "source_branch": "main",
    "source_directory": "docs/",
}
myst_heading_anchors = 3
nitpicky = True

_HERE = Path(__file__).parent
_LINK = re.compile(r"\]\(([^)#:\s]+)(#[^)\s]*)?\)")


def _to_github(_: Sphinx, page: str, source: list[str]) -> None:
    """Links to what is no page of the site, such as a workflow, lead to the repository."""
    folder = (_HERE / page).parent

    def moved(link: re.Match[str]) -> str:
        path = (folder / link[1]).resolve()
        if path.suffix == ".md" and path.is_relative_to(_HERE):
            return link[0]
        place = path.relative_to(_HERE.parent).as_posix()
        return f"](https://github.com/promptsync/promptsync/blob/main/{place}{link[2] or ''})"

    source[0] = _LINK.sub(moved, source[0])


def setup(app: Sphinx) -> None:
    """Called by Sphinx."""
    app.connect("source-read", _to_github)
