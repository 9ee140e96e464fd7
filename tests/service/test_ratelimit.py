"""When something is sent again, and how long everyone waits before: by a clock that only sleep moves on."""

from __future__ import annotations

import threading
import time
from email.utils import formatdate
from math import inf, isfinite
from typing import TYPE_CHECKING

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promptsync.model.errors import UnavailableError
from promptsync.service.calls import PROMPTS, Call, HttpResult
from promptsync.service.client import Client
from promptsync.service.ratelimit import (
    BACKOFF,
    BELIEVABLE,
    CEILING,
    LEAST,
    MAX_ATTEMPTS,
    SHORT,
    Patience,
    RateLimiter,
    reset_in,
    retry_after,
    skew,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

EPOCH = 1_790_000_000.0
READ = Call("GET", PROMPTS, "reading")
CREATE = Call("POST", PROMPTS, "creating", b"{}")
UPDATE = Call("PATCH", f"{PROMPTS}/p", "updating", b"{}")
DELETE = Call("DELETE", f"{PROMPTS}/p", "deleting")
ANSWERED = HttpResult(200)
BUSY = HttpResult(503, fault="answered 503")
LOST = HttpResult(fault="gave no answer in time")
UNSENT = HttpResult(fault="could not be reached", sent=False)


def limited(retry: str | None = None, **headers: str) -> HttpResult:
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    return HttpResult(429, told | ({"retry-after": retry} if retry is not None else {}))


def advised(seconds: float) -> HttpResult:
    """An answer that says the allowance is used up."""
    return HttpResult(200, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": f"{seconds:g}"})


class Time:
    """A clock that only sleep moves on, and a limiter by it."""

    def __init__(self, patience: float = 120.0, *, jitter: float = 0.0) -> None:
        self.time = 100.0
        self.sleeps: list[float] = []
        self.limiter = RateLimiter(
            patience,
            sleep=self.sleep,
            clock=lambda: self.time,
            now=lambda: EPOCH + self.time,
            jitter=lambda: jitter,
        )

    def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.time += seconds

    def carry_out(self, call: Call, answers: Iterable[HttpResult]) -> tuple[HttpResult | None, int]:
        """What becomes of a call, and how often it was sent; None where it was told to wait for too long."""
        patience, sent, refused, broken = self.limiter.patience(), 0, 0, 0
        turns = iter(answers)
        while self.limiter.take_turn(patience) is None:
            result, sent = next(turns), sent + 1
            held = self.limiter.heed(result, refused)
            refused += result.status == 429
            broken += result.fault != ""
            wait = self.limiter.repeat_in(call, result, broken, held, patience)
            if wait is None:
                return result, sent
            patience.sleep(wait)
        return None, sent


def for_ever(result: HttpResult) -> Iterator[HttpResult]:
    while True:
        yield result


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("", None),
        ("  ", None),
        ("0", None),
        ("-0", None),
        ("-5", None),
        ("-inf", None),
        ("5", 5),
        ("\t5 ", 5),
        ("0.25", 0.25),
        ("1e3", 1000),
        ("86401", 86401),
        ("9" * 30, 1e30),
        ("9" * 400, inf),
        ("nan", inf),
        ("soon", inf),
        ("5 s", inf),
        ("5, 6", inf),
        ("0x10", inf),
        ("Sun, 06 Nov 1994", inf),
        ("Sun, 06 Nov 1994 08:49:37 +99999999", inf),
        ("Sun, 06 Nov 99999 08:49:37 GMT", inf),
        ("Sun, 31 Feb 2026 08:49:37 GMT", inf),
    ],
)
def test_what_a_retry_after_asks_for(value: str | None, seconds: float | None) -> None:
    assert retry_after(value, EPOCH) == seconds


DATES = {
    "today's form": "Thu, 01 Jan 2026 12:00:30 GMT",
    "a zone of its own": "Thu, 01 Jan 2026 14:00:30 +0200",
    "the form before": "Thursday, 01-Jan-26 12:00:30 GMT",
    "C's form": "Thu Jan  1 12:00:30 2026",
    "no zone": "Thu, 01 Jan 2026 12:00:30",
    "an unknown zone": "Thu, 01 Jan 2026 12:00:30 -0000",
}
NOON = 1_767_268_800.0
"""The first of January 2026, 12:00:00 GMT."""


@pytest.fixture
def _far_from_greenwich(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "EST5EDT")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("_far_from_greenwich")
@pytest.mark.parametrize("date", DATES.values(), ids=DATES)
def test_each_form_of_a_date_is_the_same_moment_wherever_one_sits(date: str) -> None:
    assert retry_after(date, NOON) == 30
    assert skew(date, NOON) == 30


@pytest.mark.parametrize(
    ("date", "ahead"),
    [
        (None, None),
        ("", None),
        ("yesterday", None),
        (formatdate(EPOCH, usegmt=True), 0),
        (formatdate(EPOCH + SHORT, usegmt=True), 0),
        (formatdate(EPOCH - SHORT, usegmt=True), 0),
        (formatdate(EPOCH + 3, usegmt=True), 3),
        (formatdate(EPOCH - 3600, usegmt=True), -3600),
    ],
)
def test_how_far_a_clock_is_ahead(date: str | None, ahead: float | None) -> None:
    assert skew(date, EPOCH) == ahead


@given(offset=st.integers(-(10**9), 10**8), shift=st.floats(-0.5, 0.5))
def test_a_clock_is_told_to_the_second_or_taken_for_right(offset: int, shift: float) -> None:
    ahead = skew(formatdate(EPOCH + offset, usegmt=True), EPOCH + shift)
    assert ahead is not None
    assert ahead == pytest.approx(offset - shift) if ahead else abs(offset - shift) <= SHORT


DATE_LIKE = st.lists(
    st.sampled_from(["Thu,", "Thu", "01", "99", "Jan", "Foo", "2026", "0", "12:00:30", "::", ",", "-", "+9999", "GMT"]),
    max_size=8,
).map(" ".join)
NONSENSE = st.one_of(st.text(max_size=40), DATE_LIKE, st.floats().map(str), st.integers().map(str))


@given(value=NONSENSE, now=st.floats(0, 4e9))
def test_no_header_is_too_odd(value: str, now: float) -> None:
    asked = retry_after(value, now)
    assert asked is None or asked > 0
    ahead = skew(value, now)
    assert ahead is None or isfinite(ahead)
    for used_up in (True, False):
        reset = reset_in({"x-ratelimit-remaining": value, "x-ratelimit-reset": value}, now, used_up=used_up)
        assert reset is None or 0 < reset <= BELIEVABLE


@pytest.mark.parametrize(
    ("remaining", "reset", "used_up", "seconds"),
    [
        ("0", "5", False, 5),
        ("-1", "5", False, 5),
        ("0.0", "5", False, 5),
        ("1", "5", False, None),
        ("nan", "5", False, None),
        ("", "5", False, None),
        ("1", "5", True, 5),
        ("", "5", True, 5),
        ("0", "0", False, None),
        ("0", "-5", False, None),
        ("0", "nan", False, None),
        ("0", "inf", False, None),
        ("0", str(BELIEVABLE), False, BELIEVABLE),
        ("0", str(BELIEVABLE + 1), False, None),
        ("0", str(EPOCH + 5), False, 5),
        ("0", str(EPOCH - 5), False, None),
        ("0", str((EPOCH + 5) * 1000), False, 5),
        ("0", str((EPOCH + 5) * 1e6), False, None),
    ],
)
def test_when_a_limit_is_lifted(remaining: str, reset: str, used_up: bool, seconds: float | None) -> None:
    headers = {"x-ratelimit-remaining": remaining, "x-ratelimit-reset": reset}
    assert reset_in(headers, EPOCH, used_up=used_up) == seconds


@pytest.mark.parametrize("asked", [1.0, CEILING + 1, BELIEVABLE])
def test_an_order_is_followed_to_the_letter(asked: float) -> None:
    now = Time()
    assert now.limiter.heed(limited(str(asked)), 0)
    assert now.limiter.pause() == asked


@pytest.mark.parametrize("asked", [str(BELIEVABLE + 1), "inf", "nan", "soon"])
@pytest.mark.parametrize("status", [429, 503])
def test_an_order_beyond_belief_is_followed_as_far_as_is_sensible(status: int, asked: str) -> None:
    now = Time()
    assert now.limiter.heed(HttpResult(status, {"retry-after": asked}, fault="busy"), 0)
    assert now.limiter.pause() == CEILING


@given(refused=st.integers(0, 10_000))
def test_the_pause_that_is_chosen_doubles_up_to_the_ceiling(refused: int) -> None:
    now = Time()
    now.limiter.heed(limited(), refused)
    assert now.limiter.pause() == min(CEILING, BACKOFF * 2 ** min(refused, 20))


@pytest.mark.parametrize("result", [ANSWERED, LOST, UNSENT, BUSY, HttpResult(503, {"retry-after": "-5"}, fault="busy")])
def test_who_asks_for_nothing_holds_no_one_back(result: HttpResult) -> None:
    now = Time()
    assert not now.limiter.heed(result, 0)
    assert now.limiter.pause() == -inf


@given(
    waits=st.lists(st.tuples(st.floats(0.01, 5000), st.booleans(), st.floats(0, 50)), min_size=1, max_size=6),
)
def test_no_answer_shortens_the_pause_that_another_asked_for(waits: list[tuple[float, bool, float]]) -> None:
    now = Time()
    until = -inf
    for seconds, order, later in waits:
        now.limiter.heed(limited(f"{seconds!r}") if order else advised(seconds), 0)
        until = max(until, now.time + (seconds if order else min(float(f"{seconds:g}"), CEILING)))
        assert now.limiter.pause() == pytest.approx(until - now.time)
        now.time += later


@given(broken=st.integers(1, MAX_ATTEMPTS - 1), jitter=st.floats(0, 1))
def test_the_pause_before_an_attempt_is_between_none_and_twice_the_last_bound(broken: int, jitter: float) -> None:
    now = Time(jitter=jitter)
    wait = now.limiter.repeat_in(READ, LOST, broken, False, now.limiter.patience())
    assert wait == pytest.approx(jitter * min(CEILING, BACKOFF * 2 ** (broken - 1)))


@given(wait=st.floats(0.01, 100), jitter=st.floats(0, 1), patience=st.floats(0.01, 200))
def test_a_turn_comes_no_sooner_than_asked_and_little_later(wait: float, jitter: float, patience: float) -> None:
    now = Time(patience, jitter=jitter)
    now.limiter.heed(limited(f"{wait!r}"), 0)
    told = now.limiter.pause()
    pause = now.limiter.take_turn(now.limiter.patience())
    if told > patience:
        assert pause is not None
        assert (pause.status, pause.asked) == (429, wait)
        assert now.sleeps == []
    else:
        assert pause is None
        assert told <= sum(now.sleeps) <= min(patience, told + 0.25 + told / 10) + 1e-9


CALLS = {"read": READ, "create": CREATE, "update": UPDATE, "delete": DELETE}
REPEATED: dict[str, tuple[HttpResult, set[str]]] = {
    "an answer": (ANSWERED, set()),
    "a refusal": (HttpResult(400), set()),
    "no connection": (UNSENT, set(CALLS)),
    "no connection, for good": (HttpResult(fault="is no longer connected", sent=False, final=True), set()),
    "no answer": (LOST, {"read", "delete"}),
    "no answer, for good": (HttpResult(fault="sent more than 64 MiB", final=True), set()),
    "busy": (BUSY, {"read", "delete"}),
    "busy until": (HttpResult(503, {"retry-after": "3"}, fault="answered 503"), {"read", "delete"}),
    "limited": (limited(), set(CALLS)),
    "limited until": (limited("3"), set(CALLS)),
}


@pytest.mark.parametrize(("result", "repeated"), REPEATED.values(), ids=REPEATED)
@pytest.mark.parametrize("name", CALLS)
def test_what_is_sent_again(name: str, result: HttpResult, repeated: set[str]) -> None:
    now = Time()
    last, sent = now.carry_out(CALLS[name], [result, ANSWERED])
    assert sent == (2 if name in repeated else 1)
    assert last is (ANSWERED if name in repeated else result)


@pytest.mark.parametrize(
    ("shrinks", "large", "attempts"), [(False, True, MAX_ATTEMPTS), (True, False, MAX_ATTEMPTS), (True, True, 2)]
)
def test_a_page_that_can_be_smaller_is_not_asked_for_again_and_again(shrinks: bool, large: bool, attempts: int) -> None:
    call = Call("GET", PROMPTS, "listing", shrinks=shrinks)
    assert Time().carry_out(call, for_ever(HttpResult(fault="cut its answer off", large=large)))[1] == attempts


RESULTS = st.one_of(
    st.sampled_from([UNSENT, LOST, BUSY]),
    st.floats(0.5, 200).map(lambda seconds: limited(f"{seconds!r}")),
    st.floats(0.5, 200).map(lambda seconds: HttpResult(503, {"retry-after": f"{seconds!r}"}, fault="busy")),
    st.floats(0.5, 200).map(lambda seconds: limited(x_ratelimit_reset=f"{seconds!r}")),
    st.builds(limited, st.sampled_from([None, "0", "-5", "soon", "nan", "1e9"])),
)


@given(
    call=st.sampled_from([*CALLS.values()]),
    results=st.lists(RESULTS, min_size=1, max_size=12),
    advice=st.sampled_from([0, 1, 20, 60]),
    patience=st.one_of(st.floats(0.1, 25), st.floats(25, 200)),
    jitter=st.floats(0, 1),
)
@settings(max_examples=200)
def test_every_call_ends_within_its_patience_and_no_write_is_sent_after_it_may_have_been_carried_out(
    call: Call, results: list[HttpResult], advice: float, patience: float, jitter: float
) -> None:
    now = Time(patience, jitter=jitter)
    now.limiter.heed(advised(advice), 0)
    seen: list[HttpResult] = []

    def answers() -> Iterator[HttpResult]:
        while True:
            for result in results:
                seen.append(result)
                assert len(seen) <= 1000, "a service that refuses is asked again and again"
                yield result

    last, _ = now.carry_out(call, answers())

    assert sum(now.sleeps) <= patience + 1e-6
    assert sum(result.fault != "" for result in seen) <= MAX_ATTEMPTS
    assert last is None or last.status != 429
    if not call.safe:
        assert not any(result.fault and result.sent for result in seen[:-1])


def test_advice_that_outlasts_an_order_does_not_hide_it() -> None:
    now = Time(patience=5)
    now.limiter.heed(limited("10"), 0)
    now.limiter.heed(advised(20), 0)
    pause = now.limiter.take_turn(now.limiter.patience())
    assert pause is not None
    assert (pause.status, pause.asked) == (429, 10)


def test_advice_that_no_one_can_wait_for_does_not_hide_an_order() -> None:
    now = Time(patience=5)
    now.limiter.heed(advised(20), 0)
    assert now.carry_out(READ, [limited("3"), ANSWERED]) == (ANSWERED, 2)
    assert now.sleeps == [3]


def test_advice_is_waited_for_by_those_who_can() -> None:
    now = Time(patience=5)
    now.limiter.heed(advised(4), 0)
    assert now.carry_out(READ, [ANSWERED]) == (ANSWERED, 1)
    assert now.sleeps == [4]


def test_a_limit_that_one_call_meets_holds_all_others_back() -> None:
    now = Time()
    now.limiter.heed(limited("10"), 0)
    assert now.carry_out(READ, [ANSWERED]) == (ANSWERED, 1)
    assert now.sleeps == [10]
    assert now.carry_out(CREATE, [ANSWERED]) == (ANSWERED, 1)
    assert now.sleeps == [10]


@pytest.mark.parametrize(("again", "sleeps"), [(SHORT, [10]), (SHORT + 1, [10, SHORT + 1])])
def test_who_has_waited_is_held_back_by_a_long_pause_alone(again: float, sleeps: list[float]) -> None:
    """Else the first of the pool to be refused again would hold back all others."""
    now = Time()
    now.limiter.heed(limited("10"), 0)

    def sleep(seconds: float) -> None:
        now.sleep(seconds)
        if len(now.sleeps) == 1:
            now.limiter.heed(limited(f"{again}"), 1)

    patience = Patience(lambda: now.time, sleep, 120, threading.Event())
    assert now.limiter.take_turn(patience) is None
    assert now.sleeps == sleeps


def test_sleep_and_time_both_spend() -> None:
    now = Time(patience=10)
    patience = now.limiter.patience()
    assert (patience.spent(), patience.left()) == (0, 10)
    patience.sleep(3)
    now.time += 4
    assert (patience.spent(), patience.left()) == (7, 3)
    patience.sleep(-5)
    patience.sleep(0)
    assert now.sleeps == [3]
    assert now.limiter.patience().left() == 10, "each call has its own"


def test_sleep_spends_though_the_clock_stands_still() -> None:
    patience = Patience(lambda: 0.0, lambda seconds: None, 10, threading.Event())
    patience.sleep(6)
    patience.sleep(6)
    assert patience.left() == -2


def test_a_request_is_granted_what_is_left_and_in_any_case_a_moment() -> None:
    now = Time(patience=10)
    patience = now.limiter.patience()
    assert (patience.granted(), patience.is_spent) == (10, False)
    now.time += 4
    assert patience.granted() == 6
    now.limiter.hurry()
    assert patience.granted() == 6, "what is sent in a hurry may still be answered"
    now.time += 5.5
    assert (patience.granted(), patience.is_spent) == (LEAST, False)
    now.time += 100
    assert (patience.granted(), patience.is_spent) == (LEAST, True)
    assert Time(patience=0.2).limiter.patience().granted() == 0.2


def test_in_a_hurry_no_one_has_anything_left() -> None:
    now = Time()
    before = now.limiter.patience()
    now.limiter.hurry()
    for patience in (before, now.limiter.patience()):
        assert patience.left() == 0
        assert now.limiter.repeat_in(READ, LOST, 1, False, patience) is None
        assert now.limiter.take_turn(patience) is None, "where there is nothing to wait for"
    now.limiter.heed(advised(5), 0)
    assert now.limiter.take_turn(before) is None
    now.limiter.heed(limited("1"), 0)
    pause = now.limiter.take_turn(before)
    assert pause is not None
    assert pause.asked == 1
    assert now.sleeps == []


def test_who_is_woken_has_not_waited() -> None:
    """The service still wants nothing to be sent, and no one waits for that any longer."""
    now = Time()

    def wake(seconds: float) -> None:
        now.sleeps.append(seconds)
        now.limiter.hurry()

    now.limiter = RateLimiter(120, sleep=wake, clock=lambda: now.time, now=lambda: EPOCH, jitter=lambda: 0.0)
    now.limiter.heed(limited("10"), 0)
    assert now.carry_out(CREATE, [ANSWERED]) == (None, 0)
    assert now.sleeps == [10]


def test_a_hurry_wakes_those_that_sleep() -> None:
    limiter = RateLimiter(60, sleep=None, clock=lambda: 0.0, now=lambda: EPOCH, jitter=lambda: 0.0)
    limiter.heed(limited("50"), 0)
    waiting = threading.Barrier(5)
    ended: list[float | None] = []

    def wait() -> None:
        patience = limiter.patience()
        waiting.wait(5)
        pause = limiter.take_turn(patience)
        ended.append(pause.asked if pause is not None else None)

    threads = [threading.Thread(target=wait, daemon=True) for _ in range(4)]
    for thread in threads:
        thread.start()
    waiting.wait(5)
    limiter.hurry()
    for thread in threads:
        thread.join(5)
    assert ended == [50] * 4


@pytest.mark.parametrize("call", [lambda client: client.get("p"), lambda client: client.delete("p")])
@pytest.mark.parametrize("headers", [{}, {"retry-after": "9"}])
def test_a_call_that_is_woken_before_it_is_repeated_is_not_sent_again(
    call: Callable[[Client], object], headers: dict[str, str]
) -> None:
    with Client(
        "https://api.orq.test",
        "key",
        transport=httpx.MockTransport(lambda request: httpx.Response(503, headers=headers)),
        sleep=lambda seconds: client.hurry(),
        clock=lambda: 0.0,
        jitter=lambda: 1.0,
    ) as client:
        with pytest.raises(UnavailableError):
            call(client)
        assert client.requests == 1
