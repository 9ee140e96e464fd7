"""What a script with the official SDK does, run by the Python of `tests/sdk/install.py`.

    python sdk.py URL retrieve|list THREADS LOCKFILE

Retrieves every prompt of a lockfile one by one, with so many threads, or lists all prompts page after page.
"""

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from orq_ai_sdk import Orq  # type: ignore[import-not-found]


def main() -> None:
    url, how, threads, lockfile = sys.argv[1:]
    ids = [entry["id"] for entry in json.loads(Path(lockfile).read_bytes())["prompts"].values()]
    with Orq(api_key="benchmark", server_url=url) as orq:
        if how == "list":
            found = listed(orq)
        elif threads == "1":
            found = {id: orq.prompts.retrieve(id=id) for id in ids}
        else:
            with ThreadPoolExecutor(max_workers=int(threads)) as pool:
                found = dict(zip(ids, pool.map(lambda id: orq.prompts.retrieve(id=id), ids), strict=True))
    assert len([id for id in ids if id in found]) == len(ids)


def listed(orq: Orq) -> dict[str, Any]:
    found: dict[str, Any] = {}
    after: str | None = None
    while True:
        page = orq.prompts.list(limit=200, starting_after=after)
        found.update({prompt.id: prompt for prompt in page.data})
        if not page.has_more:
            return found
        after = page.data[-1].id


if __name__ == "__main__":
    main()
