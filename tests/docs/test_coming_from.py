"""The page for those who come from other libraries: every row of its tables is run.

A cell's code spans are the lines of a program, whose last one is an expression. A comment behind it says what it gives,
a value or an exception; where neither cell has one, both must give the same numbers. A library that is not installed
leaves its column out.
"""

from __future__ import annotations

import ast
import builtins
import importlib.util
import re
import warnings
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

import anygrad as ag
from anygrad.core.containers import flatten

PAGE = (Path(__file__).parents[2] / "docs" / "coming_from.md").read_text(encoding="utf-8")
LIBRARIES = {"HIPS autograd": "autograd", "PyTorch": "torch", "JAX": "jax", "MyGrad": "mygrad", "Chainer": "chainer"}
SECTIONS = {part.split("\n", 1)[0]: part for part in re.split(r"^## ", PAGE, flags=re.MULTILINE)[1:]}
PREAMBLE = PAGE.split("\n## ", 1)[0]


def blocks(text: str) -> list[str]:
    return re.findall(r"```python\n(.*?)```", text, re.DOTALL)


class Row(NamedTuple):
    """A row of a table: what is written there, and how it runs here."""

    library: str
    theirs: str
    ours: str
    remark: str


def rows() -> list[Row]:
    found = []
    for library in LIBRARIES:
        for line in SECTIONS[library].splitlines():
            if line.startswith("| ") and not line.startswith(("| ---", f"| {library}")):
                theirs, ours, remark = (cell.strip() for cell in line.strip("|").split(" | "))
                found.append(Row(library, program(theirs), program(ours), remark))
    return found


def program(cell: str) -> str:
    return "\n".join(re.findall(r"`([^`]*)`", cell))


def run(code: str, setup: str) -> Any:
    """The value of a program's last line, or the exception that ends it."""
    names: dict[str, Any] = {}
    exec(setup, names)
    tree = ast.parse(code)
    last = tree.body[-1]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about NaN, which some rows are about
            if not isinstance(last, ast.Expr):
                exec(code, names)
                return None
            exec(compile(ast.Module(tree.body[:-1], []), "<row>", "exec"), names)
            return eval(compile(ast.Expression(last.value), "<row>", "eval"), names)
    except Exception as error:
        return error


def stated(code: str) -> tuple[Any] | None:
    """What the comment behind a program says that it gives."""
    _, mark, comment = code.rpartition("  # ")
    if not mark:
        return None
    value = getattr(builtins, comment, None) or eval(comment, {"nan": np.nan, "inf": np.inf})
    return (np.array(value) if isinstance(value, list) else value,)


def plain(value: Any) -> list[Any]:
    """A result as a list of NumPy arrays, or of what is none."""
    leaves = []
    for leaf in [value] if value is None or isinstance(value, str) else flatten(value)[0]:
        if hasattr(leaf, "detach"):  # PyTorch's and anygrad's
            leaf = leaf.detach().numpy()
        elif type(leaf).__module__.startswith("mygrad"):
            leaf = leaf.data
        is_name = isinstance(leaf, str | type | np.dtype) or type(leaf).__name__ == "dtype"
        leaves.append(str(np.dtype(leaf) if isinstance(leaf, type) else leaf).rpartition(".")[2] if is_name else leaf)
    return leaves


def check_same(found: Any, expected: Any, what: str) -> None:
    if isinstance(expected, type) and issubclass(expected, Exception):
        assert type(found) is expected, f"{what} gives {found!r}, not {expected.__name__}"
        return
    if isinstance(found, Exception):
        raise found
    parts = plain(found), plain(expected)
    assert len(parts[0]) == len(parts[1]), f"{what} gives {found}, not {expected}"
    for got, wanted in zip(*parts):
        if isinstance(wanted, str) or wanted is None:
            assert got == wanted, f"{what} gives {found!r}, not {expected!r}"
        else:
            assert np.shape(got) == np.shape(wanted), f"{what} has shape {np.shape(got)}, not {np.shape(wanted)}"
            np.testing.assert_allclose(np.asarray(got), np.asarray(wanted), rtol=1e-6, atol=1e-9, err_msg=what)


ROWS = rows()


@pytest.mark.parametrize("row", ROWS, ids=[f"{row.library}: {row.theirs or row.ours}" for row in ROWS])
def test_a_row(row, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # some rows save files
    ours = run(row.ours, blocks(PREAMBLE)[0])
    told = stated(row.ours)
    if told:
        check_same(ours, told[0], row.ours)
    elif isinstance(ours, Exception):
        raise ours
    else:
        assert ours is not None
    if importlib.util.find_spec(LIBRARIES[row.library]) is None or not row.theirs:
        return
    theirs = run(row.theirs, blocks(SECTIONS[row.library])[0])
    told_of_theirs = stated(row.theirs)
    if told_of_theirs:
        check_same(theirs, told_of_theirs[0], row.theirs)
    elif isinstance(theirs, Exception):
        raise theirs
    assert bool(told) == bool(told_of_theirs), "a row whose sides differ says what each of them gives"
    if not told:
        check_same(ours, theirs, row.ours)
    elif str(told) != str(told_of_theirs):
        assert row.remark, "a row whose sides differ has a remark"


PAIRS = [library for library in LIBRARIES if len(blocks(SECTIONS[library])) == 3]


@pytest.mark.parametrize("library", PAIRS)
def test_a_longer_example(library):
    """After the table: their program and anygrad's, which make the same ``result``."""
    setup, theirs, ours = blocks(SECTIONS[library])
    expected: dict[str, Any] = {}
    found: dict[str, Any] = {}
    exec(blocks(PREAMBLE)[0] + ours, found)
    pytest.importorskip(LIBRARIES[library])
    exec(setup + theirs, expected)
    check_same(found["result"], expected["result"], library)


def test_every_library_has_a_table():
    assert [name for name in SECTIONS if name in LIBRARIES] == list(LIBRARIES)
    for library in LIBRARIES:
        assert sum(row.library == library for row in ROWS) >= 12


@pytest.mark.parametrize("section", [name for name in SECTIONS if name not in LIBRARIES])
def test_the_other_sections_python_runs(section):
    names: dict[str, Any] = {}
    exec("\n".join(blocks(PREAMBLE) + blocks(SECTIONS[section])), names)


def test_names_that_the_page_says_do_not_exist():
    for name in ("jit", "nn", "optim", "save", "load", "tree_map", "lax"):
        assert not hasattr(ag, name)
