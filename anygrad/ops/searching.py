"""Choosing and finding elements."""

from __future__ import annotations

from typing import Any

from anygrad.core.primitive import Array, linear, nondifferentiable
from anygrad.ops.creation import zeros_like


@linear(
    None,
    lambda g, condition: where(condition, g, zeros_like(g)),
    lambda g, condition: where(condition, zeros_like(g), g),
)
def where(condition: Array, x1: Array, x2: Array, /) -> Array:
    """``x1`` where the condition is true and ``x2`` elsewhere, element by element.

    >>> ag.where(ag.Tensor([True, False]), ag.Tensor([1.0, 2.0]), 0.0)
    Tensor([1., 0.])
    """


@nondifferentiable
def argmax(x: Array, /, *, axis: int | None = None, keepdims: bool = False) -> Array:
    """The index of the largest element along an axis, or of the flattened array.

    >>> ag.argmax(ag.Tensor([3.0, 1.0, 2.0]))
    Tensor(0)
    """


@nondifferentiable
def argmin(x: Array, /, *, axis: int | None = None, keepdims: bool = False) -> Array:
    """The index of the smallest element along an axis, or of the flattened array.

    >>> ag.argmin(ag.Tensor([3.0, 1.0, 2.0]))
    Tensor(1)
    """


@nondifferentiable
def nonzero(x: Array, /) -> Any:
    """The indices of the elements that are not zero, an array for each axis.

    >>> ag.nonzero(ag.Tensor([0, 3, 4]))
    (Tensor([1, 2]),)
    """


@nondifferentiable
def count_nonzero(x: Array, /, *, axis: int | tuple[int, ...] | None = None, keepdims: bool = False) -> Array:
    """How many elements are not zero, over all axes or the given ones.

    >>> ag.count_nonzero(ag.Tensor([[True, False], [True, True]]), axis=1)
    Tensor([1, 2])
    """


@nondifferentiable
def searchsorted(x1: Array, x2: Array, /, *, side: str = "left", sorter: Array = None) -> Array:
    """Where the elements of ``x2`` would have to be inserted in the sorted ``x1`` to keep it sorted.

    >>> ag.searchsorted(ag.Tensor([1.0, 2.0, 3.0]), ag.Tensor([2.5]))
    Tensor([2])
    """
