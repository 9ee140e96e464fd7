"""What an apply leaves behind, without its requests: `python -m benchmarks.fill ROOT DATABASE COUNT STRANGERS SIZE`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks import tree
from promptsync.files.target import open_target
from promptsync.files.tree import load_tree
from promptsync.model.lockfile import Lockfile, dump, entry_for
from promptsync.model.prompt import CURRENT
from promptsync.plan.base import own_fields
from promptsync.sandbox import App, Sandbox
from promptsync.service.client import Client

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def main() -> None:
    root, database, count, unmanaged, size = sys.argv[1:]
    fill(Path(root), Path(database), mixed(int(count), int(unmanaged), int(size)))


def mixed(count: int, unmanaged: int, size: int) -> Iterator[dict[str, Any]]:
    """The bodies of `count` prompts, evenly spread among unmanaged ones."""
    for number in range(count):
        yield tree.body(number, size=size)
        for other in range(number * unmanaged // count, (number + 1) * unmanaged // count):
            yield tree.body(1_000_000 + other)


def fill(root: Path, database: Path, bodies: Iterable[dict[str, Any]]) -> None:
    """The prompts on the service, and the lockfile that ties the files of `root` to them."""
    files = load_tree(open_target(root, "default", environ={})).files
    with Sandbox(database) as sandbox, Client("http://sandbox", "", app=App(sandbox)) as client:
        sandbox.create_many(bodies)
        held = {remote.display_name: remote for page in client.pages() for remote in page}
    entries = {}
    for key, file in files.items():
        remote = held[file.prompt.display_name]
        entries[key] = entry_for(file, remote, CURRENT, file.folder, own_fields(file, remote, CURRENT))
    owner = next((remote.owner for remote in held.values()), None)
    (root / "promptsync.lock.json").write_bytes(dump(Lockfile(entries, owner)))


if __name__ == "__main__":
    main()
