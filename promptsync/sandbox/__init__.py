"""The embedded orq.ai: the `/v2/prompts` API with its state, to try things on and to test against.

`Sandbox` is the service: the prompts, the switches for what is not known about orq.ai, the faults, and what a colleague
could do in its web UI. `App` puts HTTP before it: a WSGI application, with the control for tests and the page for
people. `serve` gives that a socket on loopback.

In come requests, as WSGI or over that socket, and the SQLite file in which the prompts outlive the process. Out go
answers as orq.ai gives them, its rewriting included, and the log of what was asked.

It knows werkzeug and the standard library, and shares no code with the rest of promptsync, so that both cannot hold the
same wrong belief about the service: what it believes comes from the published OpenAPI document, the product documents
and the official SDKs. Commands and the command line start it; no other room knows of it.

    with Sandbox() as sandbox, serve(sandbox) as server:
        httpx.get(f"{server.url}/v2/prompts", headers={"Authorization": "Bearer any"})
"""

from __future__ import annotations

from promptsync.sandbox.app import App
from promptsync.sandbox.behaviour import Behaviour
from promptsync.sandbox.errors import ConfigurationError, Disconnect, SandboxError, StoreError
from promptsync.sandbox.faults import Fault, Faults
from promptsync.sandbox.log import LoggedRequest
from promptsync.sandbox.server import Server, run_forever, serve
from promptsync.sandbox.service import Sandbox
from promptsync.sandbox.store import remove

__all__ = [
    "App",
    "Behaviour",
    "ConfigurationError",
    "Disconnect",
    "Fault",
    "Faults",
    "LoggedRequest",
    "Sandbox",
    "SandboxError",
    "Server",
    "StoreError",
    "remove",
    "run_forever",
    "serve",
]
