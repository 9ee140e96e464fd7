"""Lists that change while they are read, at services that do with a cursor what they like."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promptsync.model.errors import NotFoundError, ServiceError
from promptsync.service import pagination
from promptsync.service.pagination import MAX_RESTARTS, ListIterator, Page

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

Lost = Literal["refuse", "end", "top"]
LOST: tuple[Lost, ...] = ("refuse", "end", "top")


@dataclass(frozen=True)
class Item:
    id: str


@dataclass(frozen=True)
class Change:
    """What happens to the list before a page: items come to its top, and some go, counted from the cursor's.

    0 is the cursor's item, -1 the one before it, 1 the one behind it.
    """

    page: int
    inserts: int = 0
    deletes: tuple[int, ...] = ()


class Shelf:
    """A list, newest first. `lost` is what it does with a cursor whose item is gone, `most` the longest page."""

    def __init__(
        self,
        count: int,
        limit: int,
        *,
        lost: Lost = "refuse",
        most: int = 200,
        says_more: bool = True,
        changes: Iterable[Change] = (),
    ) -> None:
        self.ids = [f"p{number}" for number in range(count)]
        self.all_along = set(self.ids)
        self.cursors: list[str | None] = []
        self._limit = limit
        self._lost = lost
        self._most = min(most, limit)
        self._says_more = says_more
        self._changes = list(changes)

    def fetch(self, cursor: str | None) -> Page[Item] | ServiceError:
        assert len(self.cursors) < 2000, "without end"
        for change in self._changes:
            if change.page == len(self.cursors):
                self._change(change, cursor)
        self.cursors.append(cursor)
        start = 0
        if cursor in self.ids:
            start = self.ids.index(cursor) + 1
        elif cursor is not None and self._lost == "refuse":
            return NotFoundError("no such cursor", status=404)
        elif cursor is not None and self._lost == "end":
            start = len(self.ids)
        end = start + self._most
        more = end < len(self.ids) if self._says_more else None
        return Page([Item(name) for name in self.ids[start:end]], more, self._limit)

    def _change(self, change: Change, cursor: str | None) -> None:
        at = self.ids.index(cursor) if cursor in self.ids else 0
        gone = {self.ids[at + place] for place in change.deletes if 0 <= at + place < len(self.ids)}
        new = [f"new{change.page}-{number}" for number in range(change.inserts)]
        self.ids = new + [name for name in self.ids if name not in gone]
        self.all_along -= gone


def stuck(what: str) -> ServiceError:
    return ServiceError(what)


def read_all(fetch: Callable[[str | None], Page[Item] | ServiceError], after: str | None = None) -> list[str]:
    found = []
    for page in ListIterator(fetch, stuck, after):
        assert page, "an empty page"
        found += [item.id for item in page]
    return found


def scripted(*pages: Page[Item] | ServiceError) -> Callable[[str | None], Page[Item] | ServiceError]:
    turns = iter(pages)
    return lambda cursor: next(turns)


def page(ids: Sequence[str], has_more: bool | None, limit: int = 3) -> Page[Item]:
    return Page([Item(name) for name in ids], has_more, limit)


@pytest.mark.parametrize(
    ("ids", "has_more", "promises"),
    [
        ("", None, False),
        ("ab", None, False),
        ("abc", None, True),
        ("abcd", None, True),
        ("abc", False, False),
        ("ab", True, True),
        ("", True, True),
    ],
)
def test_what_a_page_promises(ids: str, has_more: bool | None, promises: bool) -> None:
    assert page(ids, has_more).promises_more is promises


@given(
    count=st.integers(0, 30),
    limit=st.integers(1, 12),
    most=st.integers(1, 12),
    says_more=st.booleans(),
    lost=st.sampled_from(LOST),
)
def test_a_list_that_stays_as_it_is_comes_in_its_order(
    count: int, limit: int, most: int, says_more: bool, lost: Lost
) -> None:
    shelf = Shelf(count, limit, lost=lost, most=most, says_more=says_more)
    assert read_all(shelf.fetch) == shelf.ids
    pages = max(1, -(-count // min(limit, most)))
    assert len(shelf.cursors) <= (pages if says_more else pages + 2)


@given(count=st.integers(2, 30), start=st.integers(0, 28), limit=st.integers(1, 12), says_more=st.booleans())
def test_what_is_behind_a_cursor_comes_in_its_order(count: int, start: int, limit: int, says_more: bool) -> None:
    shelf = Shelf(count, limit, says_more=says_more)
    assert read_all(shelf.fetch, f"p{start % count}") == shelf.ids[start % count + 1 :]


CHANGES = st.lists(
    st.builds(
        Change,
        page=st.integers(0, 15),
        inserts=st.integers(0, 3),
        deletes=st.lists(st.integers(-6, 6), max_size=5, unique=True).map(tuple),
    ),
    max_size=5,
    unique_by=lambda change: change.page,
)


@given(
    count=st.integers(0, 40),
    limit=st.integers(1, 12),
    most=st.sampled_from([1, 3, 5, 200]),
    lost=st.sampled_from(LOST),
    says_more=st.booleans(),
    changes=CHANGES,
)
@settings(max_examples=300)
def test_what_was_there_all_along_comes_once_whatever_comes_and_goes(
    count: int, limit: int, most: int, lost: Lost, says_more: bool, changes: list[Change]
) -> None:
    shelf = Shelf(count, limit, lost=lost, most=most, says_more=says_more, changes=changes)
    try:
        found = read_all(shelf.fetch)
    except ServiceError:
        # Two cursors that went are no reason to give up, unless the end of the list is in doubt all the time too.
        assert sum(0 in change.deletes for change in changes) > (2 if says_more else 0)
        return
    assert len(found) == len(set(found))
    assert shelf.all_along <= set(found)


@given(
    pages=st.lists(
        st.one_of(
            st.builds(page, st.lists(st.sampled_from("abcdefg"), max_size=4), st.sampled_from([True, False, None])),
            st.just(NotFoundError("no such cursor", status=404)),
        ),
        min_size=1,
        max_size=8,
    )
)
def test_a_service_that_answers_anything_is_not_asked_for_ever(pages: list[Page[Item] | ServiceError]) -> None:
    asked = 0

    def fetch(cursor: str | None) -> Page[Item] | ServiceError:
        nonlocal asked
        asked += 1
        assert asked <= (MAX_RESTARTS + 1) * 8 + 8, "without end"
        return pages[(asked - 1) % len(pages)]

    found: list[str] = []
    try:
        for fresh in ListIterator(fetch, stuck, None):
            found += [item.id for item in fresh]
    except ServiceError:
        pass
    assert len(found) == len(set(found))


@pytest.mark.parametrize("lost", LOST)
@pytest.mark.parametrize("says_more", [True, False])
@pytest.mark.parametrize("gone", [(0,), (0, -1), (0, -1, -2), (0, -1, -2, -3), tuple(range(-9, 1)), (0, 1), (0, 1, 2)])
def test_a_cursor_that_went_costs_a_few_requests_and_nothing_else(
    lost: Lost, says_more: bool, gone: tuple[int, ...]
) -> None:
    shelf = Shelf(40, 10, lost=lost, says_more=says_more, changes=[Change(2, deletes=gone)])
    assert read_all(shelf.fetch) == [f"p{number}" for number in range(40) if number - 19 not in gone or number < 20]
    assert len(shelf.cursors) <= 13


@pytest.mark.parametrize("lost", ["refuse", "end"])
def test_a_list_that_keeps_losing_its_cursors_is_given_up_in_the_end(lost: Lost) -> None:
    shelf = Shelf(400, 2, lost=lost, changes=[Change(number, 0, (0, -1, -2, -3, -4)) for number in range(1, 400)])
    with pytest.raises(ServiceError, match="again and again"):
        read_all(shelf.fetch)
    assert len(shelf.cursors) <= 2 * MAX_RESTARTS + 2


def test_a_list_that_is_emptied_meanwhile_ends() -> None:
    for lost in LOST:
        shelf = Shelf(9, 3, lost=lost, changes=[Change(1, deletes=tuple(range(-3, 9)))])
        assert read_all(shelf.fetch) == ["p0", "p1", "p2"]


def test_a_cursor_that_was_never_seen_is_the_callers_and_its_refusal_is_told() -> None:
    refusal = NotFoundError("no such cursor", status=404)
    with pytest.raises(NotFoundError) as raised:
        read_all(scripted(refusal), "nobody")
    assert raised.value is refusal


def test_an_empty_page_that_promises_more_is_not_the_end() -> None:
    """Nothing tells where to go on: what cannot be read is an error, never an absence."""
    asked: list[str | None] = []

    def fetch(cursor: str | None) -> Page[Item] | ServiceError:
        asked.append(cursor)
        return page("", True)

    with pytest.raises(ServiceError, match="again and again"):
        read_all(fetch)
    assert asked == [None] * (MAX_RESTARTS + 1)


@pytest.mark.parametrize("ids", ["a", "ab"])
def test_a_service_without_pages_gives_its_list_twice(ids: str) -> None:
    assert "".join(read_all(scripted(page(ids, None), page(ids, None)))) == ids


@pytest.mark.parametrize("has_more", [True, None])
def test_a_service_that_gives_a_full_page_whatever_the_cursor_is_given_up(has_more: bool | None) -> None:
    with pytest.raises(ServiceError, match="again and again"):
        read_all(lambda cursor: page("abc", has_more))


@pytest.mark.parametrize("has_more", [True, None])
def test_a_list_that_always_has_another_page_is_given_up(
    has_more: bool | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pagination, "MAX_PAGES", 50)
    numbers = count()
    asked: list[str | None] = []

    def fetch(cursor: str | None) -> Page[Item] | ServiceError:
        asked.append(cursor)
        return Page([Item(f"p{next(numbers)}") for _ in range(3)], has_more, 3)

    with pytest.raises(ServiceError, match="has a list of more than 50 pages"):
        read_all(fetch)
    assert len(asked) == 50


def test_pages_are_fetched_as_they_are_asked_for() -> None:
    shelf = Shelf(9, 3)
    pages = iter(ListIterator(shelf.fetch, stuck, None))
    assert shelf.cursors == []
    next(pages)
    assert shelf.cursors == [None]
    next(pages)
    assert shelf.cursors == [None, "p2"]
