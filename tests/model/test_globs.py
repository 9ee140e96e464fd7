from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptsync.model import globs
from promptsync.model.globs import _after, _compiled, _tokens, matches
from tests.work import calls


@pytest.mark.parametrize(
    ("glob", "key", "expected"),
    [
        ("**", "a/b/c", True),
        ("**", "a", True),
        ("*", "a", True),
        ("*", "a/b", False),
        ("a/*", "a/b", True),
        ("a/*", "a/b/c", False),
        ("a/*", "a/", True),
        ("a/**", "a/b/c", True),
        ("a/**", "a", False),
        ("a/**", "ab/c", False),
        ("**/c", "a/b/c", True),
        ("**/c", "c", True),
        ("**/c", "bc", False),
        ("a/**/c", "a/c", True),
        ("a/**/c", "a/b/b/c", True),
        ("a/**/c", "a/bc", False),
        ("*-draft", "x-draft", True),
        ("a?c", "abc", True),
        ("a?c", "a/c", False),
        ("a?c", "ac", False),
        ("Default/*", "default/x", False),
        ("a.c", "abc", False),
        ("a[b]c", "a[b]c", True),
        ("a[b]c", "abc", False),
        ("(a|b)", "a", False),
        ("a\\b", "a\\b", True),
        ("a", "a\n", False),
        ("*", "a\nb", True),
        ("", "", True),
        ("", "a", False),
        ("Ünï/**", "Ünï/ç", True),
    ],
)
def test_globs(glob: str, key: str, expected: bool) -> None:
    assert matches(key, [glob]) is expected


_LETTERS = st.text("ab/*?", max_size=8)


@given(_LETTERS, st.text("ab/", max_size=8))
def test_many_stars_mean_the_same_as_few(glob: str, key: str) -> None:
    """Both ways of matching, the short one and the one that never takes long, agree."""
    tokens = _tokens(glob)
    places = {0}
    for token in tokens:
        places = _after(token, key, places)
    assert (len(key) in places) is (_compiled(glob).fullmatch(key) is not None)


def test_any_of_several() -> None:
    assert matches("a/b", ["x", "a/*"])
    assert not matches("a/b", [])


@pytest.mark.parametrize("glob", ["*a" * 30 + "b", "**a" * 30 + "b", "**/" * 30 + "b", "*" * 40 + "b", "?*" * 30 + "b"])
def test_a_glob_out_of_a_pull_request_cannot_hang_the_run(glob: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """No regular expression is asked, since one of many stars may take for ever."""
    monkeypatch.delattr(globs, "_compiled")
    key = "a" * 120 + "/" + "a/" * 60 + "c"
    assert not matches(key, [glob])
    assert calls(lambda: matches(key, [glob])) < 2 * len(glob) * len(key)
