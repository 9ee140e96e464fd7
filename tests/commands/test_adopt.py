"""What of an adoption no one sees over HTTP: what would be lost by it, and what only the service has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from promptsync.commands import adopt as adopting
from promptsync.model.errors import PromptsyncError
from promptsync.sandbox import Behaviour
from tests.embedded import Here, here

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptsync.commands.results import Pair

KEY = "Default/refund"
MESSAGES = [{"role": "user", "content": "Hi"}]
CURRENT = {"prompt": {"messages": MESSAGES}}
CLASSIC = {"prompt_config": {"messages": MESSAGES}}
IMAGE = {"model": "dall-e-3", "model_type": "image", "model_parameters": {"numImages": 2}, "messages": MESSAGES}


@pytest.fixture
def world() -> Iterator[Here]:
    with here(Behaviour(dialect="both")) as made:
        yield made


def there(world: Here, name: str = "refund", **block: Any) -> str:
    made = world.sandbox.ui_create({"display_name": name, "path": "D", "metadata": {"language": "English"}, **block})
    return str(made["_id"])


@pytest.mark.parametrize(
    ("file", "held", "lost", "other"),
    [
        (CURRENT, {"prompt_config": IMAGE}, "prompt_config.model_type", "prompt_config"),
        (CLASSIC, {"prompt": {"messages": MESSAGES, "stop": ["x"]}}, "prompt.stop", "prompt"),
    ],
)  # fmt: skip
def test_what_the_files_dialect_would_take_away_is_no_prompt_for_it(
    world: Here, file: Any, held: Any, lost: str, other: str
) -> None:
    world.write({KEY: file})
    id_ = there(world, **held)
    with pytest.raises(PromptsyncError) as caught:
        adopting.adopt(world.target, KEY, id_)
    assert caught.value.message.startswith(f"{id_} holds {lost}")
    assert f", for which `{KEY}` has no place as `prompt" in caught.value.message
    assert caught.value.hint == f"write the file as `{other}`, or take it out in orq.ai first"
    assert not world.target.lock_path.exists()


def test_what_only_the_service_has_is_told_and_stays(world: Here) -> None:
    world.write({KEY: CURRENT})
    done = adopting.adopt(world.target, KEY, there(world, prompt={"messages": MESSAGES, "temperature": 1, "seed": 2}))
    assert (done.plan.changes, done.only_there) == ((), ("prompt.seed", "prompt.temperature"))
    assert is_in_step(world)


def is_in_step(world: Here) -> bool:
    before = world.sandbox.prompts()
    return world.pending() == [] and world.apply() == 0 and world.sandbox.prompts() == before


def test_by_name_those_that_would_lose_something_are_shown_and_left_out(world: Here) -> None:
    world.write({"Default/a": CURRENT, "Default/b": CURRENT})
    good, bad = there(world, "a", prompt={"messages": MESSAGES, "seed": 1}), there(world, "b", prompt_config=IMAGE)
    shown: list[Pair] = []

    def confirm(pairs: list[Pair]) -> bool:
        shown.extend(pairs)
        return True

    tied = adopting.adopt_by_name(world.target, confirm)
    assert {pair.remote.id: (pair.only_there, bool(pair.lost)) for pair in shown} == {
        good: (("prompt.seed",), False),
        bad: (("prompt.model",), True),
    }
    assert [pair.file.key for pair in tied] == list(world.lock.prompts) == ["Default/a"]
