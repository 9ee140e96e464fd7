"""What holds for any prompts and any service: a plan after an apply is empty, and order never matters."""

from __future__ import annotations

import json
import random
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from promptsync.commands import apply as applying
from promptsync.commands import plan as planning
from promptsync.commands.project import Project
from promptsync.model.canonical import canonical
from promptsync.model.prompt import CLASSIC, CURRENT, Prompt
from promptsync.plan.changes import PlanOptions
from promptsync.plan.differ import diff
from promptsync.sandbox import App, Behaviour, Sandbox
from promptsync.service.client import Client
from tests.e2e.strategies import REWRITINGS, Rewriting, trees

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptsync.model.errors import ExitCode

Tree = dict[str, dict[str, Any]]
PATCHES = ["merge", "replace", "deep"]


class Embedded(Project):
    """A project whose service is a sandbox in this process, of any behaviour."""

    sandbox: Sandbox

    @contextmanager
    def connect(self, *, read_only: bool = False, **_: Any) -> Iterator[Client]:
        with Client("http://sandbox", "", app=App(self.sandbox), read_only=read_only) as client:
            yield client


class Here:
    """A folder and a service for one example."""

    def __init__(self, root: Path, behaviour: Behaviour) -> None:
        self.root = root
        self.sandbox = Sandbox(behaviour=behaviour)
        self.project = Embedded.open(root, "default", environ={"ORQ_API_KEY": "key-for-tests"})
        object.__setattr__(self.project, "sandbox", self.sandbox)

    def write(self, tree: Tree) -> None:
        for old in self.root.glob("[!.]*"):
            shutil.rmtree(old) if old.is_dir() else None
        for key, data in tree.items():
            path = self.root / f"{key}.yaml"
            path.parent.mkdir(parents=True, exist_ok=True)
            # JSON is YAML, and every text is quoted in it.
            path.write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")

    def apply(self, **options: Any) -> ExitCode:
        applied = applying.apply(self.project, PlanOptions(**options), parallelism=1)
        self.said = [(outcome.key, outcome.status, outcome.message) for outcome in applied.outcomes]
        return applied.exit_code

    def pending(self) -> list[Any]:
        """What a second plan would tell."""
        planned = planning.plan(self.project, PlanOptions()).plan
        return [
            (change.action, change.key, [(item.field, item.op, item.before, item.after) for item in change.diff])
            for change in planned.changes
        ]

    def held(self) -> dict[str, Any]:
        """What the service keeps of each locked prompt, in canonical form."""
        found = {}
        for key, entry in self.project.read_lock().prompts.items():
            record = self.sandbox.record(entry.id)
            fields = record.fields
            kept = Prompt(
                record.name, fields.get("description"), fields.get("metadata") or {}, record.dialect, record.block
            )
            found[key] = canonical(kept)
        return found

    def asked(self) -> dict[str, Any]:
        """What the files ask for, in canonical form."""
        return {key: canonical(file.prompt) for key, file in self.project.load().files.items()}


@contextmanager
def here(behaviour: Behaviour) -> Iterator[Here]:
    folder = Path(tempfile.mkdtemp(prefix="tree"))
    world = Here(folder, behaviour)
    try:
        yield world
    finally:
        world.sandbox.close()
        shutil.rmtree(folder)


def behaviours(block: str, rewriting: st.SearchStrategy[Rewriting] = REWRITINGS) -> st.SearchStrategy[Behaviour]:
    own = {"prompt": ["current", "both"], "prompt_config": ["classic", "both"]}[block]
    return st.builds(
        Behaviour,
        dialect=st.sampled_from(own),
        patch=st.sampled_from(PATCHES),
        metadata_default=st.booleans(),
        version_on=st.sampled_from(["block", "any", "always"]),
        rewriting=st.sampled_from(["documents", "none"]),
        rewriter=rewriting,
        max_page=st.sampled_from([200, 10]),
    )


quick = settings(
    max_examples=max(settings.default.max_examples // 4, 1) if settings.default else 25,
    suppress_health_check=list(HealthCheck),
    report_multiple_bugs=False,
)
blocks = pytest.mark.parametrize("block", [CURRENT, CLASSIC])


@blocks
@quick
@given(data=st.data())
def test_a_plan_after_an_apply_is_empty(block: str, data: st.DataObject) -> None:
    tree, behaviour = data.draw(trees(block)), data.draw(behaviours(block))
    with here(behaviour) as world:
        world.write(tree)
        code = world.apply(create_twins=True)
        assert code == 0, world.said
        assert world.pending() == []
        assert world.held() == world.asked()


@blocks
@quick
@given(data=st.data())
def test_a_change_of_all_files_arrives_or_is_told(block: str, data: st.DataObject) -> None:
    before, after, behaviour = data.draw(trees(block)), data.draw(trees(block)), data.draw(behaviours(block))
    with here(behaviour) as world:
        world.write(before)
        assert world.apply(create_twins=True) == 0, world.said
        prune = data.draw(st.booleans())
        world.write(after if prune else {**before, **after})
        code = world.apply(create_twins=True, prune=prune)
        event(f"{behaviour.patch}: {code!r}")
        missed = {key for key, status, _ in world.said if status == "not converged"}
        assert code == (4 if missed else 0), world.said
        assert {key for _, key, _ in world.pending()} == missed
        held, asked = world.held(), world.asked()
        assert {key: held[key] for key in held.keys() - missed} == {key: asked[key] for key in asked.keys() - missed}


@quick
@given(data=st.data())
def test_the_other_dialect_is_taken_whole_or_refused(data: st.DataObject) -> None:
    """A file in the dialect that the service does not take: the plan after the apply is empty, or it said why not."""
    block = data.draw(st.sampled_from([CURRENT, CLASSIC]))
    tree = data.draw(trees(block))
    behaviour = Behaviour(
        dialect="classic" if block == CURRENT else "current",
        foreign=data.draw(st.sampled_from(["refuse", "ignore"])),
        patch=data.draw(st.sampled_from(PATCHES)),
        rewriter=data.draw(REWRITINGS),
    )
    with here(behaviour) as world:
        world.write(tree)
        code = world.apply(create_twins=True)
        event(f"{block} on {behaviour.dialect}: {code!r}")
        refused = {key for key, status, _ in world.said if status != "done"}
        assert code == (4 if refused else 0), world.said
        assert {key for _, key, _ in world.pending()} == refused


@quick
@given(data=st.data())
def test_a_file_that_is_rewritten_in_the_other_dialect_arrives_or_is_told(data: st.DataObject) -> None:
    first = data.draw(st.sampled_from([CURRENT, CLASSIC]))
    before, after = data.draw(trees(first)), data.draw(trees(CLASSIC if first == CURRENT else CURRENT))
    behaviour = Behaviour(
        dialect=data.draw(st.sampled_from(["current", "classic", "both"])),
        foreign=data.draw(st.sampled_from(["refuse", "ignore"])),
        patch=data.draw(st.sampled_from(PATCHES)),
        rewriter=data.draw(REWRITINGS),
    )
    with here(behaviour) as world:
        world.write(before)
        world.apply(create_twins=True)
        world.write({**before, **after})
        code = world.apply(create_twins=True)
        event(f"{first} first on {behaviour.dialect}: {code!r}")
        refused = {key for key, status, _ in world.said if status != "done"}
        assert code == (4 if refused else 0), world.said
        assert {key for _, key, _ in world.pending()} == refused


@quick
@given(tree=trees(CURRENT), other=trees(CURRENT), seed=st.integers(0, 1000))
def test_the_order_of_files_entries_and_answers_never_changes_the_plan(tree: Tree, other: Tree, seed: int) -> None:
    with here(Behaviour()) as world:
        world.write(other)
        world.apply(create_twins=True)
        world.write(tree)
        project = world.project
        files, lock = project.load().files, project.read_lock()
        with project.connect() as client:
            service = {prompt.id: prompt for prompt in client.list_all()}
        made = diff(files, lock, service, project.scope())
        shuffle = random.Random(seed)

        def mixed(values: dict[str, Any]) -> dict[str, Any]:
            items = list(values.items())
            shuffle.shuffle(items)
            return dict(items)

        again = diff(mixed(files), lock.with_prompts(mixed(lock.prompts)), mixed(service), project.scope())
        assert again == made
        assert json.dumps([change.key for change in made.changes]) == json.dumps([c.key for c in again.changes])
