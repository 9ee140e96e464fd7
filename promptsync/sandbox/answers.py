"""JSON answers, as the service writes them."""

from __future__ import annotations

import json

from werkzeug.wrappers import Response


def json_text(value: object) -> str:
    """Compact JSON, UTF-8 as it is."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def json_response(status: int, value: object) -> Response:
    """A JSON answer of that status."""
    return Response(json_text(value), status, mimetype="application/json")
