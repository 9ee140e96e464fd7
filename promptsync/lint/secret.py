"""secret: what has the form of a key or password of another service."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from promptsync.lint.rule import Finding, Rule
from promptsync.model.secrets import texts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptsync.model.prompt import PromptFile

_FORMS = {
    "an access key of AWS": r"(?:AKIA|ASIA)[A-Z0-9]{16}",
    "a token of GitHub": r"(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{60,})",
    "a key of OpenAI": r"sk-(?:proj-|svcacct-)?[A-Za-z0-9_-]{20,}T3BlbkFJ[A-Za-z0-9_-]{20,}",
    "a key of Anthropic": r"sk-ant-[a-z0-9]+-[A-Za-z0-9_-]{40,}",
    "a key of Google": r"AIza[A-Za-z0-9_-]{35}",
    "a token of Slack": r"xox[abeprs]-[0-9]{8,}-[A-Za-z0-9-]{16,}",
    "a key of Stripe": r"[rs]k_live_[A-Za-z0-9]{24,}",
    "a private key": r"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----",
}
"""Forms that the services tell of their keys, each with something that no other text has."""
_ANY = re.compile("|".join(f"(?P<f{at}>(?<![A-Za-z0-9_-]){form})" for at, form in enumerate(_FORMS.values())))
_NAMES = tuple(_FORMS)


def looks_secret(text: str) -> bool:
    """Whether a text holds what has the form of a key."""
    return _ANY.search(text) is not None


def _check(file: PromptFile) -> Iterator[Finding]:
    prompt = file.prompt
    held = {"display_name": prompt.display_name, "description": prompt.description, prompt.dialect: prompt.block}
    for loc, text in texts(held):
        found = _ANY.search(text)
        if found is not None and found.lastgroup is not None:
            message = f"what looks like {_NAMES[int(found.lastgroup[1:])]} stands here"
            hint = "take it out; whoever can read the prompt or the repository can use it, so revoke it"
            # The key of an object may be the secret.
            shown = loc[:-1] if loc and loc[-1] == text else loc
            yield Finding(shown, message, hint, None if shown != loc else found.start(), is_secret=True)


RULE = Rule("secret", "error", "what looks like a key of another service", _check)
