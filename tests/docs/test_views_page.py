"""The page about views, writes and scalars: its snippets, what is shared, and what is refused."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import anygrad as ag

PAGE = (Path(__file__).parents[2] / "docs" / "views.md").read_text(encoding="utf-8")


def table(heading: str) -> list[list[str]]:
    """The rows of the first table below a heading, without its head."""
    section = PAGE.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    return [line.strip("| ").split(" | ") for line in section.splitlines() if line.startswith("| ")][1:]


def test_the_pages_python_runs_from_top_to_bottom():
    blocks = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert len(blocks) >= 8
    command = [sys.executable, "-W", "error", "-c", "\n".join(blocks)]
    run = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert run.returncode == 0, run.stderr


def expressions(column: int) -> list[str]:
    return [code for row in table("What is shared") for code in re.findall(r"`([^`]*)`", row[column]) if len(code) > 1]


def shares(code: str, names: dict[str, Any]) -> bool:
    """Whether a write to the whole is seen by a part, or by a row or an element of it."""
    part = eval(code, {"np": np}, names)
    before = part.tolist()
    for whole in names.values():
        whole[...] = whole + 1.0 + 1.0j if np.iscomplexobj(whole) else whole + 1.0
    return part.tolist() != before


@pytest.mark.parametrize(("column", "is_view"), [(0, True), (1, False)])
@pytest.mark.parametrize("kind", ["NumPy", "a Tensor", "a Tensor on array-api-strict"])
def test_what_is_shared(column, is_view, kind):
    y = np.arange(6.0).reshape(2, 3)
    assert len(expressions(column)) >= 10
    for code in expressions(column):
        if kind == "NumPy":
            names = {"y": y.copy(), "z": y + 2j}
        else:
            device = "cpu" if kind == "a Tensor" else pytest.importorskip("array_api_strict") and "strict:device1"
            names = {name: ag.asarray(v, device=device) * 1.0 for name, v in {"y": y, "z": y + 2j}.items()}
        assert shares(code, names) == is_view, code


REFUSED = [[cell.strip("`") for cell in row[:2]] for row in table("What is refused")]


@pytest.mark.parametrize(("refused", "instead"), REFUSED)
def test_what_is_refused_has_a_replacement_that_works(refused, instead):
    def scope() -> dict[str, Any]:
        x = ag.Tensor([0.5, -1.5, 2.0], requires_grad=True)
        y = x * 1.0
        return {"np": np, "x": x, "y": y, "alias": y[:], "r": np.zeros(3)}

    with pytest.raises((RuntimeError, TypeError, ValueError)):
        exec(refused, scope())
    exec(instead, scope())


def test_the_page_says_what_is_refused():
    assert len(REFUSED) >= 8
