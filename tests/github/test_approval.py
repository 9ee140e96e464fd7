"""Whose files a change comes from, where no check told of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from promptsync.github.approval import Gate
from tests.output import examples

if TYPE_CHECKING:
    from collections.abc import Collection

    from promptsync.plan.changes import Decided

KEY = "Default/Support/refund"
UPDATE = examples.update(KEY)
WITH_TEXT = replace(UPDATE, file=replace(UPDATE.file, includes=("texts/refund.md",)))


class NoChecks:
    """Of which no pull request told anything."""

    def told(self, _: Collection[str]) -> dict[str, Any]:
        return {}


def is_ours(change: Decided, names: Collection[str] | None, folder: str = "prompts") -> bool:
    gate = Gate(NoChecks(), names, folder)  # type: ignore[arg-type]
    assert gate(examples.plan_of(change)).changes == ()
    (held,) = gate.held
    return not held.is_foreign


@pytest.mark.parametrize(
    ("change", "names", "ours"),
    [
        pytest.param(UPDATE, ["prompts/Default/Support/refund.yaml"], True, id="its file"),
        pytest.param(UPDATE, ["prompts/Default/Support/refund.yml"], True, id="its file, by the other ending"),
        pytest.param(UPDATE, ["Default/Support/refund.yaml"], False, id="a file of that name elsewhere"),
        pytest.param(UPDATE, ["prompts/Default/Support/refunds.yaml", "README.md"], False, id="another file"),
        pytest.param(UPDATE, ["prompts/texts/refund.md"], False, id="a text that it does not name"),
        pytest.param(WITH_TEXT, ["prompts/texts/refund.md"], True, id="a text that it names"),
        pytest.param(UPDATE, ["prompts/promptsync.yaml"], True, id="the configuration"),
        pytest.param(UPDATE, ["prompts/Default/_defaults.yaml"], True, id="what many files share"),
        pytest.param(UPDATE, None, True, id="more than is listed"),
        pytest.param(UPDATE, [], False, id="nothing"),
        pytest.param(examples.move(), ["prompts/Default/Support/dunning.yaml"], True, id="its old place"),
        pytest.param(examples.delete(), ["prompts/Default/Support/christmas.yaml"], True, id="a file that is gone"),
        pytest.param(
            examples.update("Default/m\xe9nu"), ["prompts/Default/me\u0301nu.yaml"], True, id="another Unicode form"
        ),
    ],
)
def test_a_change_is_ours_where_a_file_that_it_comes_from_was_changed(
    change: Any, names: list[str] | None, ours: bool
) -> None:
    assert is_ours(change, names) is ours


def test_the_whole_repository_may_be_the_folder() -> None:
    assert is_ours(UPDATE, ["Default/Support/refund.yaml"], ".")
