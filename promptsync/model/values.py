"""Where two JSON values differ: DeepDiff finds it, told here how prompts are to be read.

Left alone it would number the elements of a list instead of pairing them, take `[1, "a"]` for `[True, "a"]`
(github.com/seperman/deepdiff/issues/605), and make a unified diff of every text, which takes a minute for 1 MB. This
module is slow to import: only for what is known to differ.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from deepdiff import DeepDiff
from deepdiff.operator import BaseOperator

from promptsync.model.canonical import Ordered, exact_json, is_same_json, is_turned
from promptsync.model.pairing import is_list_of_objects, pairs

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MISSING: Any = object()


class Difference(NamedTuple):
    """One place, such as `messages[0].content`, and what each side holds there; `MISSING` where it holds nothing.

    The index is the second side's, or the first one's for what only that has.
    """

    path: str
    first: Any
    second: Any


class _Step(NamedTuple):
    """One step of a path: a name or an index. `rank` is its turn among those of the same object or list."""

    rank: int
    name: str | int

    def __str__(self) -> str:
        return f".{self.name}" if isinstance(self.name, str) else f"[{self.name}]"


def find_differences(first: Any, second: Any, *, provider: str | None) -> Iterator[Difference]:
    """What differs, in the order of `second`, then by name what only `first` has.

    Two lists of objects are compared by the rule of `pairs`, all other lists as a whole, and so is an object below a
    JSON schema whose keys change places. A model may be named with or without its `provider`; None is any.
    """
    found = DeepDiff(
        first,
        second,
        view="tree",
        threshold_to_diff_deeper=0,
        ignore_private_variables=False,
        ignore_nan_inequality=True,
        custom_operators=[_Turned(), _InOrder(), _Whole(provider)],
    )
    levels = [level for group in found.values() for level in group]
    for level in sorted(levels, key=_steps):
        kind = level.report_type
        path = "".join(map(str, _steps(level))).removeprefix(".")
        before = MISSING if kind == "dictionary_item_added" else level.t1
        yield Difference(path, before, MISSING if kind == "dictionary_item_removed" else level.t2)


def _steps(level: Any) -> list[_Step]:
    steps: list[_Step] = level.path(output_format="list")
    return steps


class _Turned(BaseOperator):
    """Tells an object as a whole where keys that both sides have changed places, since that is content."""

    def match(self, level: Any) -> bool:
        return isinstance(level.t1, Ordered) and isinstance(level.t2, Ordered) and is_turned(level.t1, level.t2)

    def give_up_diffing(self, level: Any, diff_instance: Any) -> bool:
        diff_instance.custom_report_result("values_changed", level)
        return True


class _InOrder(BaseOperator):
    """Turns objects, and lists of them, into mappings by steps, which DeepDiff then compares.

    Steps carry the order to tell things in, and pair the elements of lists. (DeepDiff's own `iterable_compare_func`
    and `ignore_order` lose elements that are there twice or that change places.)
    """

    def match(self, level: Any) -> bool:
        objects = isinstance(level.t1, dict) and isinstance(level.t2, dict)
        return objects or is_list_of_objects(level.t1, level.t2)

    def give_up_diffing(self, level: Any, diff_instance: Any) -> bool:
        by_step = _fields if isinstance(level.t1, dict) else _elements
        level.t1, level.t2 = by_step(level.t1, level.t2)
        return False


class _Whole(BaseOperator):
    """Compares texts and lists as wholes."""

    def __init__(self, provider: str | None) -> None:
        super().__init__(types=[str, list])
        self._provider = provider

    def give_up_diffing(self, level: Any, diff_instance: Any) -> bool:
        if not self._is_same_json(level):
            diff_instance.custom_report_result("values_changed", level)
        return True

    def _is_same_json(self, level: Any) -> bool:
        if isinstance(level.t1, list):
            return exact_json(level.t1) == exact_json(level.t2)  # as text, so that NaN is NaN
        if level.t1 == level.t2:
            return True
        steps = _steps(level)
        return len(steps) > 1 and steps[-1].name == "model" and _is_same_model(level.t1, level.t2, self._provider)


def _is_same_model(first: str, second: str, provider: str | None) -> bool:
    """`openai/gpt-4o` comes back as `gpt-4o` in the documents, and the other way round from today's service."""
    longer, shorter = (first, second) if len(first) > len(second) else (second, first)
    prefix, _, rest = longer.partition("/")
    return rest == shorter and (provider is None or prefix == provider)


_BySteps = tuple[dict[_Step, Any], dict[_Step, Any]]


def _fields(first: dict[str, Any], second: dict[str, Any]) -> _BySteps:
    names = [*second, *sorted(first.keys() - second.keys())]
    return _by_step([(name, first.get(name, MISSING), second.get(name, MISSING)) for name in names])


def _elements(first: list[Any], second: list[Any]) -> _BySteps:
    """Between two pairs come the elements that only `second` has, then those that only `first` has."""
    found: list[tuple[str | int, Any, Any]] = []
    left = right = 0
    for in_first, in_second in [*pairs(first, second).items(), (len(first), len(second))]:
        found += [(index, MISSING, second[index]) for index in range(right, in_second)]
        found += [(index, first[index], MISSING) for index in range(left, in_first)]
        if in_first < len(first):
            found.append((in_second, first[in_first], second[in_second]))
        left, right = in_first + 1, in_second + 1
    return _by_step(found)


def _by_step(values: Iterable[tuple[str | int, Any, Any]]) -> _BySteps:
    """Both sides without what is equal, since each step that DeepDiff takes is dear."""
    here: dict[_Step, Any] = {}
    there: dict[_Step, Any] = {}
    for rank, (name, one, other) in enumerate(values):
        if is_same_json(one, other):
            continue
        if one is not MISSING:
            here[_Step(rank, name)] = one
        if other is not MISSING:
            there[_Step(rank, name)] = other
    return here, there
