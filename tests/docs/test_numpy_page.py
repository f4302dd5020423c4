"""The page about NumPy programs: its tables held against the registry, its snippets and replacements run."""

from __future__ import annotations

import importlib.util
import math
import pathlib
import re
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

import anygrad as ag

PATH = pathlib.Path(__file__).parents[2] / "docs" / "numpy_functions.py"
SPEC = importlib.util.spec_from_file_location("numpy_page", PATH)
numpy_page = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(numpy_page)
TEXT = numpy_page.PAGE.read_text(encoding="utf-8")


def test_the_tables_say_what_the_registry_does():
    assert numpy_page.written(TEXT) == TEXT, "run: python docs/numpy_functions.py"


def test_the_pages_python_runs_from_top_to_bottom():
    blocks = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    if importlib.util.find_spec("xarray") is None:
        blocks = [block for block in blocks if "xarray" not in block]
    assert len(blocks) >= 2
    command = [sys.executable, "-W", "error", "-c", "\n".join(blocks)]
    run = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert run.returncode == 0, run.stderr


REPLACEMENTS = re.findall(r"^\| `(.*)` \| `(.*)` \|$", TEXT.partition("## What differs")[0], re.MULTILINE)


@pytest.mark.parametrize(("refused", "instead"), REPLACEMENTS)
def test_what_is_refused_has_a_replacement_that_works(refused, instead):
    def names() -> dict[str, Any]:
        x = ag.Tensor([0.5, -1.5, 2.0], requires_grad=True)
        others = {"y": x * 2, "r": np.ones(3), "mask": x > 0, "c": [1.0, 2.0]}
        return {"np": np, "math": math, "x": x, **others}

    with pytest.raises((RuntimeError, TypeError, ValueError)):
        exec(refused, names())
    scope = names()
    exec(instead if "r = " in instead else f"r = {instead}", scope)
    np.sum(scope["r"]).backward()
    assert np.any(scope["x"].grad != 0)


def test_the_page_has_replacements():
    assert len(REPLACEMENTS) >= 8
