"""The reader against a service whose list has any order and changes between any two requests.

`Shelf` is the service; the client that reads it is the real one. A `Baton` lets one request happen at a time and
draws whose it is, so that what goes wrong between threads goes wrong again.
"""

from __future__ import annotations

import random
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promptsync.model.errors import AuthError, NotFoundError, ServiceError, UnavailableError
from promptsync.service import reader
from promptsync.service.client import Client
from promptsync.service.reader import read_service, run_parallel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from promptsync.model.prompt import RemotePrompt

LOSSES = ("refuse", "end", "top", "go on")
"""What a list does with a cursor whose prompt is gone."""


class Shelf:
    """A service. `places` is the list's order, of the living and the dead; `before` is called before each answer."""

    def __init__(
        self, ids: Sequence[str], *, loss: str = "go on", most: int = 200, refuses: bool = False, tells: bool = True
    ) -> None:
        self.places = list(ids)
        self.alive = set(ids)
        self.ever = set(ids)
        self.loss = loss
        self.most = most
        self.refuses = refuses
        self.tells = tells
        self.before: Callable[[str | None], None] = lambda cursor: None
        self.asked: list[str] = []

    def client(self) -> Client:
        transport = httpx.MockTransport(self.answer)
        return Client("https://orq.test", "key", transport=transport, sleep=lambda _: None, clock=lambda: 0.0)

    def create(self, id: str, place: int) -> None:
        self.places.insert(place, id)
        self.alive.add(id)
        self.ever.add(id)

    def delete(self, id: str | None) -> None:
        self.alive.discard(id or "")

    def answer(self, request: httpx.Request) -> httpx.Response:
        _, _, id = request.url.path.removeprefix("/v2/prompts").partition("/")
        query = request.url.params
        cursor = query.get("starting_after")
        self.before(cursor)
        self.asked.append(id or f"after {cursor}")
        if id:
            return httpx.Response(200, json=entity(id)) if id in self.alive else refusal(404)
        limit = int(query["limit"])
        if self.refuses and limit > self.most:
            return refusal(400)
        rest = self._behind(cursor)
        if rest is None:
            return refusal(404)
        limit = min(limit, self.most)
        more = {"has_more": len(rest) > limit} if self.tells else {}
        return httpx.Response(200, json={"data": [entity(id) for id in rest[:limit]], **more})

    def _behind(self, cursor: str | None) -> list[str] | None:
        begin = 0
        if cursor is not None:
            known = cursor in self.alive or (self.loss == "go on" and cursor in self.ever)
            if not known and self.loss == "refuse":
                return None
            if not known and self.loss in ("end", "go on"):
                return []
            begin = self.places.index(cursor) + 1 if known else 0
        return [id for id in self.places[begin:] if id in self.alive]


def entity(id: str) -> dict[str, Any]:
    return {"_id": id, "display_name": f"name of {id}", "prompt": {"messages": [], "version": "v1"}, "metadata": {}}


def refusal(status: int) -> httpx.Response:
    return httpx.Response(status, json={"message": "no"})


def ids(count: int, first: int = 0) -> list[str]:
    """Ids in the list's usual order, the newest first."""
    return [f"{number:06}" for number in range(first + count - 1, first - 1, -1)]


def one_by_one(shelf: Shelf, wanted: Sequence[str]) -> set[str]:
    """The reader that cannot be wrong: a request for each."""
    client, found = shelf.client(), set()
    for id in wanted:
        try:
            found.add(client.get(id).id)
        except NotFoundError:
            continue
    return found


class Hand:
    """One thread of the runner that passes the baton."""

    def __init__(self, work: Callable[[Hand], None]) -> None:
        self.turn = threading.Semaphore(0)
        self.done = False
        self.thread = threading.Thread(target=work, args=[self])


class Baton:
    """A runner of threads of which one runs at a time. Each hands on at `wait`; who is next is drawn.

    `starts` are the ids that the tasks of the day begin with, the cursors among them.
    """

    def __init__(self, chance: random.Random) -> None:
        self._random = chance
        self._mine = threading.local()
        self._back = threading.Semaphore(0)
        self.starts: list[str] = []

    def wait(self) -> None:
        hand: Hand | None = getattr(self._mine, "hand", None)
        if hand is not None:
            self._back.release()
            hand.turn.acquire()

    def __call__(
        self, task: Callable[[Any], Any], items: Sequence[Any], workers: int, halt: Callable[[], None]
    ) -> list[Any]:
        results: dict[int, Any] = {}
        todo = list(enumerate(items))
        self.starts = [id for item in items if isinstance(id := item[0] if isinstance(item, tuple) else item, str)]

        def work(hand: Hand) -> None:
            self._mine.hand = hand
            hand.turn.acquire()
            try:
                while todo:
                    number, item = todo.pop(0)
                    results[number] = task(item)
            finally:
                hand.done = True
                self._back.release()

        hands = [Hand(work) for _ in range(min(workers, len(items)))]
        for hand in hands:
            hand.thread.start()
        eager = self._random.random()
        while waiting := [hand for hand in hands if not hand.done]:
            # The first in line is often far ahead of the others: that is where a cursor is met before it is used.
            first = self._random.random() < eager
            (waiting[0] if first else self._random.choice(waiting)).turn.release()
            self._back.acquire()
        for hand in hands:
            hand.thread.join()
        return [results[number] for number in range(len(items))]


def read(shelf: Shelf, locked: Sequence[str], *, unmanaged: bool = False, **options: Any) -> dict[str, RemotePrompt]:
    return read_service(shelf.client(), locked=locked, need_unmanaged=unmanaged, **options)


@contextmanager
def small() -> Iterator[None]:
    """The reader's measures, small enough for lists that fit into a test."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {"PAGE": 4, "FEW": 0, "WORTHWHILE": 2, "CURSOR_EACH": 3}.items():
            patch.setattr(reader, name, value)
        yield


@st.composite
def shelves(draw: st.DrawFn) -> tuple[Shelf, list[str]]:
    """A service with prompts in any order, and the ids that we locked: some are gone, some were never there."""
    present = draw(st.integers(0, 60))
    order = draw(st.sampled_from(["newest first", "oldest first", "any"]))
    places = ids(present)
    if order != "newest first":
        places = places[::-1] if order == "oldest first" else draw(st.permutations(places))
    shelf = Shelf(places, loss=draw(st.sampled_from(LOSSES)), most=draw(st.integers(1, 6)), tells=draw(st.booleans()))
    chance = random.Random(draw(st.integers(0, 99)))
    share = draw(st.sampled_from([0.1, 0.5, 0.9, 1]))
    locked = [id for id in places if chance.random() < share]
    lost = draw(st.sampled_from([0, 0, 0.1, 1]))
    for id in locked:
        if chance.random() < lost:
            shelf.delete(id)
    return shelf, locked + ids(draw(st.sampled_from([0, 0, 1, 9])), 900)


@given(shelves(), st.booleans(), st.integers(1, 5))
def test_what_stands_still_is_read_as_one_by_one(
    given_: tuple[Shelf, list[str]], unmanaged: bool, parallelism: int
) -> None:
    shelf, locked = given_
    with small():
        found = read(shelf, locked, unmanaged=unmanaged, parallelism=parallelism)
    ours = one_by_one(shelf, locked)
    assert set(found) >= ours
    assert set(found) == (shelf.alive if unmanaged or len(ours) < len(locked) else ours)
    assert all(prompt.id == id for id, prompt in found.items())


@given(st.sampled_from(LOSSES), st.booleans(), st.booleans(), st.sampled_from([0.05, 0.2, 0.5]), st.integers(0, 2**32))
@settings(max_examples=600)
def test_what_was_there_all_the_time_is_read_whatever_happens_meanwhile(
    loss: str, unmanaged: bool, ordered: bool, rate: float, seed: int
) -> None:
    chance = random.Random(seed)
    places = ids(chance.randint(10, 70))
    if not ordered:
        chance.shuffle(places)
    shelf = Shelf(places, loss=loss, most=chance.randint(2, 5), tells=seed % 4 > 0)
    locked = [id for id in places if chance.random() < 0.6]
    baton = Baton(chance)
    always, cursors_lost = set(shelf.alive), 0

    def change(cursor: str | None) -> None:
        nonlocal cursors_lost
        baton.wait()
        if chance.random() < rate:
            unused = sorted({*baton.starts} & shelf.alive - {request.removeprefix("after ") for request in shelf.asked})
            act = chance.choice(["delete the cursor", "delete a cursor to come", "delete any", "create"])
            if act == "create":
                shelf.create(f"{500 + len(shelf.ever):06}", chance.randint(0, len(shelf.places)))
            elif act == "delete the cursor" and cursors_lost < 9:  # more, and the client gives up on the list
                shelf.delete(cursor)
                cursors_lost += 1
            elif act == "delete a cursor to come" and unused:
                shelf.delete(chance.choice(unused))
            elif act == "delete any":
                shelf.delete(chance.choice(places))
        always.intersection_update(shelf.alive)

    shelf.before = change
    with small():
        found = read(shelf, locked, unmanaged=unmanaged, parallelism=chance.randint(1, 6), run=baton)
    assert set(found) <= shelf.ever
    assert set(found) >= (always if unmanaged else always & set(locked))
    # A 404 is the last word on a prompt of ours: one that is missing was not there in the end.
    assert not set(locked) & shelf.alive - set(found)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("first", [0, 1, 2, 3])
def test_a_cursor_that_goes_away_between_being_met_and_being_used(loss: str, first: int) -> None:
    places = ids(48)
    shelf = Shelf(places, loss=loss, most=4)
    starts: list[str] = []

    def in_turn(task: Callable[[Any], Any], items: Sequence[Any], workers: int, halt: Callable[[], None]) -> list[Any]:
        """The first walk is at its end before the second begins."""
        starts.extend(item for item in items if item)
        return [task(item) for item in items]

    shelf.before = lambda cursor: shelf.delete(cursor if cursor in starts else None)
    with small():
        found = read(shelf, places[first::4], unmanaged=True, run=in_turn)
    assert starts, "there were walks side by side"
    assert set(found) >= shelf.alive


@pytest.mark.parametrize(("count", "most"), [(1_000, 8), (10_000, 60)])
def test_a_plan_without_changes_reads_whole_pages(count: int, most: int) -> None:
    shelf = Shelf(ids(count))

    assert len(read(shelf, ids(count))) == count
    assert len(shelf.asked) <= most
    assert len(shelf.asked) == count // 200 + 1, "each page once, and the newest by id"


def test_unmanaged_here_and_there_cost_a_page_for_each_walk_at_most() -> None:
    places = ids(4_400)
    locked = [id for number, id in enumerate(places) if number % 11]
    shelf = Shelf(places)

    assert set(read(shelf, locked)) == set(locked)
    assert len(shelf.asked) < 4_400 / 200 + 16 + 60

    shelf = Shelf(places)
    assert set(read(shelf, locked, unmanaged=True)) == set(places)
    assert len(shelf.asked) <= 4_400 / 200 + 16 + 1


@pytest.mark.parametrize("count", [0, 1, 16])
def test_few_are_read_by_id(count: int) -> None:
    shelf = Shelf(ids(500))

    assert len(read(shelf, ids(count, 100))) == count
    assert len(shelf.asked) == count


def test_few_among_many_unmanaged_are_read_by_id_after_a_look_at_the_list() -> None:
    locked = ids(51_000)[::51]
    shelf = Shelf(ids(51_000))

    assert set(read(shelf, locked)) == set(locked)
    assert len(shelf.asked) <= 1_000 + 8


def test_those_that_were_made_together_come_from_the_list_however_many_unmanaged_came_after_them() -> None:
    shelf = Shelf(ids(51_000))

    assert set(read(shelf, ids(1_000, 20_000))) == set(ids(1_000, 20_000))
    assert len(shelf.asked) == 6


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("unmanaged", [True, False])
def test_cursors_that_are_gone_cost_little(loss: str, unmanaged: bool) -> None:
    shelf = Shelf(ids(2_000), loss=loss)
    for id in ids(2_000)[::50]:
        shelf.delete(id)

    # One walk after the other: where threads race, which of them meets a lost cursor differs from run to run.
    found = read(shelf, ids(2_000), unmanaged=unmanaged, run=lambda task, items, *_: [task(item) for item in items])

    assert set(found) == shelf.alive
    # The 40 that are gone are asked for by id, and as some are gone the whole list is read too.
    assert len(shelf.asked) <= 40 + 3 * 11 + 20


def test_a_service_of_smaller_pages() -> None:
    shelf = Shelf(ids(1_000), most=50, refuses=True)

    assert len(read(shelf, ids(1_000))) == 1_000
    assert len(shelf.asked) <= 1_000 / 50 + 1 + 3 * 16
    shelf.asked.clear()
    assert len(read(shelf, ids(1_000), unmanaged=True)) == 1_000
    assert len(shelf.asked) <= 1_000 / 50 + 16 + 3


def test_a_new_prompt_that_the_list_does_not_show_yet_is_not_gone() -> None:
    shelf = Shelf(ids(300))
    client = shelf.client()
    shelf.places.remove("000299")

    assert set(read_service(client, locked=ids(300), need_unmanaged=True)) == set(ids(300))


def test_where_one_is_gone_the_names_of_all_others_are_read() -> None:
    shelf = Shelf(["unmanaged", *ids(3)])
    shelf.delete("000001")

    assert set(read(shelf, ids(3))) == {"unmanaged", "000002", "000000"}


def test_a_list_that_does_not_advance_is_an_error() -> None:
    page = {"data": [entity("a")], "has_more": True}
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json=page))
    client = Client("https://orq.test", "key", transport=transport)

    with pytest.raises(ServiceError, match="the same page again and again"):
        read_service(client, locked=[], need_unmanaged=True)


@pytest.mark.parametrize("unmanaged", [True, False])
@pytest.mark.parametrize("number", [0, 1, 4, 9, 25])
@pytest.mark.parametrize(("status", "error"), [(500, UnavailableError), (401, AuthError), (403, AuthError)])
def test_a_request_that_fails_is_an_error_and_no_absence(
    unmanaged: bool, number: int, status: int, error: type[Exception]
) -> None:
    places = ids(3_000)
    shelf = Shelf(places)
    fine = shelf.answer

    def fail(request: httpx.Request) -> httpx.Response:
        answer = fine(request)
        return answer if len(shelf.asked) <= number else refusal(status)

    shelf.answer = fail  # type: ignore[method-assign]
    # Each tenth is unmanaged, so that there are requests by id after the pages.
    with pytest.raises(error):
        read(shelf, [id for id in places if id[-1] != "7"] + ids(30, 9_000), unmanaged=unmanaged)


IN_TURNS = pytest.mark.parametrize("turn", [None, 0.001], ids=["without an end", "in turns, as on Windows"])


@IN_TURNS
def test_what_runs_parallel_works_side_by_side_and_keeps_the_order(
    monkeypatch: pytest.MonkeyPatch, turn: float | None
) -> None:
    monkeypatch.setattr(reader, "TURN", turn)
    barrier = threading.Barrier(4, timeout=10)

    def task(number: int) -> int:
        barrier.wait()
        time.sleep(0.005)
        return number * number

    assert run_parallel(task, range(8), 4, pytest.fail) == [number * number for number in range(8)]
    assert run_parallel(task, [], 4, pytest.fail) == []


@IN_TURNS
def test_where_a_task_fails_nothing_more_begins(monkeypatch: pytest.MonkeyPatch, turn: float | None) -> None:
    monkeypatch.setattr(reader, "TURN", turn)
    begun: list[int] = []
    halted = threading.Event()

    def task(number: int) -> None:
        begun.append(number)
        if number == 1:
            raise UnavailableError("no", ambiguous=False)
        assert halted.wait(10), "those at work are told to stop"

    with pytest.raises(UnavailableError):
        run_parallel(task, range(50), 2, halted.set)
    assert begun == [0, 1] or begun == [0, 1, 2]


def test_a_walk_ends_when_another_one_failed() -> None:
    shelf = Shelf(ids(1_000), most=1)
    fine = shelf.answer
    slow = threading.Event()

    def fail(request: httpx.Request) -> httpx.Response:
        if request.url.params.get("starting_after") == "000005":
            return refusal(401)
        if len(shelf.asked) > 20:
            slow.wait(0.01)
        return fine(request)

    shelf.answer = fail  # type: ignore[method-assign]
    with pytest.raises(AuthError):
        read(shelf, ["000500", *ids(60)], unmanaged=True, parallelism=2)
    assert len(shelf.asked) < 900
