"""Who may come over HTTP: this machine's own programs and pages, not a web site that a browser here has open.

The sandbox listens on loopback, which keeps other machines out. A web page elsewhere could still reach it through the
browser of someone here: by a name of its own that it lets point to 127.0.0.1 (DNS rebinding), or by a form that posts
across sites. The first has a foreign Host, the second a foreign Origin.
"""

from __future__ import annotations

import ipaddress
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from promptsync.sandbox.errors import BadRequest, Forbidden

if TYPE_CHECKING:
    from werkzeug.wrappers import Request


def is_loopback(host: str) -> bool:
    """Whether a host name or address (IPv6 without brackets) is this machine's loopback."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def check_host(request: Request) -> None:
    """Refuse a request that did not name loopback as its host. Raises Forbidden."""
    if not _names_loopback(f"//{request.headers.get('Host', '')}"):
        raise Forbidden("The sandbox answers on localhost only")


def check_page(request: Request) -> None:
    """Refuse a request to the page or the control from another host name or origin. Raises Forbidden."""
    check_host(request)
    origin = request.headers.get("Origin")
    if origin is None:
        return
    host = request.headers.get("Host", "")
    if not _names_loopback(origin) or urlsplit(origin).netloc.lower() != host.lower():
        raise Forbidden("The sandbox takes no requests from other sites")


def check_json(request: Request) -> None:
    """Refuse a body that a plain form could send: only JSON. Raises BadRequest."""
    if request.mimetype != "application/json":
        raise BadRequest("Content-Type: expected application/json")


@lru_cache(maxsize=64)
def _names_loopback(url: str) -> bool:
    try:
        return is_loopback(urlsplit(url).hostname or "")
    except ValueError:
        return False
