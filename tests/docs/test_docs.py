"""What the documentation says is run: the example of every docstring, of which every public function has one."""

import doctest
import importlib
import operator
import pkgutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import anygrad as ag
from anygrad.core.primitive import Primitive
from tests.conftest import is_dtype

ROOT = Path(__file__).parents[2]
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
