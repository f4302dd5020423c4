"""Random numbers in the style of ``numpy.random``, as Tensors on any device.

On NumPy they are drawn by ``numpy.random``, on CUDA by CuPy's generator on the device, and for any other library by
NumPy on the host, from where they are moved. A seed gives the same numbers again on the same kind of device; those of
NumPy and of CUDA differ.

>>> rng = ag.random.default_rng(0)
>>> rng.normal(size=2)
Tensor([ 0.12573022, -0.13210486])
"""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np

from anygrad.arrays.creation import asarray
from anygrad.arrays.device import resolve
from anygrad.arrays.dtypes import isdtype, result_type
from anygrad.core.primitive import Array, describe
from anygrad.core.types import rank
from anygrad.ops.datatypes import astype
from anygrad.ops.manipulation import reshape
from anygrad.reverse.tensor import Tensor

__all__ = ["Generator", "default_rng"]

Size = int | tuple[int, ...] | None


def default_rng(seed: Any = None, device: str | None = None) -> Generator:
    """A generator of random Tensors on a device, by default the default one.

    Args:
        seed: an integer, or a sequence of them; None takes one from the operating system.
        device: where the Tensors are drawn.

    Raises:
        ValueError, ImportError, RuntimeError: the device is unknown or not usable here.

    >>> ag.random.default_rng(0).integers(10, size=3)
    Tensor([8, 6, 5])
    """
    return Generator(seed, device)


class Generator:
    """What :func:`default_rng` makes: its methods are those of ``numpy.random.Generator``, and give Tensors.

    ``size`` is the shape of what is drawn, by default that of the parameters. ``dtype`` is float64 or float32, by
    default that of parameters which are arrays. ``loc``, ``scale``, ``low`` and ``high`` may be Tensors: the numbers
    are drawn first, then scaled and shifted, so gradients travel back to the parameters. What is drawn is a constant,
    the same for all members of a batch under :func:`anygrad.vmap`.

    >>> rng = ag.random.Generator(0, device="cpu")
    >>> rng.device
    'cpu'
    """

    __slots__ = ("_device", "_draw")

    def __init__(self, seed: Any = None, device: str | None = None) -> None:
        place = resolve(device)
        self._device = place.name
        self._draw = place.backend.generator(seed, place.short)

    def __repr__(self) -> str:
        return f"Generator(device={self._device!r})"

    @property
    def device(self) -> str:
        """The name of the device on which it draws."""
        return self._device

    # --- floating numbers ---

    def random(self, size: Size = None, dtype: Any = np.float64) -> Tensor:
        """Numbers evenly distributed from 0 up to but without 1.

        >>> ag.random.default_rng(0).random(2)
        Tensor([0.63696169, 0.26978671])
        """
        return self._drawn("random", size, dtype)

    def standard_normal(self, size: Size = None, dtype: Any = np.float64) -> Tensor:
        """Normally distributed numbers of mean 0 and variance 1.

        >>> ag.random.default_rng(0).standard_normal((1, 2)).shape
        (1, 2)
        """
        return self._drawn("standard_normal", size, dtype)

    def standard_exponential(self, size: Size = None, dtype: Any = np.float64) -> Tensor:
        """Exponentially distributed numbers of mean 1.

        >>> ag.random.default_rng(0).standard_exponential(2).shape
        (2,)
        """
        return self._drawn("standard_exponential", size, dtype)

    def uniform(self, low: Array = 0.0, high: Array = 1.0, size: Size = None, dtype: Any = None) -> Tensor:
        """Numbers evenly distributed from ``low`` up to ``high``.

        >>> ag.random.default_rng(0).uniform(10, 20, size=2)
        Tensor([16.36961687, 12.69786714])
        """
        dtype = _dtype_of(dtype, low, high)
        return _of_dtype(low + (high - low) * self.random(_size(size, low, high), dtype), dtype)

    def normal(self, loc: Array = 0.0, scale: Array = 1.0, size: Size = None, dtype: Any = None) -> Tensor:
        """Normally distributed numbers of mean ``loc`` and standard deviation ``scale``.

        >>> mean = ag.Tensor([0.0, 10.0], requires_grad=True)
        >>> ag.sum(ag.random.default_rng(0).normal(mean) ** 2).backward()
        >>> mean.grad
        Tensor([ 0.25146044, 19.73579027])
        """
        dtype = _dtype_of(dtype, loc, scale)
        return _of_dtype(loc + scale * self.standard_normal(_size(size, loc, scale), dtype), dtype)

    def exponential(self, scale: Array = 1.0, size: Size = None, dtype: Any = None) -> Tensor:
        """Exponentially distributed numbers of mean ``scale``.

        >>> ag.random.default_rng(0).exponential(2.0, size=2).shape
        (2,)
        """
        dtype = _dtype_of(dtype, scale)
        return _of_dtype(scale * self.standard_exponential(_size(size, scale), dtype), dtype)

    def _drawn(self, distribution: str, size: Size, dtype: Any) -> Tensor:
        dtype = np.dtype(dtype)
        if dtype not in (np.float32, np.float64):
            raise TypeError(f"{distribution}: dtype must be float32 or float64, given {dtype}; convert with astype")
        return Tensor(self._draw(distribution, _size(size), dtype=dtype))

    # --- integers and orders ---

    def integers(
        self, low: int, high: int | None = None, size: Size = None, dtype: Any = np.int64, endpoint: bool = False
    ) -> Tensor:
        """Integers from ``low`` up to but without ``high``, or with it if ``endpoint``; ``integers(high)`` starts at 0.

        Raises:
            ValueError: there are no integers between the two.

        >>> ag.random.default_rng(0).integers(1, 7, size=4)
        Tensor([6, 4, 4, 2])
        """
        bounds = [None if x is None else _integer("integers", name, x) for name, x in (("low", low), ("high", high))]
        return Tensor(self._draw("integers", *bounds, size=_size(size), dtype=np.dtype(dtype), endpoint=endpoint))

    def permutation(self, x: Array, axis: int = 0) -> Tensor:
        """The parts of an array along an axis in random order, or the integers from 0 up to ``x``.

        >>> ag.random.default_rng(0).permutation(4)
        Tensor([2, 0, 1, 3])
        """
        if rank(type(x)) < 0:
            return Tensor(self._draw("permutation", _integer("permutation", "x", x)))
        x = asarray(x)
        axis = range(len(x.shape))[axis]
        order = self._draw("permutation", x.shape[axis])
        return x[(slice(None),) * axis + (order,)]  # type: ignore[no-any-return]

    def choice(self, a: Array, size: Size = None, replace: bool = True) -> Tensor:
        """Parts of an array along its first axis, or integers from 0 up to ``a``, any as likely as the others.

        Raises:
            ValueError: without ``replace`` more are asked for than there are.

        >>> ag.random.default_rng(0).choice(ag.Tensor([1.0, 2.0, 3.0]), 2)
        Tensor([3., 2.])
        """
        from_integers = rank(type(a)) < 0
        n = _integer("choice", "a", a) if from_integers else a.shape[0]
        size = _size(size)
        if replace:
            chosen = self.integers(n, size=size)
        elif math.prod(size) > n:
            raise ValueError(f"choice: {math.prod(size)} of {n} asked for; pass replace=True to take parts repeatedly")
        else:
            chosen = reshape(self.permutation(n)[: math.prod(size)], size)
        return chosen if from_integers else asarray(a)[chosen]


# --- arguments --------------------------------------------------------------------------------------------------------


def _size(size: Size, *parameters: Array) -> tuple[int, ...]:
    """The shape of what is drawn, that of the parameters together for None."""
    if size is None:
        return np.broadcast_shapes(*(tuple(getattr(x, "shape", ())) for x in parameters))
    return tuple(map(operator.index, size)) if isinstance(size, tuple | list) else (operator.index(size),)


def _dtype_of(dtype: Any, *parameters: Array) -> Any:
    """A dtype, that of parameters which are floating arrays together for None."""
    if dtype is not None:
        return np.dtype(dtype)
    given = [x for x in parameters if rank(type(x)) >= 0 and isdtype(x.dtype, "real floating")]
    return result_type(*given) if given else np.dtype(np.float64)


def _of_dtype(x: Tensor, dtype: Any) -> Tensor:
    return x if x.dtype == dtype else astype(x, dtype)


def _integer(function: str, name: str, value: Any) -> int:
    try:
        return operator.index(value)
    except TypeError:
        kind = "an integer" if function == "integers" else "an array or an integer"
        raise TypeError(f"{function}: {name} must be {kind}, given {describe(value)}") from None
