"""How the service of a target is reached: what the command line, the environment and the configuration say together."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from promptsync.files.config import BASE_URL_NAME, DEFAULT_BASE_URL, DEFAULT_KEY_NAME
from promptsync.model.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from promptsync.files.config import TargetSettings

LOOPBACK = {"localhost", "127.0.0.1", "::1"}


@dataclass(frozen=True, slots=True)
class Connection:
    """How to reach the service of a target. `base_url` is None for the embedded one. The key is not shown in a repr."""

    base_url: str | None
    key: str = field(default="", repr=False)
    key_name: str = DEFAULT_KEY_NAME

    @property
    def host(self) -> str:
        """The host to name in messages and saved plans; `embedded` for the embedded service."""
        return urlsplit(self.base_url).netloc if self.base_url else "embedded"


def connection(target: TargetSettings, base_url: str | None, environ: Mapping[str, str]) -> Connection:
    """Where the target is and with which key: the command line, else the environment, else the configuration.

    The sandbox listens to the command line alone, so that an exported host never gets what was meant for it.
    Raises ConfigError for a missing key or a URL that cannot be used.
    """
    if target.is_embedded:
        return Connection(_checked_url(base_url, "--base-url") if base_url else None, "sandbox")
    url = target.base_url or DEFAULT_BASE_URL
    if base_url:
        url = _checked_url(base_url, "--base-url")
    elif environ.get(BASE_URL_NAME):
        url = _checked_url(environ[BASE_URL_NAME], BASE_URL_NAME)
    name = target.api_key_env or DEFAULT_KEY_NAME
    key = environ.get(name, "").strip()
    if not key:
        raise ConfigError(
            f"there is no API key for the target “{target.name}”: {name} is not set",
            hint=f"set {name} to a key of the workspace, or try `--target sandbox`, which needs none",
        )
    return Connection(url.rstrip("/"), key, name)


def _checked_url(url: str, where: str) -> str:
    """A URL that a person gave. Clear text is for loopback alone: the key would be read on the way."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
        _ = parts.port
    except ValueError:
        host = None
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not host or any(ord(char) <= 32 for char in url):
        raise ConfigError(f"{where} is no URL of a service", hint="give it as https://host, without a path of an API")
    if parts.username or parts.password:
        raise ConfigError(
            f"{where} holds a user name or password", hint="give the host alone; the key has its own variable"
        )
    if parts.scheme == "http" and host not in LOOPBACK:
        raise ConfigError(f"{where} would send the key to {host} in clear text", hint="use https://")
    return url.rstrip("/")
