"""Pages that come back byte for byte are not decoded, and tell the same as if they were."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from promptsync.files.cachefile import Remembered
from promptsync.model.canonical import remote_hash
from promptsync.service.answers import KnownPage, parsed, read_prompts
from promptsync.service.pagecache import PageCache

if TYPE_CHECKING:
    from pathlib import Path

    from promptsync.model.prompt import RemotePrompt
    from promptsync.service.pagination import Page

SECRET = b"s" * 32


def entity(number: int, **more: Any) -> dict[str, Any]:
    messages = [{"role": "user", "content": f"é {number}"}]
    block = {"model": "openai/gpt-4o", "messages": messages, "version": f"v{number}"}
    return {
        "_id": f"id-{number}",
        "display_name": f"refund {number}",
        "owner": "workspace",
        "prompt": block,
        "prompt_config": {**block, "version": None},
        **more,
    }


BODY = json.dumps({"data": [entity(1), entity(2, owner=None, description="why")], "has_more": True}).encode()


@pytest.fixture
def remembered(tmp_path: Path) -> Remembered:
    return Remembered(tmp_path / "pages.cache", SECRET)


def read(body: bytes) -> Page[RemotePrompt]:
    return read_prompts(body, parsed(body)[0], 200)


def known(remembered: Remembered, *, hashed: bool = True, body: bytes = BODY) -> list[str]:
    """One run that reads a page: what the cache had to do."""
    cache, saved = PageCache(remembered), []
    entry = cache.get(body)
    page = entry.page(body, 200) if entry is not None else read(body)
    if entry is None:
        cache.put(body, page)
    if hashed:
        for prompt in page.items:
            remote_hash(prompt, "prompt")
    cache.save(lambda: saved.append("saved"))
    return ["known" if entry is not None else "read", *saved]


def test_a_page_is_read_once_and_written_once(remembered: Remembered) -> None:
    assert known(remembered) == ["read", "saved"]
    assert known(remembered) == ["known"]
    assert known(remembered, body=BODY.replace(b"why", b"who")) == ["read", "saved"]
    assert known(remembered) == ["read", "saved"], "only the last run's pages are kept"


def test_hashes_that_a_later_run_computes_are_kept_too(remembered: Remembered) -> None:
    assert known(remembered, hashed=False) == ["read", "saved"]
    assert known(remembered) == ["known", "saved"]
    assert known(remembered) == ["known"]


def test_a_known_page_tells_the_same(remembered: Remembered) -> None:
    known(remembered)
    entry = PageCache(remembered).get(BODY)
    assert isinstance(entry, KnownPage)
    page, fresh = entry.page(BODY, 100), read(BODY)
    assert page.has_more is True
    assert page.limit == 100
    assert page.items == fresh.items
    for again, first in zip(page.items, fresh.items, strict=True):
        assert again.raw == first.raw
        assert [again.version(name) for name in (None, "prompt", "prompt_config")] == [
            first.version(name)
            for name in (None, "prompt", "prompt_config")  # type: ignore[arg-type]
        ]
        assert again.hashes["prompt"] == remote_hash(first, "prompt")


def test_what_was_let_go_is_told_again() -> None:
    first, second = read(BODY), read(BODY)
    for prompt in first.items:
        prompt.let_go()
    assert first.items == second.items


def test_without_a_secret_nothing_is_known(tmp_path: Path) -> None:
    assert known(Remembered(tmp_path / "pages.cache", None)) == ["read"]
    assert not list(tmp_path.iterdir())
