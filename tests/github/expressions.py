"""Expressions of GitHub Actions, as far as workflows and action.yml here use them.

Source: docs.github.com, "Evaluate expressions in workflows and actions". An unknown name is an error, so that a test
never takes a misspelt one for the empty text that GitHub makes of it.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_TOKEN = re.compile(r"\s*(?:('(?:[^']|'')*')|(&&|\|\||==|!=|[!().,\[\]])|([A-Za-z_][\w-]*)|(\d+))")
_EMBEDDED = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)
STATUS = re.compile(r"\b(success|failure|always|cancelled)\(\)")
OPEN = frozenset({"event", "outputs", "secrets", "env", "matrix"})
"""The contexts in which a name may be missing: what a payload has, or what a step has told, differs from run to run."""


def evaluate(text: str, contexts: Mapping[str, Any], functions: Mapping[str, Callable[..., Any]]) -> Any:
    """The value of an expression, with or without `${{ }}` around it."""
    return _Reader(text.strip().removeprefix("${{").removesuffix("}}"), contexts, functions).read()


def filled(text: str, contexts: Mapping[str, Any], functions: Mapping[str, Callable[..., Any]]) -> str:
    """A text with each `${{ }}` in it replaced by what it says."""
    return _EMBEDDED.sub(lambda found: shown(evaluate(found[1], contexts, functions)), text)


def shown(value: Any) -> str:
    """A value as text."""
    if value is None or isinstance(value, str):
        return value or ""
    return json.dumps(value)


class _Reader:
    """One expression, read from the left: `||` binds less than `&&`, that less than `==`."""

    def __init__(self, text: str, contexts: Mapping[str, Any], functions: Mapping[str, Callable[..., Any]]) -> None:
        self._tokens = [next(filter(None, found.groups())) for found in _TOKEN.finditer(text)]
        assert "".join(self._tokens) == re.sub(r"\s(?=(?:[^']*'[^']*')*[^']*$)", "", text), text
        self._contexts, self._functions = contexts, functions

    def read(self) -> Any:
        value = self._or()
        assert not self._tokens, self._tokens
        return value

    def _next(self, *wanted: str) -> str | None:
        return self._tokens.pop(0) if self._tokens and self._tokens[0] in wanted else None

    def _or(self) -> Any:
        value = self._and()
        while self._next("||"):
            other = self._and()
            value = value or other
        return value

    def _and(self) -> Any:
        value = self._comparison()
        while self._next("&&"):
            other = self._comparison()
            value = value and other
        return value

    def _comparison(self) -> Any:
        value = self._not()
        while operator := self._next("==", "!="):
            value = (_folded(value) == _folded(self._not())) is (operator == "==")
        return value

    def _not(self) -> Any:
        return not self._not() if self._next("!") else self._value()

    def _value(self) -> Any:
        token = self._tokens.pop(0)
        if token == "(":
            value = self._or()
            assert self._next(")")
            return value
        if token.startswith("'"):
            return token[1:-1].replace("''", "'")
        if token in ("true", "false", "null") or token.isdecimal():
            return json.loads(token)
        return self._called(token) if self._next("(") else self._named(token)

    def _called(self, name: str) -> Any:
        arguments = []
        while not self._next(")"):
            arguments.append(self._or())
            self._next(",")
        return self._functions[name](*arguments)

    def _named(self, name: str) -> Any:
        value, may_lack = self._contexts[name], name in OPEN
        while self._next("."):
            name = self._tokens.pop(0)
            assert may_lack or name in value, f"no {name} in {sorted(value)}"
            value = value.get(name) if isinstance(value, dict) else None
            may_lack = may_lack or name in OPEN
        return value


def _folded(value: Any) -> Any:
    return shown(value).casefold()
