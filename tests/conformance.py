"""The official tests of the array API standard, run on anygrad over one array library.

    python tests/conformance.py --suite ../array-api-tests --backend numpy --max-examples 50

``--suite`` is a checkout of the array-api-tests, which are not part of this project; CONTRIBUTING.md says how to get
them. Over NumPy the module under test is ``anygrad`` as it is; over another library the same with that library's device
as the default. ``--peer`` runs the library underneath too, shows what fails on anygrad alone, and asks that no more
tests fail than there: which tests of a library with gaps fail depends on the examples drawn. Further arguments go to
pytest: ``-k test_add``, ``-x``.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

from rich.console import Console
from rich.table import Table

VERSION = "2025.12"
OUTCOMES = ("passed", "failed", "skipped", "xfailed")

HOW_TO_GET_IT = """\
{path} is not a checkout of the test suite with its submodule. Get it with

    git clone --recurse-submodules https://github.com/data-apis/array-api-tests
    pip install -r array-api-tests/requirements.txt

and pass --suite array-api-tests. A checkout without the submodule: git submodule update --init"""


class Library(NamedTuple):
    """What to test over a library: anygrad's default device, and the module of the library itself."""

    device: str
    module: str
    environment: tuple[tuple[str, str], ...] = ()


LIBRARIES = {
    "numpy": Library("cpu", "array_api_compat.numpy"),
    "cupy": Library("cuda", "array_api_compat.cupy"),
    "strict": Library("strict", "array_api_strict"),
    "torch": Library("torch", "array_api_compat.torch"),
    "jax": Library("jax", "jax.numpy", (("JAX_ENABLE_X64", "1"), ("JAX_DISABLE_MOST_OPTIMIZATIONS", "1"))),
    "dask": Library("dask", "array_api_compat.dask.array"),
}


class Run(NamedTuple):
    """The outcome of each test by its id, and the exit status of pytest."""

    outcomes: dict[str, str]
    status: int

    def failures(self) -> list[str]:
        return [test for test, outcome in self.outcomes.items() if outcome == "failed"]


def run(suite: Path, module: str, environment: dict[str, str], max_examples: int, options: list[str]) -> Run:
    """Run the suite on a module, in a process of its own and outside of the checkout, where nothing is written."""
    environment = {
        **os.environ,
        "ARRAY_API_TESTS_MODULE": module,
        "ARRAY_API_TESTS_VERSION": VERSION,
        **environment,
    }
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        # A deadline would test how busy the machine is.
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q", "--tb=short", "-W", "ignore"]
        command += ["--rootdir", str(suite), "-c", str(suite / "pytest.ini"), f"--junitxml={report}"]
        command += [f"--max-examples={max_examples}", "--disable-deadline"]
        files = [option for option in options if option and (suite / option.partition("::")[0]).exists()]
        command += [str(suite / option) if option in files else option for option in options]
        command += [] if files else [str(suite / "array_api_tests")]
        status = subprocess.run(command, cwd=folder, env=environment, check=False).returncode
        cases = ElementTree.parse(report).iter("testcase") if report.exists() else ()
        return Run({f"{case.get('classname')}::{case.get('name')}": outcome_of(case) for case in cases}, status)


def outcome_of(case: ElementTree.Element) -> str:
    if case.find("failure") is not None or case.find("error") is not None:
        return "failed"
    skip = case.find("skipped")
    return "passed" if skip is None else "xfailed" if skip.get("type") == "pytest.xfail" else "skipped"


def table_of(runs: dict[str, Run]) -> Table:
    """The number of each outcome by test file, of each run."""
    counts = [Counter((file_of(test), o) for test, o in run.outcomes.items()) for run in runs.values()]
    seen = {outcome for found in counts for _, outcome in found}
    table = Table()
    table.add_column("tests", no_wrap=True)
    shown = [(found, outcome) for found in counts for outcome in OUTCOMES if outcome in seen or outcome == "failed"]
    names = [name for name in runs for outcome in OUTCOMES if outcome in seen or outcome == "failed"]
    for name, (_, outcome) in zip(names, shown):
        table.add_column(outcome if len(runs) == 1 else f"{name}\n{outcome}", justify="right")
    for file in sorted({file for found in counts for file, _ in found}):
        table.add_row(file, *(str(found[file, outcome] or "") for found, outcome in shown))
    table.add_section()
    totals = (sum(n for (_, o), n in found.items() if o == outcome) for found, outcome in shown)
    table.add_row("all", *map(str, totals))
    return table


def file_of(test: str) -> str:
    """The file of a test, as ``sorting_functions``, by its id."""
    module = test.partition("::")[0]
    return next((part.removeprefix("test_") for part in module.split(".") if part.startswith("test_")), module)


def main(arguments: list[str] | None = None) -> int:
    """Run what the command line asks for, print the outcome, and give the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--suite", type=Path, required=True, help="a checkout of array-api-tests, with its submodule")
    parser.add_argument("--backend", choices=LIBRARIES, default="numpy", help="the array library (default: numpy)")
    parser.add_argument("--max-examples", type=int, default=50, help="examples for each test (default: 50)")
    parser.add_argument("--peer", action="store_true", help="run the library underneath too, and compare")
    given, options = parser.parse_known_args(arguments)
    console = Console(width=None if sys.stdout.isatty() else 120)
    suite = given.suite.expanduser().resolve()
    if not all((suite / part).is_dir() for part in ("array_api_tests", "array-api/src")):
        console.print(HOW_TO_GET_IT.format(path=given.suite), highlight=False, markup=False)
        return 2

    library = LIBRARIES[given.backend]
    environment = dict(library.environment)
    ours = run(suite, "anygrad", {"ANYGRAD_DEVICE": library.device, **environment}, given.max_examples, options)
    runs = {"anygrad": ours}
    failures = ours.failures()
    status = ours.status
    if given.peer:
        runs["library"] = theirs = run(suite, library.module, environment, given.max_examples, options)
        failures = [test for test in failures if theirs.outcomes.get(test) != "failed"]
        status = 1 if len(ours.failures()) > len(theirs.failures()) or not ours.outcomes else 0
    console.print(table_of(runs))
    for test in failures:
        console.print(f"failed{f', and not on {library.module}' if given.peer else ''}: {test}", markup=False)
    console.print(f"anygrad over {given.backend}, {given.max_examples} examples a test: exit status {status}")
    return status


if __name__ == "__main__":
    sys.exit(main())
