"""When to send, and when to send again: what the service asks for, what is sensible without, and how long in all.

Whether rate limits announce themselves, and how, is not documented: a Retry-After and a gateway's X-RateLimit headers
are both taken at their word, as far as that makes sense.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from functools import lru_cache
from math import inf, isfinite
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from promptsync.service.calls import Call, HttpResult

PATIENCE = 120.0
"""Seconds that one call may spend: on its requests, on waiting and on repeating them."""

LEAST = 1.0
"""Seconds that a request gets however long it had to wait: who is cut off at once has to be looked for."""

MAX_ATTEMPTS = 5
BACKOFF = 0.5
CEILING = 30.0
"""Seconds: the first and the longest pause that this side chooses."""

SHORT = 2.0
"""Seconds: a pause that does not hold back who has just waited out another one."""

BELIEVABLE = 86_400.0
"""Seconds that a service may ask us to wait and be taken at its word."""


@dataclass(frozen=True, slots=True)
class Pause:
    """Until when (by the clock) nothing is to be sent. `status` is the answer that said so, None for mere advice."""

    until: float = -inf
    asked: float | None = None
    status: int | None = None


class Patience:
    """The `seconds` that one call may spend."""

    def __init__(
        self, clock: Callable[[], float], sleep: Callable[[float], object], seconds: float, hurried: threading.Event
    ) -> None:
        self.seconds = seconds
        self._hurried = hurried
        self._clock = clock
        self._sleep = sleep
        self._started = clock()
        self._slept = 0.0

    def sleep(self, seconds: float) -> None:
        if seconds > 0:
            self._sleep(seconds)
            self._slept += seconds

    def spent(self) -> float:
        # Sleep counts by itself too, so that a clock that stands still cannot make a call endless.
        return max(self._clock() - self._started, self._slept)

    def left(self) -> float:
        return 0.0 if self.is_hurried else self.seconds - self.spent()

    @property
    def is_spent(self) -> bool:
        """Whether all of it was spent, which no hurry changes."""
        return self.spent() >= self.seconds

    def granted(self) -> float:
        """Seconds that a request which begins now may take, also where nothing may be waited for any more."""
        return max(self.seconds - self.spent(), min(self.seconds, LEAST))

    @property
    def is_hurried(self) -> bool:
        """Whether nothing is left whatever was spent, and who slept was woken."""
        return self._hurried.is_set()


class RateLimiter:
    """When each call of a client may be sent: what one is told holds for all, so that the pool slows down together.

    `patience` is the seconds that one call may spend. `clock` only advances, `now` is the time of day; without `sleep`
    a thread sleeps until it is told to hurry.
    """

    def __init__(
        self,
        patience: float,
        *,
        sleep: Callable[[float], object] | None,
        clock: Callable[[], float],
        now: Callable[[], float],
        jitter: Callable[[], float],
    ) -> None:
        self._hurried = threading.Event()
        self._seconds = patience
        self._sleep = sleep or self._hurried.wait
        self._clock = clock
        self._now = now
        self._jitter = jitter
        self._lock = threading.Lock()
        self._order = Pause()
        self._advice = Pause()

    def hurry(self) -> None:
        """From now on no one has any patience left, and those that sleep wake up."""
        self._hurried.set()

    def patience(self) -> Patience:
        """What a call that begins now may spend."""
        return Patience(self._clock, self._sleep, self._seconds, self._hurried)

    def pause(self) -> float:
        """Seconds until anything is to be sent; less than none where that was before."""
        with self._lock:
            return max(self._order.until, self._advice.until) - self._clock()

    def take_turn(self, patience: Patience) -> Pause | None:
        """Wait while the service wants this client to wait, whichever call it told so.

        Where it wants more than there is patience left, gives the pause at once, and nothing is to be sent.
        """
        waited_for = -inf
        while True:
            left = patience.left()
            pause, wait = self._read(left)
            if wait <= 0:
                return None
            # Whoever has waited goes, unless told of a long pause meanwhile: else the first of the pool to be refused
            # again would hold back all others, and they would go one at a time. Who was woken has not waited.
            if not patience.is_hurried and (pause.until <= waited_for or (waited_for > -inf and wait <= SHORT)):
                return None
            if wait > left:
                return pause
            # Each a little later than asked: sixty-four calls at the same instant would only be told to wait again.
            patience.sleep(min(left, wait + self._jitter() * (0.25 + wait / 10)))
            waited_for = pause.until

    def heed(self, result: HttpResult, limited: int) -> bool:
        """Hold all calls as long as the answer asks for. True if that is for a failure.

        `limited` is how often this call was refused for its rate before.
        """
        asked = retry_after(result.headers.get("retry-after"), self._now())
        reset = reset_in(result.headers, self._now(), used_up=result.status == 429)
        until = self._clock()
        if result.status == 429:
            wait = asked if asked is not None else reset
            believed = _believed(wait) if wait is not None else min(CEILING, BACKOFF * 2 ** min(limited, 10))
            self._hold(Pause(until + believed, wait, 429))
            return True
        if result.status == 503 and asked is not None:
            self._hold(Pause(until + _believed(asked), asked, 503))
            return True
        if reset is not None:
            # Advice, not an order: so no longer than we would have waited by ourselves.
            self._hold(Pause(until + min(reset, CEILING), reset, None))
        return False

    def repeat_in(self, call: Call, result: HttpResult, broken: int, held: bool, patience: Patience) -> float | None:
        """Seconds until the next attempt, besides what all calls wait for; None if there is none.

        `broken` is how many attempts had a fault, `held` what `heed` gave for the result.
        """
        if result.status == 429:
            return 0.0
        if not result.fault or result.final or not (call.safe or not result.sent):
            return None
        if broken >= (2 if result.large and call.shrinks else MAX_ATTEMPTS):
            return None
        wait = 0.0 if held else self._jitter() * min(CEILING, BACKOFF * 2 ** (broken - 1))
        return wait if wait < patience.left() else None

    def _read(self, left: float) -> tuple[Pause, float]:
        """The pause for who has so many seconds left, and how long it is. Advice for longer than that is not taken."""
        with self._lock:
            now = self._clock()
            order, advice = self._order.until - now, self._advice.until - now
            return (self._advice, advice) if order < advice <= left else (self._order, order)

    def _hold(self, pause: Pause) -> None:
        with self._lock:
            if pause.status is None:
                self._advice = max(self._advice, pause, key=lambda one: one.until)
            else:
                self._order = max(self._order, pause, key=lambda one: one.until)


def skew(date: str | None, now: float) -> float | None:
    """Seconds by which the clock that wrote a Date header is ahead of `now`; None if it tells nothing."""
    ahead = _until_date(date, now) if date is not None else inf
    if not isfinite(ahead):
        return None
    # A Date counts whole seconds and is some time under way: what it differs by less says nothing.
    return ahead if abs(ahead) > SHORT else 0.0


def retry_after(value: str | None, now: float) -> float | None:
    """Seconds that a Retry-After asks for; None if it asks for nothing, infinity if it makes no sense."""
    if value is None or not value.strip():
        return None
    try:
        seconds = float(value)
    except ValueError:
        seconds = _until_date(value, now)
    if seconds != seconds:
        return inf
    return seconds if seconds > 0 else None


def reset_in(headers: Mapping[str, str], now: float, *, used_up: bool) -> float | None:
    """Seconds until the limit is lifted, by a gateway's X-RateLimit headers; None if nothing is used up."""
    try:
        remaining = 0.0 if used_up else float(headers.get("x-ratelimit-remaining", ""))
        reset = float(headers.get("x-ratelimit-reset", ""))
    except ValueError:
        return None
    if not isfinite(reset) or not remaining <= 0:
        return None
    if reset > 1e11:
        reset /= 1000  # epoch in milliseconds
    seconds = reset - now if reset > 1e9 else reset
    return seconds if 0 < seconds <= BELIEVABLE else None


def _until_date(value: str, now: float) -> float:
    try:
        return _moment(value) - now
    except (TypeError, ValueError, OverflowError, IndexError):
        return inf


@lru_cache(maxsize=16)
def _moment(date: str) -> float:
    """Seconds since the epoch. Every answer has a date, and those of one second have the same."""
    moment = parsedate_to_datetime(date)
    # HTTP's oldest form of a date names no zone, and means GMT.
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _believed(seconds: float) -> float:
    return seconds if seconds <= BELIEVABLE else CEILING
