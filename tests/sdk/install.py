"""Install the official SDKs, each in an environment of its own, for the tests beside this file; and the tools on npm
by which other tests judge what is made for editors and for TypeScript.

    python tests/sdk/install.py FOLDER [--json]

What is there already is kept. Prints the variables that the tests read, as lines to `export`, or as JSON. What is on
npm is left out, with a note, where there is no npm. Standard library only.
"""

import argparse
import json
import os
import shlex
import shutil
import subprocess
import sys
import venv
from pathlib import Path

PYTHON_SDKS = {
    "PROMPTSYNC_SDK_4_PYTHON": ("python-4", "orq-ai-sdk==4.17.13"),
    "PROMPTSYNC_SDK_3_PYTHON": ("python-3", "orq-ai-sdk==3.8.9"),
}
NODE_SDKS = {
    "PROMPTSYNC_SDK_NODE": ("node-4", "@orq-ai/node@4.15.11"),
    "PROMPTSYNC_SDK_NODE_3": ("node-3", "@orq-ai/node@3.14.45"),
}
NODE_TOOLS = {
    "PROMPTSYNC_YAML_LANGUAGE_SERVER": ("yaml-language-server", "yaml-language-server@2.0.0"),
    "PROMPTSYNC_TYPESCRIPT": ("typescript", "typescript@5.9.3"),
}
# Written last, so that an installation that was interrupted is made again.
DONE = "installed.txt"


def main() -> None:
    parser = argparse.ArgumentParser(description="Install the official SDKs for tests/sdk.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--json", action="store_true", help="print JSON instead of lines to export")
    arguments = parser.parse_args()
    variables = install(arguments.folder.absolute())
    if arguments.json:
        print(json.dumps(variables, indent=2))
    else:
        for name, value in variables.items():
            print(f"export {name}={shlex.quote(value)}")


def install(folder: Path) -> dict[str, str]:
    """Install what is missing; gives the variables for the tests."""
    variables = {}
    for name, (place, package) in PYTHON_SDKS.items():
        variables[name] = install_python(folder / place, package)
    npm = shutil.which("npm")
    if npm is None:
        print("npm is not there: the Node SDKs and tools are left out", file=sys.stderr)
        return variables
    for name, (place, package) in (NODE_SDKS | NODE_TOOLS).items():
        variables[name] = install_node(npm, folder / place, package)
    return variables


def install_python(place: Path, package: str) -> str:
    python = place / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not is_done(place, package):
        venv.create(place, with_pip=True, clear=True)
        run(str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", package)
        (place / DONE).write_text(package, encoding="utf-8")
    return str(python)


def install_node(npm: str, place: Path, package: str) -> str:
    if not is_done(place, package):
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        run(npm, "install", "--prefix", str(place), "--no-audit", "--no-fund", "--loglevel=error", package)
        (place / DONE).write_text(package, encoding="utf-8")
    return str(place)


def is_done(place: Path, package: str) -> bool:
    return (place / DONE).is_file() and (place / DONE).read_text(encoding="utf-8") == package


def run(*command: str) -> None:
    # stdout is for the variables alone.
    subprocess.run(command, check=True, stdout=sys.stderr)


if __name__ == "__main__":
    main()
