"""Choosing and finding elements."""

from __future__ import annotations

from typing import Any

from anygrad.ops.creation import zeros_like
from anygrad.primitive import Array, linear, nondifferentiable


@linear(
    None,
    lambda g, condition: where(condition, g, zeros_like(g)),
    lambda g, condition: where(condition, zeros_like(g), g),
)
def where(condition: Array, x1: Array, x2: Array, /) -> Array:
    """``x1`` where the condition is true and ``x2`` elsewhere, element by element."""


@nondifferentiable
def argmax(x: Array, /, *, axis: int | None = None, keepdims: bool = False) -> Array:
    """The index of the largest element along an axis, or of the flattened array."""


@nondifferentiable
def argmin(x: Array, /, *, axis: int | None = None, keepdims: bool = False) -> Array:
    """The index of the smallest element along an axis, or of the flattened array."""


@nondifferentiable
def nonzero(x: Array, /) -> Any:
    """The indices of the elements that are not zero, an array for each axis."""


@nondifferentiable
def count_nonzero(x: Array, /, *, axis: int | tuple[int, ...] | None = None, keepdims: bool = False) -> Array:
    """How many elements are not zero, over all axes or the given ones."""


@nondifferentiable
def searchsorted(x1: Array, x2: Array, /, *, side: str = "left", sorter: Array = None) -> Array:
    """Where the elements of ``x2`` would have to be inserted in the sorted ``x1`` to keep it sorted."""
