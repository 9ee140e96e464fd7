"""The embedded orq.ai: the `/v2/prompts` API with its state, to try things on and to test against.

It shares no code with the rest of promptsync, so that both cannot hold the same wrong belief about the service; what
it believes comes from the published OpenAPI document, the product documents and the official SDKs.

    with Sandbox() as sandbox, serve(sandbox) as server:
        httpx.get(f"{server.url}/v2/prompts", headers={"Authorization": "Bearer any"})
"""

from __future__ import annotations

from promptsync.sandbox.behaviour import Behaviour
from promptsync.sandbox.errors import ConfigurationError, Disconnect, SandboxError, StoreError
from promptsync.sandbox.faults import Fault, Faults
from promptsync.sandbox.log import LoggedRequest
from promptsync.sandbox.server import Server, run_forever, serve
from promptsync.sandbox.service import Sandbox

__all__ = [
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
    "run_forever",
    "serve",
]
