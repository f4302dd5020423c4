"""The rooms of the package: imports run down the table of CONTRIBUTING.md, and go in no circle."""

import ast
import graphlib
from collections.abc import Iterator
from pathlib import Path

import pytest

REPOSITORY = next(folder for folder in Path(__file__).resolve().parents if (folder / "pyproject.toml").exists())

ROOMS = [["core"], ["ops"], ["backends"], ["arrays"], ["reverse", "forward", "batch"], ["transforms"], ["public"]]
ROOMS += [["numpy_api"]]
"""From the bottom to the top; rooms side by side do not know of each other. NumPy's functions are written in the names
that anygrad has for everybody, so their room is above these."""
LEVEL = {room: level for level, rooms in enumerate(ROOMS) for room in rooms}


def modules_of(package: str) -> dict[str, Path]:
    """The files of a package by their modules' names."""
    files = sorted((REPOSITORY / package).rglob("*.py"))
    return {".".join(f.relative_to(REPOSITORY).with_suffix("").parts).removesuffix(".__init__"): f for f in files}


ANYGRAD = modules_of("anygrad")


def room_of(module: str) -> str:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 and parts[1] in LEVEL else "public"


class Import:
    """One statement that imports modules of a package.

    Attributes:
        targets: the modules.
        line: its number.
        is_late: whether it stands in a function.
        has_reason: whether a comment, in its line or the one above, says why it does.
    """

    def __init__(self, node: ast.Import | ast.ImportFrom, is_late: bool, lines: list[str], modules: set[str]) -> None:
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            assert node.level == 0, "imports are written in full"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            names = [name if name in modules else str(node.module) for name in names]
        self.targets = {name for name in names if name in modules}
        self.line = node.lineno
        self.is_late = is_late
        self.has_reason = "#" in lines[node.lineno - 1] or lines[node.lineno - 2].lstrip().startswith("#")


def imports(file: Path, modules: set[str]) -> Iterator[Import]:
    text = file.read_text()
    lines = ["", *text.splitlines()]
    stack: list[tuple[ast.AST, bool]] = [(ast.parse(text), False)]
    while stack:
        node, is_late = stack.pop()
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield Import(node, is_late, lines[1:], modules)
        is_late = is_late or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        stack += [(child, is_late) for child in ast.iter_child_nodes(node)]


@pytest.mark.parametrize("module", ANYGRAD)
def test_imports_run_down_the_table(module: str) -> None:
    room = room_of(module)
    for found in imports(ANYGRAD[module], set(ANYGRAD)):
        assert not (found.is_late and found.targets) or found.has_reason, (
            f"line {found.line} does not say why it is late"
        )
        for target in found.targets if not found.is_late else ():
            its_room = room_of(target)
            runs_down = its_room == room or LEVEL[its_room] < LEVEL[room]
            assert runs_down, f"line {found.line}: {room} must not know {target}, which is of {its_room}"


@pytest.mark.parametrize("package", ["anygrad", "benchmarks"])
def test_modules_import_each_other_in_no_circle(package: str) -> None:
    modules = modules_of(package)
    graph = {
        module: {target for found in imports(file, set(modules)) if not found.is_late for target in found.targets}
        for module, file in modules.items()
    }
    graphlib.TopologicalSorter(graph).prepare()  # which raises CycleError, with the circle


def test_core_imports_no_array_library() -> None:
    """Nor do the operations."""
    for module, file in ANYGRAD.items():
        if room_of(module) in ("core", "ops"):
            text = file.read_text()
            found = [line for line in text.splitlines() if line.startswith(("import ", "from "))]
            named = {line.split()[1].partition(".")[0] for line in found}
            allowed = {"numpy"} if module == "anygrad.core.keys" else set()  # its scalars, and arrays of indices
            assert not named & {"numpy", "cupy", "torch", "jax"} - allowed, module


def test_no_file_is_longer_than_one_sitting() -> None:
    folders = ["anygrad", "tests", "benchmarks", "docs", "examples"]
    lengths = {f: len(f.read_text().splitlines()) for folder in folders for f in (REPOSITORY / folder).rglob("*.py")}
    assert {str(f.relative_to(REPOSITORY)): n for f, n in lengths.items() if n > 460} == {}
