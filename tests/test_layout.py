"""The rooms of the house: who may import whom. Reads the floors from `.importlinter`, and the imports from the source.

`lint-imports` holds the same and more (chains of imports too); this needs nothing but Python.
"""

from __future__ import annotations

import ast
import configparser
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "promptsync"
CONTRACTS = configparser.ConfigParser()
CONTRACTS.read(ROOT / ".importlinter", encoding="utf-8")


def contract(name: str, option: str) -> list[str]:
    return [line.strip() for line in CONTRACTS[f"importlinter:contract:{name}"][option].strip().splitlines()]


# From the ground up: the number of a room's floor.
LAYERS = [re.split(r"\s*[|:]\s*", floor) for floor in contract("floors", "layers")]
FLOORS = {room: number for number, floor in enumerate(reversed(LAYERS)) for room in floor}
PURE = [module.removeprefix("promptsync.") for module in contract("pure", "source_modules")]
IMPURE = set(contract("pure", "forbidden_modules"))


def files(room: str) -> list[Path]:
    folder = PACKAGE / room.replace(".", "/")
    return sorted(folder.rglob("*.py")) if folder.is_dir() else [folder.with_suffix(".py")]


def rooms() -> list[str]:
    places = [path for path in PACKAGE.iterdir() if path.suffix == ".py" or (path / "__init__.py").is_file()]
    return sorted(path.stem for path in places if path.name != "__init__.py")


def imports(file: Path) -> Iterator[str]:
    """The modules that a file imports, in full; what only a type checker imports among them."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: a relative import"
            yield from (f"{node.module}.{name.name}" for name in node.names)


def rooms_imported(room: str) -> set[str]:
    mine = {
        module.split(".")[1] for file in files(room) for module in imports(file) if module.startswith("promptsync.")
    }
    return mine - {room, "__version__"}


def packages_imported(room: str) -> set[str]:
    return {module.split(".")[0] for file in files(room) for module in imports(file)} - {"promptsync"}


@pytest.mark.parametrize("room", rooms())
def test_a_room_has_a_floor_and_knows_only_those_below(room: str) -> None:
    if room == "sandbox":
        assert rooms_imported(room) == set()
        return
    below = {other for other, floor in FLOORS.items() if floor < FLOORS[room]}
    if room in ("commands", "cli"):
        below.add("sandbox")

    assert rooms_imported(room) - below == set()


@pytest.mark.parametrize("room", PURE)
def test_a_pure_room_touches_no_disk_clock_network_or_terminal(room: str) -> None:
    assert packages_imported(room) & IMPURE == set()


@pytest.mark.parametrize(("package", "owners"), [("httpx", ["github", "service"]), ("click", ["cli"])])
def test_a_package_stays_in_the_rooms_that_own_it(package: str, owners: list[str]) -> None:
    assert [room for room in rooms() if room != "sandbox" and package in packages_imported(room)] == owners


@pytest.mark.parametrize("module", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_tests_stand_where_what_they_test_stands(module: Path) -> None:
    """Some modules are tested through a neighbour; but no test is named for a module that is not there."""
    room = module.relative_to(PACKAGE).parent
    named = {path.stem.removeprefix("test_") for path in (ROOT / "tests" / room).glob("test_*.py")}
    if room != Path():
        assert named <= {path.stem for path in module.parent.glob("*.py")} | {"differ_properties"}


NAMED = re.findall(r"`([\w/]+\.py): (\w+)`", (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8"))


def test_the_page_names_what_there_is() -> None:
    assert len(NAMED) > 15
    for file, name in NAMED:
        tree = ast.parse((PACKAGE / file).read_text(encoding="utf-8"))
        assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}, (
            file,
            name,
        )
