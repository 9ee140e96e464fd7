"""What action.yml runs: puts what promptsync needs on the runner, and runs promptsync from the action's own source.

    python -I -X utf8 main.py install    the packages of requirements.txt, each by its hash, into RUNNER_TEMP
    python -I -X utf8 main.py run        promptsync in GITHUB_WORKSPACE, as the action's inputs say
    python -I -X utf8 main.py gather     what an apply leaves behind, for the step that uploads it

The standard library alone, since it is there before any package is. It is started isolated (-I) and outside of the
checkout, so that no module, setting or program of a pull request is taken for one of ours. Inputs come as INPUT_* and
leave as a list of words that no shell sees.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

SOURCE = Path(__file__).resolve().parent.parent
USAGE = 64
INTERRUPTED = 130

FOR_PIP = frozenset(
    {
        *("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA", "XDG_CONFIG_HOME", "XDG_CONFIG_DIRS"),
        *("TMPDIR", "TEMP", "TMP", "SYSTEMROOT", "SYSTEMDRIVE", "PROGRAMDATA", "LANG", "LC_ALL"),
        *("PROCESSOR_ARCHITECTURE", "PROCESSOR_ARCHITEW6432"),
        *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"),
        *("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE"),
        *("PIP_CERT", "PIP_CONFIG_FILE", "PIP_DEFAULT_TIMEOUT", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS"),
        *("PIP_INDEX_URL", "PIP_NO_INDEX", "PIP_PROXY", "PIP_TRUSTED_HOST"),
    }
)
"""The variables that pip gets: how to reach a package index, and where the system is. A key has no such name."""


_STATE = ("promptsync*.lock.json", ".promptsync/journal.*", ".promptsync/archive/**/*")
"""What an apply leaves behind, below the folder of the prompts."""


class InputError(Exception):
    """An input, or a runner, that makes no sense; the message is for the author of the workflow."""


def main(arguments: list[str]) -> int:
    """Does what the one argument says, and gives the exit code."""
    try:
        return {"install": install, "run": run, "gather": gather}[arguments[0]]()
    except InputError as error:
        # An input can hold anything, and `%` begins an escape in a command to the runner.
        sys.stdout.write(f"::error title=promptsync::{str(error).replace('%', '%25')}\n")
        return _ended(USAGE)
    except KeyboardInterrupt:
        return _ended(INTERRUPTED)


def install() -> int:
    """Installs the packages, wheels alone, each with the hash that requirements.txt gives; gives pip's exit code."""
    shutil.rmtree(_packages(), ignore_errors=True)
    command = [sys.executable, "-I", "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"]
    command += ["--root-user-action=ignore", "--require-hashes", "--only-binary=:all:", f"--target={_packages()}"]
    command.append(f"--requirement={SOURCE / 'action' / 'requirements.txt'}")
    environ = {name: value for name, value in os.environ.items() if name.upper() in FOR_PIP}
    return subprocess.run(command, cwd=_packages().parent, env=environ, check=False).returncode  # noqa: S603 - a list


def run() -> int:
    """Runs promptsync, and gives its exit code, which is the output `exit-code` too."""
    words = command_line(os.environ)
    sys.dont_write_bytecode = True
    sys.path[:0] = [str(_packages()), str(SOURCE)]
    from promptsync.cli.main import run as promptsync

    os.chdir(os.environ["GITHUB_WORKSPACE"])
    return _ended(int(promptsync(words)))


def gather() -> int:
    """Copies lockfiles, journals and archive to a folder of their own, and names that as the output `state`.

    Uploading follows links, and one that was merged could lead to any file of the runner: a file is left out that lies
    elsewhere than where it seems to.
    """
    root = Path(os.path.realpath(os.environ["GITHUB_WORKSPACE"])) / _plain(os.environ, "dir")
    state = Path(os.environ["RUNNER_TEMP"]) / "promptsync-state"
    shutil.rmtree(state, ignore_errors=True)
    found = [path for pattern in _STATE for path in root.glob(pattern)]
    for path in found:
        if path.is_file() and Path(os.path.realpath(path)) == Path(os.path.realpath(root)) / path.relative_to(root):
            kept = state / path.relative_to(root)
            kept.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, kept, follow_symlinks=False)
    if state.is_dir():
        _output("state", str(state))
    return 0


def command_line(environ: Mapping[str, str]) -> list[str]:
    """The words of promptsync's command line for the inputs in `environ`. Raises InputError.

    What is left at its default is not said, so that promptsync itself refuses an input that its command has no use for.
    """
    command = environ["INPUT_COMMAND"]
    if command not in ("check", "apply", "drift"):
        raise InputError(f"the input command is {command!a}: it must be check, apply or drift")
    words = ["github", command, f"--dir={_plain(environ, 'dir')}", f"--target={_plain(environ, 'target')}"]
    words += [f"--{name}" for name in ("prune", "fail-on-drift", "preview", "pull-request") if _is_true(environ, name)]
    if most := _plain(environ, "max-deletes"):
        words.append(f"--max-deletes={most}")
    if (approval := _plain(environ, "approval")) != "any":
        words.append(f"--approval={approval}")
    if not _is_true(environ, "comment"):
        words.append("--no-comment")
    return words


def _plain(environ: Mapping[str, str], name: str) -> str:
    """An input of one line: one of more would be more than one path to the steps that upload."""
    value = _input(environ, name)
    if not value.isprintable():
        raise InputError(f"the input {name} is {value!a}: it must be one line of plain text")
    return value


def _is_true(environ: Mapping[str, str], name: str) -> bool:
    value = _input(environ, name)
    if value not in ("true", "false"):
        raise InputError(f"the input {name} is {value!a}: it must be true or false")
    return value == "true"


def _input(environ: Mapping[str, str], name: str) -> str:
    return environ[f"INPUT_{name.upper().replace('-', '_')}"]


def _packages() -> Path:
    return Path(os.environ["RUNNER_TEMP"]) / "promptsync-packages"


def _ended(code: int) -> int:
    """The exit code, also told as an output: of a command that failed early no other is there."""
    _output("exit-code", str(code))
    return code


def _output(name: str, value: str) -> None:
    """Tells an output, of one line."""
    with Path(os.environ["GITHUB_OUTPUT"]).open("a", encoding="utf-8", newline="\n") as file:
        file.write(f"{name}={value}\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
