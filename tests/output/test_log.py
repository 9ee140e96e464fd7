from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings

from promptsync.commands.results import Live, Log, Recorded
from promptsync.model.lockchanges import Held, LockChange
from promptsync.model.provenance import Provenance
from promptsync.output.escape import terminal
from promptsync.output.layout import Layout
from promptsync.output.log import log_json, render_log
from tests.output.test_text import HOSTILE

KEY = "Default/Support/refund"
APPLY = Provenance("default", "98f98ee75e" + "0" * 30, "https://github.com/o/r/actions/runs/7", "#12", "octocat")
SOURCES = {APPLY.commit: "Answer briefly"}
UPDATED = LockChange("updated", Held(KEY, "01JA", "v1"), Held(KEY, "01JA", "v2"))


def recorded(*changes: LockChange, applies: tuple[Provenance, ...] = (APPLY,), **others: Any) -> Recorded:
    place = ("8261e61abc" + "0" * 30, "2026-11-27T13:50:11+01:00")
    return Recorded(*place, "github-actions[bot]", "Record what is live", applies, SOURCES, changes, **others)


def log(*commits: Recorded, **others: Any) -> Log:
    return Log(**{"target": "default", "key": None, "commits": commits, "live": (), **others})


def test_a_commit_tells_what_was_applied_from_where_and_by_whom() -> None:
    changes = (
        LockChange("created", None, Held("Default/a", "01JB", "w1")),
        UPDATED,
        LockChange("moved", Held("Default/old", "01JC", "x1"), Held("Default/new", "01JC", "x2")),
        LockChange("recreated", Held("Default/r", "01JD", "y1"), Held("Default/r", "01JE", "y2")),
        LockChange("deleted", Held("Default/z", "01JF", None), None),
    )
    assert (
        render_log(log(recorded(*changes)), Layout())
        == """\
8261e61abc  2026-11-27T13:50:11+01:00
  applied 98f98ee75e (Answer briefly) from #12 by octocat
  https://github.com/o/r/actions/runs/7
  +  created    Default/a               01JB  w1
  ~  updated    Default/Support/refund  01JA  v1 → v2
  >  moved      Default/new             01JC  x1 → x2  from Default/old
  -+ recreated  Default/r               01JD → 01JE  y1 → y2
  -  deleted    Default/z               01JF  no version"""
    )


def test_a_commit_by_hand_is_told_by_its_author_and_subject() -> None:
    assert (
        render_log(log(recorded(UPDATED, applies=())), Layout())
        == """\
8261e61abc  2026-11-27T13:50:11+01:00  github-actions[bot]: Record what is live
  ~  updated    Default/Support/refund  01JA  v1 → v2"""
    )


def test_a_squash_tells_of_each_apply_and_of_another_target() -> None:
    told = render_log(log(recorded(UPDATED, applies=(APPLY, Provenance("staging", by="hubot")))), Layout())
    assert "  applied 98f98ee75e (Answer briefly) from #12 by octocat\n" in told
    assert "\n  applied by hubot to staging\n" in told


def test_what_no_commit_tells_of_goes_first() -> None:
    found = (
        Live("Default/behind", "01JB", "w1", "w2", commit="ab" * 20),
        Live("Default/gone", "01JC", "x1", None),
        Live(KEY, "01JA", "v2", "v3", "2026-11-27T14:00:00Z", "ann"),
    )
    told = render_log(log(recorded(UPDATED), live=found, uncommitted=(UPDATED,)), Layout())
    assert told.split("\n\n")[:2] == [
        """\
!  gone    Default/gone            01JC is not on the service any more; the lockfile holds x1
!  edited  Default/Support/refund  v3 is live and has no commit: edited in orq.ai on 2026-11-27T14:00:00Z by ann; \
the lockfile holds v2
!  behind  Default/behind          w2 is live, of commit ababababab; the lockfile holds w1""",
        """\
not committed yet
  ~  updated    Default/Support/refund  01JA  v1 → v2""",
    ]


def test_many_prompts_of_a_commit_are_counted_unless_all_are_wanted() -> None:
    many = [LockChange("created", None, Held(f"Default/p{number:02}", f"id{number}", "v")) for number in range(12)]
    told = render_log(log(recorded(*many)), Layout())
    assert told.endswith("Default/p09  id9  v\n  … and 2 more prompts: -v shows them")
    assert "Default/p11" in render_log(log(recorded(*many)), Layout(whole=True))


def test_where_there_is_nothing_it_says_so() -> None:
    assert render_log(log(), Layout()) == "No commit holds a lockfile yet."
    assert render_log(log(key=KEY), Layout()) == f"No commit tells of {KEY}."
    cut = render_log(log(cut=("ab" * 20,)), Layout())
    assert cut == "The history ends at ababababab: what was before is not in this clone."
    assert "what changed is not known" in render_log(log(recorded(is_readable=False)), Layout())


def test_json_holds_all_of_it() -> None:
    live = (Live(KEY, "01JA", "v2", "v3", "2026-11-27T14:00:00Z", "ann"),)
    told = json.loads(log_json(log(recorded(UPDATED), live=live, cut=("ab",), key=KEY)))
    before, now = ({"key": KEY, "id": "01JA", "version": version} for version in ("v1", "v2"))
    change = {"key": KEY, "change": "updated", "before": before, "now": now}
    assert list(told) == ["format_version", "target", "key", "live", "uncommitted", "commits", "cut"]
    assert (told["format_version"], told["target"], told["key"], told["cut"]) == (1, "default", KEY, ["ab"])
    assert told["live"] == [
        {
            "key": KEY,
            "id": "01JA",
            "locked": "v2",
            "version": "v3",
            "updated": "2026-11-27T14:00:00Z",
            "by": "ann",
            "commit": None,
        }
    ]
    assert told["commits"] == [
        {
            "commit": "8261e61abc" + "0" * 30,
            "time": "2026-11-27T13:50:11+01:00",
            "author": "github-actions[bot]",
            "subject": "Record what is live",
            "applies": [
                {
                    "target": "default",
                    "commit": APPLY.commit,
                    "subject": "Answer briefly",
                    "run": APPLY.run,
                    "pull_request": "#12",
                    "by": "octocat",
                }
            ],
            "is_readable": True,
            "changes": [change],
        }
    ]
    assert json.loads(log_json(log(live=None)))["live"] is None


def hostile(text: str) -> Log:
    held = Held(text, text, text)
    changes = (LockChange("moved", held, Held(text + "x", text, text + "x")), LockChange("deleted", held, None))
    apply = Provenance(text, text, text, text, text)
    commit = Recorded("ab" * 20, text, text, text, (apply,), {text: text}, changes)
    by_hand = Recorded("ab" * 20, text, text, text, (), {}, changes)
    live = (Live(text, text, text, text, text, text), Live(text, text, None, None), Live(text, text, text, text))
    return Log(text, text, (commit, by_hand), live, changes, ("ab",))


@settings(deadline=None)
@given(HOSTILE)
@pytest.mark.parametrize("whole", [True, False])
def test_no_name_acts_on_the_terminal_or_the_log(whole: bool, text: str) -> None:
    shown = render_log(hostile(text), Layout(whole=whole))
    assert terminal(shown, newlines=True) == shown
    told = log_json(hostile(text))
    assert told.isascii()
    assert not any(line.strip().startswith("::") for line in told.splitlines())
