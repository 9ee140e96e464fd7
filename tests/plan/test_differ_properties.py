"""What must hold for any files, lock and service: no exception, no order, no duplicate, no lost id, and an end."""

from __future__ import annotations

import copy
import string
from dataclasses import replace
from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from promptsync.model.dialects import translate
from promptsync.model.errors import DialectError
from promptsync.model.lockfile import LockEntry, Lockfile, dump, entry_for, parse
from promptsync.model.prompt import CLASSIC, CURRENT, Dialect, Json, PromptFile, RemotePrompt
from promptsync.plan.base import own_fields
from promptsync.plan.changes import (
    Adopt,
    Conflict,
    Create,
    Delete,
    Drift,
    Forget,
    Intent,
    Move,
    Orphan,
    Plan,
    PlanOptions,
    Recreate,
    Update,
)
from promptsync.plan.differ import Scope, diff
from promptsync.plan.trades import exchanged
from tests.factories import answered, block, classic, file, intent, remote

BLOCKS = [
    block(),
    block(n=1),
    block(n=2, top_k=None),
    block(temperature=1.0, stop=["x"], messages=[]),
    block(messages=[{"role": "system", "content": "Be kind"}, {"role": "user", "content": "Hi"}]),
    block(
        response_format={
            "type": "json_schema",
            "json_schema": {"name": "x", "schema": {"properties": {"schema": {"default": None}}}},
        }
    ),
]
CLASSIC_BLOCKS = [
    classic(),
    classic(model="openai/gpt-4o", model_parameters={"temperature": 1, "responseFormat": None}),
    classic(model_type="image", model_parameters={"numImages": 2}),
]
KEYS = [f"{folder}/{stem}" for folder in ("A", "A/B", "C") for stem in ("x", "y")]
NAMES = [None, None, "x", "N"]
METADATA = [{}, {}, {"language": "Dutch"}, {"use_cases": ["Agents"]}, {"language": None, "use_cases": []}]


@st.composite
def _files(draw: st.DrawFn, /, **limits: Any) -> dict[str, PromptFile]:
    keys = draw(st.lists(st.sampled_from(KEYS), unique=True, max_size=5, **limits))
    made = {}
    for key in keys:
        dialect: Dialect = draw(st.sampled_from([CURRENT, CURRENT, CLASSIC]))
        made[key] = file(
            key,
            copy.deepcopy(draw(st.sampled_from(BLOCKS if dialect == CURRENT else CLASSIC_BLOCKS))),
            name=draw(st.sampled_from(NAMES)),
            dialect=dialect,
            metadata=draw(st.sampled_from(METADATA)),
            description=draw(st.sampled_from([None, "", "D"])),
            protected=draw(st.booleans()),
        )
    return made


def _odd(draw: st.DrawFn) -> RemotePrompt:
    """Any prompt that a service might answer, in one dialect, both or none."""
    return RemotePrompt(
        id=f"id-{draw(st.integers(0, 6))}",
        display_name=draw(st.sampled_from(["x", "y", "N", ""])),
        description=draw(st.sampled_from([None, "D"])),
        metadata=draw(st.sampled_from([{}, {"language": "English"}, {"use_cases": ["Agents"], "new": 1}])),
        blocks=draw(
            st.sampled_from(
                [
                    {CURRENT: {**block(n=1), "version": "v1"}},
                    {CURRENT: {**block(n=2), "version": "v2"}, CLASSIC: {**classic(), "version": "v2"}},
                    {CLASSIC: {**classic(), "version": 5}},
                    {CURRENT: {"messages": "none", "model": 5, "thinking": []}},
                    {CLASSIC: {"model_parameters": [], "messages": [[], None], "provider": {}}},
                    {},
                ]
            )
        ),
        created=draw(st.sampled_from([None, "2026-02-01T00:00:00Z", "2020-01-01T00:00:00Z", "?"])),
    )


@st.composite
def _service(draw: st.DrawFn) -> dict[str, RemotePrompt]:
    made = [_odd(draw) for _ in range(draw(st.integers(0, 5)))]
    return {one.id: one for one in made}


@st.composite
def _lock(draw: st.DrawFn) -> Lockfile:
    keys = draw(st.lists(st.sampled_from(KEYS), unique=True, max_size=5))
    entries = {
        key: LockEntry(
            id=f"id-{number}",
            version=draw(st.sampled_from([None, "v1", "v2"])),
            path=draw(st.sampled_from([None, "A", "A/B", "C", "Z"])),
            display_name=draw(st.sampled_from(["x", "y", "N"])),
            dialect=draw(st.sampled_from([CURRENT, CLASSIC])),
            source="sha256:0",
            remote="sha256:0",
            added=draw(st.sampled_from([(), ("prompt.top_k", "metadata.language", "prompt.messages[0].id", "]", "")])),
            protected=draw(st.booleans()),
        )
        for number, key in enumerate(keys)
    }
    return Lockfile(entries, "ws", canonical=draw(st.sampled_from([0, 1, 1])))


_INTENTS = st.lists(
    st.builds(
        intent,
        st.sampled_from(KEYS),
        st.sampled_from(["x", "y", "N"]),
        st.sampled_from([None, "A", "C"]),
        st.sampled_from(["sha256:0", "sha256:1"]),
        st.sampled_from([intent().time, intent().time - 1000]),
    ),
    max_size=3,
)
_GLOBS = st.lists(st.sampled_from(["**", "A/*", "C/**", "A/x"]), max_size=2).map(tuple)
_OPTIONS = st.builds(
    PlanOptions, prune=st.booleans(), overwrite=_GLOBS, create_twins=st.booleans(), only=st.just(()) | _GLOBS
)
_SCOPES = st.builds(
    Scope,
    st.just("t"),
    path_prefix=st.sampled_from(["", "Team"]),
    exclusive=st.booleans(),
    elsewhere=st.sampled_from([frozenset[str](), frozenset({"id-6"})]),
)


@given(_files(), _lock(), st.none() | _service(), _SCOPES, _OPTIONS, _INTENTS, st.integers(0, 99))
def test_any_plan(
    files: dict[str, PromptFile],
    lock: Lockfile,
    service: dict[str, RemotePrompt] | None,
    scope: Scope,
    options: PlanOptions,
    intents: list[Intent],
    seed: int,
) -> None:
    made = diff(files, lock, service, scope, options, intents)
    _check_invariants(made, files, lock, service, scope, options)

    random = Random(seed)
    turned = diff(
        _shuffled(files, random),
        replace(lock, prompts=_shuffled(lock.prompts, random)),
        None if service is None else _shuffled(service, random),
        scope,
        options,
        random.sample(intents, len(intents)),
    )
    assert turned == made


def _shuffled(mapping: dict[str, Any], random: Random) -> dict[str, Any]:
    return dict(random.sample(list(mapping.items()), len(mapping)))


def _check_invariants(
    made: Plan,
    files: dict[str, PromptFile],
    lock: Lockfile,
    service: dict[str, RemotePrompt] | None,
    scope: Scope,
    options: PlanOptions,
) -> None:
    keys = [change.key for change in made.changes]
    assert len(set(keys)) == len(keys), "one change a key"
    ids = [change.id for change in made.changes if change.id is not None]
    assert len(set(ids)) == len(ids), "one change an id"
    assert not (set(keys) & made.refreshed.keys())
    for change in made.changes:
        if isinstance(change, Delete | Forget | Orphan):
            assert change.key not in files
        if isinstance(change, Delete):
            assert options.prune
            assert not change.entry.protected
            assert service is None or change.id in service
        if isinstance(change, Forget | Recreate):
            assert service is not None
            assert change.id not in service
        if isinstance(change, Recreate):
            assert options.overwrite
        if isinstance(change, Adopt):
            entry = lock.prompts.get(change.key)
            mine = entry is not None and entry.id == change.id
            assert mine or change.id not in lock.ids() | scope.elsewhere
        if isinstance(change, Move):
            assert lock.prompts[change.old_key].id == change.id
            assert change.old_key not in files or change.old_key in made.traded
            assert change.key not in lock.prompts
        if isinstance(change, Create):
            assert change.key in files
            assert change.key not in lock.prompts
    if not options.only:
        _check_nothing_is_forgotten(made, files, lock)


def _check_nothing_is_forgotten(made: Plan, files: dict[str, PromptFile], lock: Lockfile) -> None:
    """Each file and each entry is spoken of, or counted as unchanged."""
    told = {change.key for change in made.changes} | {one.old_key for one in made.changes if isinstance(one, Move)}
    quiet = files.keys() - told
    assert made.unchanged == len(quiet)
    assert quiet <= lock.prompts.keys()
    moved_conflicts = {one.id for one in made.changes if isinstance(one, Conflict) and one.key not in lock.prompts}
    for key, entry in lock.prompts.items():
        assert key in files or key in told or entry.id in moved_conflicts


class World:
    """The service, and an apply in a few lines. What it rewrites is drawn once and stays as it is."""

    def __init__(self, random: Random, dialects: tuple[Dialect, ...]) -> None:
        self.random = random
        self.dialects = dialects
        self.prompts: dict[str, RemotePrompt] = {}
        self.paths: dict[str, str | None] = {}
        self.cuts = random.random() < 0.5
        self.drops_nulls = random.random() < 0.5
        self.adds = random.random() < 0.7
        self.count = 0

    def write(self, id_: str | None, asked: PromptFile, path: str | None, kept: Json | None = None) -> RemotePrompt:
        """A create, or an update that replaces the block but keeps the fields of the service's own."""
        self.count += 1
        id_ = id_ or f"made-{self.count}"
        wire = asked.prompt if asked.prompt.dialect in self.dialects else translate(asked.prompt, self.dialects[0])
        held = self._rewritten(copy.deepcopy(wire.block), wire.dialect)
        held["version"] = f"v{self.count}"
        metadata = dict(wire.metadata)
        if self.adds and not metadata.get("language"):
            metadata["language"] = "English"
        if path is not None:
            self.paths[id_] = path
        self.prompts[id_] = RemotePrompt(
            id_, wire.display_name, wire.description or None, metadata, {wire.dialect: held},
            created="2026-02-01T00:00:00Z",
        )  # fmt: skip
        return self.prompts[id_]

    def _rewritten(self, held: Json, dialect: Dialect) -> Json:
        model = held.get("model")
        if self.cuts and isinstance(model, str):
            held["model"] = model.rpartition("/")[2]
        if self.drops_nulls:
            held = {name: value for name, value in held.items() if value is not None}
        if self.adds:
            held.setdefault("top_k", None)
            held["new_" + dialect] = {"a": None, "b": [1.0]}
            for message in held.get("messages", []):
                message["id"] = "".join(self.random.choices(string.ascii_lowercase, k=4))
        if isinstance(held.get("temperature"), float | int):
            held["temperature"] = float(held["temperature"])
        return dict(self.random.sample(list(held.items()), len(held)))

    def apply(self, made: Plan, lock: Lockfile) -> Lockfile:
        """What an applier would do, without anything that could go wrong."""
        entries = {**exchanged(lock, made.traded).prompts, **made.refreshed}
        for change in made.decided:
            match change:
                case Create() | Recreate():
                    self._record(entries, change.file, self.write(None, change.file, change.path), change.path)
                case Update():
                    there = self.write(change.id, change.file, change.path)
                    self._record(entries, change.file, there, change.path)
                case Move():
                    there = self.write(change.id, change.file, change.path) if change.diff else self.prompts[change.id]
                    if change.key not in made.traded:
                        del entries[change.old_key]
                    self._record(entries, change.file, there, change.path)
                case Adopt(file=PromptFile() as asked):
                    there = self.write(change.id, asked, change.path) if change.diff else self.prompts[change.id]
                    path = change.entry.path if change.entry and change.path is None else change.path
                    self._record(entries, asked, there, path)
                case Delete():
                    del self.prompts[change.id], entries[change.key]
                case Forget():
                    del entries[change.key]
        return parse(dump(lock.with_prompts(entries)), "lock")

    def _record(self, entries: dict[str, LockEntry], asked: PromptFile, there: RemotePrompt, path: str | None) -> None:
        dialect = there.dialect(asked.prompt.dialect)
        entries[asked.key] = entry_for(asked, there, dialect, path, own_fields(asked, there, dialect))

    def reworded(self) -> dict[str, RemotePrompt]:
        """The same prompts told in another way: keys turned, 1 as 1.0, nulls come and gone, dates and owners others."""
        told = {}
        for id_, one in self.prompts.items():
            blocks: dict[Dialect, Json] = {}
            for dialect, held in one.blocks.items():
                turned = {name: value for name, value in held.items() if value is not None}
                turned["seed"] = None
                turned.update(
                    {k: float(v) for k, v in turned.items() if isinstance(v, int) and not isinstance(v, bool)}
                )
                blocks[dialect] = dict(reversed(turned.items()))
            told[id_] = answered(one, blocks=blocks, owner="other", updated="later", description=one.description or "")
        return told


_TRANSLATABLE = [0, 1, 3, 4, 5]


def _fits(asked: PromptFile, dialects: tuple[Dialect, ...]) -> bool:
    if asked.prompt.dialect in dialects:
        return True
    try:
        translate(asked.prompt, dialects[0])
    except DialectError:
        return False
    return True


_DIALECTS = st.sampled_from([(CURRENT, CLASSIC), (CURRENT,), (CLASSIC,)])


@given(_files(), _files(), _DIALECTS, st.integers(0, 10_000), st.sampled_from(["", "Team"]), st.booleans())
def test_a_plan_after_an_apply_is_empty(
    first: dict[str, PromptFile],
    second: dict[str, PromptFile],
    dialects: tuple[Dialect, ...],
    seed: int,
    prefix: str,
    prune: bool,
) -> None:
    world, lock = World(Random(seed), dialects), Lockfile(owner="ws")
    options = PlanOptions(prune=prune, create_twins=True)
    scope = Scope("t")
    for wanted in (first, second, first):
        files = {key: one for key, one in wanted.items() if _fits(one, dialects)}
        before = lock.ids()
        made = diff(files, lock, world.prompts, scope, options)
        assert not [change for change in made.changes if isinstance(change, Conflict | Drift)]
        lock = world.apply(made, lock)
        after = diff(files, lock, world.reworded(), scope, options)
        assert [change for change in after.changes if not isinstance(change, Orphan)] == []
        assert after.unchanged == len(files)
        _check_world(world, lock, files, scope, made, before)
        scope = replace(scope, path_prefix=prefix)


def _check_world(
    world: World, lock: Lockfile, files: dict[str, PromptFile], scope: Scope, made: Plan, before: frozenset[str]
) -> None:
    deleted = {change.id for change in made.changes if isinstance(change, Delete)}
    assert lock.ids() == world.prompts.keys(), "each prompt is locked, and each entry is there"
    assert before - deleted <= lock.ids(), "an id is lost only by a delete that was asked for"
    for key, asked in files.items():
        there = world.prompts[lock.prompts[key].id]
        assert there.display_name == asked.prompt.display_name
        assert world.paths[there.id] == scope.path_of(asked) == lock.prompts[key].path


@given(_files(min_size=1), _DIALECTS, st.integers(0, 10_000), st.data())
def test_a_lost_lock_heals_on_an_exclusive_target_without_a_duplicate(
    files: dict[str, PromptFile], dialects: tuple[Dialect, ...], seed: int, data: st.DataObject
) -> None:
    """A runner that died before it could commit the lock: what it made is found again, or a person is asked."""
    files = {key: one for key, one in files.items() if _fits(one, dialects)}
    world, scope = World(Random(seed), dialects), Scope("t", exclusive=True)
    lock = world.apply(diff(files, Lockfile(owner="ws"), {}, scope), Lockfile(owner="ws"))
    kept = data.draw(st.sets(st.sampled_from(sorted(files)))) if files else set()
    rest = Lockfile({key: one for key, one in lock.prompts.items() if key in kept}, "ws")
    made = diff(files, rest, world.prompts, scope)
    assert not [change for change in made.changes if isinstance(change, Create)]
    healed = world.apply(made, rest)
    assert len(world.prompts) == len(files)
    assert diff(files, healed, world.prompts, scope).decided == ()


@given(_files(min_size=1), _DIALECTS, st.integers(0, 10_000), st.data())
def test_a_crash_at_any_point_makes_no_duplicate(
    files: dict[str, PromptFile], dialects: tuple[Dialect, ...], seed: int, data: st.DataObject
) -> None:
    """Some creates came through and some did not, and of none is the end known; some files were renamed since."""
    files = {key: one for key, one in files.items() if _fits(one, dialects)}
    world, scope, empty = World(Random(seed), dialects), Scope("t"), Lockfile(owner="ws")
    first = diff(files, empty, {}, scope)
    intents = []
    for change in first.changes:
        assert isinstance(change, Create)
        source = entry_for(change.file, remote(), CURRENT, None, ()).source
        intents.append(Intent(change.key, change.display_name, change.path, source, intent().time))
        if data.draw(st.booleans()):
            world.write(None, change.file, change.path)
    made = diff(files, empty, world.prompts, scope, intents=intents)
    conflicts = [change.key for change in made.conflicts]
    lock = world.apply(made, empty)
    assert len(world.prompts) <= len(files)
    assert conflicts or len(world.prompts) == len(files)
    for key, entry in lock.prompts.items():
        assert world.paths[entry.id] == scope.path_of(files[key])


@given(_files(min_size=1), _DIALECTS, st.integers(0, 10_000), st.data())
def test_a_colleagues_edit_is_never_overwritten_unasked(
    files: dict[str, PromptFile], dialects: tuple[Dialect, ...], seed: int, data: st.DataObject
) -> None:
    files = {key: one for key, one in files.items() if _fits(one, dialects)}
    world, scope = World(Random(seed), dialects), Scope("t")
    lock = world.apply(diff(files, Lockfile(owner="ws"), {}, scope), Lockfile(owner="ws"))
    edited = data.draw(st.sets(st.sampled_from(sorted(world.prompts)))) if world.prompts else set()
    for id_ in edited:
        world.prompts[id_] = _edited(world.prompts[id_], data)
    wanted = data.draw(_files())
    made = diff(wanted, lock, world.prompts, scope, PlanOptions(prune=True, create_twins=True))
    touched = {change.id for change in made.decided if isinstance(change, Update | Move | Delete) and change.diff}
    touched |= {change.id for change in made.decided if isinstance(change, Adopt) and change.diff}
    assert not touched & edited
    if wanted == files:
        assert {*(drift.id for drift in made.drifts), *(conflict.id for conflict in made.conflicts)} == edited


def _edited(there: RemotePrompt, data: st.DataObject) -> RemotePrompt:
    kind = data.draw(st.sampled_from(["name", "description", "language", "block", "message"]))
    if kind == "name":
        return answered(there, display_name="edited")
    if kind == "description":
        return answered(there, description="edited")
    if kind == "language":
        return answered(there, metadata={**there.metadata, "language": "French"})
    blocks: dict[Dialect, Json] = copy.deepcopy(there.blocks)
    for held in blocks.values():
        held["version"] = "edited"
        if kind == "block":
            held["seed"] = 4711
        else:
            held["messages"] = [*held.get("messages", []), {"role": "user", "content": "edited"}]
    return answered(there, blocks=blocks)
