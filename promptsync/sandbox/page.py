"""The web page: orq.ai's web UI in small, where a colleague edits prompts. Plain HTML, rendered here, no JavaScript."""

from __future__ import annotations

import hmac
import json
import secrets
from functools import cache
from html import escape
from importlib.resources import files
from string import Template
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from werkzeug.utils import redirect
from werkzeug.wrappers import Response

from promptsync.sandbox.entity import Record, timestamp
from promptsync.sandbox.errors import BadRequest, Forbidden, NotFound, ServiceError
from promptsync.sandbox.guard import check_page
from promptsync.sandbox.validation import check_edit, parse_body

if TYPE_CHECKING:
    from collections.abc import Mapping

    from werkzeug.wrappers import Request

    from promptsync.sandbox.service import Sandbox

_PAGE = 50
_VERSIONS = 50
# No script, no frame, no form to elsewhere: prompts hold text by others.
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; "
    "base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


class Page:
    """The pages of one sandbox: `/` the list, `/prompts/ID` a prompt, its forms post to where they are."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        # In each form, so that another site's form (which cannot read it) changes nothing.
        self._token = secrets.token_urlsafe(16)

    def respond(self, request: Request) -> Response:
        """Answer a request for a page; errors are pages too."""
        try:
            check_page(request)
            return self._routed(request)
        except ServiceError as error:
            return _html(error.status, "Error", _fill("error.html", message=error.message))

    def _routed(self, request: Request) -> Response:
        steps = [step for step in request.path.split("/") if step]
        match request.method, steps:
            case (("GET" | "HEAD"), []):
                return self._list(request)
            case (("GET" | "HEAD"), ["style.css"]):
                return Response(_file("style.css"), mimetype="text/css", headers=_HEADERS)
            case (("GET" | "HEAD"), ["prompts", prompt_id]):
                return self._prompt(prompt_id)
            case (("GET" | "HEAD"), ["prompts", prompt_id, "delete"]):
                return self._confirm(prompt_id)
            case "POST", ["prompts", prompt_id]:
                return self._edit(request, prompt_id)
            case "POST", ["prompts", prompt_id, "delete"]:
                self._check_token(request)
                self._sandbox.ui_delete(prompt_id)
                return redirect("/", 303)
        raise NotFound("There is no such page")

    def _list(self, request: Request) -> Response:
        name, after = request.args.get("q", ""), request.args.get("after")
        rows, has_more = self._sandbox.store.search(name, _PAGE, after=after)
        records = [Record.from_json(row.record) for row in rows]
        older = ""
        if has_more:
            older = _fill("older.html", query=urlencode({"q": name, "after": records[-1].id}))
        body = _fill(
            "list.html",
            name=name,
            count=str(self._sandbox.store.count()),
            rows=_Safe("".join(map(_list_row, records))),
            none=_Safe("" if records else "<p>No prompts here.</p>"),
            older=older,
        )
        return _html(200, "Prompts", body)

    def _prompt(
        self, prompt_id: str, status: int = 200, message: str = "", form: Mapping[str, str] | None = None
    ) -> Response:
        form = form or {}
        record = self._sandbox.record(prompt_id)
        found = self._sandbox.store.versions(prompt_id, _VERSIONS)
        versions = found[0] if found else []
        block = json.dumps(record.block, indent=2, ensure_ascii=False)
        body = _fill(
            "prompt.html",
            id=record.id,
            token=self._token,
            message=_Safe(f'<p class="error" role="alert">{escape(message)}</p>' if message else ""),
            heading=record.name or "Untitled",
            path=record.path,
            dialect=record.dialect,
            version=record.version,
            updated=timestamp(record.updated),
            display_name=form.get("display_name", record.name),
            description=form.get("description", str(record.fields.get("description") or "")),
            block=form.get("block", block),
            versions=_Safe("".join(map(_version_row, versions))),
        )
        return _html(status, record.name or "Untitled", body)

    def _confirm(self, prompt_id: str) -> Response:
        record = self._sandbox.record(prompt_id)
        body = _fill("delete.html", id=record.id, heading=record.name or "Untitled", token=self._token)
        return _html(200, "Delete", body)

    def _edit(self, request: Request, prompt_id: str) -> Response:
        self._check_token(request)
        record = self._sandbox.record(prompt_id)
        # Browsers send a text area's lines with CR LF, whatever they got.
        form = {name: value.replace("\r\n", "\n") for name, value in request.form.items()}
        try:
            changes: dict[str, Any] = {"display_name": form.get("display_name", "")}
            changes[record.dialect] = parse_body(form.get("block", "").encode("utf-8", "surrogatepass"))
            check_edit(changes)
        except BadRequest as error:
            return self._prompt(prompt_id, 400, error.message, form)
        description = form.get("description", "")
        if description != (record.fields.get("description") or ""):
            changes["description"] = description or None
        self._sandbox.ui_edit(prompt_id, changes, replace_block=True)
        return redirect(f"/prompts/{quote(prompt_id)}", 303)

    def _check_token(self, request: Request) -> None:
        if not hmac.compare_digest(request.form.get("token", "").encode(), self._token.encode()):
            raise Forbidden("This form is too old: the sandbox was started anew. Open the page again.")


class _Safe(str):
    """HTML already; anything else that goes into a template is escaped."""


def _list_row(record: Record) -> str:
    return _fill(
        "list_row.html",
        id=record.id,
        heading=record.name or "Untitled",
        path=record.path,
        model=str(record.block.get("model") or ""),
        updated=timestamp(record.updated),
    )


def _version_row(record: Record) -> str:
    return _fill(
        "version_row.html",
        version=record.version,
        timestamp=timestamp(record.updated),
        who="by hand" if record.updated_by else "API",
        block=json.dumps(record.block, indent=2, ensure_ascii=False),
    )


def _html(status: int, title: str, body: str) -> Response:
    return Response(_fill("page.html", title=title, body=body), status, _HEADERS, mimetype="text/html")


def _fill(template: str, /, **values: str) -> _Safe:
    shown = {key: value if isinstance(value, _Safe) else escape(value) for key, value in values.items()}
    return _Safe(Template(_file(template)).substitute(shown))


@cache
def _file(name: str) -> str:
    return files("promptsync.sandbox").joinpath("templates", name).read_text(encoding="utf-8")
