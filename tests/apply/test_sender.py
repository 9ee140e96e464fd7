"""One write carried out once: what is sent again after which failure, what is looked for, and in which dialect."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptsync.apply.sender import ATTEMPTS, LOOKS, Dialects, DoubtfulError, Overtaken, Sender, moved, patch_over
from promptsync.model.errors import (
    AuthError,
    DialectError,
    NotFoundError,
    RateLimitedError,
    RefusedError,
    ServiceError,
    UnavailableError,
)
from promptsync.model.prompt import CLASSIC, CURRENT, DIALECTS, Dialect
from promptsync.plan.unmanaged import CLOCK_SKEW
from tests.apply.service import Service, at, lost
from tests.factories import answered, block, classic, file, held, intent, prompt, remote, with_schema

if TYPE_CHECKING:
    from promptsync.apply.payload import Patch
    from promptsync.model.prompt import Json, Prompt, PromptFile, RemotePrompt

LOOKING = ["list"] * len(LOOKS)


def sender(service: Service, *, sleeps: list[float] | None = None, hurried: bool = False) -> Sender:
    waits = sleeps if sleeps is not None else []
    return Sender(service, known=set(service.prompts), sleep=waits.append, hurried=lambda: hurried)


def create(one: Sender, asked: PromptFile | None = None) -> tuple[Prompt, RemotePrompt]:
    asked = asked or file()
    begun = intent(asked.key, asked.prompt.display_name)
    return one.create(asked, one.preferred(asked.prompt), asked.folder, begun)


WARM = prompt(content=block(temperature=0.5))
LINES = [{"role": "system", "content": "Be kind\n"}]


def update(
    one: Sender, now: RemotePrompt, asked: Prompt = WARM, *, path: str | None = "Default"
) -> tuple[Prompt, RemotePrompt | None, Patch]:
    first = one.preferred(asked)
    return one.update(asked, first, now, patch_over(first, now, path, ()), path, ())


CERTAIN = [
    RefusedError("no", status=400, detail="prompt.messages[0] is wrong"),
    RateLimitedError("limited", status=429),
    AuthError("no", status=401),
    AuthError("not this", status=403),
    UnavailableError("never sent", ambiguous=False),
    ServiceError("odd", status=302),
]
certainly_not_done = pytest.mark.parametrize(
    "error", CERTAIN, ids=lambda error: f"{type(error).__name__}-{error.status}"
)


def test_a_create_that_is_answered_is_sent_once() -> None:
    service, waits = Service(), []
    asked, made = create(sender(service, sleeps=waits))
    assert (asked, made.id, service.calls, waits) == (file().prompt, "new-0", ["create"], [])
    assert service.bodies == [{"display_name": "refund", "path": "Default", "metadata": {}, "prompt": block()}]


@certainly_not_done
def test_what_was_certainly_not_done_is_neither_looked_for_nor_sent_again(error: ServiceError) -> None:
    there = held(file())
    for method, write in [
        ("create", create),
        ("update", lambda one: update(one, there)),
        ("delete", lambda one: one.delete("id-1")),
    ]:
        service = Service(there).fail(method, error)
        with pytest.raises(type(error)) as caught:
            write(sender(service))
        assert (caught.value, service.calls) == (error, [method])


def test_a_create_that_was_carried_out_is_found() -> None:
    service, waits = Service().fail("create", lost(), after=True), []
    _, made = create(sender(service, sleeps=waits))
    assert (made.id, service.calls, waits) == ("new-0", ["create", "list"], [LOOKS[0]])


@pytest.mark.parametrize("lag", range(1, len(LOOKS)))
def test_a_list_that_lags_behind_is_looked_at_for_some_seconds(lag: int) -> None:
    service, waits = Service().fail("create", lost(), after=True), []
    service.hidden_for = lag
    _, made = create(sender(service, sleeps=waits))
    assert (made.id, service.calls.count("create"), waits) == ("new-0", 1, list(LOOKS[: lag + 1]))


def test_where_others_make_prompts_of_our_names_what_says_something_else_is_theirs() -> None:
    asked, service = file(), Service().fail("create", lost(), after=True)
    one = sender(service)
    theirs = remote("theirs", asked.prompt.display_name, block(model="openai/o3"), created=at(0))
    service.prompts[theirs.id] = theirs
    begun = replace(intent(asked.key, asked.prompt.display_name), asked=asked.prompt)
    _, made = one.create(asked, asked.prompt, asked.folder, begun)
    assert (made.id, service.calls) == ("new-1", ["create", "list"])


def test_a_create_that_is_found_nowhere_is_sent_again() -> None:
    service = Service().fail("create", lost())
    create(sender(service))
    assert (service.calls, len(service.prompts)) == (["create", *LOOKING, "create"], 1)


def test_a_create_is_given_up_after_some_attempts() -> None:
    service = Service().fail("create", lost("one"), lost("two"), lost("three"), lost("four"))
    with pytest.raises(UnavailableError, match="three") as caught:
        create(sender(service))
    assert caught.value.ambiguous
    assert service.calls == ["create", *LOOKING] * ATTEMPTS


@pytest.mark.parametrize("error", CERTAIN[1:], ids=lambda error: f"{type(error).__name__}-{error.status}")
def test_once_an_answer_was_lost_no_later_failure_is_certain(error: ServiceError) -> None:
    there = held(file())
    for method, write in [("create", create), ("update", lambda one: update(one, there))]:
        service = Service(there).fail(method, lost(), error)
        with pytest.raises(UnavailableError) as caught:
            write(sender(service))
        assert caught.value.message == f"no answer in time; sending it again failed too: {error.message}"
        assert (caught.value.ambiguous, caught.value.status, caught.value.hint) == (True, error.status, "run it again")
        assert service.calls.count(method) == 2


def test_in_a_hurry_nothing_is_sent_a_second_time() -> None:
    """It is still looked for: what is found is known."""
    there = held(file())
    for method, write, looks in [
        ("create", create, LOOKING),
        ("update", lambda one: update(one, there), ["get"]),
        ("delete", lambda one: one.delete("id-1"), ["get"]),
    ]:
        service = Service(there).fail(method, lost())
        with pytest.raises(UnavailableError, match="no answer in time"):
            write(sender(service, hurried=True))
        assert service.calls == [method, *looks]
        found = Service(there).fail(method, lost(), after=True)
        write(sender(found, hurried=True))
        assert found.calls == [method, looks[0]]


@pytest.mark.parametrize(
    ("unmanaged", "found"),
    [
        pytest.param([], None, id="none"),
        pytest.param([remote("x", "other", created=at(1))], None, id="of-another-name"),
        pytest.param([remote("x", created=at(-60))], None, id="made-before"),
        pytest.param([remote("x", created=at(-CLOCK_SKEW - 1))], None, id="made-just-before"),
        pytest.param([remote("x", created=at(-CLOCK_SKEW))], "x", id="within-the-skew"),
        pytest.param([remote("x", created=at(1))], "x", id="made-since"),
        pytest.param([remote("x", created=None)], "x", id="without-a-date"),
        pytest.param([remote("x", content=block(messages=[]), created=at(1))], "x", id="whatever-one-says"),
        pytest.param([remote("x", created=at(-60)), remote("y", created=at(1))], "y", id="the-younger"),
        pytest.param(
            [remote("x", content=block(messages=[]), created=at(1)), remote("y", created=at(1))],
            "y",
            id="of-two-the-one-that-says-the-same",
        ),
        pytest.param(
            [remote("x", content=block(new_thing=1), created=at(1)), remote("y", "other", created=at(1))],
            "x",
            id="with-what-the-service-adds",
        ),
    ],
)
def test_what_a_lost_create_has_made(unmanaged: list[RemotePrompt], found: str | None) -> None:
    """They came after the run began, so none of them is known."""
    service = Service().fail("create", lost())
    one = sender(service)
    service.prompts = {each.id: each for each in unmanaged}
    _, made = create(one)
    assert service.calls.count("create") == (1 if found else 2)
    assert made.id == (found or f"new-{len(unmanaged)}")


@pytest.mark.parametrize(
    "unmanaged",
    [
        [remote("x", created=at(1)), remote("y", created=at(1))],
        [remote(id_, content=block(messages=[]), created=at(1)) for id_ in ("x", "y")],
        [remote("y", created=at(1)), remote("x", content=block(new_thing=1), created=None)],
    ],
    ids=["both-say-it", "neither-says-it", "one-says-more"],
)
def test_where_several_may_be_it_a_person_decides(unmanaged: list[RemotePrompt]) -> None:
    service = Service().fail("create", lost())
    one = sender(service)
    service.prompts = {each.id: each for each in unmanaged}
    with pytest.raises(DoubtfulError) as caught:
        create(one)
    ids = ", ".join(each.id for each in reversed(unmanaged))
    assert caught.value.message == f"the answer to the create was lost, and it may have made any of {ids}"
    assert caught.value.hint == "take one over with `promptsync adopt Default/refund ID` and delete the others"
    assert service.calls == ["create", "list"]


def test_what_was_there_before_or_was_made_by_another_create_is_not_it() -> None:
    service = Service(remote("old", created=at(1)))
    one = sender(service)
    create(one, file("Other/refund"))
    service.fail("create", lost(), after=True)
    _, made = create(one)
    assert (made.id, service.calls) == ("new-2", ["create", "create", "list"])


def test_no_more_pages_are_read_than_hold_what_is_young() -> None:
    service = Service(*(remote(f"old-{number}", created=at(-60)) for number in range(9)))
    service.page_size = 2
    service.fail("create", lost(), after=True)
    create(sender(service))
    assert service.calls == ["create", "list", "more"]


@pytest.mark.parametrize(
    "error", [*CERTAIN, lost("no answer either")], ids=lambda error: f"{type(error).__name__}-{error.status}"
)
def test_a_look_that_fails_leaves_it_unknown(error: ServiceError) -> None:
    there = held(file())
    for method, write, look in [
        ("create", create, "list"),
        ("update", lambda one: update(one, there), "get"),
        ("delete", lambda one: one.delete("id-1"), "get"),
    ]:
        service = Service(there).fail(method, lost(), after=True).fail(look, error)
        with pytest.raises(UnavailableError) as caught:
            write(sender(service))
        assert caught.value.message == f"no answer in time; looking for it failed too: {error.message}"
        assert (caught.value.ambiguous, caught.value.hint, service.calls) == (True, "run it again", [method, look])


FAILURES = st.lists(
    st.tuples(st.sampled_from([None, lost(), *CERTAIN]), st.booleans()).filter(
        lambda step: (isinstance(step[0], UnavailableError) and step[0].ambiguous) or not step[1]
    ),
    max_size=5,
)


@given(FAILURES, FAILURES, st.integers(0, len(LOOKS) - 1), st.booleans())
def test_whatever_fails_no_create_is_carried_out_twice(writes: Any, looks: Any, lag: int, hurried: bool) -> None:
    """As long as the list lags behind no longer than it is looked at; and what failed for certain made nothing."""
    service = Service()
    service.script = {"create": list(writes), "list": list(looks)}
    service.hidden_for = lag
    try:
        _, made = create(sender(service, hurried=hurried))
        certain = False
    except ServiceError as error:
        made, certain = None, not (isinstance(error, UnavailableError) and error.ambiguous)
    assert len(service.prompts) <= 1
    assert made is None or list(service.prompts) == [made.id]
    assert not (certain and service.prompts)
    assert service.calls.count("create") <= (1 if hurried else ATTEMPTS)


def test_an_update_that_is_answered_is_sent_once() -> None:
    service = Service(held(file()))
    asked, answer, sent = update(sender(service), held(file()))
    assert (asked, answer, service.calls) == (WARM, service.prompts["id-1"], ["update"])
    assert service.bodies == [sent.body]


def test_an_update_that_was_carried_out_is_not_sent_again() -> None:
    service = Service(held(file())).fail("update", lost(), after=True)
    _, answer, _ = update(sender(service), held(file()))
    assert (answer, service.calls) == (service.prompts["id-1"], ["update", "get"])


def test_an_update_that_was_not_carried_out_is_sent_again_until_it_is_given_up() -> None:
    service = Service(held(file())).fail("update", lost())
    update(sender(service), held(file()))
    assert service.calls == ["update", "get", "update"]
    service = Service(held(file())).fail("update", lost("one"), lost("two"), lost("three"), lost("four"))
    with pytest.raises(UnavailableError, match="three"):
        update(sender(service), held(file()))
    assert service.calls == ["update", "get"] * ATTEMPTS


def test_what_someone_else_changed_meanwhile_is_not_overwritten() -> None:
    service = Service(held(file(), content=block(temperature=0.9), version="v2")).fail("update", lost())
    asked, answer, _ = update(sender(service), held(file()))
    assert (asked, answer, service.calls) == (WARM, None, ["update", "get"])


def test_what_was_changed_or_deleted_since_the_plan_is_told_before_a_write() -> None:
    planned = held(file(), version="v1")

    assert sender(Service(planned)).reread(planned) is planned
    assert sender(Service(held(file(), content=block(seed=1), version="v2"))).reread(planned) is Overtaken.CHANGED
    assert sender(Service()).reread(planned) is Overtaken.DELETED


def test_what_is_gone_is_not_updated() -> None:
    service = Service()
    with pytest.raises(NotFoundError):
        update(sender(service), held(file()))
    assert service.calls == ["update"]
    service.fail("update", lost())
    with pytest.raises(UnavailableError, match="looking for it failed too: it is gone"):
        update(sender(service), held(file()))


def test_a_delete_whose_answer_was_lost_is_looked_for() -> None:
    service = Service(held(file())).fail("delete", lost(), after=True)
    sender(service).delete("id-1")
    assert service.calls == ["delete", "get"]


def test_a_delete_that_was_not_carried_out_is_not_sent_again() -> None:
    service = Service(held(file())).fail("delete", lost())
    with pytest.raises(UnavailableError, match="no answer in time"):
        sender(service).delete("id-1")
    assert (service.calls, list(service.prompts)) == (["delete", "get"], ["id-1"])


def test_what_is_gone_is_not_deleted() -> None:
    with pytest.raises(NotFoundError):
        sender(Service()).delete("id-1")


@pytest.mark.parametrize("takes", DIALECTS)
def test_a_dialect_that_is_refused_is_sent_in_the_other_one_and_not_again(takes: Dialect) -> None:
    asked = file(content=classic(), dialect=CLASSIC) if takes == CURRENT else file()
    second = file("Default/other", asked.prompt.block, dialect=asked.prompt.dialect)
    service = Service(takes=[takes])
    one = sender(service)
    for each in (asked, second):
        sent, made = create(one, each)
        assert (sent.dialect, list(made.blocks)) == (takes, [takes])
    assert (service.calls, len(service.prompts)) == (["create"] * 3, 2)


@pytest.mark.parametrize("takes", DIALECTS)
def test_an_update_is_sent_in_the_other_dialect_too(takes: Dialect) -> None:
    now = held(file()) if takes == CURRENT else held(file(), content=classic(), dialect=CLASSIC)
    asked = (
        WARM if takes == CLASSIC else prompt(content=classic(model_parameters={"temperature": 0.5}), dialect=CLASSIC)
    )
    service = Service(now, takes=[takes])
    sent, answer, patch = update(sender(service), now, asked)
    assert (sent.dialect, service.calls) == (takes, ["update", "update"])
    assert answer == service.prompts["id-1"]
    assert takes in patch.body
    assert asked.dialect not in patch.body


def test_a_lost_create_may_be_refused_when_it_is_sent_again() -> None:
    service = Service(takes=[CLASSIC]).fail("create", lost())
    sent, _ = create(sender(service))
    assert (sent.dialect, service.calls) == (CLASSIC, ["create", *LOOKING, "create", "create"])


def test_what_the_other_dialect_has_no_place_for_is_refused_with_its_name() -> None:
    service = Service(takes=[CLASSIC])
    with pytest.raises(DialectError) as caught:
        create(sender(service), file(content=block(new_thing=1)))
    assert (caught.value.fields, service.calls) == (("prompt.new_thing",), ["create"])


def test_where_both_are_refused_the_second_refusal_is_told() -> None:
    service = Service(takes=[])
    one = sender(service)
    with pytest.raises(RefusedError) as caught:
        create(one)
    assert (caught.value.detail, service.calls) == ("`prompt_config` is not allowed", ["create", "create"])
    assert one.preferred(WARM).dialect == CURRENT


def test_a_dialect_that_was_taken_once_is_refused_no_more() -> None:
    service = Service()
    one = sender(service)
    create(one)
    refusal = RefusedError("no", status=400, detail="`prompt` is not allowed here")
    service.fail("create", refusal)
    with pytest.raises(RefusedError) as caught:
        create(one, file("Default/other"))
    assert (caught.value, service.calls) == (refusal, ["create", "create"])


def test_a_block_that_a_create_ignores_is_written_in_the_other_dialect() -> None:
    service = Service(takes=[CLASSIC], ignores=True)
    one = sender(service)
    sent, made = create(one)
    assert (sent.dialect, made, service.calls) == (CLASSIC, service.prompts["new-0"], ["create", "update"])
    assert made.blocks[CLASSIC]["messages"] == block()["messages"]
    assert create(one, file("Default/other"))[0].dialect == CLASSIC
    assert service.calls[2:] == ["create"]


def test_a_block_that_an_update_ignores_is_written_in_the_other_dialect() -> None:
    now = held(file(), content=classic(), dialect=CLASSIC)
    service = Service(now, takes=[CLASSIC], ignores=True)
    sent, answer, patch = update(sender(service), now)
    assert (sent.dialect, service.calls, patch.body) == (CLASSIC, ["update", "update"], {})
    assert answer is not None
    assert answer.blocks[CLASSIC]["model_parameters"] == {"temperature": 0.5}


def test_where_both_are_ignored_nothing_is_found_out() -> None:
    service = Service(ignores=True, takes=())
    one = sender(service)
    sent, made = create(one)
    assert (sent.dialect, made.id, service.calls) == (CURRENT, "new-0", ["create", "update"])
    assert (one.preferred(file().prompt).dialect, one.preferred(prompt(dialect=CLASSIC)).dialect) == (CURRENT, CLASSIC)
    create(one, file("Default/other"))
    assert service.calls[2:] == ["create", "update"]


@certainly_not_done
def test_a_prompt_whose_block_cannot_be_written_is_a_prompt_all_the_same(error: ServiceError) -> None:
    service = Service(takes=[CLASSIC], ignores=True).fail("update", error)
    sent, made = create(sender(service))
    assert (sent.dialect, made.id, service.calls) == (CURRENT, "new-0", ["create", "update"])
    service = Service(takes=[CLASSIC], ignores=True)
    sent, made = create(sender(service), file(content=block(new_thing=1)))
    assert (sent.dialect, made.id, service.calls) == (CURRENT, "new-0", ["create"])


MOVED: list[tuple[str, RemotePrompt, RemotePrompt, bool]] = [
    ("nothing", remote(), remote(), False),
    ("more is told of one version", remote(), remote(content=block(x=1)), False),
    ("another version", remote(), remote(content=block(x=1), version="v2"), True),
    ("a version that says the same", remote(), remote(version="v2"), False),
    ("a name", remote(), remote(name="other"), True),
    ("a description", remote(), remote(description="D"), True),
    ("no description either way", remote(description=""), remote(), False),
    ("metadata", remote(), remote(metadata={"language": "Dutch"}), True),
    ("no versions, the same", remote(version=None), remote(version=None), False),
    ("no versions, another block", remote(version=None), remote(content=block(x=1), version=None), True),
    ("no versions, a block more", remote(version=None), remote(version=None, other=classic()), True),
    ("times alone", remote(), answered(remote(), updated="2026-02-02", updated_by_id="u"), False),
]


@pytest.mark.parametrize(
    ("before", "now", "is_moved"), [each[1:] for each in MOVED], ids=[each[0].replace(" ", "-") for each in MOVED]
)
def test_what_moved_meanwhile(before: RemotePrompt, now: RemotePrompt, is_moved: bool) -> None:
    assert moved(before, now) == moved(now, before) == is_moved


def test_a_patch_is_made_over_what_is_held_now() -> None:
    patch = patch_over(prompt(), remote(content=block(top_k=1, x=1)), "Default", ["prompt.x"])
    assert patch.cleared == {"prompt.top_k": 1}
    assert (patch.body["path"], patch.body["prompt"]) == ("Default", block(top_k=None))
    assert "path" not in patch_over(prompt(), remote(), None, ()).body


def refused(detail: str) -> RefusedError:
    return RefusedError("refused", status=400, detail=detail)


def test_a_block_is_sent_as_written_until_it_is_refused() -> None:
    dialects = Dialects()
    asked = prompt()
    assert dialects.preferred(asked) is asked

    dialects.mark_refused(CURRENT)

    assert dialects.preferred(asked).dialect == CLASSIC
    assert dialects.preferred(asked, known=CLASSIC).dialect == CLASSIC
    assert dialects.preferred(prompt(dialect=CLASSIC)).dialect == CLASSIC


def test_a_block_that_the_other_dialect_has_no_place_for_stays_refused() -> None:
    dialects = Dialects()
    dialects.mark_refused(CURRENT)

    with pytest.raises(DialectError):
        dialects.preferred(prompt(content=block(fallbacks=[{"model": "openai/gpt-4o-mini"}])))


def test_both_refused_leaves_none() -> None:
    dialects = Dialects()
    dialects.mark_refused(CLASSIC)

    assert dialects.fallback(prompt(), prompt()) is None


@pytest.mark.parametrize(
    ("detail", "is_refusal"),
    [
        ("`prompt` is required", True),
        ("Unrecognized key: prompt_config", True),
        ("prompt.messages[0].role is unknown", False),
        ("prompt[0]", False),
        ("the rate is too high", False),
        ("", False),
    ],
)
def test_a_refusal_of_a_dialect_names_the_block_as_a_whole(detail: str, is_refusal: bool) -> None:
    dialects = Dialects()
    assert dialects.is_refusal(refused(detail), CURRENT) is is_refusal

    dialects.mark_accepted(CURRENT)
    assert dialects.is_refusal(refused(detail), CURRENT) is False


NAME, AGE = {"type": "string"}, {"type": "number"}
BOTH, ONE = with_schema({"n": NAME, "a": AGE}), with_schema({"n": NAME})
REMOVED = "prompt.response_format.json_schema.schema.properties.a"


class Merging(Service):
    """A service that merges objects at every depth; null takes away, or is kept `literally`."""

    literally = False

    def update(self, id: str, body: Json) -> RemotePrompt:
        merged = self._merged(self.prompts[id].prompt(CURRENT).block, body["prompt"])
        return super().update(id, {**body, "prompt": merged})

    def _merged(self, old: Json, new: Json) -> Json:
        result = {**old, **{name: value for name, value in new.items() if value is not None or self.literally}}
        for name, value in new.items():
            if value is None and not self.literally:
                result.pop(name, None)
            elif isinstance(value, dict) and isinstance(old.get(name), dict):
                result[name] = self._merged(old[name], value)
        return result


def properties(there: RemotePrompt) -> Json:
    held_there: Json = there.blocks[CURRENT]["response_format"]["json_schema"]["schema"]["properties"]
    return held_there


def remove_one(service: Service) -> tuple[RemotePrompt | None, Patch]:
    _, answer, patch = update(sender(service), service.prompts["id-1"], prompt(content=ONE))
    return answer, patch


def test_what_a_service_that_merges_deeply_keeps_is_cleared_by_a_nested_null() -> None:
    service = Merging(held(file(content=BOTH)))
    answer, patch = remove_one(service)
    assert (service.calls, patch.cleared) == (["update", "update"], {REMOVED: AGE})
    assert answer is not None
    assert properties(answer) == {"n": NAME}


def test_a_service_that_replaces_is_sent_no_null() -> None:
    service = Service(held(file(content=BOTH)))
    answer, _ = remove_one(service)
    assert answer is not None
    assert (service.calls, properties(answer)) == (["update"], {"n": NAME})


def test_a_null_that_is_kept_as_a_value_is_put_back() -> None:
    """In a schema it would be none: the model would be called with it."""
    service = Merging(held(file(content=BOTH)))
    service.literally = True
    answer, _ = remove_one(service)
    assert service.calls == ["update", "update", "update"]
    assert answer is not None
    assert (properties(answer), service.prompts["id-1"]) == ({"n": NAME, "a": AGE}, answer)


@pytest.mark.parametrize("error", [RefusedError("no", status=400, detail="a: expected object"), ServiceError("odd")])
def test_where_a_nested_null_is_refused_the_first_answer_stands(error: ServiceError) -> None:
    service = Merging(held(file(content=BOTH))).fail("update", None, error)
    answer, _ = remove_one(service)
    assert answer is not None
    assert (service.calls, properties(answer)) == (["update", "update"], {"n": NAME, "a": AGE})
    assert service.prompts["id-1"] == answer


@pytest.mark.parametrize(
    ("before", "asked"),
    [
        pytest.param(with_schema({"a": AGE, "n": NAME}), BOTH, id="the order of keys"),
        pytest.param(block(temperature=0.5), block(temperature=0.5, messages=LINES), id="a final newline"),
    ],
)
def test_an_update_of_the_writing_alone_that_was_lost_is_sent_again(before: Json, asked: Json) -> None:
    """What the service holds looks as if it had been carried out."""
    service = Service(held(file(content=before))).fail("update", lost())
    _, answer, _ = update(sender(service), service.prompts["id-1"], prompt(content=asked))
    assert service.calls == ["update", "get", "update"]
    assert answer is not None
    assert answer.version() == "w1"


def test_one_that_was_carried_out_is_not_sent_again() -> None:
    service = Service(held(file(content=with_schema({"a": AGE, "n": NAME})))).fail("update", lost(), after=True)
    update(sender(service), service.prompts["id-1"], prompt(content=BOTH))
    assert service.calls == ["update", "get"]
