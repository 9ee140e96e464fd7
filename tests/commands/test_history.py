from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from promptsync.commands.history import base_of, names, steps, with_sides
from promptsync.model.errors import NotFoundError, RateLimitedError, RefusedError, ServiceError, UnavailableError
from promptsync.model.prompt import CURRENT
from promptsync.service.answers import RemoteVersion
from tests.factories import block, entry, fields, file, held, lock, plan

if TYPE_CHECKING:
    from collections.abc import Iterator

ASKED = file(content=block(temperature=0.2))
ENTRY = entry(ASKED, held(ASKED, version="v1"))


def version(id_: str, temperature: float, *, inner: str | None = None, by: str | None = "ann") -> RemoteVersion:
    content = {**block(temperature=temperature), "version": inner or id_}
    return RemoteVersion(id_, {CURRENT: content}, None, {}, f"time of {id_}", by, None, {})


class Service:
    """Versions of one prompt, newest first. `single` raises where one version is asked for, `listed` for the list."""

    def __init__(
        self, *versions: RemoteVersion, single: Exception | None = None, listed: Exception | None = None
    ) -> None:
        self.held = versions
        self.single, self.listed = single, listed
        self.asked: list[str] = []

    def version(self, id: str, version: str) -> RemoteVersion:
        self.asked.append(f"one {version}")
        if self.single:
            raise self.single
        found = [each for each in self.held if each.id == version]
        if not found:
            raise NotFoundError("no such version")
        return found[0]

    def versions(self, id: str) -> Iterator[RemoteVersion]:
        self.asked.append("list")
        if self.listed:
            raise self.listed
        yield from self.held


def base(service: Any) -> Any:
    found = base_of(service, ENTRY)
    return found and found.blocks[CURRENT]["temperature"]


def test_a_version_is_known_by_its_own_id_and_by_the_one_in_its_block() -> None:
    assert names(version("v1", 0.2), "v1")
    assert names(version("other", 0.2, inner="v1"), "v1")
    assert not names(version("v2", 0.2), "v1")
    assert not names(version("v2", 0.2), None)


def test_the_base_is_read_by_its_id_in_one_request() -> None:
    service = Service(version("v2", 0.9), version("v1", 0.2))
    assert (base(service), service.asked) == (0.2, ["one v1"])


@pytest.mark.parametrize("error", [NotFoundError("none"), RefusedError("what?", status=400)])
def test_the_base_is_looked_for_among_all_where_it_has_another_id(error: Exception) -> None:
    service = Service(version("x2", 0.9), version("x1", 0.2, inner="v1"), single=error)
    assert (base(service), service.asked) == (0.2, ["one v1", "list"])


def test_a_base_that_is_gone_is_none() -> None:
    assert base(Service(version("v3", 0.9), version("v2", 0.5))) is None
    assert base(Service(listed=NotFoundError("no versions here"))) is None


def test_a_service_that_fails_is_no_absence() -> None:
    with pytest.raises(UnavailableError):
        base(Service(single=UnavailableError("down")))


def test_history_tells_what_each_version_changed() -> None:
    service: Any = Service(version("v3", 0.9), version("v2", 0.5, by=None), version("v1", 0.2))
    found = steps(service, ENTRY, 20)
    assert [(step.version, step.timestamp, step.by, step.is_locked, step.is_first) for step in found] == [
        ("v3", "time of v3", "ann", False, False),
        ("v2", "time of v2", None, False, False),
        ("v1", "time of v1", "ann", True, True),
    ]
    assert [fields(type("Told", (), {"diff": step.changes})) for step in found] == [
        [("prompt.temperature", "replace", 0.5, 0.9)],
        [("prompt.temperature", "replace", 0.2, 0.5)],
        [],
    ]


def test_history_stops_at_its_limit_and_still_tells_the_last_ones_change() -> None:
    service: Any = Service(version("v3", 0.9), version("v2", 0.5), version("v1", 0.2))
    found = steps(service, ENTRY, 2)
    assert [(step.version, len(step.changes), step.is_first) for step in found] == [("v3", 1, False), ("v2", 1, False)]
    assert steps(Service(), ENTRY, 2) == []  # type: ignore[arg-type]


def drifted(service: Any, **changes: Any) -> Any:
    there = held(ASKED, content=block(temperature=0.9), version="v9", **changes)
    (change,) = with_sides(service, plan([ASKED], lock(refund=ENTRY), [there])).changes
    return change


@pytest.mark.parametrize(
    ("newer", "since"),
    [
        ([], "on the service since version v1: changed without a new version"),
        (["v2"], "on the service since version v1: 1 newer version on time of v2 by ann"),
        (["v3", "v2"], "on the service since version v1: 2 newer versions, the last on time of v3 by ann"),
        (
            [f"w{number}" for number in range(25)],
            "on the service since version v1: more than 20 newer versions, the last on time of w0 by ann",
        ),
    ],
)
def test_since_when_and_by_whom(newer: list[str], since: str) -> None:
    change = drifted(Service(*(version(each, 0.9) for each in newer), version("v1", 0.2)))
    assert change.sides.since == since
    assert change.warnings == (since,)
    assert [(item.field, item.before, item.after) for item in change.sides.there] == [("prompt.temperature", 0.2, 0.9)]
    assert change.sides.here == ()


def test_without_a_base_the_sides_cannot_be_told_apart() -> None:
    sides = drifted(Service(version("v9", 0.9))).sides
    assert (sides.here, sides.there) == ((), ())


def test_a_service_that_does_not_answer_takes_nothing_from_the_plan() -> None:
    change = drifted(Service(single=UnavailableError("down")))
    assert (change.action, change.sides, change.warnings) == ("drift", None, ())


def test_other_changes_ask_nothing() -> None:
    service: Any = Service(single=AssertionError("asked"))
    made = plan([ASKED, file("Default/new")], lock(refund=ENTRY), [held(ASKED, version="v1")])
    assert with_sides(service, made) == made


@pytest.mark.parametrize(
    ("error", "asked"), [(UnavailableError("down"), 1), (RateLimitedError("slow"), 1), (RefusedError("no"), 6)]
)
def test_a_service_that_gives_no_answer_is_not_asked_about_every_prompt(error: ServiceError, asked: int) -> None:
    files = {name: file(f"Default/{name}", content=block(temperature=0.2)) for name in ("a", "b", "c")}
    theirs = {name: held(one, f"id-{name}", version="v1") for name, one in files.items()}
    edited = [held(file(content=block(temperature=0.9)), f"id-{name}", version="v2") for name in files]
    made = plan(files.values(), lock(**{name: entry(files[name], theirs[name]) for name in files}), edited)
    assert len(made.changes) == 3
    service: Any = Service(single=error, listed=error)
    assert with_sides(service, made, workers=1) == made
    assert len(service.asked) == asked
