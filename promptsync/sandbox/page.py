"""The web page: orq.ai's web UI in small, where a colleague edits prompts. Plain HTML, rendered here, no JavaScript."""

from __future__ import annotations

import hmac
import json
import secrets
from datetime import UTC, datetime
from functools import cache
from html import escape
from importlib.resources import files
from string import Template
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from werkzeug.utils import redirect
from werkzeug.wrappers import Response

from promptsync.sandbox import editing
from promptsync.sandbox.entity import Record, timestamp
from promptsync.sandbox.errors import BadRequest, Conflict, Forbidden, NotFound, ServiceError
from promptsync.sandbox.guard import check_page
from promptsync.sandbox.validation import check_body, check_edit

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from werkzeug.wrappers import Request

    from promptsync.sandbox.entity import Block
    from promptsync.sandbox.service import Sandbox

    Form = Mapping[str, str]

_PAGE = 50
_VERSIONS = 50
_NEW_BLOCK = {"model": "openai/gpt-4o"}
# No script, no frame, no form to elsewhere: prompts hold text by others. The referrer stays here, but not away: without
# one, a browser sends this page's own forms with the origin "null", as it sends those of a site that hides.
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; "
    "base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Page:
    """The pages of one sandbox: `/` the list, `/new`, `/prompts/ID` a prompt, its forms post to where they are."""

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
            case (("GET" | "HEAD"), ["new"]):
                return self._blank()
            case (("GET" | "HEAD"), ["prompts", prompt_id]):
                return self._prompt(prompt_id, request.args.get("saved", ""))
            case (("GET" | "HEAD"), ["prompts", prompt_id, "delete"]):
                return self._confirm(prompt_id)
            case "POST", ["new"]:
                return self._create(self._form(request))
            case "POST", ["prompts", prompt_id]:
                return self._edit(prompt_id, self._form(request))
            case "POST", ["prompts", prompt_id, "delete"]:
                self._form(request)
                self._sandbox.ui_delete(prompt_id)
                return redirect(f"/?{urlencode({'deleted': prompt_id})}", 303)
        raise NotFound("There is no such page")

    def _form(self, request: Request) -> Form:
        """What a form of ours sends. Raises Forbidden for any other."""
        if not hmac.compare_digest(request.form.get("token", "").encode(), self._token.encode()):
            raise Forbidden("This form is too old: the sandbox was started anew. Open the page again.")
        # Browsers send a text area's lines with CR LF, whatever they got.
        return {name: value.replace("\r\n", "\n") for name, value in request.form.items()}

    def _list(self, request: Request) -> Response:
        name, after = request.args.get("q", ""), request.args.get("after")
        store = self._sandbox.store
        rows, has_more = store.search(name, _PAGE, after=after)
        records = [Record.from_json(row.record) for row in rows]
        deleted = request.args.get("deleted", "")
        body = _fill(
            "list.html",
            name=name,
            count=str(store.count()),
            notice=_notice(f"Deleted {deleted}." if deleted and store.get(deleted) is None else ""),
            found=_fill("table.html", rows=_joined(map(_list_row, records))) if records else _nothing(name),
            older=_fill("older.html", query=urlencode({"q": name, "after": records[-1].id})) if has_more else _Safe(),
        )
        return _html(200, "Prompts", body)

    def _prompt(self, prompt_id: str, saved: str) -> Response:
        record = self._sandbox.record(prompt_id)
        notice = f"Saved as version {saved}." if saved == record.version else ""
        return _html(200, _heading(record), self._prompt_body(record, _notice(notice), {}))

    def _prompt_body(self, record: Record, notice: _Safe, form: Form, broken: str = "") -> _Safe:
        found = self._sandbox.store.versions(record.id, _VERSIONS)
        fields = self._fields(record, form, broken)
        return _fill(
            "prompt.html",
            id=record.id,
            heading=_heading(record),
            notice=notice,
            version=record.version,
            updated=_time(record.updated),
            fields=fields,
            versions=_joined(map(_version_row, found[0] if found else ())),
        )

    def _fields(self, record: Record, form: Form, broken: str) -> _Safe:
        """The fields that a new prompt and one that is edited have alike, with what was typed into them."""
        description = str(record.fields.get("description") or "")
        told = editing.messages(record.block)
        return _fill(
            "fields.html",
            token=self._token,
            version=record.version,
            display_name=form.get("display_name", record.name),
            path=form.get("path", record.path),
            description=editing.typed(description, "description", form),
            messages=_joined(_message(index, each, record.dialect, form, broken) for index, each in enumerate(told)),
            new_text=form.get(editing.NEW_TEXT, ""),
            new_roles=_roles(record.dialect, form.get(editing.NEW_ROLE, "user" if told else "system")),
            settings=_field(editing.settings(record.block), form, broken),
        )

    def _blank(self, form: Form | None = None, error: BadRequest | None = None) -> Response:
        draft = Record("", "", 0, 0, "Default", self._sandbox.behaviour.block, dict(_NEW_BLOCK), {})
        fields = self._fields(draft, form or {}, _broken(error))
        return _html(
            error.status if error else 200, "New prompt", _fill("new.html", notice=_alert(error), fields=fields)
        )

    def _create(self, form: Form) -> Response:
        dialect: Block = self._sandbox.behaviour.block
        try:
            body: dict[str, Any] = {"display_name": form.get("display_name", ""), "path": form.get("path", "")}
            body[dialect] = editing.edited(dict(_NEW_BLOCK), form)
            if form.get("description"):
                body["description"] = form["description"]
            made = self._sandbox.ui_create(check_body("create", body, self._sandbox.behaviour))
        except BadRequest as error:
            return self._blank(form, error)
        return self._shown(made["_id"])

    def _edit(self, prompt_id: str, form: Form) -> Response:
        record = self._sandbox.record(prompt_id)
        try:
            if form.get("version", record.version) != record.version:
                raise Conflict(
                    f"Version {record.version} was saved meanwhile. Below is what you typed: save again to replace it."
                )
            changes: dict[str, Any] = {
                "display_name": form.get("display_name", ""),
                "path": form.get("path", record.path),
                record.dialect: editing.edited(record.block, form),
                **_new_description(record, form),
            }
            check_edit(changes)
        except BadRequest as error:
            body = self._prompt_body(record, _alert(error), form, _broken(error))
            return _html(error.status, _heading(record), body)
        self._sandbox.ui_edit(prompt_id, changes, replace_block=True)
        return self._shown(prompt_id)

    def _shown(self, prompt_id: str) -> Response:
        saved = urlencode({"saved": self._sandbox.record(prompt_id).version})
        return redirect(f"/prompts/{quote(prompt_id)}?{saved}", 303)

    def _confirm(self, prompt_id: str) -> Response:
        record = self._sandbox.record(prompt_id)
        body = _fill("delete.html", id=record.id, heading=_heading(record), token=self._token)
        return _html(200, "Delete", body)


class _Safe(str):
    """HTML already; anything else that goes into a template is escaped."""


def _joined(parts: Iterable[_Safe]) -> _Safe:
    return _Safe("".join(parts))


def _heading(record: Record) -> str:
    return record.name or "Untitled"


def _notice(text: str) -> _Safe:
    return _fill("notice.html", message=text) if text else _Safe()


def _alert(error: BadRequest | None) -> _Safe:
    return _fill("alert.html", message=error.message) if error else _Safe()


def _broken(error: BadRequest | None) -> str:
    """The name of the field that is at fault, if one is."""
    return error.name if isinstance(error, editing.BrokenField) else ""


def _nothing(name: str) -> _Safe:
    if name:
        return _fill("none.html", message=f"No prompt has “{name}” in its name.")
    return _fill("none.html", message="There are no prompts yet.")


def _new_description(record: Record, form: Form) -> dict[str, str | None]:
    """The description if it was edited: what was never sent stays away."""
    before = str(record.fields.get("description") or "")
    now = editing.typed(before, "description", form)
    return {} if now == before else {"description": now or None}


def _message(index: int, message: dict[str, Any], dialect: Block, form: Form, broken: str) -> _Safe:
    return _fill(
        "message.html",
        index=str(index),
        number=str(index + 1),
        roles=_roles(dialect, form.get(f"role-{index}", str(message.get("role")))),
        fields=_joined(_field(field, form, broken) for field in editing.fields(index, message)),
        removed=_Safe(" checked" if form.get(f"remove-{index}") else ""),
    )


def _roles(dialect: Block, chosen: str) -> _Safe:
    known = editing.ROLES[dialect]
    return _joined(
        _fill("option.html", word=role, selected=_Safe(" selected" if role == chosen else ""))
        for role in (known if chosen in known else (*known, chosen))
    )


def _field(field: editing.Field, form: Form, broken: str) -> _Safe:
    text = form.get(field.name, field.value)
    # A browser brings the field that is at fault into sight.
    fault = ' aria-invalid="true" autofocus' if field.name == broken else ""
    return _fill(
        "field.html",
        name=field.name,
        label=f"{field.label} (JSON)" if field.is_json else field.label,
        kind="code" if field.is_json else "text",
        rows=str(min(24, max(3, text.count("\n") + len(text) // 80 + 1))),
        fault=_Safe(fault),
        value=text,
    )


def _time(milliseconds: int) -> _Safe:
    moment = datetime.fromtimestamp(milliseconds // 1000, UTC)
    shown = f"{moment.day} {moment:%B %Y, %H:%M} UTC"
    return _fill("time.html", exact=timestamp(milliseconds), shown=shown)


def _list_row(record: Record) -> _Safe:
    return _fill(
        "list_row.html",
        id=record.id,
        heading=_heading(record),
        path=record.path,
        model=str(record.block.get("model") or ""),
        updated=_time(record.updated),
    )


def _version_row(record: Record) -> _Safe:
    return _fill(
        "version_row.html",
        version=record.version,
        updated=_time(record.updated),
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
