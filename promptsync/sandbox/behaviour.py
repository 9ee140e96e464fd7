"""The switches for what is not known about the service, and for what differs between its ages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Literal, get_args

from promptsync.sandbox.errors import ConfigurationError

Dialect = Literal["current", "classic", "both"]
Foreign = Literal["refuse", "ignore"]
Patch = Literal["merge", "replace", "deep"]
VersionOn = Literal["block", "any", "always"]
Rewriting = Literal["documents", "none"]
Writing = Literal["kept", "trimmed", "closed", "nfc", "lf", "single", "sorted", "all"]
Rewriter = Callable[[dict[str, Any]], dict[str, Any]]

_CHOICES: dict[str, tuple[str, ...]] = {
    "dialect": get_args(Dialect),
    "foreign": get_args(Foreign),
    "patch": get_args(Patch),
    "version_on": get_args(VersionOn),
    "rewriting": get_args(Rewriting),
    "writing": get_args(Writing),
}
_NOT_OVER_HTTP = ("rewriter", "key")


@dataclass(frozen=True)
class Behaviour:
    """How the sandbox behaves; every default is today's service as far as it is documented.

    dialect       "current" takes `prompt` and answers both blocks; "classic" takes and answers `prompt_config`
                  alone (the service of SDK 3.8's time); "both" takes either and answers both.
    foreign       what becomes of a body that has only the other dialect's block: "refuse" answers 400 and names the
                  block wanted; "ignore" drops it (a PATCH changes no block, a POST makes an empty one).
    patch         "merge": the block's fields (and those of classic `model_parameters`) are merged, null clears, every
                  other value, lists included, is replaced whole; "replace": the block sent replaces the block;
                  "deep": RFC 7386 at every depth. Top-level fields that are not sent stay in each case.
    metadata_default  `metadata` left out of a PATCH sets it to `{"language": "English"}` (the OpenAPI document gives
                  that default for PATCH too). False: it stays.
    max_page      the largest `limit`; above it 400. 200 today, 50 in SDK 3.8's time.
    version_on    when a PATCH makes a new version: a changed block, any change, or always.
    list_lag      seconds by the sandbox's clock for which a new prompt is not in lists yet; by id it is there.
    update_lag    seconds likewise for which lists show a prompt as it was before an update, or an edit by hand, of this
                  process; by id it is as it is.
    latency       seconds that each request to `/v2` takes.
    rewriting     "documents": as the product documents show (see `entity.py`); "none": what was sent comes back,
                  with nothing but `version` added.
    writing       how what a POST or PATCH sends is kept: "kept" as it is; "trimmed" without final newlines; "closed":
                  texts of several lines with one; "nfc" in that Unicode form; "lf": CRLF as LF; "single": numbers in 32
                  bits; "sorted": `use_cases`, and all keys, by name; "all" of these but "closed".
    rewriter      a hook on each entity and version item answered; for property tests.
    key           the bearer key that is accepted; None accepts any.
    owner, domain_id  the identity of the workspace; `domain_id` is a UUID.
    user_id       who edits in the web page, a UUID (`updated_by_id`).
    """

    dialect: Dialect = "current"
    foreign: Foreign = "refuse"
    patch: Patch = "merge"
    metadata_default: bool = True
    max_page: int = 200
    version_on: VersionOn = "any"
    list_lag: float = 0
    update_lag: float = 0
    latency: float = 0
    rewriting: Rewriting = "documents"
    writing: Writing = "kept"
    rewriter: Rewriter | None = None
    key: str | None = None
    owner: str = "5a0d8c0e-1f5b-4d7e-9d64-0a5a9d3c1b01"
    domain_id: str = "5a0d8c0e-1f5b-4d7e-9d64-0a5a9d3c1b02"
    user_id: str = "5a0d8c0e-1f5b-4d7e-9d64-0a5a9d3c1b03"

    def __post_init__(self) -> None:
        """Refuse a value that is no choice.

        Raises ConfigurationError, naming the field and the choices.
        """
        for name, choices in _CHOICES.items():
            if getattr(self, name) not in choices:
                raise ConfigurationError(f"{name}: expected {' or '.join(choices)}, not {getattr(self, name)!r}")
        if not _is_number(self.max_page) or self.max_page < 1 or self.max_page != int(self.max_page):
            raise ConfigurationError(f"max_page: expected a whole number from 1, not {self.max_page!r}")
        for name in ("list_lag", "update_lag", "latency"):
            seconds = getattr(self, name)
            if not _is_number(seconds) or not 0 <= seconds < 3600:
                raise ConfigurationError(f"{name}: expected seconds from 0 to 3600, not {seconds!r}")
        if not isinstance(self.metadata_default, bool):
            raise ConfigurationError(f"metadata_default: expected true or false, not {self.metadata_default!r}")
        for name in ("owner", "domain_id", "user_id"):
            if not isinstance(getattr(self, name), str):
                raise ConfigurationError(f"{name}: expected text, not {getattr(self, name)!r}")

    def changed(self, changes: Mapping[str, Any]) -> Behaviour:
        """This behaviour with some switches set anew, as the HTTP control does.

        Raises ConfigurationError for a switch that does not exist, or cannot be set from outside.
        """
        known = [each.name for each in fields(self) if each.name not in _NOT_OVER_HTTP]
        for name in changes:
            if name not in known:
                raise ConfigurationError(f"{name}: no such switch; there are {', '.join(known)}")
        return replace(self, **changes)

    def as_json(self) -> dict[str, Any]:
        """The switches as JSON, without the key and the hook."""
        return {each.name: getattr(self, each.name) for each in fields(self) if each.name not in _NOT_OVER_HTTP}

    @property
    def block(self) -> Literal["prompt", "prompt_config"]:
        """The block that this service calls its own."""
        return "prompt_config" if self.dialect == "classic" else "prompt"


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
