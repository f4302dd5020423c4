"""What the documentation says is run: every docstring's example, and every block of Python in the README."""

import doctest
import importlib
import operator
import pkgutil
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import anygrad as ag
from anygrad.primitive import Primitive
from tests.conftest import is_dtype

ROOT = Path(__file__).parent.parent
OPTIONAL_OR_SCRIPT = {"anygrad.__main__"}


def documented() -> Iterator[tuple[str, object]]:
    """Every module, class, function and primitive of the package, by its full name."""
    for info in pkgutil.walk_packages(ag.__path__, "anygrad."):
        if info.name in OPTIONAL_OR_SCRIPT:
            continue
        module = importlib.import_module(info.name)
        yield info.name, module
        for name, value in vars(module).items():
            if getattr(value, "__module__", None) == info.name and (callable(value) or isinstance(value, Primitive)):
                yield f"{info.name}.{name}", value
                if isinstance(value, type):
                    for attribute, member in vars(value).items():
                        if callable(member) or isinstance(member, property):
                            yield f"{info.name}.{name}.{attribute}", member


def examples() -> list[doctest.DocTest]:
    found = []
    for name, value in [("anygrad", ag), *documented()]:
        text = getattr(value, "__doc__", None) or ""
        test = doctest.DocTestParser().get_doctest(text, {"ag": ag, "np": np}, name, None, 0)
        if test.examples:
            found.append(test)
    return found


@pytest.mark.parametrize("test", examples(), ids=lambda test: test.name)
def test_the_examples_in_docstrings_give_what_they_show(test):
    report = []
    result = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test, out=report.append)
    assert result.failed == 0, "".join(report)


def public_names() -> Iterator[str]:
    """The functions and classes of the namespace and of those in it."""
    spaces = {"": ag, "fft.": ag.fft, "linalg.": ag.linalg, "special.": ag.special, "random.": ag.random}
    for prefix, space in spaces.items():
        for name in space.__all__:
            value = getattr(space, name)
            if callable(value) and not is_dtype(value):
                yield f"{prefix}{name}"


@pytest.mark.parametrize("name", list(public_names()))
def test_every_public_function_and_class_has_an_example(name):
    if name in ("Backend", "register_backend"):  # the README and examples/new_backend.py show these
        return
    assert ">>> " in operator.attrgetter(name)(ag).__doc__


def test_the_readmes_python_runs_from_top_to_bottom(tmp_path):
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) >= 5
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", "\n".join(blocks)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert run.returncode == 0, run.stderr


def test_the_readme_shows_the_example_of_a_new_backend_as_it_is():
    example = (ROOT / "examples" / "new_backend.py").read_text(encoding="utf-8")
    body = example[example.index("class Boxed:") : example.index("def main()")]
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [line for line in body.splitlines() if line and line not in readme] == []


def test_ci_runs_the_readmes_commands():
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    commands = {line for line in lines if line.startswith("pip install ")}
    assert len(commands) == 2
    assert commands <= {line.strip() for line in (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()}


def test_no_page_or_message_sends_to_the_package_of_another_project():
    files = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    files += [path for folder in ("anygrad", "benchmarks", "examples") for path in (ROOT / folder).rglob("*.py")]
    assert len(files) > 100
    assert [
        path for path in files if re.search(r"anygrad\[|pip install '?anygrad\b", path.read_text(encoding="utf-8"))
    ] == []
