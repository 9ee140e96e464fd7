"""Where a lockfile's change came from: told in the message of its commit, and read back from there. Pure.

The form is that of git's own trailers (git-interpret-trailers): lines `Name: value` in the last paragraph. A squash or
a merge on GitHub keeps them, since it copies the message.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

HEADLINE = "Record what is live in orq.ai"

_TRAILER = re.compile(r"Promptsync-(Target|Commit|Run|Pull-Request|By): (.+)")
_BREAKS = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]+")
"""What would end a line, for one reader or another."""


@dataclass(frozen=True, slots=True)
class Provenance:
    """Which apply changed a lockfile: the commit of the prompt files, the run in CI, the pull request, the person.

    `run` is the address of the run's page, `pull_request` what the host calls it by (`#12`, `!12`), `by` the name of
    whoever started it. Each is empty where it is not known.
    """

    target: str
    commit: str = ""
    run: str = ""
    pull_request: str = ""
    by: str = ""

    @property
    def trailers(self) -> str:
        """The last paragraph of the commit's message. What a name holds cannot begin another line."""
        values = {
            "Target": self.target,
            "Commit": self.commit,
            "Run": self.run,
            "Pull-Request": self.pull_request,
            "By": self.by,
        }
        return "\n".join(f"Promptsync-{name}: {_BREAKS.sub(' ', value)}" for name, value in values.items() if value)


def parse_provenance(message: str) -> list[Provenance]:
    """What the message of a commit tells: one for each target, since a squash puts several messages together."""
    found: list[dict[str, str]] = []
    for line in message.replace("\r\n", "\n").split("\n"):
        match = _TRAILER.fullmatch(line.strip())
        if match is None:
            continue
        name, value = match[1].replace("Pull-Request", "Pull_Request").lower(), match[2]
        if name == "target":
            found.append({})
        if found:
            found[-1].setdefault(name, value)
    return [Provenance(**values) for values in found]
