"""Axis arithmetic shared by the rules."""

from __future__ import annotations

import functools
import operator

Axes = int | tuple[int, ...] | None
Shape = tuple[int, ...]


def normalized(axis: Axes, ndim: int, function: str = "") -> tuple[int, ...]:
    """The axes meant, none of them negative; all axes for None.

    Raises:
        IndexError: an array of ``ndim`` axes has no such axis; the message names the function, if given.
    """
    if axis is None:
        return tuple(range(ndim))
    axes = axis if isinstance(axis, tuple | list) else (axis,)
    for a in axes:
        if not -ndim <= a < ndim:
            raise IndexError(f"{function or 'axis'}: axis {a} is out of bounds for an array of {ndim} axes")
    return tuple(operator.index(a) % ndim for a in axes)


@functools.lru_cache(1024)  # the rule of a sum asks at each step, for a third of the time that it takes
def kept(shape: Shape, axis: Axes) -> Shape:
    """A shape with the axes reduced to length 1."""
    axes = normalized(axis, len(shape))
    return tuple(1 if i in axes else n for i, n in enumerate(shape))


@functools.lru_cache(1024)
def count(shape: Shape, axis: Axes) -> int:
    """The number of elements along the axes."""
    product = 1
    for a in normalized(axis, len(shape)):
        product *= shape[a]
    return product


def inverse(axes: tuple[int, ...]) -> tuple[int, ...]:
    """The permutation that undoes a permutation."""
    positive = [a % len(axes) for a in axes]
    return tuple(positive.index(i) for i in range(len(axes)))
