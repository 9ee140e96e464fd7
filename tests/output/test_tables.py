from __future__ import annotations

import json
from dataclasses import replace

import pytest

from promptsync.commands.results import Pair, Preview, Step
from promptsync.model.compare import FieldDiff
from promptsync.model.lockfile import Lockfile
from promptsync.output.layout import Layout
from promptsync.output.tables import (
    previews_json,
    render_history,
    render_lock,
    render_pairs,
    render_previews,
    render_unmanaged,
)
from tests.factories import answered, block, entry, file, held, lock, remote
from tests.output.examples import PICTURE
from tests.output.golden import same_as_golden

ASKED = file()
ENTRY = entry(ASKED, held(ASKED))
EVIL = "na\x1b[31mme\nnext\u202e"

STEPS = [
    Step("v4", "2026-08-04T10:00:00Z", "ann", (FieldDiff("prompt.temperature", "replace", 0.2, 0.7),)),
    Step("v3", None, None, (FieldDiff("prompt.messages[0].content", "replace", "a\nb\nc\n", "a\nB\nc\n"),)),
    Step("v2", "2026-08-02T10:00:00Z", "be\x1bn", (), is_locked=True),
    Step("v1", "2026-08-01T10:00:00Z", "ann", (), is_first=True),
]


@pytest.mark.parametrize("color", [False, True])
def test_history(color: bool) -> None:
    told = render_history("Default/refund", ENTRY, STEPS, Layout(color, 80))
    same_as_golden(f"history{'-color' if color else ''}.txt", told)


def test_a_history_without_versions_names_the_prompt() -> None:
    assert render_history("Default/refund", ENTRY, [], Layout(False, 80)) == "Default/refund  id-1"


def test_the_lock() -> None:
    made = lock(
        refund=replace(ENTRY, protected=True),
        imported=replace(ENTRY, id="id-2", path=None),
        **{"Grüße 日本": replace(ENTRY, id="id-3", version=None)},
    )
    same_as_golden("lock.txt", render_lock(made, color=False))
    assert render_lock(Lockfile(), color=False) == "KEY  ID  VERSION  PATH"


def test_unmanaged() -> None:
    prompts = [answered(remote("id-1", "refund"), updated="2026-08-01T10:00:00Z"), remote("id-2", EVIL)]
    told = render_unmanaged(prompts, color=False)
    same_as_golden("unmanaged.txt", told)
    assert "\x1b" not in told
    assert len(told.splitlines()) == 3


def test_pairs() -> None:
    fields = ("description", "prompt.temperature", "prompt.top_p", "prompt.seed", "prompt.stop")
    pairs = [
        Pair(ASKED, remote(), ()),
        Pair(file("Default/other", block(temperature=1)), remote("id-2"), fields[:2], ("metadata.language",)),
        Pair(file(f"Default/{EVIL[:3]}"), remote("id-3"), fields),
    ]
    same_as_golden("pairs.txt", render_pairs(pairs, color=False))


def test_previews_are_listed_by_their_ids_and_nothing_in_them_acts_on_a_terminal() -> None:
    held_there = replace(ENTRY, path=f"Preview/pr-1/{EVIL}", version=None)
    found = [
        Preview("pr-1", "default", "Preview/pr-1", lock(**{EVIL: held_there})),
        Preview("pr-2", "s", "P/pr-2", lock()),
    ]
    told = render_previews(found, color=False)
    assert [line.split()[0] for line in told.splitlines()] == ["PREVIEW", "pr-1", "pr-2"]
    assert not {"\x1b", "\u202e"} & {*told}
    first, second = json.loads(previews_json(found))
    assert [entry["id"] for entry in first["prompts"].values()] == [ENTRY.id]
    assert second == {"preview": "pr-2", "target": "s", "path_prefix": "P/pr-2", "prompts": {}}


def test_a_column_has_an_end() -> None:
    told = render_unmanaged([remote("id-1", "x" * 200), remote("id-2", "y")], color=False)
    assert max(map(len, told.splitlines())) < 300


def test_no_data_url_is_shown_of_a_history() -> None:
    step = Step("v1", None, None, (FieldDiff("description", "replace", PICTURE, "none"),))
    told = render_history("Default/refund", ENTRY, [step], Layout(False, 120))
    assert "base64" not in told
    assert "[image/png, 204 bytes, sha256:" in told
