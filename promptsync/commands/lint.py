"""Lint: what the rules find in files that are valid, as problems at their places."""

from __future__ import annotations

from dataclasses import replace
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from promptsync.files.disk import read_bytes
from promptsync.files.safe import real
from promptsync.files.target import CONFIG_NAME
from promptsync.lint.rules import RULES, level_of, run
from promptsync.lint.secret import looks_secret
from promptsync.model.errors import UsageError
from promptsync.model.globs import matches
from promptsync.model.prompt import Problem

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from promptsync.files.placing import Placing, Remarks
    from promptsync.files.target import Target
    from promptsync.lint.rule import Finding, Rule
    from promptsync.model.prompt import PromptFile

_PAGES = (Path(__file__).parents[1] / "pages", Path(__file__).parents[2] / "docs/rules")
"""Where the pages of the rules lie: in what is installed, and in the repository."""


def lint(
    target: Target, files: Mapping[str, PromptFile], warnings: Iterable[Problem], only: Collection[str] | None = None
) -> tuple[Problem, ...]:
    """What the rules find in `files`, and `warnings`, which the loader gave, by place; those of rules that are off not.

    `only` are keys: what is found in others is left out.
    """
    by_file = {file.file: key for key, file in files.items()}
    found = [
        *_unknown_rules(target),
        *_found(target, files, only),
        *_adjusted(target, warnings, by_file, only),
    ]
    # What stands in the defaults of a folder is found in each prompt that they reach.
    return tuple(sorted(dict.fromkeys(found), key=lambda problem: (problem.file, problem.line, problem.column)))


def explain(name: str) -> str:
    """The page of a rule. Raises UsageError for a name that no rule has."""
    if name not in RULES:
        raise UsageError(f"there is no rule `{name}`", hint=_known(name))
    folder = next(folder for folder in _PAGES if folder.is_dir())
    return (folder / f"{name}.md").read_text(encoding="utf-8").rstrip("\n")


def _found(target: Target, files: Mapping[str, PromptFile], only: Collection[str] | None) -> Iterator[Problem]:
    # Only a file in which something is found is read once more, and only then is what finds places imported.
    @cache
    def placing(key: str) -> Placing:
        from promptsync.files.placing import Placing

        return Placing(files[key], _read(files[key].file))

    @cache
    def remarks(file: str) -> Remarks:
        from promptsync.files.placing import Remarks

        return Remarks(_read(file))

    def ignored(key: str, finding: Finding) -> Iterator[str]:
        yield from placing(key).ignored(finding.loc)
        origin = placing(key).origin(finding.loc)
        if origin is not None and origin.kind == "default":
            yield from remarks(placing(key).beside(origin.place)).ignored(finding.loc)

    for key, rule, finding in run(files, target.config.levels):
        is_wanted = only is None or key in only
        if is_wanted and not _is_excepted(target, key, rule.name) and rule.name not in ignored(key, finding):
            yield _problem(target, placing(key), rule, finding)


def _read(file: str) -> bytes:
    return read_bytes(real(Path(file))) or b""


def _problem(target: Target, placing: Placing, rule: Rule, finding: Finding) -> Problem:
    place = placing.place(finding.loc, finding.at)
    shown = None if finding.is_secret or looks_secret(place.snippet or "") else place.snippet
    level = level_of(rule, target.config.levels)
    severity: Literal["error", "warning"] = "error" if level == "error" else "warning"
    return Problem(*place[:3], finding.message, finding.hint, shown, severity, rule.name)


def _adjusted(
    target: Target, warnings: Iterable[Problem], by_file: Mapping[str, str], only: Collection[str] | None
) -> Iterator[Problem]:
    """The warnings of the loader, of which some are those of a rule."""
    for problem in warnings:
        key = by_file.get(problem.file, "")
        if problem.rule is None:
            if only is None or key in only:
                yield problem
            continue
        level = level_of(RULES[problem.rule], target.config.levels)
        if level != "off" and not _is_excepted(target, key, problem.rule) and (only is None or key in only):
            yield replace(problem, severity=level)


def _is_excepted(target: Target, key: str, name: str) -> bool:
    return any(name in names and matches(key, (glob,)) for glob, names in target.config.exceptions.items())


def _unknown_rules(target: Target) -> Iterator[Problem]:
    config = target.config
    named = dict.fromkeys([*config.levels, *(name for names in config.exceptions.values() for name in names)])
    for name in named:
        if name not in RULES:
            yield Problem(
                (target.root / CONFIG_NAME).as_posix(), 0, 0, f"lint: there is no rule `{name}`", _known(name)
            )


def _known(name: str) -> str:
    near = get_close_matches(name, RULES, 1)
    return f"did you mean `{near[0]}`?" if near else f"the rules are {', '.join(RULES)}"
