"""Where the processor time of a plan goes: `python -m benchmarks.phases FILE plan --dir FOLDER…`.

The functions that begin and end each phase are wrapped, and each phase gets the processor time of its thread less that
of the phases within it. What is wrapped costs under a microsecond a call, so that phases may be fine.
FILE gets the phases as JSON.
"""

from __future__ import annotations

import functools
import json
import os
import sys
import threading
import time
from collections import defaultdict
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

PHASES = {
    "find the files": ["promptsync.files.disk:look_around"],
    "read the files": ["promptsync.files.disk:_read"],
    "parse the YAML": ["promptsync.files.yaml.reader:decode", "promptsync.files.yaml.reader:read"],
    "check the shapes": ["promptsync.model.schema:check"],
    "hash what the files ask for": ["promptsync.model.canonical:source_hash"],
    "remember it for the next run": ["promptsync.files.cache:FileCache.put", "promptsync.files.cache:FileCache.save"],
    "look up what is known of the files": [
        "promptsync.files.cache:FileCache.get",
        "promptsync.files.cache:FileCache._read",
    ],
    "read the lockfile": ["promptsync.model.lockfile:parse"],
    "requests: send, receive, unpack": ["promptsync.service.transport:Transport.send"],
    "decode the JSON": ["promptsync.service.answers:parsed"],
    "look for nesting": ["promptsync.service.answers:deeper_than"],
    "take the prompts out of it": ["promptsync.service.answers:read_page"],
    "hash what the service holds": ["promptsync.model.canonical:remote_hash"],
    "the rest of reading the service": ["promptsync.service.reader:read_service"],
    "the rest of loading": ["promptsync.files.loader:load"],
    "compare": ["promptsync.plan.differ:diff"],
}


FIRST_TIME_ONLY = ("promptsync.model.schema", "promptsync.files.yaml")
"""Rooms that are not even imported where every file is known."""


class Clock:
    """Processor time by phase, of all threads."""

    def __init__(self) -> None:
        self.spent: defaultdict[str, float] = defaultdict(float)
        self._lock = threading.Lock()
        self._inner = threading.local()

    def timed(self, phase: str, function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            outer = getattr(self._inner, "spent", 0.0)
            self._inner.spent = 0.0
            started = time.thread_time()
            try:
                return function(*args, **kwargs)
            finally:
                total = time.thread_time() - started
                with self._lock:
                    self.spent[phase] += total - self._inner.spent
                self._inner.spent = outer + total

        return wrapped


def main() -> int:
    clock = Clock()
    began = time.process_time()
    from promptsync.cli import main as cli

    arguments = sys.argv[2:]
    first_time = not list(Path(os.environ["XDG_CACHE_HOME"]).glob("promptsync/*/files.cache"))
    for phase, places in PHASES.items():
        for place in places:
            if first_time or not place.startswith(FIRST_TIME_ONLY):
                _wrap(clock, phase, place)
    imported = time.process_time() - began
    code = cli.run(arguments)
    spent = {"start Python": began, "import": imported, **clock.spent}
    spent["all else"] = time.process_time() - sum(spent.values())
    Path(sys.argv[1]).write_text(json.dumps(spent), encoding="utf-8")
    return code


def _wrap(clock: Clock, phase: str, place: str) -> None:
    """Wraps a function where it is defined, and wherever it was imported by its name."""
    module, _, path = place.partition(":")
    owner: Any = import_module(module)
    *holders, name = path.split(".")
    for holder in holders:
        owner = getattr(owner, holder)
    real = getattr(owner, name)
    wrapped = clock.timed(phase, real)
    setattr(owner, name, wrapped)
    for other in [module for name, module in sys.modules.items() if name.startswith("promptsync")]:
        for known, value in list(vars(other).items()):
            if value is real:
                setattr(other, known, wrapped)


if __name__ == "__main__":
    sys.exit(main())
