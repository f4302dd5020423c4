"""Writes the tables of numpy.md: which of NumPy's functions run on anygrad's arrays.

Run it after a function was added: ``python docs/numpy_functions.py``. What is in the tables comes from the registry of
``anygrad.numpy_api``; a test holds the page against it.
"""

from __future__ import annotations

import pathlib
import sys

ROOT = pathlib.Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from anygrad.numpy_api import refusals, ufuncs  # noqa: E402
from anygrad.numpy_api.registry import NAMED  # noqa: E402

PAGE = ROOT / "docs" / "numpy.md"
START, END = "<!-- written by docs/numpy_functions.py -->", "<!-- end -->"
CHAPTERS = {
    "reductions": "reductions, running sums",
    "statistics": "quantiles, statistics",
    "shapes": "shapes, splitting, repeating",
    "joining": "joining",
    "indexing": "choosing, writing",
    "sorting": "sorting, sets",
    "products": "products, convolutions",
    "linalg": "linear algebra",
    "transforms": "Fourier transforms",
    "calculus": "elements, differences, integrals",
    "polynomials": "polynomials",
    "creation": "sequences, arrays like others",
    "logic": "questions",
}


def listed(names: list[str]) -> str:
    """Names as code."""
    return ", ".join(f"`{name}`" for name in sorted(names)) or "-"


def tables() -> str:
    """The generated part of the page."""
    lines = ["| | with a gradient | without one |", "|---|---|---|"]
    smooth = [name for name, entry in ufuncs.ENTRIES.items() if entry.has_gradient]
    steps = [name for name, entry in ufuncs.ENTRIES.items() if not entry.has_gradient]
    lines.append(f"| ufuncs | {listed(smooth)} | {listed(steps)} |")
    chapters: dict[str, tuple[list[str], list[str]]] = {chapter: ([], []) for chapter in CHAPTERS}
    creators = []
    for name, entry in NAMED.items():
        if entry.kind == "creation":
            creators.append(name)
        else:
            chapters[chapter_of(name)][entry.kind == "plain"].append(name)
    lines += [f"| {CHAPTERS[chapter]} | {listed(a)} | {listed(b)} |" for chapter, (a, b) in chapters.items()]
    lines += ["", f"With `like=`: {listed(creators)}.", "", "Not supported:", ""]
    lines += ["| function | in its place |", "|---|---|"]
    remedies = {**refusals.REMEDIES, **ufuncs.UFUNCS_REFUSED}
    lines += [f"| `{name}` | {remedy} |" for name, remedy in sorted(remedies.items())]
    return "\n".join([START, "", *lines, "", END])


def chapter_of(name: str) -> str:
    """The module that a function is written in; of one taken from anygrad as it is, that of its kind."""
    module = NAMED[name].function.__module__.rpartition(".")[2]
    return module if module in CHAPTERS else "sorting"


def written(page: str) -> str:
    """A page with the tables anew."""
    before, _, rest = page.partition(START)
    _, _, after = rest.partition(END)
    return before + tables() + after


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
