"""What an entry of the table of operations consists of, and the arrays its samples are drawn from."""

from __future__ import annotations

import dataclasses
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

Domain = Callable[[np.random.Generator, tuple[int, ...]], Any]

# --- domains ----------------------------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class between:
    """Numbers of an interval; those of complex arrays have an imaginary part between 0.2 and 0.9."""

    low: float
    high: float

    def __call__(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
        return rng.uniform(self.low, self.high, shape)


anywhere = between(-2, 2)


def nonzero(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    """Numbers of both signs, away from 0."""
    return rng.uniform(0.4, 2, shape) * rng.choice([-1.0, 1.0], shape)


def fractional(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    """Numbers away from integers and from halves."""
    return rng.integers(-3, 3, shape) + rng.choice([0.2, 0.3, 0.7], shape)


def distinct(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    """Numbers of which no two are close."""
    n = int(np.prod(shape))
    return ((rng.permutation(n) - n / 2) * 0.25 + rng.uniform(0, 0.1)).reshape(shape)


class Draw:
    """Random arrays of one dtype from an operation's domain; the same ones each time."""

    def __init__(self, name: str, dtype: Any, domain: Domain) -> None:
        self.rng = np.random.default_rng(zlib.crc32(name.encode()))
        self.dtype = np.dtype(dtype)
        self.domain = domain

    def __call__(self, *shape: int, domain: Domain | None = None, dtype: Any = None) -> Any:
        dtype = np.dtype(dtype or self.dtype)
        values = (domain or self.domain)(self.rng, shape)
        if dtype.kind == "c":
            values = values + 1j * self.rng.uniform(0.2, 0.9, shape)
        return np.asarray(values).astype(dtype)

    def other(self, *shape: int, domain: Domain | None = None) -> Any:
        """An array of another floating dtype, which the first is promoted with."""
        other = {"float32": "float64", "float64": "float32", "complex64": "complex128", "complex128": "float64"}
        other |= {"float16": "float32"}
        return self(*shape, domain=domain, dtype=other[self.dtype.name])

    def integers(self, *shape: int, low: int = -5, high: int = 6) -> Any:
        return np.asarray(self.rng.integers(low, high, shape))

    def bools(self, *shape: int) -> Any:
        return np.asarray(self.rng.random(shape) < 0.5)


# --- samples ----------------------------------------------------------------------------------------------------------


class Sample:
    """The arguments of one call.

    Arrays among them, also within lists and keyword arguments, are what an operation works on; those of a floating
    dtype are differentiated. Arrays in ``key`` are parameters.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.args = args
        self.kwargs = kwargs
        self.refused: dict[str, str] = {}

    def refused_by(self, **reasons: str) -> Sample:
        """Backends whose library cannot do this, each with a pattern of the error it raises."""
        self.refused = reasons
        return self

    def __repr__(self) -> str:
        args = [*map(_shown, self.args), *(f"{name}={_shown(value)}" for name, value in self.kwargs.items())]
        return f"({', '.join(args)})"

    @property
    def arrays(self) -> list[np.ndarray]:
        """The arrays that are differentiated."""
        found: list[np.ndarray] = []
        self.mapped(lambda x: found.append(x) if x.dtype.kind in "fc" else None, lambda x: x)
        return found

    def mapped(
        self, of_array: Callable[[np.ndarray], Any], of_parameter: Callable[[np.ndarray], Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """The arguments, with every array replaced."""
        args = tuple(_mapped(value, of_array) for value in self.args)
        kwargs = {
            name: _mapped(value, of_parameter if name == "key" else of_array) for name, value in self.kwargs.items()
        }
        return args, kwargs

    def replaced(self, arrays: list[Any], of_other: Callable[[np.ndarray], Any] = lambda x: x) -> Any:
        """The arguments with others in place of :attr:`arrays`; ``of_other`` makes the rest."""
        left = iter(arrays)
        return self.mapped(lambda x: next(left) if x.dtype.kind in "fc" else of_other(x), lambda x: x)


def _mapped(value: Any, function: Callable[[np.ndarray], Any]) -> Any:
    if isinstance(value, np.ndarray):
        return function(value)
    if isinstance(value, list | tuple):
        return type(value)(_mapped(part, function) for part in value)
    return value


def _shown(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"{value.dtype.name}{list(value.shape)}"
    if isinstance(value, list):
        return f"[{', '.join(map(_shown, value))}]"
    return str(value)


S = Sample
Samples = Callable[[Draw], Iterator[Sample]]

# --- entries ----------------------------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Operation:
    """One operation and how to test it.

    Attributes:
        name: what the operation is called, in the namespace or as a primitive.
        call: the operation, or a function that calls it.
        reference: the same in NumPy.
        samples: draws the samples.
        domain: where the drawn numbers lie: away from poles, kinks and jumps.
        is_complex: whether it is defined for complex numbers.
        is_analytic: whether the reference, given ``x + ih``, yields the derivative.
        is_differentiable: whether its result carries a gradient.
        smooth: what to differentiate numerically, where the reference would round or cast.
        singular: operands at which a partial derivative is infinite or NaN.
        refused: backends whose library lacks the operation or refuses all samples, with a pattern of the error.
        in_double: whether the reference knows no longer floating type than double.
        rtol: of values in double precision.
    """

    name: str
    call: Callable[..., Any]
    reference: Callable[..., Any]
    samples: Samples
    domain: Domain = anywhere
    is_complex: bool = False
    is_analytic: bool = False
    is_differentiable: bool = True
    smooth: Callable[..., Any] | None = None
    singular: tuple[tuple[float, ...], ...] = ()
    refused: dict[str, str] = dataclasses.field(default_factory=dict)
    in_double: bool = False
    rtol: float = 1e-13

    def __repr__(self) -> str:
        return self.name

    def drawn(self, dtype: Any = np.float64) -> list[Sample]:
        """The samples, with arrays of a dtype."""
        return list(self.samples(Draw(self.name, dtype, self.domain)))


def outputs_of(result: Any) -> list[Any]:
    """The results of an operation that may have several, as a list."""
    return list(result) if isinstance(result, tuple | list) else [result]
