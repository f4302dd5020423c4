"""A case: a formula over a namespace, the data it is given, and the sizes worth measuring."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

if TYPE_CHECKING:
    import numpy as np

__all__ = ["Case", "Problem", "Size", "case", "cases", "chosen", "label", "load", "named"]

Size = tuple[int, ...]
Derivative = Literal["gradient", "hessian"]
F = TypeVar("F", bound=Callable[..., Any])

cases: dict[str, Case] = {}
"""Every known case by its name."""


@dataclass
class Case:
    """One thing to measure. Made by :func:`case`, which documents the fields.

    Attributes:
        function: the formula, ``function(xp, *arrays, *numbers)``, which gives a scalar.
        by_hand: the same with its derivative written by hand, or None.
    """

    name: str
    function: Callable[..., Any]
    data: Callable[..., tuple[Any, ...]]
    axes: tuple[str, ...]
    sizes: tuple[Size, ...]
    cuda_sizes: tuple[Size, ...]
    wrt: int | None
    rate: float | None
    derivative: Derivative
    family: str
    by_hand: Callable[..., Any] | None = field(default=None)

    @property
    def summary(self) -> str:
        """The first line of the formula's documentation."""
        return (self.function.__doc__ or "").partition("\n")[0].rstrip(".")

    def hand(self, function: F) -> F:
        """Give the derivative by hand: ``function(xp, *arrays, *numbers)`` returns the value and a function.

        That function, called without arguments, goes back through what was kept and gives the list of gradients, or, if
        the case asks for one, the Hessian alone.
        """
        self.by_hand = function
        return function

    def checked(self, size: Size) -> Size:
        """A size, if it is one of this case.

        Raises:
            ValueError: it has another number of axes than the case, or one is below 1.
        """
        if len(size) != len(self.axes) or min(size) < 1:
            raise ValueError(
                f"{self.name} is sized by {' x '.join(self.axes)}, each at least 1, given {label(size)!r}; "
                f"write it like {label(self.sizes[0])}"
            )
        return size

    def problem(self, size: Size, dtype: str) -> Problem:
        """The case at a size and a precision, always with the same numbers.

        Raises:
            ValueError: the size is none of this case.
        """
        import numpy as np

        self.checked(size)
        given = self.data(np.random.default_rng(0), *size)
        numbers = [x for x in given if not isinstance(x, np.ndarray)]
        arrays = [x.astype(dtype) if x.dtype.kind == "f" else x for x in given if isinstance(x, np.ndarray)]
        floating = sum(x.dtype.kind == "f" for x in arrays)
        wrt = floating if self.wrt is None else self.wrt
        return Problem(self, size, dtype, arrays[:wrt], arrays[wrt:], numbers)


@dataclass
class Problem:
    """A case at one size and precision, with its data as NumPy arrays.

    Attributes:
        parameters: what is differentiated.
        constants: the other arrays.
        numbers: Python's numbers, the same for every contestant.
    """

    case: Case
    size: Size
    dtype: str
    parameters: list[np.ndarray]
    constants: list[np.ndarray]
    numbers: list[Any]

    def __str__(self) -> str:
        return f"{self.case.name} at {label(self.size)} in {self.dtype}"

    def function(self, xp: Any) -> Callable[..., Any]:
        """The formula in a namespace, of the parameters and the constants."""
        formula, numbers = self.case.function, self.numbers
        return lambda *arrays: formula(xp, *arrays, *numbers)


def case(
    name: str,
    data: Callable[..., tuple[Any, ...]],
    *,
    sizes: Iterable[Sequence[int]],
    axes: Sequence[str] = ("size",),
    cuda_sizes: Iterable[Sequence[int]] = (),
    wrt: int | None = None,
    rate: float | None = None,
    derivative: Derivative = "gradient",
) -> Callable[[Callable[..., Any]], Case]:
    """Make a case of a formula ``formula(xp, *arrays, *numbers)`` that returns a scalar.

    Args:
        name: how it is chosen on the command line.
        data: ``data(rng, *size)`` gives NumPy arrays, those to differentiate first, and after them Python numbers.
            Floating arrays are cast to the precision that is measured.
        sizes: the sizes measured when none is asked for, a number for each axis.
        axes: what these numbers are.
        cuda_sizes: the sizes on a CUDA device; by default the same.
        wrt: how many of the arrays are differentiated; by default all floating ones.
        rate: makes it a training step: the pass ends with ``parameter -= rate * gradient``.
        derivative: what is wanted, the ``"gradient"`` or the ``"hessian"``.

    Raises:
        ValueError: the name is taken.
    """

    def decorate(function: Callable[..., Any]) -> Case:
        if name in cases:
            raise ValueError(f"case: the name {name!r} is taken, by {cases[name].function.__module__}; choose another")
        own = tuple(map(tuple, sizes))
        cases[name] = Case(
            name=name,
            function=function,
            data=data,
            axes=tuple(axes),
            sizes=own,
            cuda_sizes=tuple(map(tuple, cuda_sizes)) or own,
            wrt=wrt,
            rate=rate,
            derivative=derivative,
            family=function.__module__.rpartition(".")[2],
        )
        return cases[name]

    return decorate


def label(size: Size) -> str:
    """A size as it is written on the command line: ``256x512``."""
    return "x".join(map(str, size))


def load(path: Path) -> list[Case]:
    """Run a file that states cases, and give these.

    Raises:
        ValueError: it states none, or cannot be read.
    """
    before = set(cases)
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None or not path.is_file():
        raise ValueError(f"{path} is no file of Python")
    spec.loader.exec_module(importlib.util.module_from_spec(spec))
    found = [found for name, found in cases.items() if name not in before]
    if not found:
        raise ValueError(f"{path} states no case; decorate a formula with benchmarks.case")
    return found


def named(what: str, given: Iterable[str], known: Iterable[str]) -> list[str]:
    """The names that were given, if there are such.

    Raises:
        ValueError: one is unknown; the message lists all.
    """
    names, known = list(given), list(known)
    for name in names:
        if name not in known:
            raise ValueError(f"unknown {what} {name!r}; choose among {', '.join(known)}")
    return names


def chosen(names: Sequence[str]) -> list[Case]:
    """The cases of some names.

    Raises:
        ValueError: there is no such case.
    """
    return [cases[name] for name in named("case", names, cases)]
