"""Arrays made after the model of another array: of its library, on its device."""

from __future__ import annotations

from typing import Any

from anygrad.core.primitive import Array, linear, nondifferentiable

# --- the standard's ---------------------------------------------------------------------------------------------------


@nondifferentiable
def zeros_like(x: Array, /, *, dtype: Any = None) -> Array:
    """Zeros of an array's shape and dtype, on its device.

    >>> ag.zeros_like(ag.Tensor([[1, 2], [3, 4]]))
    Tensor([[0, 0],
            [0, 0]])
    """


@nondifferentiable
def ones_like(x: Array, /, *, dtype: Any = None) -> Array:
    """Ones of an array's shape and dtype, on its device.

    >>> ag.ones_like(ag.Tensor([[1, 2], [3, 4]]))
    Tensor([[1, 1],
            [1, 1]])
    """


@nondifferentiable
def empty_like(x: Array, /, *, dtype: Any = None) -> Array:
    """An uninitialised array of an array's shape and dtype, on its device.

    >>> ag.empty_like(ag.Tensor([[1, 2], [3, 4]])).shape
    (2, 2)
    """


@nondifferentiable
def full_like(x: Array, /, fill_value: complex, *, dtype: Any = None) -> Array:
    """An array of one value, of an array's shape and dtype, on its device.

    >>> ag.full_like(ag.Tensor([[1, 2], [3, 4]]), 7)
    Tensor([[7, 7],
            [7, 7]])
    """


@linear(lambda g, k: tril(g, k=k))
def tril(x: Array, /, *, k: int = 0) -> Array:
    """The lower triangle of a matrix, or a stack of them: zeros above diagonal ``k``.

    >>> ag.tril(ag.Tensor([[1, 2], [3, 4]]))
    Tensor([[1, 0],
            [3, 4]])
    """


@linear(lambda g, k: triu(g, k=k))
def triu(x: Array, /, *, k: int = 0) -> Array:
    """The upper triangle of a matrix, or a stack of them: zeros below diagonal ``k``.

    >>> ag.triu(ag.Tensor([[1, 2], [3, 4]]))
    Tensor([[1, 2],
            [0, 4]])
    """


# --- what rules need beyond the standard: each backend supplies these -------------------------------------------------


@nondifferentiable
def new_zeros(x: Array, /, shape: tuple[int, ...]) -> Array:
    """Zeros of another shape, with the dtype of ``x`` and on its device."""


@nondifferentiable
def new_arange(x: Array, /, n: int) -> Array:
    """The integers from 0 to ``n - 1``, on the device of ``x``."""


@nondifferentiable
def new_index(x: Array, /, index: Any) -> Array:
    """An index array, NumPy's or of any library on the same device, as one of the library and device of ``x``."""


@linear(lambda g: g)
def copy(x: Array, /) -> Array:
    """A contiguous copy of an array."""
