"""The way to a target's service: over HTTP, or the embedded one in this process."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from promptsync.files.target import prepare_state
from promptsync.model.errors import PromptsyncError
from promptsync.service.client import Client
from promptsync.service.ratelimit import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from promptsync.files.target import Target
    from promptsync.service.calls import Exchange


@contextmanager
def connect(
    target: Target,
    *,
    connections: int = 16,
    read_only: bool = False,
    patience: float | None = None,
    observer: Callable[[Exchange], None] | None = None,
) -> Iterator[Client]:
    """The client of the target's service. Raises ConfigError where host or key are missing.

    `patience` is the seconds that one call may take in all; None is as long as is sensible.
    """
    where = target.connection
    patience = PATIENCE if patience is None else patience
    if where.base_url is not None:
        with Client(
            where.base_url,
            where.key,
            key_name=where.key_name,
            connections=connections,
            read_only=read_only,
            patience=patience,
            observer=observer,
        ) as client:
            yield client
        return
    from promptsync.sandbox import App, Sandbox, StoreError  # A web framework comes along, which no other target needs.

    prepare_state(target)
    try:
        sandbox = Sandbox(target.sandbox_path)
    except StoreError as error:
        raise PromptsyncError(str(error), hint=error.hint) from None
    with (
        sandbox,
        Client(
            "http://sandbox", "", app=App(sandbox), read_only=read_only, patience=patience, observer=observer
        ) as client,
    ):
        yield client
