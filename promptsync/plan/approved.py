"""What of a plan people were shown and let through: only that is carried out where an approval is asked for.

A change is approved as it was shown: the same key, action and digest, and the same fields. So neither a file, nor the
lockfile, nor the service can have moved between the review and the apply. What only the lockfile records needs no
approval: what an apply made that died is taken over all the same.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from promptsync.plan.changes import Create, Delete, Forget, Recreate
from promptsync.plan.differ import plan_digest
from promptsync.plan.saved import is_same
from promptsync.plan.trades import Trades

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from promptsync.model.prompt import Json
    from promptsync.plan.changes import Decided, Plan

_SHOWN = ("action", "digest", "id", "path", "display_name", "diff")
"""What must be as it was shown. Warnings may come and go with other prompts."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a reviewed plan told of one key, as it was saved; `where` names the plan in few words."""

    where: str
    changes: tuple[Json, ...]


@dataclass(frozen=True, slots=True)
class Held:
    """A change that is not carried out, since it is not what was approved.

    `told` is what was approved in its place, None where no plan told of the key. One that `is_foreign` besides has
    nothing to do with what is merged now: it is held against no one. `partner` is the key of a prompt that trades
    places with this one, and is not approved.
    """

    change: Decided
    told: Told | None
    is_foreign: bool = False
    partner: str | None = None


def approved(
    plan: Plan, shown: Mapping[str, Json], told: Mapping[str, Told], touched: Collection[str]
) -> tuple[Plan, tuple[Held, ...]]:
    """The plan with only those of its decided changes that were approved, and those that were not.

    `shown` is what the plan tells of each of its keys now, `told` what was told before; `touched` are the keys that the
    files which are merged now concern. Prompts that trade places do so all at once, or none does.
    """
    held = {
        change.key: Held(change, told.get(change.key), change.key not in told and change.key not in touched)
        for change in plan.decided
        if _is_sent(change) and not _is_approved(shown[change.key], told.get(change.key))
    }
    for group in Trades(plan.traded).groups():
        stuck = next((key for key in sorted(group) if key in held), None)
        partners = [change for change in plan.decided if change.key in group and change.key not in held]
        held |= {change.key: Held(change, told.get(change.key), partner=stuck) for change in partners if stuck}
    if not held:
        return plan, ()
    kept = tuple(change for change in plan.changes if not change.is_decided or change.key not in held)
    traded = {key: old for key, old in plan.traded.items() if key not in held}
    made = replace(plan, changes=kept, digest=plan_digest(plan.target, kept), traded=traded)
    return made, tuple(held[key] for key in sorted(held))


def _is_sent(change: Decided) -> bool:
    """Whether an apply would write to the service."""
    return isinstance(change, Create | Recreate | Delete) or (not isinstance(change, Forget) and change.is_sent)


def _is_approved(now: Json, told: Told | None) -> bool:
    return told is not None and any(
        all(is_same(change.get(name), now[name]) for name in _SHOWN) for change in told.changes
    )
