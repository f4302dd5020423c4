"""What the page about SciPy says of its functions, found by calling them; run as a program, it writes the page.

The page lists what SciPy 1.17 does and, in a part of its own, what SciPy 1.18 does not refuse any more; the program
writes the part about the version that is installed.
"""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("SCIPY_ARRAY_API", "1")

import numpy as np
import scipy

import anygrad as ag
from tests.ecosystem import scipy_methods, scipy_refused, scipy_special_stats
from tests.ecosystem.scipy_harness import Case, TakenError, gradients

PAGE = Path(__file__).parents[2] / "docs" / "ecosystem.md"
VERSION = ".".join(scipy.__version__.split(".")[:2])
LISTED, NEWER = "1.17", "1.18"

STEPS: list[Case] = scipy_special_stats.RANKS


def _lists(module: object) -> list[Case]:
    return [case for name, found in vars(module).items() if name.isupper() and type(found) is list for case in found]


DIFFERENTIATED: list[Case] = [
    case for module in (scipy_special_stats, scipy_methods) for case in _lists(module) if case not in STEPS
]
REFUSED: list[Case] = _lists(scipy_refused)

# They divide by the first coefficient unless it is exactly 1, where the derivative in it lacks a part.
WRONG: dict[str, list[str]] = {LISTED: [], NEWER: ["signal.lfilter_zi", "signal.sosfilt_zi"]}

WAYS = {
    "does not become a NumPy array": "makes NumPy arrays of its arguments",
    "gives plain numbers": "asks for a Python number",
    "must have different signs": "asks for a Python number",
    "with an exception set": "asks for a Python number",
    "has no attribute": "asks the namespace for a function that the standard lacks",
    "the ufunc": "calls a ufunc that anygrad has no derivative of",
    "not a proper array of floats": "makes NumPy arrays of what the function gives",
    "can't be converted to double": "makes NumPy arrays of its arguments",
    "could not convert": "makes NumPy arrays of its arguments",
    "has no derivative in": "anygrad has no derivative in this argument",
    "Multiple namespaces": "makes NumPy arrays beside the Tensors, and refuses two libraries at once",
}


def refusal(case: Case) -> tuple[str, str]:
    """Which function of SciPy's refuses a call on Tensors, and how.

    Raises:
        TakenError: none does.
    """
    try:
        gradients(case, "cpu")
    except Exception as error:  # also what SciPy's compiled code makes of a refusal
        found, where = error, _check(error)
    else:
        raise TakenError(f"{case.name} takes Tensors that require a gradient")
    said = f"{found} {found.__cause__}"
    return where, next((way for sign, way in WAYS.items() if sign in said), str(found).partition(";")[0])


def _check(error: BaseException) -> str:
    """The innermost function of SciPy's own on the way to an error, by its file and name.

    Root finders, in C, call on after a refusal, through ``f_raise``; what comes to light then is a matter of chance.
    """
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        path = Path(frame.filename).as_posix()
        _, _, inside = path.rpartition("/scipy/")
        if inside != path and not inside.startswith("_lib/array_api") and not frame.name.startswith(("<", "f_raise")):
            return f"`{inside}`, `{frame.name}`"
    return "none: anygrad refuses" if isinstance(error, NotImplementedError) else "a compiled function"


def module_of(case: Case) -> str:
    return case.name.partition(".")[0]


def names(cases: list[Case]) -> list[str]:
    """The functions called, each once, without their module."""
    return sorted({case.name.partition(".")[2] for case in cases}, key=str.lower)


def listed() -> list[str]:
    """The part of the page about all that was tried, without its marks."""
    modules = sorted({module_of(case) for case in (*DIFFERENTIATED, *REFUSED)})
    ways: dict[tuple[str, str, str], list[Case]] = {}
    for case in REFUSED:
        ways.setdefault((module_of(case), *refusal(case)), []).append(case)
    groups = {"differentiated": DIFFERENTIATED, "constant": STEPS, "refused": REFUSED}
    counts = {
        (module, group): names([case for case in cases if module_of(case) == module])
        for module in modules
        for group, cases in groups.items()
    }
    for module in modules:  # a function that refuses some arguments alone is counted where it works
        works = counts[module, "differentiated"]
        counts[module, "refused"] = [name for name in counts[module, "refused"] if name not in works]
    totals = [sum(len(counts[module, group]) for module in modules) for group in groups] + [len(WRONG[LISTED])]
    lines = [
        "| module | tried | gradient | step function | refused | wrong | gradient lost silently |",
        "|---|---|---|---|---|---|---|",
    ]
    for module in modules:
        row = [len(counts[module, group]) for group in groups]
        row.append(len([name for name in WRONG[LISTED] if name.startswith(f"{module}.")]))
        lines.append(f"| `{module}` | {sum(row)} | {' | '.join(map(str, row))} | 0 |")
    lines += [f"| all | {sum(totals)} | {' | '.join(map(str, totals))} | 0 |", "", "### With the right gradient", ""]
    lines += [_listed(module, counts[module, "differentiated"]) for module in modules]
    lines += ["", "### Step functions", ""]
    lines += [_listed(module, counts[module, "constant"]) for module in modules]
    lines += ["", "### Refused", "", "| functions | the check in SciPy | which |", "|---|---|---|"]
    for (module, where, way), cases in sorted(ways.items()):
        listed = ", ".join(f"`{name}`" for name in names(cases))
        lines.append(f"| {module}: {listed} | {where} | {way} |")
    return [line for line in lines if line is not None]


def newly_taken() -> list[str]:
    """The part of the page about what was refused and is not any more, without its marks."""
    with_gradient: list[Case] = []
    constant: list[Case] = []
    for case in REFUSED:
        try:
            refusal(case)
        except TakenError:
            results, _ = gradients(case, "cpu")
            is_tracked = any(isinstance(result, ag.Tensor) and result.requires_grad for result in results)
            (with_gradient if is_tracked else constant).append(case)
    lines: list[str] = []
    for title, cases in (("With the right gradient:", with_gradient), ("Step functions:", constant)):
        modules = sorted({module_of(case) for case in cases})
        found = [_listed(module, names([case for case in cases if module_of(case) == module])) for module in modules]
        lines += [*([""] if lines else []), title, "", *(line for line in found if line)]
    return lines


PARTS: dict[str, tuple[str, Callable[[], list[str]]]] = {LISTED: ("scipy", listed), NEWER: ("scipy 1.18", newly_taken)}


def _listed(module: str, found: list[str]) -> str | None:
    return f"- `{module}`: {', '.join(f'`{name}`' for name in found)}" if found else None


def written(page: str) -> str:
    """A page with the generated part about the installed version anew.

    Raises:
        KeyError: the page has no part about this version.
    """
    name, found = PARTS[VERSION]
    start, end = f"<!-- {name}: written by tests/ecosystem/scipy_page.py -->", f"<!-- {name}: end -->"
    before, opened, rest = page.partition(start)
    _, closed, after = rest.partition(end)
    assert opened, f"the page lacks {start}"
    assert closed, f"the page lacks {end}"
    return before + "\n".join([start, "", *found(), "", end]) + after


if __name__ == "__main__":
    with np.errstate(all="ignore"):
        PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
