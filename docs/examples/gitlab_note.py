"""Says what a file holds in the one note that a target has on a merge request: written, changed, or left as it is.

`python3 -I gitlab_note.py TARGET FILE`, in a merge request pipeline. PROMPTSYNC_GITLAB_TOKEN is that of a project's
own account, with the scope `api`. The note is found by its first line *and* its author.
Source of the calls: docs.gitlab.com, "Notes API" and "REST API, Pagination".
"""

import json
import os
import sys
import urllib.request
from pathlib import Path

LONGEST = 1_000_000 - 500
"""Characters of a note, and of what is said where a plan is longer."""


def call(method, place, body=None):
    """What GitLab answers, and the number of the next page, empty where there is none."""
    headers = {"PRIVATE-TOKEN": os.environ["PROMPTSYNC_GITLAB_TOKEN"], "Content-Type": "application/json"}
    data = None if body is None else json.dumps({"body": body}).encode()
    request = urllib.request.Request(f"{os.environ['CI_API_V4_URL']}/{place}", data, headers, method=method)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer), answer.headers.get("X-Next-Page")


def find(notes, first):
    """Our note whose first line is `first`; None where there is none."""
    us, page = call("GET", "user")[0]["id"], "1"
    while page:
        found, page = call("GET", f"{notes}?sort=asc&per_page=100&page={page}")
        for note in found:
            if note["author"]["id"] == us and note["body"].splitlines()[:1] == [first]:
                return note
    return None


def say(target, text):
    """Gives what was done, in a word or two."""
    project, number = os.environ["CI_MERGE_REQUEST_PROJECT_ID"], os.environ["CI_MERGE_REQUEST_IID"]
    notes, first = f"projects/{project}/merge_requests/{number}/notes", f"<!-- promptsync plan {target} -->"
    if len(text) > LONGEST:
        text = f"{text.partition('<details')[0]}It is too long for a note: see plan.md of {os.environ['CI_JOB_URL']}"
    body, note = f"{first}\n{text}".rstrip(), find(notes, first)
    if note and note["body"].replace("\r\n", "\n").rstrip() == body:
        return "left as it is"
    call("PUT", f"{notes}/{note['id']}", body) if note else call("POST", notes, body)
    return "changed" if note else "written"


if __name__ == "__main__":
    try:
        plan = Path(sys.argv[2]).read_text(encoding="utf-8")
        print("the note was", say(sys.argv[1], plan) if plan.strip() else "left as it is: there is no plan")
    except (KeyError, OSError, ValueError) as error:  # A variable is missing, or the answer is none.
        sys.exit(f"the note could not be written: {error!r}")
