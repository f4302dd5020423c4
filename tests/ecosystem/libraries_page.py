"""What the page says of scikit-learn, array-api-extra, einops and opt_einsum, found by calling them.

Run as a program, it writes those parts of the page.
"""

from __future__ import annotations

import contextlib
import difflib
import importlib
import os
from pathlib import Path

os.environ.setdefault("SCIPY_ARRAY_API", "1")

import numpy as np

from tests.ecosystem.calls import Call, check, refusal
from tests.ecosystem.scipy_harness import TakenError

PAGE = Path(__file__).parents[2] / "docs" / "ecosystem.md"
TABLES = {
    "scikit-learn": ("sklearn", ("sklearn_calls", "sklearn_refused")),
    "array-api-extra": ("array_api_extra", ("array_library_calls",)),
    "einops": ("einops", ("array_library_calls",)),
    "opt_einsum": ("opt_einsum", ("array_library_calls",)),
}


def tables(library: str) -> dict[str, list[Call]]:
    """The calls of a library: those with a gradient, those of step functions, and those refused."""
    package, files = TABLES[library]
    modules = [importlib.import_module(f"tests.ecosystem.{file}") for file in files]
    found = {}
    for table in ("DIFFERENTIATED", "STEPS", "REFUSED"):
        module = next(m for m in reversed(modules) if hasattr(m, table))
        cases: list[Call] = getattr(module, table)
        found[table] = [c for c in cases if package == "sklearn" or c.name.split(".")[0] == package]
    return found


def names(cases: list[Call]) -> list[str]:
    return sorted({case.name for case in cases}, key=str.lower)


def section(library: str) -> str:
    """The generated part about a library."""
    package, _ = TABLES[library]
    found = tables(library)
    works = names(found["DIFFERENTIATED"])
    steps = [name for name in names(found["STEPS"]) if name not in works]
    refused = [name for name in names(found["REFUSED"]) if name not in works]
    lines = [
        *("| tried | gradient | step function | refused | gradient lost silently |", "|---|---|---|---|---|"),
        f"| {len({*works, *steps, *refused})} | {len(works)} | {len(steps)} | {len(refused)} | 0 |",
        *("", "With the right gradient:", "", *_by_module(found["DIFFERENTIATED"], works)),
    ]
    if steps:
        lines += ["", "Constants:", "", *_by_module(found["STEPS"], steps)]
    if found["REFUSED"]:
        lines += ["", "Refused:", "", f"| what | the check in {library} | which |", "|---|---|---|"]
        lines += _refusals(found["REFUSED"], package)
    return "\n".join([f"<!-- {library}: written by tests/ecosystem/libraries_page.py -->", "", *lines, ""])


def _by_module(cases: list[Call], kept: list[str]) -> list[str]:
    modules: dict[str, set[str]] = {}
    for case in cases:
        if case.name in kept:
            modules.setdefault(case.module, set()).add(case.called)
    return [
        f"- `{module}`: {', '.join(f'`{name}`' for name in sorted(found, key=str.lower))}"
        for module, found in sorted(modules.items())
    ]


def _refusals(cases: list[Call], package: str) -> list[str]:
    ways: dict[tuple[str, str], set[str]] = {}
    with contextlib.ExitStack() as options:
        options.enter_context(np.errstate(all="ignore"))
        if package == "sklearn":
            import sklearn
            import threadpoolctl

            options.enter_context(sklearn.config_context(array_api_dispatch=True))
            options.enter_context(threadpoolctl.threadpool_limits(1))  # in other threads an error comes from elsewhere
        for case in cases:
            ways.setdefault(refusal(case, package), set()).add(case.shown)
    return [
        f"| {', '.join(f'`{name}`' for name in sorted(found, key=str.lower))} | {where} | {way} |"
        for (where, way), found in sorted(ways.items())
    ]


def written(page: str, library: str) -> str:
    """A page with the generated part about a library anew."""
    start, end = f"<!-- {library}: written by tests/ecosystem/libraries_page.py -->", f"<!-- {library}: end -->"
    before, found, rest = page.partition(start)
    _, closed, after = rest.partition(end)
    assert found, f"the page has no part about {library}"
    assert closed, f"the part about {library} has no end"
    return f"{before}{section(library)}\n{end}{after}"


def check_refused(case: Call, package: str, *, of_the_page: bool) -> None:
    """Ask that a call is refused for a reason that the page knows, or, in a version that it is not about, is right."""
    try:
        _, way = refusal(case, package)
    except TakenError:
        assert not of_the_page
        check(case)
    else:
        assert f"| {way} |" in PAGE.read_text(encoding="utf-8")


def check_section(library: str) -> None:
    """Hold the page against what is found now."""
    page = PAGE.read_text(encoding="utf-8")
    found = written(page, library)
    changes = "\n".join(line for line in difflib.ndiff(page.splitlines(), found.splitlines()) if line[:1] in "+-")
    assert page == found, f"run python -m tests.ecosystem.libraries_page, which would change\n{changes}"


if __name__ == "__main__":
    text = PAGE.read_text(encoding="utf-8")
    for name in TABLES:
        text = written(text, name)
    PAGE.write_text(text, encoding="utf-8")
