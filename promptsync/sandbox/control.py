"""Control over HTTP, for tests in other processes: `/_sandbox/faults`, `/requests`, `/behaviour` and `/reset`.

| call | body | answer |
|---|---|---|
| GET faults | | `{"faults": [fault…]}`, those still in force |
| POST faults | a fault, a list of them, or `{"clear": true}`; a fault is text or an object (`Fault`) | the same |
| GET requests | | `{"requests": [{method, path, query, body, status}…], total}`, oldest first; see below |
| POST requests | `{"clear": true}` | the same, from before |
| GET behaviour | | the switches (`Behaviour`), without key and hook |
| POST behaviour | switches to change | all switches |
| POST reset | `{}` | `{}`: no prompts, faults or requests, first behaviour |

Of the requests the latest 2,000 are kept; `total` counts all since they were last cleared.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from promptsync.sandbox.answers import json_response
from promptsync.sandbox.errors import BadRequest, ConfigurationError, NotFound
from promptsync.sandbox.faults import Fault
from promptsync.sandbox.guard import check_json, check_page
from promptsync.sandbox.validation import parse_json

if TYPE_CHECKING:
    from werkzeug.wrappers import Request, Response

    from promptsync.sandbox.service import Sandbox

_CLEAR = {"clear": True}


def respond(sandbox: Sandbox, request: Request) -> Response:
    """Answer a control request.

    Raises Forbidden for another origin, BadRequest for a body that makes no sense, NotFound.
    """
    check_page(request)
    body = _NOTHING
    if request.method == "POST":
        check_json(request)
        body = parse_json(request.get_data(cache=False))
    elif request.method != "GET":
        raise NotFound("GET or POST")
    try:
        return json_response(200, _carried_out(sandbox, request.path.removeprefix("/_sandbox/"), body))
    except (ConfigurationError, TypeError) as error:
        raise BadRequest(str(error)) from error


_NOTHING: Any = object()


def _carried_out(sandbox: Sandbox, name: str, body: Any) -> object:
    match name:
        case "faults":
            return _faults(sandbox, body)
        case "requests":
            told = {"requests": [each.as_json() for each in list(sandbox.requests)], "total": sandbox.requests.total}
            if body == _CLEAR:
                sandbox.requests.clear()
            return told
        case "behaviour":
            if body is not _NOTHING:
                if not isinstance(body, dict):
                    raise BadRequest("expected an object of switches")
                sandbox.behaviour = sandbox.behaviour.changed(body)
            return sandbox.behaviour.as_json()
        case "reset" if body is not _NOTHING:
            sandbox.reset()
            return {}
    raise NotFound(f"/_sandbox/{name[:40]}: there are faults, requests, behaviour, and POST reset")


def _faults(sandbox: Sandbox, body: Any) -> object:
    if body == _CLEAR:
        sandbox.faults.clear()
    elif body is not _NOTHING:
        for fault in [Fault.from_json(value) for value in (body if isinstance(body, list) else [body])]:
            sandbox.faults.add(fault)
    return {"faults": [fault.as_json() for fault in sandbox.faults.pending()]}
