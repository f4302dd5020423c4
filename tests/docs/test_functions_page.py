"""The table of functions in the documentation, held against the registry and the installed libraries."""

from __future__ import annotations

import importlib.util
import pathlib
import warnings

import pytest

PATH = pathlib.Path(__file__).parents[2] / "docs" / "functions.py"
SPEC = importlib.util.spec_from_file_location("functions_page", PATH)
functions_page = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(functions_page)

ROWS = {}
for line in functions_page.PAGE.read_text().splitlines():
    if line.startswith("| `"):
        name, *cells = [cell.strip() for cell in line.strip("|").split("|")]
        ROWS[name.strip("`")] = cells
EXPECTED = {
    f"{space}.{name}".removeprefix("anygrad."): (name, function)
    for space, module in functions_page.SPACES.items()
    for name, function in functions_page.functions(module)
}


def test_every_function_has_a_row():
    assert ROWS.keys() == EXPECTED.keys(), "run: python docs/functions.py"


@pytest.mark.parametrize("full", EXPECTED)
def test_the_row_says_what_the_registry_does(full):
    name, function = EXPECTED[full]
    assert ROWS[full][:2] == [functions_page.derivative(function), functions_page.batching(name)]


@pytest.mark.parametrize("library", ["numpy", "strict", "torch", pytest.param("cupy", marks=pytest.mark.gpu)])
def test_the_column_says_what_the_library_does(library):
    if library not in functions_page.available():
        pytest.skip(f"{library} is not installed")
    at = 2 + list(functions_page.LIBRARIES).index(library)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch's, about arguments it will rename
        wrong = [
            full
            for full, (name, _) in EXPECTED.items()
            if (ROWS[full][at] == "yes") != functions_page.runs_on(name, library)
        ]
    assert not wrong
