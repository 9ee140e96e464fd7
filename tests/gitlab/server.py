"""A small GitLab: the notes of merge requests over HTTP, and a bare repository that takes push options as GitLab does.

The shapes are those of docs.gitlab.com, "Notes API", "Users API" and "REST API, Pagination".
"""

from __future__ import annotations

import json
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from werkzeug.exceptions import NotFound
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from tests.serving import app_served

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TOKEN = "glpat-" + "a" * 20
BOT = 7
"""The id of the account that the token is of."""

PROJECT = 3
_NOTES = f"/api/v4/projects/{PROJECT}/merge_requests/<int:number>/notes"
_ROUTES = Map(
    [
        Rule("/api/v4/user", endpoint="user", methods=["GET"]),
        Rule(_NOTES, endpoint="notes", methods=["GET", "POST"]),
        Rule(f"{_NOTES}/<int:note>", endpoint="note", methods=["PUT"]),
    ]
)
_HOOK = """\
#!/bin/sh
while read old new ref; do
  env | grep '^GIT_PUSH_OPTION_[0-9]' | sort | sed "s|^[^=]*=|$ref |" >> OPTIONS
  if [ -e protected ] && [ "$ref" = refs/heads/main ]; then
    echo "GitLab: You are not allowed to push code to protected branches on this project." >&2
    exit 1
  fi
  if [ "$ref" = refs/heads/promptsync/lockfile ]; then
    echo "View merge request for promptsync/lockfile:" >&2
    echo "  https://gitlab.example/acme/shop/-/merge_requests/9" >&2
  fi
done
"""


@dataclass
class Note:
    """A note on a merge request."""

    id: int
    on: int
    author: int
    body: str


@dataclass
class FakeGitLab:
    """What there is on it. What the token may not do is `denied`, by method."""

    bare: Path
    notes: list[Note] = field(default_factory=list)
    denied: set[str] = field(default_factory=set)
    log: list[str] = field(default_factory=list)

    def write(self, on: int, author: int, body: str) -> Note:
        """Someone writes a note."""
        self.notes.append(Note(len(self.notes) + 1, on, author, body))
        return self.notes[-1]

    def git(self, *arguments: str) -> str:
        """Runs git on the bare repository."""
        ran = subprocess.run(["git", "--git-dir", str(self.bare), *arguments], capture_output=True, check=True)
        return ran.stdout.decode().strip()

    def protect(self) -> None:
        """From now on no one pushes to `main`."""
        (self.bare / "protected").touch()

    @property
    def push_options(self) -> list[str]:
        path = self.bare / "OPTIONS"
        return path.read_text().splitlines() if path.exists() else []

    def __call__(self, environ: Any, start_response: Any) -> Any:
        request = Request(environ)
        return self._answer(request)(environ, start_response)

    def _answer(self, request: Request) -> Response:
        self.log.append(f"{request.method} {request.full_path.rstrip('?')}")
        try:
            endpoint, values = _ROUTES.bind_to_environ(request.environ).match()
        except NotFound:
            return _json({"message": "404 Not Found"}, 404)
        if request.headers.get("PRIVATE-TOKEN") != TOKEN:
            return _json({"message": "401 Unauthorized"}, 401)
        if request.method in self.denied:
            return _json({"message": "403 Forbidden"}, 403)
        answer: Response = getattr(self, f"_{endpoint}")(request, **values)
        return answer

    def _user(self, _: Request) -> Response:
        return _json({"id": BOT, "username": "project_3_bot"})

    def _notes(self, request: Request, number: int) -> Response:
        if request.method == "POST":
            return self._checked(request) or _json(_told(self.write(number, BOT, _body(request))), 201)
        page, size = int(request.args.get("page", 1)), int(request.args.get("per_page", 20))
        found = [note for note in self.notes if note.on == number]
        found.sort(key=lambda note: note.id, reverse=request.args.get("sort", "desc") == "desc")
        more = len(found) > page * size
        return _json(
            [_told(note) for note in found[(page - 1) * size : page * size]],
            **{"X-Next-Page": str(page + 1) if more else ""},
        )

    def _note(self, request: Request, number: int, note: int) -> Response:
        found = next((one for one in self.notes if (one.on, one.id) == (number, note)), None)
        if found is None:
            return _json({"message": "404 Not Found"}, 404)
        if found.author != BOT:
            return _json({"message": "403 Forbidden"}, 403)
        refused = self._checked(request)
        if refused is None:
            found.body = _body(request)
        return refused or _json(_told(found))

    def _checked(self, request: Request) -> Response | None:
        too_long = len(_body(request)) > 1_000_000
        return _json({"message": {"note": ["is too long"]}}, 400) if too_long else None


def _told(note: Note) -> dict[str, Any]:
    return {"id": note.id, "body": note.body, "author": {"id": note.author}, "system": False}


def _body(request: Request) -> str:
    return str(json.loads(request.get_data())["body"])


def _json(value: Any, status: int = 200, **headers: str) -> Response:
    return Response(json.dumps(value), status=status, content_type="application/json", headers=headers)


@contextmanager
def serving(folder: Path) -> Iterator[tuple[FakeGitLab, str]]:
    """A GitLab on loopback with an empty repository in `folder`, and the URL of its API."""
    bare = folder / "shop.git"
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(bare)], check=True)
    subprocess.run(["git", "--git-dir", str(bare), "config", "receive.advertisePushOptions", "true"], check=True)
    hook = bare / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(_HOOK)
    hook.chmod(0o755)
    gitlab = FakeGitLab(bare)
    with app_served(gitlab) as url:
        yield gitlab, f"{url}/api/v4"
