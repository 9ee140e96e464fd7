"""Carrying a plan out: each write once, whatever becomes of its answer, and all of it recorded."""

from __future__ import annotations

from concurrent.futures import wait as futures_wait
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from promptsync.apply import applier as module
from promptsync.apply.applier import ELSEWHERE, INTERRUPTED, UNANSWERED, Applier
from promptsync.apply.journal import Journal
from promptsync.model.errors import (
    AuthError,
    PromptsyncError,
    RateLimitedError,
    RefusedError,
    ServiceError,
    UnavailableError,
)
from promptsync.model.lockfile import Lockfile
from promptsync.plan.changes import Adopt
from tests.apply.service import BEGUN, Service, at, lost
from tests.factories import answered, block, entry, file, held, locked, plan, told

if TYPE_CHECKING:
    from pathlib import Path

    from promptsync.model.prompt import Json, RemotePrompt
    from promptsync.plan.changes import Outcome, Plan


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "journal.jsonl")


def applier(service: Service, journal: Journal, tmp_path: Path, lock: Lockfile | None = None, **more: Any) -> Applier:
    return Applier(
        service,
        journal,
        lock or Lockfile(owner="ws"),
        known=set(service.prompts),
        archive_folder=tmp_path / "archive",
        parallelism=1,
        sleep=lambda _: None,
        clock=lambda: BEGUN,
        **more,
    )


def statuses(outcomes: list[Outcome]) -> list[str]:
    return [outcome.status for outcome in outcomes]


A, B, C = file("Default/a"), file("Default/b"), file("Default/c")
CHANGED = file("Default/a", block(temperature=0.5))


def update_of_a() -> tuple[Service, Lockfile, Plan]:
    there = held(A, "id-a")
    lock = locked(("Default/a", entry(A, there)))
    return Service(there), lock, plan([CHANGED], lock, [there])


def test_creates_are_recorded_in_the_order_of_the_plan(journal: Journal, tmp_path: Path) -> None:
    service = Service()
    run = applier(service, journal, tmp_path)

    outcomes = run.run(plan([A, B]))

    assert statuses(outcomes) == ["done", "done"]
    assert {key: one.id for key, one in run.lock.prompts.items()} == {"Default/a": "new-0", "Default/b": "new-1"}
    assert journal.recover().onto(Lockfile(owner="ws")) == run.lock


def test_a_create_whose_answer_was_lost_is_found_and_not_sent_again(journal: Journal, tmp_path: Path) -> None:
    service = Service()
    service.fail("create", lost(), after=True)

    outcomes = applier(service, journal, tmp_path).run(plan([A]))

    assert statuses(outcomes) == ["done"]
    assert service.calls.count("create") == len(service.prompts) == 1


def test_a_create_that_was_not_carried_out_is_sent_again_after_looking_in_vain(
    journal: Journal, tmp_path: Path
) -> None:
    service = Service()
    service.fail("create", lost())

    outcomes = applier(service, journal, tmp_path).run(plan([A]))

    assert statuses(outcomes) == ["done"]
    assert service.calls == ["create", "list", "list", "list", "list", "list", "create"]


def test_a_create_that_any_of_two_may_be_is_not_decided(journal: Journal, tmp_path: Path) -> None:
    service = Service()
    service.fail("create", lost(), after=True)
    run = applier(service, journal, tmp_path)
    created = at(0)
    service.prompts["theirs"] = held(A, "theirs", created=created)

    outcomes = run.run(plan([A]))

    assert statuses(outcomes) == ["failed"]
    assert "it may have made any of new-1, theirs" in outcomes[0].message
    assert len(journal.recover().creates) == 1


@pytest.mark.parametrize(
    "error",
    [RateLimitedError("limited", status=429), AuthError("no", status=401), ServiceError("odd"), lost()],
    ids=lambda error: type(error).__name__,
)
def test_a_look_that_fails_leaves_the_create_open(journal: Journal, tmp_path: Path, error: ServiceError) -> None:
    service = Service()
    service.fail("create", lost(), after=True)
    service.fail("list", error)

    outcomes = applier(service, journal, tmp_path).run(plan([A]))

    assert statuses(outcomes) == ["failed"]
    assert "looking for it failed too" in outcomes[0].message
    assert [intent.key for intent in journal.recover().creates] == ["Default/a"]


def test_once_an_answer_was_lost_no_later_failure_closes_the_create(journal: Journal, tmp_path: Path) -> None:
    service = Service()
    service.fail("create", lost(), RateLimitedError("limited", status=429))

    applier(service, journal, tmp_path).run(plan([A]))

    assert [intent.key for intent in journal.recover().creates] == ["Default/a"]


@pytest.mark.parametrize(
    "error",
    [RefusedError("no", status=400), RateLimitedError("limited"), UnavailableError("never sent", ambiguous=False)],
    ids=lambda error: type(error).__name__,
)
def test_a_create_that_was_certainly_not_carried_out_is_closed(
    journal: Journal, tmp_path: Path, error: ServiceError
) -> None:
    service = Service()
    service.fail("create", error)

    assert statuses(applier(service, journal, tmp_path).run(plan([A]))) == ["failed"]
    assert journal.recover().creates == ()


def test_an_update_whose_answer_was_lost_is_looked_at(journal: Journal, tmp_path: Path) -> None:
    service, lock, made = update_of_a()
    service.fail("update", lost(), after=True)
    run = applier(service, journal, tmp_path, lock)

    assert statuses(run.run(made)) == ["done"]
    assert service.calls == ["get", "update", "get"]
    assert run.lock.prompts["Default/a"] == entry(CHANGED, service.prompts["id-a"])


def test_an_update_that_was_not_carried_out_is_sent_again(journal: Journal, tmp_path: Path) -> None:
    service, lock, made = update_of_a()
    service.fail("update", lost())

    assert statuses(applier(service, journal, tmp_path, lock).run(made)) == ["done"]
    assert service.calls == ["get", "update", "get", "update"]


def test_an_update_whose_end_stays_unknown_stays_open_with_what_it_asked_for(journal: Journal, tmp_path: Path) -> None:
    service, lock, made = update_of_a()
    service.fail("update", lost(), lost(), lost())

    assert statuses(applier(service, journal, tmp_path, lock).run(made)) == ["failed"]
    (begun,) = journal.recover().writes
    assert (begun.action, begun.id, begun.asked, begun.path) == ("update", "id-a", CHANGED.prompt, "Default")


def test_a_prompt_that_moved_since_the_plan_is_left(journal: Journal, tmp_path: Path) -> None:
    service, lock, made = update_of_a()
    service.prompts["id-a"] = held(A, "id-a", content=block(temperature=0.9), version="v9")
    run = applier(service, journal, tmp_path, lock)

    assert statuses(run.run(made)) == ["left"]
    assert (service.calls, run.lock) == (["get"], lock)


def test_a_delete_is_archived_first_and_found_out_about_when_its_answer_is_lost(
    journal: Journal, tmp_path: Path
) -> None:
    there = held(A, "id-a", raw={"_id": "id-a"})
    lock = locked(("Default/a", entry(A, there)))
    service = Service(there)
    service.fail("delete", lost(), after=True)
    run = applier(service, journal, tmp_path, lock)

    assert statuses(run.run(plan([], lock, [there], prune=True))) == ["done"]
    assert run.lock.prompts == {}
    assert [path.name for path in (tmp_path / "archive").iterdir()] == ["Default_a.id-a.json"]


def test_deletes_come_last(journal: Journal, tmp_path: Path) -> None:
    there = held(A, "id-a")
    lock = locked(("Default/a", entry(A, there)))
    service = Service(there)

    applier(service, journal, tmp_path, lock).run(plan([B, file("Z/z")], lock, [there], prune=True, create_twins=True))

    assert [call for call in service.calls if call != "get"] == ["create", "create", "delete"]


STOPPING = [
    pytest.param(AuthError("no", status=401), "the service no longer accepts the key", id="401"),
    pytest.param(
        RateLimitedError("limited"), "the service limits the rate for longer than this run may wait", id="429"
    ),
]


@pytest.mark.parametrize(("error", "why"), STOPPING)
def test_what_would_only_fail_likewise_is_not_attempted(
    journal: Journal, tmp_path: Path, error: ServiceError, why: str
) -> None:
    service = Service()
    service.fail("create", None, error)

    outcomes = applier(service, journal, tmp_path).run(plan([A, B, C]))

    assert statuses(outcomes) == ["done", "failed", "skipped"]
    assert outcomes[2].message == why


def test_a_403_stops_nothing_else(journal: Journal, tmp_path: Path) -> None:
    service = Service()
    service.fail("create", AuthError("not this one", status=403))

    assert statuses(applier(service, journal, tmp_path).run(plan([A, B]))) == ["failed", "done"]


def test_a_service_that_is_down_is_not_asked_for_ever(journal: Journal, tmp_path: Path) -> None:
    service = Service()
    service.fail("create", *(UnavailableError("down", ambiguous=False) for _ in range(UNANSWERED + 2)))
    files = [file(f"Default/{number}") for number in range(UNANSWERED + 2)]

    outcomes = applier(service, journal, tmp_path).run(plan(files))

    assert statuses(outcomes) == [*["failed"] * UNANSWERED, "skipped", "skipped"]
    assert outcomes[-1].message == "the service gave no answer 3 times in a row"


def test_an_interrupt_lets_nothing_begin_and_ends_every_wait(journal: Journal, tmp_path: Path) -> None:
    service, hurried = Service(), []
    run = applier(service, journal, tmp_path, hurry=lambda: hurried.append(True))
    run._on_outcome = lambda _: run.interrupt()

    outcomes = run.run(plan([A, B]))

    assert statuses(outcomes) == ["done", "skipped"]
    assert outcomes[1].message == INTERRUPTED
    assert run.was_interrupted
    assert hurried


def test_nothing_is_sent_again_after_an_interrupt(journal: Journal, tmp_path: Path) -> None:
    service = Service()
    service.fail("create", lost())
    run = applier(service, journal, tmp_path)
    run.interrupt()
    run._halted = None

    assert statuses(run.run(plan([A]))) == ["failed"]
    assert service.calls.count("create") == 1
    assert len(journal.recover().creates) == 1


def test_nothing_is_sent_without_a_journal(journal: Journal, tmp_path: Path) -> None:
    service = Service()
    (tmp_path / "journal.jsonl").mkdir()

    first, second = applier(service, journal, tmp_path).run(plan([A, B]))

    assert (first.status, second.status) == ("failed", "skipped")
    assert "cannot be written" in first.message
    assert second.message == first.message
    assert service.calls == []


@pytest.mark.parametrize("kind", ["create", "update", "delete"])
def test_a_write_that_cannot_be_recorded_is_told_as_carried_out_and_stops_the_rest(
    journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    changed = [CHANGED, file("Default/b", block(temperature=0.5))]
    there = [] if kind == "create" else [held(A, "id-a"), held(B, "id-b"), held(C, "id-c")]
    lock = locked(*((one.key, entry(one, remote)) for one, remote in zip([A, B, C], there, strict=False)))
    service = Service(*there)
    run = applier(service, journal, tmp_path, lock)

    def full(*_: Any) -> None:
        raise PromptsyncError("the disk is full")

    monkeypatch.setattr(journal, "end_with", full)
    made = plan({"create": [A, B], "update": changed, "delete": [C]}[kind], lock, there, prune=kind == "delete")
    outcomes = {outcome.key: outcome for outcome in run.run(made)}

    told = [outcome for outcome in outcomes.values() if outcome.status == "failed"]
    assert [outcome.message for outcome in told] == [
        "it was carried out on the service, and could not be recorded: the disk is full"
    ]
    assert {outcome.message for outcome in outcomes.values() if outcome.status == "skipped"} == {"the disk is full"}
    assert service.calls.count(kind) == 1
    assert run.lock != lock, "the lockfile may still take it"


def test_an_answer_that_says_something_else_is_recorded_so_that_the_next_plan_shows_it(
    journal: Journal, tmp_path: Path
) -> None:
    service, lock, made = update_of_a()
    real = service.update
    service.update = lambda id, body: answered(real(id, body), display_name="Other")  # type: ignore[method-assign]
    run = applier(service, journal, tmp_path, lock)

    (outcome,) = run.run(made)

    assert outcome.status == "not converged"
    assert "display_name" in outcome.message
    assert run.lock.prompts["Default/a"].source != entry(CHANGED, service.prompts["id-a"]).source


def test_the_workspace_is_noted_once(journal: Journal, tmp_path: Path) -> None:
    run = applier(Service(), journal, tmp_path, Lockfile())

    run.run(plan([A, B], Lockfile()))

    assert run.lock.owner == journal.recover().owner == "ws"


class Foreign(Service):
    """A service whose answers to creates name another workspace."""

    def _write(self, id_: str, body: Json) -> RemotePrompt:
        made = self.prompts[id_] = answered(super()._write(id_, body), owner="other")
        return made


def test_a_prompt_that_was_made_in_another_workspace_is_told_and_not_recorded(journal: Journal, tmp_path: Path) -> None:
    """Only one is made before that is known, however many are sent side by side else."""
    lock = locked(("Default/gone", entry(C, held(C, "id-c"))))
    service = Foreign()
    run = applier(service, journal, tmp_path, lock, seen=False)
    run._parallelism = 8

    outcomes = {outcome.key: outcome for outcome in run.run(plan([A, B], lock, []))}

    assert [(key, outcome.status, outcome.id) for key, outcome in outcomes.items()] == [
        ("Default/a", "failed", "new-0"),
        ("Default/b", "skipped", None),
        ("Default/gone", "skipped", "id-c"),
    ]
    assert outcomes["Default/a"].message == (
        "the prompt new-0 is in the workspace other, and the lockfile belongs to ws: "
        "it was made or changed there, and nothing of it is recorded"
    )
    assert outcomes["Default/b"].message == ELSEWHERE
    assert (service.calls, run.lock, journal.recover().is_empty) == (["create"], lock, True)


@pytest.mark.parametrize("owner", ["ws", None])
def test_creates_go_side_by_side_once_the_workspace_is_known_or_cannot_be(
    journal: Journal, tmp_path: Path, owner: str | None
) -> None:
    service = Service()
    real = service.create
    service.create = lambda body: answered(real(body), owner=owner)  # type: ignore[method-assign]
    run = applier(service, journal, tmp_path, seen=False)
    assert statuses(run.run(plan([A, B, C]))) == ["done"] * 3
    assert run.lock.owner == "ws"


def test_every_answer_is_compared_with_those_before(journal: Journal, tmp_path: Path) -> None:
    service = Service()
    real = service.create
    owners = iter(["ws", None, "other"])
    service.create = lambda body: answered(real(body), owner=next(owners))  # type: ignore[method-assign]
    run = applier(service, journal, tmp_path, Lockfile())
    assert statuses(run.run(plan([A, B, C], Lockfile()))) == ["done", "done", "failed"]
    assert run.lock.prompts.keys() == {"Default/a", "Default/b"}


@pytest.mark.parametrize("what", ["update", "delete"])
def test_nothing_is_sent_to_a_prompt_of_another_workspace(journal: Journal, tmp_path: Path, what: str) -> None:
    service, lock, made = update_of_a()
    service.prompts["id-a"] = answered(service.prompts["id-a"], owner="other")
    made = made if what == "update" else plan([], lock, service.prompts.values(), prune=True)
    (outcome,) = applier(service, journal, tmp_path, lock).run(made)
    assert (outcome.status, service.calls) == ("failed", ["get"])
    assert outcome.message.endswith("and the lockfile belongs to ws: nothing was sent")


@pytest.mark.parametrize("protected", [True, False])
def test_protection_alone_is_recorded_and_nothing_is_sent(journal: Journal, tmp_path: Path, protected: bool) -> None:
    there = held(A, "id-a")
    lock = locked(("Default/a", entry(A, there, protected=not protected)))
    service = Service(there)
    run = applier(service, journal, tmp_path, lock)

    assert statuses(run.run(plan([replace(A, protected=protected)], lock, [there]))) == ["done"]
    assert (service.calls, run.lock) == ([], locked(("Default/a", entry(A, there, protected=protected))))
    assert journal.recover().onto(lock) == run.lock


def test_a_create_that_was_killed_keeps_its_protection_when_its_file_goes(journal: Journal, tmp_path: Path) -> None:
    service = Service()
    service.fail("create", *[lost()] * 9, after=True)
    service.hidden_for = 99
    run = applier(service, journal, tmp_path)
    assert statuses(run.run(plan([replace(A, protected=True)]))) == ["failed"]
    (begun,) = journal.recover().creates
    assert begun.protected

    (made, *_) = service.prompts.values()
    service.prompts, service.script, service.hidden_for = {made.id: made}, {}, 0
    found = plan([], Lockfile(owner="ws"), [made], intents=[begun])
    again = applier(service, journal, tmp_path)
    assert statuses(again.run(found)) == ["done"]
    assert told(plan([], again.lock, [made], prune=True)) == [("orphan", "Default/a", made.id)]
    # A file that came in its place under another key says what holds.
    (moved,) = plan([file("Default/z", name="a")], Lockfile(owner="ws"), [made], intents=[begun]).changes
    assert isinstance(moved, Adopt)
    assert not moved.protected


def test_an_outcome_is_waited_for_in_turns_so_that_an_interrupt_is_heard_on_windows_too(
    journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float | None] = []

    def wait(futures: Any, timeout: float | None = None) -> Any:
        waits.append(timeout)
        return SimpleNamespace(done=()) if len(waits) == 1 else futures_wait(futures)

    monkeypatch.setattr(module, "wait", wait)

    assert statuses(applier(Service(), journal, tmp_path).run(plan([A]))) == ["done"]
    assert waits == [0.5, 0.5]
