"""The least that a plan has to do, and nothing besides: `python floor.py URL ROOT`.

Reads and parses the files with the C loader, gets the pages side by side, decodes them and hashes what is in them.
No check, no position, no comparison, no output. Of the packages it has only PyYAML.
"""

import hashlib
import http.client
import json
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import yaml

PAGE = 200
THREADS = 8


def main() -> None:
    url, root = sys.argv[1:]
    lock = json.loads(Path(root, "promptsync.lock.json").read_bytes())["prompts"]
    ids = sorted((entry["id"] for entry in lock.values()), reverse=True)
    width = PAGE * -(-len(ids) // PAGE // THREADS)
    cursors = [None, *ids[width - 1 : -1 : width]]
    with ThreadPoolExecutor(max_workers=THREADS) as pool:
        segments = [pool.submit(segment, url, cursor, set(cursors)) for cursor in cursors]
        files = sum(1 for _ in parsed(root))
        prompts = sum(future.result() for future in segments)
    assert files == len(lock) <= prompts


def parsed(root: str) -> Iterator[str]:
    for path in Path(root).rglob("*.yaml"):
        content = yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader)
        yield digest(content)


def segment(url: str, cursor: str | None, stops: set[str | None]) -> int:
    connection = http.client.HTTPConnection(urlsplit(url).netloc)
    count = 0
    while True:
        after = f"&starting_after={cursor}" if cursor else ""
        connection.request("GET", f"/v2/prompts?limit={PAGE}{after}", headers={"Authorization": "Bearer benchmark"})
        page = json.loads(connection.getresponse().read())
        for prompt in page["data"]:
            count += 1
            digest(prompt["prompt"])
            if prompt["_id"] in stops:
                return count
        if not page["has_more"]:
            return count
        cursor = page["data"][-1]["_id"]


def digest(content: object) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


if __name__ == "__main__":
    main()
