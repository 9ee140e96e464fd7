"""The WSGI app: routes to request to response. What they mean is in `service.py`, who may is decided here."""

from __future__ import annotations

import hmac
import json
from typing import TYPE_CHECKING

from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.exceptions import NotFound as NoRoute
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from promptsync.sandbox import control, page
from promptsync.sandbox.answers import json_response, json_text
from promptsync.sandbox.errors import (
    BadRequest,
    Disconnect,
    NotFound,
    ServiceError,
    StoreError,
    TooLarge,
    Unauthorized,
)
from promptsync.sandbox.guard import check_host
from promptsync.sandbox.log import LoggedRequest
from promptsync.sandbox.validation import check_body, check_prompt_cursor, cursors, page_size, parse_body

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from promptsync.sandbox.faults import Fault
    from promptsync.sandbox.service import Sandbox

# In `environ`, set by the server in `server.py`: the request came over a socket, from whoever could reach it.
SERVED = "promptsync.sandbox.served"
# Not the service's, which does not tell its own: enough for 1 MiB of YAML, little enough to be held.
_LARGEST_BODY = 32 * 1024 * 1024

_PROMPTS = "/v2/prompts"
_URLS = Map(
    [
        Rule(_PROMPTS, endpoint="list", methods=["GET"]),
        Rule(_PROMPTS, endpoint="create", methods=["POST"]),
        Rule(f"{_PROMPTS}/<id>", endpoint="retrieve", methods=["GET"]),
        Rule(f"{_PROMPTS}/<id>", endpoint="update", methods=["PATCH"]),
        Rule(f"{_PROMPTS}/<id>", endpoint="delete", methods=["DELETE"]),
        Rule(f"{_PROMPTS}/<id>/versions", endpoint="list_versions", methods=["GET"]),
        Rule(f"{_PROMPTS}/<id>/versions/<version>", endpoint="get_version", methods=["GET"]),
    ],
    strict_slashes=False,
    merge_slashes=False,
)


class App:
    """A sandbox as a WSGI application; calls from several threads are fine.

    Faults that break a connection raise Disconnect out of the call (or out of the body's iterator for "cut").
    """

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._page = page.Page(sandbox)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        request = Request(environ)
        try:
            if environ.get(SERVED):
                check_host(request)
            answer = self._dispatch(request)
        except ServiceError as error:
            answer = json_response(error.status, error.body)
        except StoreError as error:
            # 507, "Insufficient Storage": unlike a 500 no one takes it for something that passes.
            answer = json_response(507, {"message": f"{error}; {error.hint}"})
        return answer(environ, start_response)

    def _dispatch(self, request: Request) -> WSGIApplication:
        if request.path == "/v2" or request.path.startswith("/v2/"):
            return self._service(request)
        if request.path.startswith("/_sandbox/"):
            return control.respond(self._sandbox, request)
        return self._page.respond(request)

    def _service(self, request: Request) -> WSGIApplication:
        raw = b""
        status: int | None = None
        try:
            raw = _read(request)
            answer = self._through_faults(request, raw)
            status = answer.status_code if isinstance(answer, Response) else None
            return answer
        except ServiceError as error:
            status = error.status
            raise
        finally:
            self._log(request, raw, status)

    def _through_faults(self, request: Request, raw: bytes) -> WSGIApplication:
        sandbox = self._sandbox
        sandbox.wait(sandbox.behaviour.latency)
        fault = sandbox.faults.take(request.method, request.path)
        if fault is None:
            return self._handled(request, raw)
        answer = self._handled(request, raw) if fault.when == "after" else None
        if fault.kind == "slow":
            sandbox.wait(fault.seconds)
            return answer or self._handled(request, raw)
        return self._spoiled(fault, answer)

    def _spoiled(self, fault: Fault, answer: Response | None) -> WSGIApplication:
        match fault.kind:
            case "status":
                text = json.dumps({"message": f"Fault {fault.status}"}) if fault.body is None else fault.body
                kind = "application/json" if fault.body is None or _is_json(text) else "text/plain"
                return Response(text, fault.status, dict(fault.headers), mimetype=kind)
            case "html":
                return Response("<!doctype html><title>Sign in</title><h1>Sign in</h1>", mimetype="text/html")
            case "garbage":
                return Response('{"_id": "01J', mimetype="application/json")
            case "cut":
                return _Cut(answer or json_response(200, {"_id": "0" * 26, "type": "prompt"}))
            case "timeout":
                self._sandbox.wait(fault.seconds)
                raise Disconnect("drop")
            case "reset" | "drop":
                raise Disconnect(fault.kind)
        raise AssertionError(fault.kind)

    def _handled(self, request: Request, raw: bytes) -> Response:
        """The service's answer, errors included, so that a fault can come after it."""
        try:
            self._authorize(request)
            endpoint, values = _URLS.bind_to_environ(request.environ).match()
            handler: Callable[..., Response] = getattr(self, f"_{endpoint}")
            return handler(request, raw, **values)
        except ServiceError as error:
            return json_response(error.status, error.body)
        except NoRoute:
            return json_response(404, {"message": "Not found"})
        except MethodNotAllowed as error:
            answer = json_response(405, {"message": "Method not allowed"})
            answer.headers["Allow"] = ", ".join(sorted(error.valid_methods or ()))
            return answer
        except HTTPException as error:
            return json_response(error.code or 400, {"message": error.description or error.name})

    def _authorize(self, request: Request) -> None:
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not given.strip():
            raise Unauthorized("API key is required")
        key = self._sandbox.behaviour.key
        if key is not None and not hmac.compare_digest(given.strip().encode(), key.encode()):
            raise Unauthorized("API key is invalid")

    def _log(self, request: Request, raw: bytes, status: int | None) -> None:
        try:
            body = json.loads(raw) if raw else None
        except (ValueError, RecursionError):
            body = raw.decode("utf-8", "replace")
        self._sandbox.requests.append(LoggedRequest(request.method, request.path, request.args.to_dict(), body, status))

    def _list(self, request: Request, raw: bytes) -> Response:
        sandbox = self._sandbox
        query = request.args.to_dict()
        limit = page_size(query, sandbox.behaviour)
        after, before = cursors(query)
        check_prompt_cursor(after or before)
        lag = sandbox.behaviour.list_lag
        listed_by = sandbox.clock() - lag if lag else None
        rows, has_more = sandbox.store.page(limit, after=after, before=before, listed_by=listed_by)
        return _page_response(map(sandbox.listed, rows), has_more)

    def _create(self, request: Request, raw: bytes) -> Response:
        body = check_body("create", parse_body(raw), self._sandbox.behaviour)
        return json_response(200, self._sandbox.create(body))

    def _retrieve(self, request: Request, raw: bytes, id: str) -> Response:
        row = self._sandbox.store.get(id)
        if row is None:
            raise NotFound(f"Prompt {id[:40]} not found")
        return Response(self._sandbox.text(row), mimetype="application/json")

    def _update(self, request: Request, raw: bytes, id: str) -> Response:
        body = check_body("update", parse_body(raw), self._sandbox.behaviour)
        return json_response(200, self._sandbox.update(id, body))

    def _delete(self, request: Request, raw: bytes, id: str) -> Response:
        self._sandbox.delete(id)
        # No body is declared, and so no type of one.
        answer = Response(b"", 200)
        del answer.headers["Content-Type"]
        return answer

    def _list_versions(self, request: Request, raw: bytes, id: str) -> Response:
        sandbox = self._sandbox
        query = request.args.to_dict()
        limit = page_size(query, sandbox.behaviour)
        after, before = cursors(query)
        sandbox.record(id)
        found = sandbox.store.versions(id, limit, after=after, before=before)
        if found is None:
            raise BadRequest(f"Invalid cursor {(after or before or '')[:40]!r}: no version of this prompt")
        records, has_more = found
        return _page_response((json_text(sandbox.answer_version(record)) for record in records), has_more)

    def _get_version(self, request: Request, raw: bytes, id: str, version: str) -> Response:
        self._sandbox.record(id)
        record = self._sandbox.store.version(id, version)
        if record is None:
            raise NotFound(f"Version {version[:40]} of prompt {id} not found")
        return json_response(200, self._sandbox.answer_version(record))


class _Cut:
    """An answer that declares its whole length and ends in its middle."""

    def __init__(self, whole: Response) -> None:
        self._body = whole.get_data()
        self._whole = whole

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterator[bytes]:
        headers = [("Content-Type", self._whole.content_type or "application/json")]
        start_response(self._whole.status, [*headers, ("Content-Length", str(len(self._body)))])
        return self._halves()

    def _halves(self) -> Iterator[bytes]:
        yield self._body[: len(self._body) // 2]
        raise Disconnect("cut")


def _page_response(items: Iterable[str], has_more: bool) -> Response:
    text = f'{{"object":"list","data":[{",".join(items)}],"has_more":{json.dumps(has_more)}}}'
    return Response(text, mimetype="application/json")


def _read(request: Request) -> bytes:
    if (request.content_length or 0) > _LARGEST_BODY:
        raise TooLarge("Request body is too large")
    return request.get_data(cache=False)


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True
